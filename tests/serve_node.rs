//! The example node as a process, and a client for it that runs on Handcrank.

use bytes::Bytes;
use futures_util::future::{Either, select};
use handcrank::net::TcpStream;
use handcrank::task;
use handcrank::time::{self, Duration};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::future::Future;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use tests::PATIENCE;

/// The example, built once in the profile of this test.
pub(crate) fn serve() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BUILT.get_or_init(build));
    // Whoever runs the tests may have settings of his own.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HANDCRANK_") {
            command.env_remove(name);
        }
    }
    command
}

fn build() -> PathBuf {
    let this = std::env::current_exe().expect("this test is a file");
    let folder = this.ancestors().nth(2).and_then(Path::file_name).expect("target/profile/deps");
    let profile = match folder.to_string_lossy() {
        folder if folder == "debug" => "dev".to_owned(),
        folder => folder.into_owned(),
    };
    let output = Command::new(env!("CARGO"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--package", "handcrank-dynamo", "--example", "serve"])
        .args(["--profile", &profile, "--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the example does not build");
    let messages = String::from_utf8(output.stdout).expect("cargo writes text");
    let executable = messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let executable = message["executable"].as_str()?;
        (message["target"]["name"] == "serve").then(|| PathBuf::from(executable))
    });
    executable.expect("cargo names what it built")
}

/// A running node.
pub(crate) struct Node {
    child: Ends,
    out: BufReader<ChildStdout>,
    pub(crate) http: SocketAddr,
    pub(crate) system: SocketAddr,
}

impl Node {
    /// Starts one on free ports and waits until it listens.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut command = serve();
        command.args(["--addr", "127.0.0.1:0", "--system-addr", "127.0.0.1:0"]).args(flags);
        let mut child = Ends(command.stdout(Stdio::piped()).spawn().expect("it starts"));
        let mut out = BufReader::new(child.0.stdout.take().expect("it is piped"));
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(out.read_line(&mut line).expect("it writes text"), 0, "it ended at once");
            if let Some(rest) = line.trim().strip_prefix("listening on ") {
                let (http, system) = rest.split_once(", system server on ").expect("two addresses");
                let address = |text: &str| text.parse().expect("an address");
                return Self { child, out, http: address(http), system: address(system) };
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.0.id().cast_signed()).expect("a process");
        kill_process(id, signal).expect("it lives");
    }

    /// Waits for its end: the exit code and what else it printed.
    pub(crate) async fn end(mut self) -> (Option<i32>, String) {
        let ended = task::spawn_blocking(move || {
            let mut rest = String::new();
            self.out.read_to_string(&mut rest).expect("it writes text");
            (self.child.0.wait().expect("it ends").code(), rest)
        });
        soon(ended).await.expect("no panic")
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.http).await
    }

    /// What the system server answers.
    pub(crate) async fn ask(&self, path: &str) -> (StatusCode, String) {
        let answer = Client::connect(self.system).await.send(Method::GET, path, None).await;
        (answer.status(), text(answer).await)
    }

    /// Waits until it says that it takes no more requests.
    pub(crate) async fn drains(&self) {
        soon(async {
            while !self.ask("/health").await.1.contains("draining") {
                time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
    }

    /// Waits until a metric has a value.
    pub(crate) async fn shows(&self, metric: &str, value: &str) {
        soon(async {
            loop {
                let metrics = self.ask("/metrics").await.1;
                let mut samples = metrics.lines().filter_map(|line| line.rsplit_once(' '));
                if samples.any(|(name, now)| name == metric && now == value) {
                    return;
                }
                time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
    }
}

/// A process that does not outlive the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        // Nothing to do if it has ended: a child that was waited for is not killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What must happen, happens in time.
#[track_caller]
pub(crate) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let place = std::panic::Location::caller();
    async move {
        match select(pin!(future), pin!(time::sleep(PATIENCE / 2))).await {
            Either::Left((output, _)) => output,
            Either::Right(_) => panic!("it never came, at {place}"),
        }
    }
}

/// One connection.
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        let stream = soon(TcpStream::connect(to)).await.expect("it listens");
        let (sender, connection) = handshake(stream).await.expect("it speaks HTTP");
        handcrank::spawn(async move {
            // The server may well hang up first.
            let _ = connection.await;
        });
        Self { sender }
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Response<Incoming> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "test");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = Full::from(body.unwrap_or_default());
        let request = request.body(body).expect("a request");
        // Behind the answer to the request before.
        soon(self.sender.ready()).await.expect("it stays open");
        soon(self.sender.send_request(request)).await.expect("an answer")
    }

    pub(crate) async fn chat(&mut self, body: &Value) -> Response<Incoming> {
        self.send(Method::POST, "/v1/chat/completions", Some(body.to_string())).await
    }
}

/// A chat request for the node's echo.
pub(crate) fn chat(content: &str, stream: bool) -> Value {
    json!({
        "model": "echo",
        "messages": [{ "role": "user", "content": content }],
        "stream": stream,
    })
}

pub(crate) async fn text(answer: Response<Incoming>) -> String {
    let body = soon(answer.into_body().collect()).await.expect("a whole body");
    String::from_utf8(body.to_bytes().to_vec()).expect("a text")
}

pub(crate) async fn json(answer: Response<Incoming>) -> Value {
    let text = text(answer).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// A stream of server-sent events, read as it arrives.
pub(crate) struct Events {
    body: Incoming,
    buffer: String,
}

impl Events {
    pub(crate) fn of(answer: Response<Incoming>) -> Self {
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/event-stream");
        Self { body: answer.into_body(), buffer: String::new() }
    }

    /// The data of the next event. `None` at the end of the body, or when it breaks off.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let data = event.strip_prefix("data: ").expect("only data").to_owned();
                self.buffer = rest.into();
                return Some(data);
            }
            let frame = soon(self.body.frame()).await?.ok()?;
            let data = frame.into_data().expect("no trailers");
            self.buffer.push_str(std::str::from_utf8(&data).expect("a text"));
        }
    }

    /// The next token. `None` when all has been said; then the stream is read to its end.
    pub(crate) async fn token(&mut self) -> Option<String> {
        loop {
            let data = self.next().await.expect("the stream ends with [DONE]");
            if data == "[DONE]" {
                assert_eq!(self.next().await, None, "nothing comes after the end");
                return None;
            }
            let chunk: Value = serde_json::from_str(&data).expect("JSON");
            assert_eq!(chunk["object"], "chat.completion.chunk");
            let token = chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
            if !token.is_empty() {
                return Some(token.to_owned());
            }
        }
    }
}
