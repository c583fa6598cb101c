//! A node that serves an echo in OpenAI's dialect, on two runtimes.
//!
//! `cargo run --release --example serve`, then try the three lines that it prints; Ctrl-C drains
//! what is in flight and prints how the shutdown went.

mod args;

use std::io::{self, Write};
use std::process::ExitCode;

use args::Args;
use clap::Parser;
use handcrank_dynamo::worker::exit;
use handcrank_dynamo::{Cause, EchoEngine, Node, NodeError, Runtime, StartError, Worker};

fn main() -> ExitCode {
    let args = Args::parse();
    let config = match args.config() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("serve: the configuration is wrong\n{error}");
            return ExitCode::from(exit::USAGE);
        }
    };
    if args.print_config {
        say(&format!("{config}"));
        return ExitCode::from(exit::OK);
    }
    let worker = match Worker::from_config(config) {
        Ok(worker) => worker,
        Err(error @ StartError::Config(_)) => {
            eprintln!("serve: {error}");
            return ExitCode::from(exit::USAGE);
        }
        Err(error) => {
            eprintln!("serve: {error}");
            return ExitCode::from(exit::FAILED);
        }
    };
    let outcome = worker.execute(serve);
    if let Err(error) = outcome.result() {
        eprintln!("serve: {error}");
    }
    // A node that never began has nothing to tell of its end.
    if outcome.report().cause != Cause::ApplicationFailed {
        say(&format!("\n{}", outcome.report()));
    }
    ExitCode::from(outcome.exit_status())
}

/// Runs on the primary, until the work has drained.
async fn serve(runtime: Runtime) -> Result<(), NodeError> {
    let engine = EchoEngine::from_config(runtime.config());
    let node = Node::start(&runtime, engine).await?;
    say(&banner(&node));
    node.closed().await;
    Ok(())
}

fn banner(node: &Node) -> String {
    let model = node.distributed().runtime().config().engine_model();
    let (http, system) = (node.http_addr(), node.system_addr());
    let chat = format!("http://{http}/v1/chat/completions -H 'content-type: application/json'");
    let body = |text: &str, rest: &str| {
        let messages = format!(r#"[{{"role":"user","content":"{text}"}}]"#);
        format!(r#"'{{"model":"{model}","messages":{messages}{rest}}}'"#)
    };
    let whole = body("Who turns the crank?", "");
    let stream = body("Turn the crank and the light comes on.", r#","stream":true"#);
    format!(
        "{layout}
listening on {http}, system server on {system}

try:
  curl -s {chat} -d {whole}
  curl -sN {chat} -d {stream}
  curl -s http://{system}/health

Ctrl-C to stop.
",
        layout = node.layout()
    )
}

/// Prints without minding whether anybody reads: a node must not fall because its log's reader
/// did.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
