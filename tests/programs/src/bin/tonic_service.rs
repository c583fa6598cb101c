//! A gRPC service of tonic's on Handcrank, with all four kinds of call.
//!
//! `cargo run -p programs --bin tonic_service -- 127.0.0.1:50051`; Ctrl-C ends it. `tonic_client`
//! talks to it, and so does any other client: the service is described in `src/grpc/dynamo.proto`.
#![forbid(unsafe_code)]

use clap::Parser;
use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use handcrank::adapt::hyper::{HandcrankExecutor, HandcrankTimer};
use handcrank::net::TcpListener;
use handcrank::sync::CancellationToken;
use handcrank::time::{Duration, interval};
use hyper::server::conn::http2;
use hyper_util::service::TowerToHyperService;
use programs::graceful::{interrupted, serve};
use programs::grpc::dynamo::dynamo_server::{Dynamo, DynamoServer};
use programs::grpc::dynamo::{Energy, Flash, Turns, Wish};
use std::io;
use std::net::SocketAddr;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

/// A gRPC service: a dynamo that is turned by hand. Ctrl-C ends it.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; with port 0 the system takes a free one
    #[arg(default_value = "127.0.0.1:50051")]
    address: SocketAddr,
    /// How long the calls under way may go on after Ctrl-C, in seconds
    #[arg(long, default_value_t = 10)]
    grace: u64,
}

/// What one turn of the crank gives.
const JOULES_A_TURN: u64 = 20;
/// Nobody turns longer than that.
const MOST_TURNS: u32 = 1_000_000;

struct Crank {
    stop: CancellationToken,
}

/// Counts the turns of one request.
fn turn(turns: &Turns) -> Result<u64, Status> {
    match turns.count {
        0 => Err(Status::invalid_argument("nothing comes of no turns")),
        count if count > MOST_TURNS => Err(Status::out_of_range(format!("more than {MOST_TURNS}"))),
        count => Ok(u64::from(count) * JOULES_A_TURN),
    }
}

#[tonic::async_trait]
impl Dynamo for Crank {
    async fn turn(&self, request: Request<Turns>) -> Result<Response<Energy>, Status> {
        let turns = request.into_inner();
        let joules = turn(&turns)?;
        Ok(Response::new(Energy { joules, names: vec![turns.name] }))
    }

    type ShineStream = BoxStream<'static, Result<Flash, Status>>;

    async fn shine(&self, request: Request<Wish>) -> Result<Response<Self::ShineStream>, Status> {
        let wish = request.into_inner();
        if wish.interval == 0 {
            return Err(Status::invalid_argument("a light that is always on does not flash"));
        }
        let ticks = interval(Duration::from_millis(wish.interval.into()));
        let flashes = stream::unfold((ticks, 0), move |(mut ticks, number)| async move {
            (number < wish.flashes).then_some(())?;
            ticks.tick().await;
            Some((Ok(Flash { number }), (ticks, number + 1)))
        });
        Ok(Response::new(until(self.stop.clone(), flashes)))
    }

    async fn charge(&self, request: Request<Streaming<Turns>>) -> Result<Response<Energy>, Status> {
        let mut all = request.into_inner();
        let mut energy = Energy::default();
        while let Some(turns) = all.message().await? {
            energy.joules += turn(&turns)?;
            energy.names.push(turns.name);
        }
        Ok(Response::new(energy))
    }

    type RideStream = BoxStream<'static, Result<Flash, Status>>;

    async fn ride(
        &self,
        request: Request<Streaming<Turns>>,
    ) -> Result<Response<Self::RideStream>, Status> {
        let flashes = request.into_inner().and_then(async |turns| turn(&turns).map(|_| turns));
        let flashes = flashes.map_ok(|turns| stream::iter(0..turns.count).map(Ok)).try_flatten();
        let numbered = flashes.map_ok(|number| Flash { number });
        Ok(Response::new(until(self.stop.clone(), numbered)))
    }
}

/// A stream that ends with an error when the server stops: a client that listens on and on would
/// hold it up otherwise.
fn until<T: Send + 'static>(
    stop: CancellationToken,
    stream: impl Stream<Item = Result<T, Status>> + Send + 'static,
) -> BoxStream<'static, Result<T, Status>> {
    let all = stream::unfold(Some((stop, Box::pin(stream))), async |state| {
        let (stop, mut stream) = state?;
        match stop.run_until_cancelled(stream.next()).await {
            Some(None) => None,
            // Nothing follows an error.
            Some(Some(item)) => {
                let rest = item.is_ok().then_some((stop, stream));
                Some((item, rest))
            }
            None => Some((Err(Status::unavailable("the server stops")), None)),
        }
    });
    all.boxed()
}

#[handcrank::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.address).await?;
    let stop = interrupted()?;
    println!("listening on {}", listener.local_addr()?);

    let routes = Routes::new(DynamoServer::new(Crank { stop: stop.clone() })).prepare();
    let service = TowerToHyperService::new(routes);
    let mut http = http2::Builder::new(HandcrankExecutor);
    http.timer(HandcrankTimer).keep_alive_interval(Duration::from_secs(20));
    let open = |stream| http.serve_connection(stream, service.clone());
    let grace = Duration::from_secs(arguments.grace);
    let late = serve(listener, &stop, grace, open, http2::Connection::graceful_shutdown).await?;
    println!("{late} connections cut off");
    Ok(())
}
