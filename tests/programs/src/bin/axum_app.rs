//! An axum application on Handcrank: JSON in and out, errors, server-sent events, a time limit.
//!
//! `cargo run -p programs --bin axum_app -- 127.0.0.1:3000`; Ctrl-C ends it.
//!
//! ```sh
//! curl http://127.0.0.1:3000/lamps
//! curl http://127.0.0.1:3000/lamps -H 'content-type: application/json' -d '{"name":"desk"}'
//! curl -N http://127.0.0.1:3000/events
//! ```
//!
//! axum without its default features pulls no tokio. What it then lacks is `axum::serve`, which
//! hyper does here, and `Sse::keep_alive`, for which Handcrank has one of its own.
#![forbid(unsafe_code)]

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use clap::Parser;
use futures_util::stream::{self, Stream};
use handcrank::adapt::hyper::HandcrankTimer;
use handcrank::adapt::sse::keep_alive;
use handcrank::adapt::tower_http::TimeoutLayer;
use handcrank::net::TcpListener;
use handcrank::sync::CancellationToken;
use handcrank::time::{self, Duration};
use http::StatusCode;
use hyper::server::conn::http1;
use hyper_util::service::TowerToHyperService;
use programs::graceful::{interrupted, serve};
use serde::{Deserialize, Serialize};
use std::collections::btree_map::{BTreeMap, Entry};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast::{self, error::RecvError};

/// An axum application: lamps to be lit over HTTP. Ctrl-C ends it.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; with port 0 the system takes a free one
    #[arg(default_value = "127.0.0.1:3000")]
    address: SocketAddr,
    /// How long an answer may take, in milliseconds
    #[arg(long, default_value_t = 2000)]
    limit: u64,
    /// How long /events may say nothing before it sends a comment, in milliseconds
    #[arg(long, default_value_t = 15_000)]
    keep_alive: u64,
    /// How long the answers under way may go on after Ctrl-C, in seconds
    #[arg(long, default_value_t = 10)]
    grace: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Lamp {
    name: String,
    #[serde(default)]
    lit: bool,
}

/// Shared by all requests.
struct App {
    lamps: Mutex<BTreeMap<String, Lamp>>,
    news: broadcast::Sender<Lamp>,
    keep_alive: Duration,
    stop: CancellationToken,
}

type Shared = State<Arc<App>>;

/// What can go wrong with a request, as its client is told.
#[derive(Debug)]
enum Refusal {
    Unknown(String),
    Taken(String),
    Unreadable(JsonRejection),
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        Self::Unreadable(rejection)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Unknown(name) => (StatusCode::NOT_FOUND, format!("no lamp {name:?}")),
            Self::Taken(name) => (StatusCode::CONFLICT, format!("{name:?} is there already")),
            Self::Unreadable(rejection) => (rejection.status(), rejection.body_text()),
        };
        (status, Json(serde_json::json!({ "error": error }))).into_response()
    }
}

impl App {
    /// Does something to the lamps. The lock is never held over an `await`.
    fn lamps<T>(&self, todo: impl FnOnce(&mut BTreeMap<String, Lamp>) -> T) -> T {
        todo(&mut self.lamps.lock().expect("nobody panics with the lamps in hand"))
    }

    fn tell(&self, lamp: &Lamp) {
        // Nobody may be listening.
        let _ = self.news.send(lamp.clone());
    }
}

#[derive(Deserialize)]
struct Filter {
    lit: Option<bool>,
}

async fn list(State(app): Shared, Query(filter): Query<Filter>) -> Json<Vec<Lamp>> {
    let wanted = |lamp: &&Lamp| filter.lit.is_none_or(|lit| lamp.lit == lit);
    Json(app.lamps(|lamps| lamps.values().filter(wanted).cloned().collect()))
}

async fn create(
    State(app): Shared,
    lamp: Result<Json<Lamp>, JsonRejection>,
) -> Result<(StatusCode, Json<Lamp>), Refusal> {
    let Json(lamp) = lamp?;
    let fresh = app.lamps(|lamps| match lamps.entry(lamp.name.clone()) {
        Entry::Occupied(_) => false,
        Entry::Vacant(place) => {
            place.insert(lamp.clone());
            true
        }
    });
    if !fresh {
        return Err(Refusal::Taken(lamp.name));
    }
    app.tell(&lamp);
    Ok((StatusCode::CREATED, Json(lamp)))
}

async fn show(State(app): Shared, Path(name): Path<String>) -> Result<Json<Lamp>, Refusal> {
    app.lamps(|lamps| lamps.get(&name).cloned()).map(Json).ok_or(Refusal::Unknown(name))
}

async fn remove(State(app): Shared, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    match app.lamps(|lamps| lamps.remove(&name)) {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(Refusal::Unknown(name)),
    }
}

#[derive(Deserialize)]
struct Switch {
    lit: bool,
}

async fn switch(
    State(app): Shared,
    Path(name): Path<String>,
    to: Result<Json<Switch>, JsonRejection>,
) -> Result<Json<Lamp>, Refusal> {
    let Json(to) = to?;
    let lamp = app.lamps(|lamps| {
        let lamp = lamps.get_mut(&name)?;
        lamp.lit = to.lit;
        Some(lamp.clone())
    });
    let lamp = lamp.ok_or(Refusal::Unknown(name))?;
    app.tell(&lamp);
    Ok(Json(lamp))
}

/// An answer that takes as long as it is asked to, or is cut off by the time limit.
async fn slow(Path(millis): Path<u64>) -> &'static str {
    time::sleep(Duration::from_millis(millis)).await;
    "at last\n"
}

/// Every change to a lamp, as it happens, until the server stops.
async fn events(State(app): Shared) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (news, stop) = (app.news.subscribe(), app.stop.clone());
    let changes = stream::unfold((news, stop), async |(mut news, stop)| {
        let event = match stop.run_until_cancelled(news.recv()).await? {
            Ok(lamp) => {
                let event = Event::default().event("lamp").json_data(lamp);
                event.expect("a lamp is JSON")
            }
            Err(RecvError::Lagged(missed)) => {
                Event::default().event("missed").data(missed.to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (news, stop)))
    });
    Sse::new(keep_alive(changes, app.keep_alive, || Ok(Event::DEFAULT_KEEP_ALIVE)))
}

#[handcrank::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.address).await?;
    let stop = interrupted()?;
    println!("listening on {}", listener.local_addr()?);

    let app = Arc::new(App {
        lamps: Mutex::default(),
        news: broadcast::Sender::new(64),
        keep_alive: Duration::from_millis(arguments.keep_alive),
        stop: stop.clone(),
    });
    let limit = Duration::from_millis(arguments.limit);
    let router = Router::new()
        .route("/", get(async || "Lamps: see /lamps and /events\n"))
        .route("/lamps", get(list).post(create))
        .route("/lamps/{name}", get(show).put(switch).delete(remove))
        .route("/events", get(events))
        .route("/slow/{millis}", get(slow))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, limit))
        .with_state(app);

    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(HandcrankTimer).header_read_timeout(Duration::from_secs(10));
    let open = |stream| http.serve_connection(stream, service.clone());
    let grace = Duration::from_secs(arguments.grace);
    let late = serve(listener, &stop, grace, open, http1::Connection::graceful_shutdown).await?;
    println!("{late} connections cut off");
    Ok(())
}
