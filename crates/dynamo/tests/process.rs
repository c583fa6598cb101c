//! The example as a process: its words, its signals, its exit codes.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use common::{Client, PATIENCE, chat_body};
use handcrank_dynamo::Worker;

/// The example, which `cargo test` has built beside the tests.
fn serve() -> Command {
    let tests = std::env::current_exe().expect("this test is a file");
    let built: PathBuf =
        tests.ancestors().nth(2).expect("tests lie in a folder").join("examples/serve");
    assert!(built.exists(), "build it first: cargo build -p handcrank-dynamo --example serve");
    let mut command = Command::new(built);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HANDCRANK_") {
            command.env_remove(name);
        }
    }
    command
}

fn signal(process: u32, name: &str) {
    let kill = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(kill.expect("kill runs").success());
}

struct Node {
    child: Child,
    http: SocketAddr,
    system: SocketAddr,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Node {
    fn start(flags: &[&str]) -> Self {
        let mut child = serve()
            .args(["--addr", "127.0.0.1:0", "--system-addr", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let (http, system) = loop {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).expect("it writes text"), 0, "it ended");
            if let Some(rest) = line.trim().strip_prefix("listening on ") {
                let (http, system) = rest.split_once(", system server on ").expect("two addresses");
                break (http.parse().expect("an address"), system.parse().expect("an address"));
            }
        };
        Self { child, http, system, stdout }
    }

    fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    fn wait_until_draining(&self) {
        common::eventually("it drains", || {
            Client::connect(self.system).get("/health").json()["status"] == "draining"
        });
    }

    fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("it writes text");
        rest
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_signal_drains_and_reports() {
    // More than the sockets hold: the answer cannot end before it is read.
    let words = 100_000;
    let long = chat_body(&"a ".repeat(words), true);
    for (signal, topology) in [("INT", "dual"), ("TERM", "merged")] {
        let mut node = Node::start(&["--topology", topology, "--token-delay-ms", "0"]);
        let mut streaming = Client::connect(node.http);
        streaming.chat(&long);
        streaming.read_until(b"\"content\":\"a\"").expect("it speaks");
        node.signal(signal);
        node.wait_until_draining();
        let rest = streaming.read_until(b"data: [DONE]\n\n").expect("it speaks to its end");
        let rest = String::from_utf8(rest).unwrap();
        assert_eq!(rest.matches("\"content\":\" a\"").count(), words - 1);
        assert_eq!(node.wait().code(), Some(0));
        let report = node.rest();
        assert!(report.contains(&format!("shutdown (SIG{signal}) of {topology} node")), "{report}");
        assert!(report.contains("requests in flight: 1 drained, 0 cut off"), "{report}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut node = Node::start(&["--token-delay-ms", "3600000", "--drain-timeout", "1h"]);
    let mut streaming = Client::connect(node.http);
    streaming.chat(&chat_body("never said", true));
    streaming.read_until(b"\"role\":\"assistant\"").expect("it begins");
    node.signal("TERM");
    // Two signals in one moment are one signal.
    node.wait_until_draining();
    assert!(node.child.try_wait().unwrap().is_none());
    node.signal("INT");
    assert_eq!(node.wait().code(), Some(4));
}

#[test]
fn what_is_cut_off_shows_in_the_exit_code() {
    let mut node = Node::start(&["--token-delay-ms", "3600000", "--drain-timeout", "50ms"]);
    let mut streaming = Client::connect(node.http);
    streaming.chat(&chat_body("never said", true));
    streaming.read_until(b"\"role\":\"assistant\"").expect("it begins");
    node.signal("TERM");
    assert_eq!(node.wait().code(), Some(3));
    assert!(node.rest().contains("0 drained, 1 cut off"));
    // The stream does not end as if all had been said.
    let rest = streaming.read_until(b"\n\n").map(|rest| String::from_utf8(rest).unwrap());
    assert!(!rest.is_ok_and(|rest| rest.contains("[DONE]")));
}

#[test]
fn what_cannot_work_is_refused_with_the_reason() {
    let dir = std::env::temp_dir().join(format!("handcrank-serve-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("node.toml");
    std::fs::write(&file, "[primary]\nworker_thread = 2\n[lease]\nttl = \"never\"\n").unwrap();
    let file = file.to_str().unwrap();

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let in_use = listener.local_addr().unwrap().to_string();
    let cases: [(&[&str], i32, &[&str]); 7] = [
        (&["--addr", &in_use], 1, &["http.addr", &in_use, "flag --addr", "in use"]),
        (&["--system-addr", &in_use], 1, &["system.addr", &in_use, "in use"]),
        (&["--workers", "0"], 2, &["primary.worker_threads = 0", "flag --workers", "1 to 1024"]),
        (&["--topology", "triple"], 2, &["topology = triple", "\"dual\", \"merged\""]),
        (&["--drain-timeout", "30"], 2, &["shutdown.drain_timeout = 30", "with its unit"]),
        (&["--no-such-flag"], 2, &["--no-such-flag"]),
        (
            &["--config", file],
            2,
            &[
                "worker_thread (",
                "node.toml:2",
                "did you mean primary.worker_threads?",
                "lease.ttl",
            ],
        ),
    ];
    for (flags, code, words) in cases {
        let mut command = serve();
        if !flags.contains(&"--addr") {
            command.args(["--addr", "127.0.0.1:0"]);
        }
        if !flags.contains(&"--system-addr") {
            command.args(["--system-addr", "127.0.0.1:0"]);
        }
        let output = command.args(flags).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{flags:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{flags:?}: {word:?} is not in {said:?}");
        }
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_effective_settings_are_printed_with_their_origins() {
    let output = serve()
        .args(["--print-config", "--workers", "3"])
        .env("HANDCRANK_LEASE_TTL", "7s")
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    let has = |key: &str, value: &str, origin: &str| {
        printed.lines().any(|line| {
            let mut words = line.splitn(3, "  ").map(str::trim).filter(|word| !word.is_empty());
            line.starts_with(key)
                && line.ends_with(origin)
                && words.nth(1).is_some_and(|rest| rest.starts_with(value))
        })
    };
    assert!(has("primary.worker_threads", "3", "flag --workers"), "{printed}");
    assert!(has("lease.ttl", "7s", "environment HANDCRANK_LEASE_TTL"), "{printed}");
    assert!(has("topology", "dual", "default"), "{printed}");
}

/// What the process does that the next test makes of itself.
fn be_stuck(topology: &str) -> ! {
    let config = common::settings()
        .topology(topology.parse().unwrap())
        .primary_worker_threads(1)
        .shutdown_drain_timeout(Duration::from_hours(1))
        .build()
        .unwrap();
    let outcome = Worker::from_config(config).unwrap().execute(|runtime| async move {
        let for_ever = std::future::pending::<()>();
        runtime.primary().spawn(runtime.graceful_tracker().track_future(for_ever));
        println!("\nstuck");
        loop {
            std::thread::park();
        }
        #[allow(unreachable_code, reason = "says what the application would return")]
        Ok::<(), std::io::Error>(())
    });
    std::process::exit(outcome.exit_status().into());
}

#[test]
fn signals_are_heard_while_every_worker_is_stuck() {
    // Set in the process that is to be stuck; says its topology.
    const CHILD: &str = "HANDCRANK_TEST_STUCK";
    if let Ok(topology) = std::env::var(CHILD) {
        be_stuck(&topology);
    }
    for topology in ["dual", "merged"] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "signals_are_heard_while_every_worker_is_stuck", "--nocapture"])
            .env(CHILD, topology)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = |pipe: Box<dyn Read>| BufReader::new(pipe).lines().map_while(Result::ok);
        let mut said = lines(Box::new(child.stdout.take().unwrap()));
        let mut warned = lines(Box::new(child.stderr.take().unwrap()));
        assert!(said.any(|line| line == "stuck"));
        signal(child.id(), "TERM");
        assert!(warned.any(|line| line.starts_with("SIGTERM: shutting down")));
        signal(child.id(), "TERM");
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(4), "{topology}");
    }
}
