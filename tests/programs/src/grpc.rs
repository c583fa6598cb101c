//! What the gRPC programs share: the generated code, and a channel over hyper.
//!
//! tonic's own `transport` needs tokio's runtime. Without its features `server`, `channel` and
//! `transport` it needs none: a server is a tower service, to be served by hyper, and a client wants
//! one to call. That one is [`Channel`].

use futures_util::future::BoxFuture;
use handcrank::adapt::hyper::{HandcrankExecutor, HandcrankTimer};
use handcrank::net::TcpStream;
use handcrank::time::Duration;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use tonic::body::Body;
use tower::Service;

/// Made from `grpc/dynamo.proto`, and held to it by the test `grpc_generated`.
#[allow(missing_docs, unreachable_pub, clippy::pedantic)]
pub mod dynamo {
    include!("grpc/generated.rs");
}

pub use dynamo::dynamo_client::DynamoClient;

/// One HTTP/2 connection, on which any number of calls may be under way. Clones share it.
#[derive(Clone, Debug)]
pub struct Channel {
    requests: SendRequest<Body>,
}

impl Channel {
    /// Connects, and starts the task that drives the connection: it ends with the last clone, or
    /// with the server.
    ///
    /// # Errors
    ///
    /// If there is no connection, or the other side does not speak HTTP/2.
    pub async fn connect(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) = Builder::new(HandcrankExecutor)
            .timer(HandcrankTimer)
            // A server that is gone without a word is noticed within these.
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10))
            .handshake(stream)
            .await
            .map_err(io::Error::other)?;
        handcrank::spawn(async move {
            // The calls under way are told, too.
            if let Err(error) = connection.await {
                eprintln!("{to}: {error}");
            }
        });
        Ok(Self { requests })
    }

    /// Connects, and makes a client of the service.
    ///
    /// # Errors
    ///
    /// Those of [`Channel::connect`].
    pub async fn client(to: SocketAddr) -> io::Result<DynamoClient<Self>> {
        // A request on HTTP/2 names its server.
        let origin = Uri::builder().scheme("http").authority(to.to_string()).path_and_query("/");
        let origin = origin.build().map_err(io::Error::other)?;
        Ok(DynamoClient::with_origin(Self::connect(to).await?, origin))
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = BoxFuture<'static, hyper::Result<Self::Response>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        self.requests.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.requests.send_request(request))
    }
}
