//! Serving HTTP, and stopping with grace: the part that hyper leaves to its users.

use handcrank::net::{TcpListener, TcpStream};
use handcrank::signal::unix::{SignalKind, signal};
use handcrank::spawn;
use handcrank::sync::{CancellationToken, TaskTracker};
use handcrank::time::{Duration, timeout};
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};

/// A token that Ctrl-C cancels; from now on the process does not end by it.
///
/// # Errors
///
/// If the system does not let the process listen for signals.
pub fn interrupted() -> io::Result<CancellationToken> {
    // Before anybody knows that we are here, so that none can interrupt us too soon.
    let mut interrupts = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    spawn(async move {
        interrupts.recv().await;
        cancel.cancel();
    });
    Ok(stop)
}

/// Serves connections until `stop` is cancelled, then lets each finish what it is at.
///
/// `open` makes a connection of a stream (hyper's `serve_connection`), and `close` tells it to take
/// no more requests (hyper's `graceful_shutdown`). Says how many connections were cut off because
/// they were not done after `grace`.
///
/// # Errors
///
/// Those of [`TcpListener::accept`]. What goes wrong with one connection is printed, and no concern
/// of the others.
pub async fn serve<C>(
    listener: TcpListener,
    stop: &CancellationToken,
    grace: Duration,
    open: impl Fn(TcpStream) -> C,
    close: fn(Pin<&mut C>),
) -> io::Result<usize>
where
    C: Future<Output = hyper::Result<()>> + Send + 'static,
{
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = accepted?;
        // Answers are small, and whole. A client that is gone already shows soon enough.
        let _ = stream.set_nodelay(true);
        let connection = open(stream);
        let (stop, cut) = (stop.clone(), cut.clone());
        spawn(connections.track_future(async move {
            let mut connection = pin!(connection);
            let mut ended = stop.run_until_cancelled(connection.as_mut()).await;
            if ended.is_none() {
                close(connection.as_mut());
                ended = cut.run_until_cancelled(connection).await;
            }
            if let Some(Err(error)) = ended {
                eprintln!("{peer}: {error}");
            }
        }));
    }
    // Nobody new waits in the backlog of a server that is going.
    drop(listener);
    connections.close();
    if timeout(grace, connections.wait()).await.is_ok() {
        return Ok(0);
    }
    let late = connections.len();
    cut.cancel();
    connections.wait().await;
    Ok(late)
}
