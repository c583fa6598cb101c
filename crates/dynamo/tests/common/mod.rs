//! A node for a test, and a client that can misbehave in ways no HTTP library would.

#![allow(dead_code, reason = "every test binary uses its own part")]

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll, ready};
use std::thread;
use std::time::{Duration, Instant};

use futures_core::Stream;
use handcrank::sync::CancellationToken;
use handcrank::time::{Sleep, sleep};
use handcrank_dynamo::engine::{FinishReason, Generate, Output, ResponseStream};
use handcrank_dynamo::{
    AsyncEngine, BoxFuture, ConfigBuilder, Context, EchoEngine, EngineError, Node, Runtime,
    RuntimeConfig, ShutdownReport,
};

/// How long a test waits for what must happen. Nothing depends on it but how soon a failure shows.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A node that is shut down when the test ends, however it ends.
pub(crate) struct TestNode {
    pub(crate) runtime: Runtime,
    pub(crate) node: Node,
}

/// Settings for a node on free ports, with short times.
pub(crate) fn settings() -> ConfigBuilder {
    RuntimeConfig::builder()
        .http_addr(SocketAddr::from(([127, 0, 0, 1], 0)))
        .system_addr(SocketAddr::from(([127, 0, 0, 1], 0)))
        .primary_worker_threads(2)
        .engine_token_delay(Duration::from_millis(1))
        .shutdown_drain_timeout(PATIENCE)
}

impl TestNode {
    pub(crate) fn echo(settings: ConfigBuilder) -> Self {
        let config = settings.build().expect("the settings are right");
        let engine = EchoEngine::from_config(&config);
        Self::with(config, engine)
    }

    pub(crate) fn with(config: RuntimeConfig, engine: impl AsyncEngine<Generate, Output>) -> Self {
        let runtime = Runtime::new(config).expect("runtimes start");
        let node = runtime.primary().block_on(Node::start(&runtime, engine)).expect("it starts");
        Self { runtime, node }
    }

    pub(crate) fn http(&self) -> Client {
        Client::connect(self.node.http_addr())
    }

    pub(crate) fn system(&self) -> Client {
        Client::connect(self.node.system_addr())
    }

    pub(crate) fn shut_down(&self) -> ShutdownReport {
        self.runtime.shutdown_and_wait()
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        self.runtime.shutdown_and_wait();
    }
}

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it never came: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A connection that speaks as it is told.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    /// The error object's message; the whole shape is checked on the way.
    pub(crate) fn error(&self) -> String {
        let json = self.json();
        let error = json["error"].as_object().expect("there is an error object");
        let mut keys: Vec<_> = error.keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["code", "message", "param", "type"]);
        error["message"].as_str().expect("the message is text").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (there, value) = line.split_once(':')?;
            there.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The data of the server-sent events.
    pub(crate) fn events(&self) -> Vec<&str> {
        self.body
            .split("\n\n")
            .filter(|event| !event.is_empty())
            .map(|event| event.strip_prefix("data: ").expect("only data"))
            .collect()
    }
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn set_read_timeout(&self, limit: Duration) {
        self.stream.get_ref().set_read_timeout(Some(limit)).expect("a time limit can be set");
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.stream.get_mut().write_all(bytes.as_ref()).expect("it reads");
        self
    }

    pub(crate) fn half_close(&mut self) -> &mut Self {
        self.stream.get_ref().shutdown(Shutdown::Write).expect("the sending side closes");
        self
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).reply()
    }

    pub(crate) fn post(&mut self, path: &str, body: &str) -> &mut Self {
        let length = body.len();
        self.send(format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        ))
    }

    pub(crate) fn chat(&mut self, body: &str) -> &mut Self {
        self.post("/v1/chat/completions", body)
    }

    /// Reads one whole response.
    pub(crate) fn reply(&mut self) -> Reply {
        self.try_reply().expect("a whole response comes")
    }

    pub(crate) fn try_reply(&mut self) -> io::Result<Reply> {
        let head = self.read_until(b"\r\n\r\n")?;
        let head = String::from_utf8(head).expect("the head is text");
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status line");
        let mut reply = Reply { status, head, body: String::new() };
        let body = if reply.header("transfer-encoding") == Some("chunked") {
            self.chunks()?
        } else {
            let length = reply.header("content-length").map_or(0, |n| n.parse().expect("a number"));
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body)?;
            body
        };
        reply.body = String::from_utf8(body).expect("the body is text");
        Ok(reply)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.read_until(b"\r\n")?;
            let size = std::str::from_utf8(&size).expect("a size").trim();
            let size = usize::from_str_radix(size, 16).expect("a hexadecimal size");
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk)?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    /// Reads up to and including `end`.
    pub(crate) fn read_until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        let mut read = Vec::new();
        while !read.ends_with(end) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            read.push(byte[0]);
        }
        Ok(read)
    }

    /// Whether the server has closed the connection (and sent nothing before it did).
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(n) => n == 0,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }
}

/// A chat request with the words `text`.
pub(crate) fn chat_body(text: &str, stream: bool) -> String {
    format!(
        r#"{{"model":"echo","messages":[{{"role":"user","content":"{text}"}}],"stream":{stream}}}"#
    )
}

/// Says one word, and the rest when the test lets it.
#[derive(Clone, Default)]
pub(crate) struct Gated {
    pub(crate) release: CancellationToken,
}

struct OneWord {
    said: bool,
    finished: bool,
    released: BoxFuture<'static, ()>,
}

impl AsyncEngine<Generate, Output> for Gated {
    fn generate(
        &self,
        _request: Generate,
        _context: Context,
    ) -> Result<ResponseStream<Output>, EngineError> {
        let released = Box::pin(self.release.clone().cancelled_owned());
        Ok(Box::pin(OneWord { said: false, finished: false, released }))
    }
}

impl Stream for OneWord {
    type Item = Result<Output, EngineError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        if !std::mem::replace(&mut self.said, true) {
            return Poll::Ready(Some(Ok(Output::Token("x".to_owned()))));
        }
        if self.finished {
            return Poll::Ready(None);
        }
        ready!(self.released.as_mut().poll(cx));
        self.finished = true;
        Poll::Ready(Some(Ok(Output::Finished(FinishReason::Stop))))
    }
}

/// Says "x" until it is dropped, whatever its context says: a client that goes away must end it
/// all the same.
#[derive(Clone, Default)]
pub(crate) struct Endless {
    /// How many generations are under way.
    pub(crate) alive: Arc<AtomicUsize>,
}

struct Words {
    alive: Arc<AtomicUsize>,
    pause: Pin<Box<Sleep>>,
}

impl Endless {
    pub(crate) fn alive(&self) -> usize {
        self.alive.load(Ordering::Relaxed)
    }
}

impl AsyncEngine<Generate, Output> for Endless {
    fn generate(
        &self,
        _request: Generate,
        _context: Context,
    ) -> Result<ResponseStream<Output>, EngineError> {
        self.alive.fetch_add(1, Ordering::Relaxed);
        let pause = Box::pin(sleep(Duration::from_millis(1)));
        Ok(Box::pin(Words { alive: self.alive.clone(), pause }))
    }
}

impl Stream for Words {
    type Item = Result<Output, EngineError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        ready!(self.pause.as_mut().poll(cx));
        self.pause = Box::pin(sleep(Duration::from_millis(1)));
        Poll::Ready(Some(Ok(Output::Token("x".to_owned()))))
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}
