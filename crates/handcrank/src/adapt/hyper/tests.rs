use super::{HandcrankExecutor, HandcrankLocalExecutor, HandcrankTimer};
use crate::net::{TcpListener, TcpStream, UnixStream};
use crate::testing::{run, run_paused};
use crate::time::{Duration, Instant};
use futures_util::future::{join, select, try_join};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::rt::{Read, ReadBuf, Timer, Write};
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};
use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;

/// Larger than what one read takes.
const BODY: usize = 1 << 20;

/// Sends the request's body back.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    Ok(Response::new(Full::new(body)))
}

fn request() -> (Request<Full<Bytes>>, Bytes) {
    let body: Bytes = (0..BODY).map(|i| (i % 251) as u8).collect();
    (Request::post("http://localhost/").body(Full::new(body.clone())).unwrap(), body)
}

/// Runs `exchange` while `connections` are served, and drops them when it is done.
async fn while_serving<T>(exchange: impl Future<Output = T>, connections: impl Future) -> T {
    match select(pin!(exchange), pin!(connections)).await {
        futures_util::future::Either::Left((output, _)) => output,
        futures_util::future::Either::Right(_) => panic!("the connections ended first"),
    }
}

#[test]
fn http1_over_tcp() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connect = TcpStream::connect(listener.local_addr().unwrap());
        let (ours, (theirs, _)) = try_join(connect, listener.accept()).await.unwrap();
        let mut http = server::conn::http1::Builder::new();
        http.timer(HandcrankTimer).header_read_timeout(Duration::from_mins(1));
        let serve = http.serve_connection(theirs, service_fn(echo));
        let client = async {
            let (mut sender, connection) = client::conn::http1::handshake(ours).await.unwrap();
            let exchange = async {
                for _ in 0..2 {
                    let (request, body) = request();
                    let response = sender.send_request(request).await.unwrap();
                    let answer = response.into_body().collect().await.unwrap().to_bytes();
                    assert!(answer == body);
                }
            };
            while_serving(exchange, connection).await;
        };
        let (served, ()) = join(serve, client).await;
        served.unwrap();
    });
}

#[test]
fn http2_over_a_unix_stream() {
    run(async {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let serve = server::conn::http2::Builder::new(HandcrankExecutor)
            .timer(HandcrankTimer)
            .serve_connection(theirs, service_fn(echo));
        let client = async {
            let mut http = client::conn::http2::Builder::new(HandcrankExecutor);
            http.timer(HandcrankTimer).keep_alive_interval(Duration::from_mins(1));
            let (mut sender, connection) = http.handshake(ours).await.unwrap();
            let exchange = async {
                let (request, body) = request();
                let response = sender.send_request(request).await.unwrap();
                let answer = response.into_body().collect().await.unwrap().to_bytes();
                assert!(answer == body);
            };
            while_serving(exchange, connection).await;
        };
        while_serving(client, serve).await;
    });
}

#[test]
fn what_is_not_send_is_served_in_a_local_set() {
    run(crate::task::LocalSet::new().run_until(async {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let served = Rc::new(Cell::new(0));
        let count = Rc::clone(&served);
        let service = service_fn(move |request| {
            count.set(count.get() + 1);
            let count = Rc::clone(&count);
            async move {
                let answer = echo(request).await;
                // Held over an await, so that the future is not `Send`.
                count.set(count.get() + 1);
                answer
            }
        });
        let serve = server::conn::http2::Builder::new(HandcrankLocalExecutor)
            .timer(HandcrankTimer)
            .serve_connection(theirs, service);
        let client = async {
            let http = client::conn::http2::Builder::new(HandcrankLocalExecutor);
            let (mut sender, connection) = http.handshake(ours).await.unwrap();
            let exchange = async {
                for _ in 0..3 {
                    let (request, body) = request();
                    let response = sender.send_request(request).await.unwrap();
                    assert!(response.into_body().collect().await.unwrap().to_bytes() == body);
                }
            };
            while_serving(exchange, connection).await;
        };
        while_serving(client, serve).await;
        assert_eq!(served.get(), 6);
    }));
}

#[test]
fn a_client_that_says_nothing_is_cut_off() {
    run_paused(async {
        let (_silent, theirs) = UnixStream::pair().unwrap();
        let start = Instant::now();
        let mut http = server::conn::http1::Builder::new();
        http.timer(HandcrankTimer).header_read_timeout(Duration::from_secs(5));
        let served = http.serve_connection(theirs, service_fn(echo)).await;
        assert!(served.unwrap_err().is_timeout());
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    });
}

#[test]
fn the_timer_follows_the_clock() {
    run_paused(async {
        let start = Instant::now();
        assert_eq!(HandcrankTimer.now(), start.into_std());
        HandcrankTimer.sleep(Duration::from_secs(3)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(3));
        let mut sleep = HandcrankTimer.sleep_until((start + Duration::from_secs(9)).into());
        HandcrankTimer.reset(&mut sleep, (start + Duration::from_secs(7)).into());
        sleep.await;
        assert_eq!(start.elapsed(), Duration::from_secs(7));
    });
}

#[test]
fn halves_are_read_and_written_too() {
    run(async {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (mut read, _keep) = theirs.into_split();
        let (_keep_too, mut write) = ours.into_split();
        assert!(write.is_write_vectored());
        poll_fn(|cx| Write::poll_write(Pin::new(&mut write), cx, b"hello")).await.unwrap();
        let mut bytes = [0; 16];
        let mut buf = ReadBuf::new(&mut bytes);
        poll_fn(|cx| Read::poll_read(Pin::new(&mut read), cx, buf.unfilled())).await.unwrap();
        assert_eq!(buf.filled(), b"hello");
        poll_fn(|cx| Write::poll_shutdown(Pin::new(&mut write), cx)).await.unwrap();
        poll_fn(|cx| Read::poll_read(Pin::new(&mut read), cx, buf.unfilled())).await.unwrap();
        assert_eq!(buf.filled(), b"hello", "the end adds nothing");
    });
}
