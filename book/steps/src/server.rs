//! A slow server on this machine, to have something to wait for.
//!
//! It speaks HTTP/1.1 (hyper's) and runs on a thread of its own, so that nothing a step does to
//! its own thread can slow it down. Where a clock would be too coarse, there is [`Paced`].

use bytes::Bytes;
use handcrank::net::TcpListener;
use handcrank::runtime::Builder;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming, server::conn::http1};
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::sync::mpsc;
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

/// A server for one client and one request, which waits for a word before each part of its answer.
///
/// The first [`go_on`](Self::go_on) sends the status line, the second the rest of the head, the third the
/// body. So it depends on nobody's
/// speed how often a client has to wait.
pub struct Paced {
    address: SocketAddr,
    word: mpsc::Sender<()>,
}

impl Paced {
    /// Starts it. It ends with its client, or when this handle is dropped.
    ///
    /// # Panics
    ///
    /// If it cannot listen on a free port of 127.0.0.1.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (word, words) = mpsc::channel();
        std::thread::spawn(move || {
            // A client that leaves in the middle is its own business.
            let _ = listener.accept().and_then(|(stream, _)| answer_in_parts(&stream, &words));
        });
        Self { address, word }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets it send the next part.
    pub fn go_on(&self) {
        // One that has sent everything is gone.
        let _ = self.word.send(());
    }
}

fn answer_in_parts(
    mut stream: &std::net::TcpStream,
    words: &mpsc::Receiver<()>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or("/").to_owned();
    // The head of a request ends with an empty line.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}

    let body = format!("{{\"path\":\"{path}\",\"turns\":3}}");
    let status = "HTTP/1.1 200 OK\r\n".to_owned();
    let length = body.len();
    let head = format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    // Small parts are not to wait for each other.
    stream.set_nodelay(true)?;
    for part in [status, head, body] {
        if words.recv().is_err() {
            break;
        }
        stream.write_all(part.as_bytes())?;
    }
    Ok(())
}
