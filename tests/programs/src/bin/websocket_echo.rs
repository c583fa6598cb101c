//! A WebSocket echo, by async-tungstenite over `futures_io`.
//!
//! `cargo run -p programs --bin websocket_echo -- 127.0.0.1:7779`; Ctrl-C ends it.
//!
//! async-tungstenite wants `default-features = false, features = ["handshake"]`: its core takes any
//! stream of `futures_io`. Its features `…-runtime` are what would need another runtime. Pings are
//! answered by the library, whenever the stream is read.
#![forbid(unsafe_code)]

use async_tungstenite::accept_async;
use async_tungstenite::tungstenite::{Error, Message};
use clap::Parser;
use futures_util::StreamExt;
use handcrank::net::TcpStream;
use std::io;
use std::net::SocketAddr;

/// A WebSocket echo.
#[derive(Parser)]
struct Settings {
    /// Where to listen; port 0 is any free port
    #[arg(default_value = "127.0.0.1:7779")]
    address: SocketAddr,
}

#[handcrank::main]
async fn main() -> io::Result<()> {
    programs::serve(Settings::parse().address, |stream| async {
        match echo(stream).await {
            Ok(messages) => println!("echoed {messages} messages"),
            Err(error) => println!("failed: {error}"),
        }
    })
    .await
}

async fn echo(stream: TcpStream) -> Result<usize, Error> {
    // Small messages are answered one by one: none may wait for the next to fill a packet.
    stream.set_nodelay(true)?;
    let mut socket = accept_async(stream).await?;
    let mut messages = 0;
    // Ends after the close handshake, the answer to which the library gives, too.
    while let Some(message) = socket.next().await {
        if let message @ (Message::Text(_) | Message::Binary(_)) = message? {
            socket.send(message).await?;
            messages += 1;
        }
    }
    Ok(messages)
}
