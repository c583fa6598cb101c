//! `cargo x smoke`: the README's first command, driven from outside as a user would.

use crate::client::{Answer, request};
use crate::metadata::Workspace;
use crate::steps::{Outcome, Steps, cargo, root, run, shown};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing here takes longer than this unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the echo engine is to say back, one token at a time. Long enough that a signal sent after
/// the first token finds the answer still under way.
const MESSAGE: &str = "Turn the crank and the light comes on; turn it faster and it burns brighter: \
                       für alle, 光, ☀. Stop, and you can still see for a moment what it was that \
                       made the light, because the wheel runs on a little after the hand is gone.";

/// The fewest tokens that the message can be cut into, if they are no larger than a word.
const FEWEST: usize = 40;

/// Builds, starts, asks, stops.
pub(crate) fn smoke(steps: &mut Steps) {
    // Built the way the README's command builds it, so that neither builds twice.
    let mut built = Ok(());
    steps.run("Build the serve example", || {
        built = run(cargo().args(["build", "--release", "--example", "serve"]));
        built.clone()
    });
    if built.is_err() {
        return;
    }
    let mut server = None;
    steps.run("Start it on a free port", || {
        server = Some(Server::start()?);
        Ok(())
    });
    let Some(server) = server else { return };
    let Addresses { requests, system } = server.addresses;
    steps.run("GET /v1/models", || models(requests));
    steps.run("POST /v1/chat/completions", || whole_answer(requests));
    steps.run("POST /v1/chat/completions, streaming", || streamed_answer(requests));
    steps.run("GET /live", || live(system));
    steps.run("GET /metrics", || metrics(system));
    steps.run("SIGINT during an answer: its end, a report, exit code 0", || server.interrupt());
}

/// The running example. Dropped, it is killed, so that a failed check leaves nothing behind.
struct Server {
    process: Child,
    addresses: Addresses,
    output: Receiver<String>,
}

/// Where it listens.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Addresses {
    requests: SocketAddr,
    /// Health and metrics, on a runtime of their own.
    system: SocketAddr,
}

impl Server {
    fn start() -> Outcome<Self> {
        let program = Workspace::read()?.target.join("release/examples/serve");
        let mut command = Command::new(program);
        command
            .current_dir(root())
            .args(["--addr", "127.0.0.1:0", "--system-addr", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        println!("$ {}", shown(&command));
        let mut process = command.spawn().map_err(|error| format!("it did not start: {error}"))?;
        let (lines, output) = mpsc::channel();
        follow(process.stdout.take().expect("piped"), lines.clone());
        follow(process.stderr.take().expect("piped"), lines);
        let nowhere = SocketAddr::from(([0; 4], 0));
        let addresses = Addresses { requests: nowhere, system: nowhere };
        let mut server = Self { process, addresses, output };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            match server.output.recv_timeout(patience) {
                Ok(line) => {
                    if let Some(addresses) = addresses_in(&line) {
                        server.addresses = addresses;
                        return Ok(server);
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err("it names no address".to_owned()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err("it ended before it named an address".to_owned());
                }
            }
        }
    }

    /// What Ctrl-C does while somebody still reads his answer, and what must follow.
    fn interrupt(mut self) -> Outcome {
        let mut stream = Stream::open(self.addresses.requests)?;
        stream.next()?;
        // The standard library sends no signals; every shell does.
        run(Command::new("sh").args(["-c", &format!("kill -INT {}", self.process.id())]))?;
        while stream.next()? {}
        stream.check()?;
        let status = self.wait()?;
        // Both pipes are closed now or soon, since the process is gone: this ends.
        let report: Vec<String> = self.output.iter().collect();
        if status.code() != Some(0) {
            return Err(format!("it ended with {status}"));
        }
        let text = report.join("\n").to_lowercase();
        if !(text.contains("shutdown") && text.contains("drain")) {
            return Err("it printed no report of its shutdown phases".to_owned());
        }
        if !text.contains("1 drained, 0 cut off") {
            return Err("its report does not count the answer that was under way".to_owned());
        }
        Ok(())
    }

    fn wait(&mut self) -> Outcome<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().map_err(|error| error.to_string())? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(format!("it still runs {} s after the signal", PATIENCE.as_secs()));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if it has ended already, which is what we want.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Shows what a process prints, and passes it on.
fn follow(pipe: impl Read + Send + 'static, lines: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            println!("  | {line}");
            // Nobody may be listening any more; the pipe must be emptied all the same.
            let _ = lines.send(line);
        }
    });
}

/// The addresses in the line that says where it listens: for requests, then for the rest.
fn addresses_in(line: &str) -> Option<Addresses> {
    let (_, listening) = line.split_once("listening on")?;
    let mut addresses = listening
        .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'))
        .filter_map(|word| word.trim_matches([':', '.']).parse::<SocketAddr>().ok());
    Some(Addresses { requests: addresses.next()?, system: addresses.next()? })
}

fn models(server: SocketAddr) -> Outcome {
    let list = json_answer(server, "GET", "/v1/models", None)?;
    let first = list["data"][0]["id"].as_str();
    println!("models: {}", first.ok_or_else(|| format!("no model in {list}"))?);
    Ok(())
}

/// A request with the first model that the server offers.
fn question(server: SocketAddr, stream: bool) -> Outcome<String> {
    let list = json_answer(server, "GET", "/v1/models", None)?;
    let model = list["data"][0]["id"].as_str().unwrap_or_default();
    let question = json!({
        "model": model,
        "messages": [
            { "role": "system", "content": "You are an echo." },
            { "role": "user", "content": MESSAGE },
        ],
        "stream": stream,
    });
    Ok(question.to_string())
}

fn whole_answer(server: SocketAddr) -> Outcome {
    let question = question(server, false)?;
    let answer = json_answer(server, "POST", "/v1/chat/completions", Some(&question))?;
    let choice = &answer["choices"][0];
    expect("object", &answer["object"], "chat.completion")?;
    expect("the role", &choice["message"]["role"], "assistant")?;
    expect("the answer", &choice["message"]["content"], MESSAGE)?;
    expect("the reason to stop", &choice["finish_reason"], "stop")?;
    println!("answer: {}", choice["message"]["content"]);
    Ok(())
}

fn streamed_answer(server: SocketAddr) -> Outcome {
    let mut stream = Stream::open(server)?;
    while stream.next()? {}
    stream.check()
}

/// A streamed answer on its way.
struct Stream {
    answer: Answer,
    text: String,
    /// A piece that the server flushed is a chunk of its own.
    chunks_with_tokens: usize,
}

impl Stream {
    fn open(server: SocketAddr) -> Outcome<Self> {
        let question = question(server, true)?;
        let answer = request(server, "POST", "/v1/chat/completions", Some(&question))?;
        let status = answer.status;
        if status != 200 {
            return Err(format!("status {status}: {}", answer.text()?));
        }
        let kind = answer.header("content-type").unwrap_or_default();
        if !kind.starts_with("text/event-stream") {
            return Err(format!("content-type is {kind:?}"));
        }
        Ok(Self { answer, text: String::new(), chunks_with_tokens: 0 })
    }

    /// Waits for the next piece. Says whether there was one.
    fn next(&mut self) -> Outcome<bool> {
        let Some(piece) = self.answer.piece()? else { return Ok(false) };
        let piece = String::from_utf8(piece).map_err(|_| "a chunk splits a character")?;
        self.chunks_with_tokens += usize::from(piece.contains("\"content\""));
        self.text += &piece;
        Ok(true)
    }

    /// What must be true of the whole.
    fn check(&self) -> Outcome {
        let tokens = tokens_in(&self.text)?;
        let said = tokens.concat();
        if said != MESSAGE {
            return Err(format!("the tokens make {said:?}"));
        }
        let (tokens, chunks) = (tokens.len(), self.chunks_with_tokens);
        if tokens < FEWEST {
            return Err(format!("only {tokens} tokens"));
        }
        // More than one chunk means that the tokens came as they were made. Not exactly as many:
        // a machine with its hands full may let two of them fall into one.
        if chunks < tokens / 2 {
            return Err(format!("{tokens} tokens in only {chunks} chunks"));
        }
        println!("{tokens} tokens in {chunks} chunks, then [DONE]");
        Ok(())
    }
}

/// The tokens of an event stream. It must end with `[DONE]`, after a reason to stop.
fn tokens_in(stream: &str) -> Outcome<Vec<String>> {
    // Lines that begin with a colon are comments: keep-alives.
    let mut events = stream
        .split("\n\n")
        .map(|event| event.trim_matches('\n'))
        .filter(|event| !event.is_empty() && !event.starts_with(':'));
    let mut tokens = Vec::new();
    let mut stopped = false;
    loop {
        let event = events.next().ok_or("the stream ends without [DONE]")?;
        let data =
            event.strip_prefix("data: ").ok_or_else(|| format!("not a data event: {event:?}"))?;
        if data == "[DONE]" {
            break;
        }
        let data: Value =
            serde_json::from_str(data).map_err(|error| format!("{error} in {data:?}"))?;
        expect("object", &data["object"], "chat.completion.chunk")?;
        let choice = &data["choices"][0];
        match choice["delta"]["content"].as_str() {
            Some(token) if !token.is_empty() => tokens.push(token.to_owned()),
            _ => {}
        }
        stopped |= choice["finish_reason"] == "stop";
    }
    if let Some(event) = events.next() {
        return Err(format!("after [DONE] comes {event:?}"));
    }
    if !stopped {
        return Err("no event carries a finish_reason".to_owned());
    }
    Ok(tokens)
}

fn live(server: SocketAddr) -> Outcome {
    let answer = request(server, "GET", "/live", None)?;
    let status = answer.status;
    let text = answer.text()?;
    println!("{status} {}", text.trim());
    if status == 200 { Ok(()) } else { Err(format!("status {status}")) }
}

fn metrics(server: SocketAddr) -> Outcome {
    let answer = request(server, "GET", "/metrics", None)?;
    let status = answer.status;
    let text = answer.text()?;
    if status != 200 {
        return Err(format!("status {status}"));
    }
    let samples = samples_in(&text)?;
    println!("{} samples, for example: {}", samples.len(), samples[0]);
    Ok(())
}

/// The samples of a Prometheus text: at least one, each ending in a number.
fn samples_in(text: &str) -> Outcome<Vec<&str>> {
    let samples: Vec<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    if samples.is_empty() {
        return Err("no samples".to_owned());
    }
    for sample in &samples {
        let value = sample.rsplit(' ').next().unwrap_or_default();
        if value.parse::<f64>().is_err() {
            return Err(format!("no number at the end of {sample:?}"));
        }
    }
    Ok(samples)
}

fn json_answer(server: SocketAddr, method: &str, path: &str, body: Option<&str>) -> Outcome<Value> {
    let answer = request(server, method, path, body)?;
    let status = answer.status;
    let text = answer.text()?;
    if status != 200 {
        return Err(format!("status {status}: {text}"));
    }
    serde_json::from_str(&text).map_err(|error| format!("{error} in {text:?}"))
}

fn expect(what: &str, value: &Value, expected: &str) -> Outcome {
    if value.as_str() == Some(expected) {
        Ok(())
    } else {
        Err(format!("{what} is {value}, not {expected:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(content: &str, reason: &str) -> String {
        let chunk = json!({
            "object": "chat.completion.chunk",
            "choices": [{ "delta": { "content": content }, "finish_reason": reason }],
        });
        format!("data: {chunk}\n\n")
    }

    #[test]
    fn the_addresses_are_found() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let line = "listening on 127.0.0.1:4711, system server on 127.0.0.1:4712.";
        let expected = Addresses { requests: address(4711), system: address(4712) };
        assert_eq!(addresses_in(line), Some(expected));
        assert_eq!(addresses_in("requests  http://127.0.0.1:4711/v1/models"), None);
        assert_eq!(addresses_in("listening on both: 2 workers"), None);
    }

    #[test]
    fn a_stream_is_read_token_by_token() {
        let stream = format!(": hello\n\n{}{}data: [DONE]\n\n", chunk("a", ""), chunk("b", "stop"));
        assert_eq!(tokens_in(&stream).unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_stream_that_breaks_the_rules_is_refused() {
        assert!(tokens_in(&chunk("a", "stop")).is_err());
        assert!(tokens_in(&format!("{}data: [DONE]\n\n", chunk("a", ""))).is_err());
        let after = format!("{0}data: [DONE]\n\n{0}", chunk("a", "stop"));
        assert!(tokens_in(&after).is_err());
        assert!(tokens_in("event: nonsense\n\n").is_err());
    }

    #[test]
    fn samples_end_in_numbers() {
        assert_eq!(samples_in("# TYPE x gauge\nx{a=\"b c\"} 1.5\n# EOF\n").unwrap().len(), 1);
        assert!(samples_in("# EOF\n").is_err());
        assert!(samples_in("x one\n").is_err());
    }
}
