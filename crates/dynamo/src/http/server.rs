//! The server itself: accepts, gives every connection a task, and lets go in order.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use handcrank::adapt::hyper::HandcrankTimer;
use handcrank::net::{TcpListener, TcpStream};
use handcrank::runtime::Handle;
use handcrank::sync::{CancellationToken, TaskTracker};
use handcrank::time::{sleep, timeout};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;

use super::body::Body;
use super::error::ApiError;
use crate::BoxFuture;
use crate::metrics::Metrics;

/// Answers requests.
pub(crate) trait Routes: Send + Sync + 'static {
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> BoxFuture<'static, Response<Body>>;
}

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Longest time for a head to arrive, and for a connection to be idle.
    pub(crate) header_timeout: Duration,
}

/// Binds `addr` on the runtime of `handle`, whose driver will watch the socket.
pub(crate) async fn bind(
    handle: &Handle,
    addr: SocketAddr,
) -> io::Result<(TcpListener, SocketAddr)> {
    let bound = handle.spawn(async move {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        Ok((listener, addr))
    });
    bound.await.map_err(io::Error::other)?
}

/// One listening socket and what it takes to serve it.
pub(crate) struct Server<R> {
    pub(crate) listener: TcpListener,
    pub(crate) routes: Arc<R>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    /// Cancelled when nobody is let in any more.
    pub(crate) stop: CancellationToken,
    /// Tracks the connections.
    pub(crate) connections: TaskTracker,
    /// Where they run.
    pub(crate) handle: Handle,
}

impl<R: Routes> Server<R> {
    /// Accepts until it is stopped; the listening socket is closed when this returns.
    pub(crate) async fn run(self) {
        while let Some(accepted) = self.stop.run_until_cancelled(self.listener.accept()).await {
            let Ok((stream, peer)) = accepted else {
                // Out of descriptors, or a client that was gone before it was let in. The
                // listener paces itself in the first case; the pause is for what nobody has
                // thought of, which must not become a busy loop.
                self.metrics.accept_error();
                self.stop.run_until_cancelled(sleep(Duration::from_millis(10))).await;
                continue;
            };
            let (routes, stop) = (self.routes.clone(), self.stop.clone());
            let connection = serve_connection(stream, peer, routes, self.limits, stop);
            self.handle.spawn(self.connections.track_future(connection));
        }
    }
}

/// Serves one connection to its end. Once stopped, an idle one is closed and a busy one finishes
/// the request it has.
async fn serve_connection<R: Routes>(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Arc<R>,
    limits: Limits,
    stop: CancellationToken,
) {
    // Tokens are small and must not wait for each other; a socket that refuses will fail anyway.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let answer = routes.clone().answer(request, peer);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut connection = http1::Builder::new()
        .timer(HandcrankTimer)
        .header_read_timeout(limits.header_timeout)
        // A client may close its sending side after its request and still wants the answer. One
        // that has left altogether looks the same until something is written: a stream finds out
        // with its next token or the one after, a plain answer when it is complete.
        .half_close(true)
        .serve_connection(stream, service);

    let ended = if let Some(ended) = stop.run_until_cancelled(&mut connection).await {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    };
    if let Err(error) = ended
        && error.is_timeout()
    {
        let parts = connection.into_parts();
        // Nothing of a request has arrived on an idle connection, so nothing is answered.
        if !parts.read_buf.is_empty() {
            refuse_slow_head(parts.io, limits.header_timeout).await;
        }
    }
}

/// hyper closes without a word when a head takes too long; a client should hear why.
async fn refuse_slow_head(mut stream: TcpStream, limit: Duration) {
    let response = ApiError::too_slow("head", limit).to_wire();
    // The answer fits into the socket's buffer, unless the client is up to something.
    let _ = timeout(Duration::from_secs(1), stream.write_all(&response)).await;
}
