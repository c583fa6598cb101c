//! A WebSocket server as a process, and clients for it on Handcrank.

use async_tungstenite::tungstenite::protocol::CloseFrame;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::{Error, Message, error::ProtocolError};
use async_tungstenite::{WebSocketStream, client_async};
use futures_util::StreamExt;
use futures_util::future::join_all;
use handcrank::net::TcpStream;
use handcrank::runtime::Runtime;
use handcrank::time::timeout;
use programs::Program;
use programs::process::PATIENCE;
use std::net::SocketAddr;

fn with_server(test: impl AsyncFnOnce(&Program, SocketAddr)) {
    let (program, address) = Program::serve(env!("CARGO_BIN_EXE_websocket_echo"), &["127.0.0.1:0"]);
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        timeout(PATIENCE, test(&program, address)).await.expect("no hang");
    });
    program.interrupt();
    assert_eq!(program.end().0.code(), Some(0));
}

async fn connect(address: SocketAddr) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("it listens");
    stream.set_nodelay(true).expect("an option");
    client_async(format!("ws://{address}/"), stream).await.expect("a handshake").0
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> Message {
    socket.next().await.expect("a message").expect("no error")
}

/// Closes, and waits until the other side has, too.
async fn close(mut socket: WebSocketStream<TcpStream>) {
    socket.close(None).await.unwrap();
    assert_eq!(next(&mut socket).await, Message::Close(None));
    assert!(socket.next().await.is_none());
}

#[test]
fn text_binary_and_pings() {
    with_server(async |program, address| {
        let mut socket = connect(address).await;
        for message in [
            Message::text("Grüße, 光!"),
            Message::text(""),
            Message::binary(vec![0, 159, 255]),
            Message::binary(vec![7; 70_000]),
        ] {
            socket.send(message.clone()).await.unwrap();
            assert_eq!(next(&mut socket).await, message);
        }
        socket.send(Message::Ping("are you there?".into())).await.unwrap();
        assert_eq!(next(&mut socket).await, Message::Pong("are you there?".into()));
        // Nobody asked for this, and nobody answers.
        socket.send(Message::Pong("yes".into())).await.unwrap();
        socket.send(Message::text("still there?")).await.unwrap();
        assert_eq!(next(&mut socket).await, Message::text("still there?"));
        close(socket).await;
        assert_eq!(program.line().unwrap(), "echoed 5 messages");
    });
}

#[test]
fn the_reason_for_closing_comes_back() {
    with_server(async |program, address| {
        let mut socket = connect(address).await;
        let reason = CloseFrame { code: CloseCode::Away, reason: "the light is on".into() };
        socket.close(Some(reason.clone())).await.unwrap();
        assert_eq!(next(&mut socket).await, Message::Close(Some(reason)));
        assert!(socket.next().await.is_none());
        let error = socket.send(Message::text("too late")).await.unwrap_err();
        assert!(matches!(error, Error::AlreadyClosed), "{error:?}");
        assert_eq!(program.line().unwrap(), "echoed 0 messages");
    });
}

#[test]
fn a_large_message() {
    with_server(async |program, address| {
        let mut socket = connect(address).await;
        let large = Message::binary((0..8 << 20).map(|n| (n % 251) as u8).collect::<Vec<_>>());
        socket.send(large.clone()).await.unwrap();
        assert!(next(&mut socket).await == large);
        close(socket).await;
        assert_eq!(program.line().unwrap(), "echoed 1 messages");
    });
}

#[test]
fn many_clients() {
    const CLIENTS: usize = 40;
    const MESSAGES: usize = 25;
    with_server(async |program, address| {
        let clients = (0..CLIENTS).map(|client| {
            handcrank::spawn(async move {
                let mut socket = connect(address).await;
                for n in 0..MESSAGES {
                    let message = Message::text(format!("{n} from {client}"));
                    socket.send(message.clone()).await.unwrap();
                    assert_eq!(next(&mut socket).await, message);
                }
                // A burst, answered in order.
                for n in 0..MESSAGES {
                    socket.send(Message::text(n.to_string())).await.unwrap();
                }
                for n in 0..MESSAGES {
                    assert_eq!(next(&mut socket).await, Message::text(n.to_string()));
                }
                close(socket).await;
            })
        });
        join_all(clients).await.into_iter().for_each(|client| client.unwrap());
        for _ in 0..CLIENTS {
            assert_eq!(program.line().unwrap(), format!("echoed {} messages", 2 * MESSAGES));
        }
    });
}

#[test]
fn what_goes_wrong() {
    with_server(async |program, address| {
        // No WebSocket: an HTTP request that asks for no upgrade.
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
        let said = program.line().unwrap();
        assert!(
            said.starts_with("failed: WebSocket protocol error: No \"Connection: upgrade\""),
            "{said}"
        );

        // An end without a close handshake.
        drop(connect(address).await);
        let said = program.line().unwrap();
        assert!(said.ends_with(&ProtocolError::ResetWithoutClosingHandshake.to_string()), "{said}");

        // A frame that a client may not send: it is not masked.
        let mut socket = connect(address).await;
        socket.get_mut().write_all(&[0x81, 2, b'h', b'i']).await.unwrap();
        let said = program.line().unwrap();
        assert!(said.ends_with(&ProtocolError::UnmaskedFrameFromClient.to_string()), "{said}");
    });
}
