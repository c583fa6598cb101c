//! The axum application, as its users meet it: over sockets, through Ctrl-C, by its exit code.

use bytes::Bytes;
use handcrank::net::TcpStream;
use handcrank::time::{Duration, sleep, timeout};
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use programs::Program;
use programs::process::PATIENCE;
use serde_json::{Value, json};
use std::net::SocketAddr;

fn app(arguments: &[&str]) -> (Program, SocketAddr) {
    let arguments = [&["127.0.0.1:0"], arguments].concat();
    Program::serve(env!("CARGO_BIN_EXE_axum_app"), &arguments)
}

/// It ends well, and says how many connections were cut off.
#[track_caller]
fn ends(app: Program, cut_off: usize) {
    let (status, lines) = app.end();
    assert!(status.success(), "{status}");
    assert_eq!(lines, [format!("{cut_off} connections cut off")]);
}

async fn soon<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("it never came")
}

/// One connection.
struct Client(SendRequest<Full<Bytes>>);

impl Client {
    async fn connect(to: SocketAddr) -> Self {
        let stream = soon(TcpStream::connect(to)).await.unwrap();
        let (sender, connection) = handshake(stream).await.unwrap();
        handcrank::spawn(connection);
        Self(sender)
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<&str>) -> Response<Incoming> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "test");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::from(body.unwrap_or_default().to_owned())).unwrap();
        soon(self.0.ready()).await.unwrap();
        soon(self.0.send_request(request)).await.unwrap()
    }

    async fn json(&mut self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let body = (!body.is_null()).then(|| body.to_string());
        let answer = self.send(method, path, body.as_deref()).await;
        let status = answer.status();
        let bytes = soon(answer.into_body().collect()).await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

#[handcrank::test]
async fn lamps_come_and_go() {
    let (app, address) = app(&[]);
    let mut client = Client::connect(address).await;
    let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
    let (none, created) = (Value::Null, StatusCode::CREATED);
    let desk = json!({ "name": "desk", "lit": false });
    let hall = json!({ "name": "hall ü", "lit": true });

    let empty = client.json(get.clone(), "/lamps", none.clone()).await;
    assert_eq!(empty, (StatusCode::OK, json!([])));
    let answer = client.json(post.clone(), "/lamps", json!({ "name": "desk" })).await;
    assert_eq!(answer, (created, desk.clone()));
    assert_eq!(client.json(post.clone(), "/lamps", hall.clone()).await, (created, hall.clone()));
    let again = client.json(post.clone(), "/lamps", desk.clone()).await;
    assert_eq!(again, (StatusCode::CONFLICT, json!({ "error": "\"desk\" is there already" })));

    let lit = client.json(get.clone(), "/lamps?lit=true", none.clone()).await;
    assert_eq!(lit, (StatusCode::OK, json!([hall])));
    let one = client.json(get.clone(), "/lamps/hall%20%C3%BC", none.clone()).await;
    assert_eq!(one, (StatusCode::OK, hall));
    let on = client.json(put.clone(), "/lamps/desk", json!({ "lit": true })).await;
    assert_eq!(on, (StatusCode::OK, json!({ "name": "desk", "lit": true })));
    let gone = client.json(delete.clone(), "/lamps/desk", none.clone()).await;
    assert_eq!(gone, (StatusCode::NO_CONTENT, none.clone()));
    for (method, body) in [(get, none.clone()), (delete, none), (put, json!({ "lit": false }))] {
        let unknown = client.json(method, "/lamps/desk", body).await;
        assert_eq!(unknown, (StatusCode::NOT_FOUND, json!({ "error": "no lamp \"desk\"" })));
    }
    app.interrupt();
    ends(app, 0);
}

#[handcrank::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let (app, address) = app(&[]);
    let mut client = Client::connect(address).await;
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let cases = [
        (&post, "/lamps", Some("{ \"name\": "), 400, "EOF"),
        (&post, "/lamps", Some("{ \"lit\": true }"), 422, "missing field `name`"),
        (&post, "/lamps", None, 415, "application/json"),
        (&put, "/lamps/desk", Some("[]"), 422, "Switch"),
        (&get, "/lamps?lit=maybe", None, 400, ""),
        (&get, "/slow/ever", None, 400, ""),
        (&put, "/lamps", Some("{}"), 405, ""),
        (&get, "/nothing", None, 404, ""),
    ];
    for (method, path, body, status, words) in cases {
        let answer = client.send(method.clone(), path, body).await;
        let what = format!("{method} {path}: {}", answer.status());
        assert_eq!(answer.status().as_u16(), status, "{what}");
        let body = soon(answer.into_body().collect()).await.unwrap().to_bytes();
        if !words.is_empty() {
            let error: Value = serde_json::from_slice(&body).unwrap();
            let error = error["error"].as_str().unwrap();
            assert!(error.contains(words), "{what}: {error}");
        }
    }
    app.interrupt();
    ends(app, 0);
}

#[handcrank::test]
async fn what_takes_too_long_is_cut_off_by_the_layer() {
    let (app, address) = app(&["--limit", "1"]);
    let mut client = Client::connect(address).await;
    let late = client.send(Method::GET, "/slow/3600000", None).await;
    assert_eq!(late.status(), StatusCode::GATEWAY_TIMEOUT);
    assert!(soon(late.into_body().collect()).await.unwrap().to_bytes().is_empty());
    // The connection goes on.
    let (status, _) = client.json(Method::GET, "/lamps", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    app.interrupt();
    ends(app, 0);
}

#[handcrank::test]
async fn events_arrive_and_silence_is_filled() {
    let (app, address) = app(&["--keep-alive", "10"]);
    let mut listener = Client::connect(address).await;
    let answer = listener.send(Method::GET, "/events", None).await;
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/event-stream");
    let mut body = answer.into_body();
    let mut next = async || {
        let frame = soon(body.frame()).await?.unwrap();
        Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
    };
    for _ in 0..3 {
        assert_eq!(next().await.unwrap(), ":\n\n");
    }
    let mut client = Client::connect(address).await;
    client.json(Method::POST, "/lamps", json!({ "name": "desk" })).await;
    client.json(Method::PUT, "/lamps/desk", json!({ "lit": true })).await;
    for lit in [false, true] {
        let mut event = next().await.unwrap();
        while event == ":\n\n" {
            event = next().await.unwrap();
        }
        let data = format!("event: lamp\ndata: {{\"name\":\"desk\",\"lit\":{lit}}}\n\n");
        assert_eq!(event, data);
    }
    // The stream ends with the server, and well: no error, only comments before.
    app.interrupt();
    while let Some(event) = next().await {
        assert_eq!(event, ":\n\n");
    }
    ends(app, 0);
}

/// Begins a request, and comes back when the server is at work on it.
async fn half_a_request(address: SocketAddr) -> TcpStream {
    let mut stream = soon(TcpStream::connect(address)).await.unwrap();
    let head = "POST /lamps HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n\
                content-length: 15\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let goes_on = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut answer = [0; 25];
    soon(stream.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, goes_on);
    stream
}

#[handcrank::test]
async fn an_interrupt_lets_requests_finish_and_nobody_in() {
    let (app, address) = app(&["--grace", "60"]);
    let mut idle = Client::connect(address).await;
    idle.json(Method::GET, "/lamps", Value::Null).await;
    let mut stream = half_a_request(address).await;
    app.interrupt();
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    soon(refused).await;
    // Who is idle is sent away.
    let gone = async {
        while idle.0.ready().await.is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    soon(gone).await;
    stream.write_all(b"{\"name\":\"desk\"}").await.unwrap();
    let mut answer = [0; 4096];
    let mut length = 0;
    while let read @ 1.. = soon(stream.read(&mut answer[length..])).await.unwrap() {
        length += read;
    }
    let answer = std::str::from_utf8(&answer[..length]).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    ends(app, 0);
}

#[handcrank::test]
async fn grace_has_an_end() {
    let (app, address) = app(&["--grace", "0"]);
    let stream = half_a_request(address).await;
    app.interrupt();
    ends(app, 1);
    drop(stream);
}

#[test]
fn arguments_are_looked_at() {
    let run = |arguments: &[&str]| Program::start(env!("CARGO_BIN_EXE_axum_app"), arguments).end();
    let (status, lines) = run(&["--help"]);
    assert!(status.success());
    assert!(lines.iter().any(|line| line.contains("[default: 127.0.0.1:3000]")), "{lines:?}");
    assert_eq!(run(&["nowhere"]).0.code(), Some(2));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(run(&[&taken.local_addr().unwrap().to_string()]).0.code(), Some(1));
}
