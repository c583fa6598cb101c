//! A slow server on this machine, to have something to wait for.
//!
//! It speaks HTTP/1.1 (hyper's) and runs on a thread of its own, so that nothing a step does to
//! its own thread can slow it down.

use bytes::Bytes;
use handcrank::net::TcpListener;
use handcrank::runtime::Builder;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming, server::conn::http1};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

/// Starts a server that thinks for `delay` before each answer, and returns where it listens.
///
/// It answers any path with a small JSON document, and runs until the program ends.
///
/// # Panics
///
/// If it cannot listen on a free port of 127.0.0.1.
pub fn start(delay: Duration) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener that does not block");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                handcrank::spawn(async move {
                    let service = service_fn(move |request| answer(request, delay));
                    // A client that leaves in the middle is its own business.
                    let _ = http1::Builder::new().serve_connection(stream, service).await;
                });
            }
        });
    });
    address
}

async fn answer(
    request: Request<Incoming>,
    delay: Duration,
) -> Result<Response<Full<Bytes>>, Infallible> {
    handcrank::time::sleep(delay).await;
    let body = format!("{{\"path\":\"{}\",\"turns\":3}}", request.uri().path());
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(Full::new(Bytes::from(body))).expect("a header that is always valid"))
}
