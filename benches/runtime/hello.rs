//! The HTTP server that every runtime runs: hyper's, and only what is below it differs.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use std::convert::Infallible;

/// What it answers.
pub(crate) const HELLO: &[u8] = b"Hello, World!";

/// Answers until the other side has closed the connection.
pub(super) async fn greet<S: Read + Write + Unpin>(stream: S) {
    let service = service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(HELLO))))
    });
    // A client that leaves in the middle is its own business.
    let _ = http1::Builder::new().serve_connection(stream, service).await;
}
