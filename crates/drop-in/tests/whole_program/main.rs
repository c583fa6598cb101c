//! A program of several modules, written for tokio. That it runs on Handcrank stands in one line.

// A manifest with `tokio = { package = "handcrank-drop-in" }` says the same; a package cannot say it of itself.
extern crate handcrank_drop_in as tokio;

mod counter;
mod server;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Duration, timeout};

#[tokio::test]
async fn the_program() {
    let (stop, stopped) = oneshot::channel();
    let (address, server) = server::start(stopped).await.unwrap();
    let clients = (1..=3).map(|n| tokio::spawn(client(address, n)));
    let clients: Vec<_> = clients.collect();
    for client in clients {
        timeout(Duration::from_mins(1), client).await.unwrap().unwrap().unwrap();
    }
    stop.send(()).unwrap();
    assert_eq!(server.await.unwrap(), 6);
}

async fn client(address: std::net::SocketAddr, turns: usize) -> std::io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    for turn in 1..=turns {
        stream.write_all(b"turn\n").await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        assert_eq!(line, format!("{turn}\n"));
    }
    stream.shutdown().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_several_threads() {
    let threads = tokio::runtime::Handle::current().metrics().num_workers();
    assert_eq!(threads, 2);
}

#[tokio::test(start_paused = true)]
async fn under_a_clock_that_stands() {
    let long = Duration::from_hours(1);
    let (slept, late) = tokio::join!(tokio::time::sleep(long), timeout(2 * long, async { 7 }));
    assert_eq!(((), Ok(7)), (slept, late));
}

#[test]
fn a_main_of_its_own() {
    #[tokio::main(flavor = "current_thread")]
    async fn main() -> Result<u8, tokio::task::JoinError> {
        tokio::task::spawn_blocking(|| 42).await
    }
    assert_eq!(main().unwrap(), 42);
}
