//! What every server does: listen, serve each connection in a task of its own, stop at Ctrl-C.

use futures_util::future::{Either, select};
use handcrank::net::{TcpListener, TcpStream};
use handcrank::signal::ctrl_c;
use handcrank::sync::TaskTracker;
use handcrank::time::{Duration, timeout};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;

/// How long connections have to come to their end after Ctrl-C.
const GRACE: Duration = Duration::from_millis(500);

/// Prints where it listens, and serves whoever connects until Ctrl-C.
///
/// # Errors
///
/// When there is no listening at `address`, or no more accepting.
pub async fn serve<F>(address: SocketAddr, handle: impl Fn(TcpStream) -> F) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(address).await?;
    // Before anybody knows that we are here, so that none can interrupt us too soon.
    let interrupt = pin!(ctrl_c());
    println!("listening on {}", listener.local_addr()?);
    let connections = TaskTracker::new();
    let accepting = pin!(async {
        loop {
            let (stream, _) = listener.accept().await?;
            handcrank::spawn(connections.track_future(handle(stream)));
        }
    });
    match select(interrupt, accepting).await {
        Either::Left((interrupted, _)) => interrupted?,
        Either::Right((failed, _)) => return failed,
    }
    connections.close();
    // Those that take longer end with the runtime.
    let _ = timeout(GRACE, connections.wait()).await;
    Ok(())
}
