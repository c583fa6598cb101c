//! `--open`: the book in the browser, and anew when something changes.
//!
//! The server runs on Handcrank. Building blocks for a second or so, and has a thread of its own.

mod answer;
mod files;
mod watch;

use crate::bind::OUT;
use crate::house::House;
use crate::make::{self, Made, Runs};
use crate::tell;
use handcrank::net::TcpListener;
use handcrank::runtime::Builder;
use handcrank::sync::Notify;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, RwLock};
use std::time::Instant;

/// How many ports are tried if the first is taken.
const PORTS: u16 = 50;

/// What the server and the builder share.
struct Shared {
    /// The finished book's folder.
    out: PathBuf,
    /// Held for writing while the files are made anew, so that nobody reads half a book.
    files: RwLock<()>,
    /// How many times the book has been made anew.
    turn: AtomicU64,
    /// Tells the pages that wait for the next turn.
    turned: Notify,
}

/// Builds the book, shows it, and builds it again whenever something changes, until Ctrl-C.
pub(crate) fn open(house: House, port: u16) -> Result<(), String> {
    let out = house.path(OUT);
    let shared = Arc::new(Shared {
        out,
        files: RwLock::new(()),
        turn: AtomicU64::new(0),
        turned: Notify::new(),
    });
    // From before the first build: what changes during it counts.
    let seen = watch::seen(&house);
    build(&house, &shared)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let builders = shared.clone();
    std::thread::spawn(move || {
        watch::forever(&house, seen, || {
            if let Err(why) = build(&house, &builders) {
                eprintln!("{why}");
            }
        });
    });
    let ended = runtime.block_on(async move {
        let listener = listen(port).await?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        println!("the book: http://{address} (Ctrl-C ends)");
        if let Err(error) = opener::open(format!("http://{address}")) {
            println!("no browser could be opened: {error}");
        }
        handcrank::spawn(serve(listener, shared));
        handcrank::signal::ctrl_c().await.map_err(|error| format!("no Ctrl-C: {error}"))
    });
    runtime.shutdown_background();
    ended
}

/// The first free port from this one on, for this machine alone.
async fn listen(port: u16) -> Result<TcpListener, String> {
    let mut port = port;
    let last = port.saturating_add(PORTS);
    loop {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse && port < last => port += 1,
            Err(error) => return Err(format!("port {port}: {error}")),
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // An error is about one client alone, and the listener paces itself if there are many.
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = shared.clone();
        handcrank::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer::answer(shared.clone(), request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            // A client that leaves in the middle is its own business.
            let _ = http1::Builder::new().serve_connection(stream, service).await;
        });
    }
}

fn build(house: &House, shared: &Shared) -> Result<(), String> {
    let started = Instant::now();
    let made = {
        // A reader that panicked has left nothing half done.
        let _files = shared.files.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        make::make(house, &Runs::Nothing)
    };
    shared.turn.fetch_add(1, SeqCst);
    shared.turned.notify_waiters();
    let Made { problems, .. } = made?;
    tell(&problems);
    println!("made in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}
