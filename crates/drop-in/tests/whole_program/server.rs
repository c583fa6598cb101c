//! A server that counts.

use super::counter;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// Serves until `stopped`; the task says how many turns there were in all.
pub(crate) async fn start(
    mut stopped: oneshot::Receiver<()>,
) -> io::Result<(SocketAddr, JoinHandle<usize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let (turns, mut turned) = mpsc::channel(1);
        let mut connections = JoinSet::new();
        let mut total = 0;
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, _) = accepted.expect("it listens");
                    connections.spawn(counter::counting(serve(stream, turns.clone())));
                }
                Some(()) = turned.recv() => total += 1,
                Some(ended) = connections.join_next() => ended.unwrap().unwrap(),
                _ = &mut stopped => break,
            }
        }
        connections.shutdown().await;
        total
    });
    Ok((address, task))
}

async fn serve(stream: TcpStream, turns: mpsc::Sender<()>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        assert_eq!(line, "turn");
        let count = counter::turn(&turns).await;
        write.write_all(format!("{count}\n").as_bytes()).await?;
    }
    Ok(())
}
