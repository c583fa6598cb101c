//! A chat server, written for Tokio: not a line of it knows of another runtime.
//!
//! Rooms, names, private messages; a limit on the length of a line; guests who say nothing for too
//! long are sent away, and so are those who do not read what they are told. Ctrl-C, or SIGTERM,
//! closes it: everybody is told, and has a while to read the rest.
//!
//! It speaks lines of UTF-8; try it with `nc 127.0.0.1 7777`, and begin with `/help`. What the server
//! says of itself begins with `*`, what was wrong with a command with `!`.
//!
//! Read `command` (what a guest can ask), `hall` (who is where), `lines` (reading and writing),
//! `session` (one guest), `server` (all of them).
//!
//! The two programs `chat` and `chat_on_tokio` are made of this folder. They differ in what they
//! call `tokio`, which stands in their first lines.

mod command;
mod hall;
mod lines;
mod server;
mod session;
#[cfg(test)]
mod tests;

use clap::Parser;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal;
use tokio::signal::unix::{SignalKind, signal};

/// A chat server: rooms, names, private messages.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Settings {
    /// Where to listen; port 0 is any free port
    #[arg(default_value = "127.0.0.1:7777")]
    address: SocketAddr,
    /// Guests who say nothing for so many seconds are sent away
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    idle: Duration,
    /// How many seconds guests have, when the server closes, to read what they were told
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    grace: Duration,
    /// The longest line that a guest may send, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1024)]
    longest: usize,
    /// Who has so many lines to read, and does not, is sent away
    #[arg(long, value_name = "LINES", default_value_t = 256, value_parser = lines_kept)]
    unread: usize,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// A channel needs room for one.
fn lines_kept(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("not a number of lines".to_owned()),
        Ok(lines) => Ok(lines),
    }
}

/// The program.
#[tokio::main]
pub(crate) async fn main() -> io::Result<()> {
    let settings = Settings::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            interrupted = signal::ctrl_c() => interrupted.expect("Ctrl-C can be caught"),
            _ = terminate.recv() => {}
        }
    };
    let listener = TcpListener::bind(settings.address).await?;
    println!("listening on {}", listener.local_addr()?);
    let report = server::run(listener, settings, stop).await;
    println!("closed: {report}");
    Ok(())
}
