//! Echo over the loopback: clients and servers are tasks of the same runtime.

use crate::{Cost, Round, Runtime, THREADS};
use std::io;

/// Round trips a pass, shared out evenly among the connections.
pub(crate) const ROUND_TRIPS: u64 = 500;

/// Bytes a message: a small request.
const MESSAGE: usize = 128;

/// One connection: latency.
pub(crate) fn echo_1<R: Runtime>() -> Round {
    echo::<R>(1)
}

/// Fifty connections: throughput.
pub(crate) fn echo_50<R: Runtime>() -> Round {
    echo::<R>(50)
}

fn echo<R: Runtime>(connections: u64) -> Round {
    let runtime = R::start(THREADS);
    let mut clients = runtime.block_on(connect::<R>(connections)).expect("the loopback works");
    Box::new(move |passes| {
        Cost::of(|| {
            let round_trips = passes * ROUND_TRIPS / connections;
            let at_work: Vec<_> =
                clients.drain(..).map(|it| runtime.spawn_on(ask::<R>(it, round_trips))).collect();
            runtime.block_on(async {
                for client in at_work {
                    clients.push(client.await.unwrap().expect("the loopback works"));
                }
            });
        })
    })
}

async fn connect<R: Runtime>(connections: u64) -> io::Result<Vec<R::Stream>> {
    let listener = R::listen().await?;
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(R::connect(R::address(&listener)?).await?);
        let server = R::accept(&listener).await?;
        R::detach(answer::<R>(server));
    }
    Ok(clients)
}

/// The server's side: ends with the connection.
async fn answer<R: Runtime>(mut stream: R::Stream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let read = R::read(&mut stream, &mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        R::write_all(&mut stream, &buffer[..read]).await?;
    }
}

/// The client's side: gives the connection back for the next round.
async fn ask<R: Runtime>(mut stream: R::Stream, round_trips: u64) -> io::Result<R::Stream> {
    let mut buffer = [0; MESSAGE];
    for n in 0..round_trips {
        let message = [n as u8; MESSAGE];
        R::write_all(&mut stream, &message).await?;
        R::read_exact(&mut stream, &mut buffer).await?;
        assert_eq!(buffer, message);
    }
    Ok(stream)
}
