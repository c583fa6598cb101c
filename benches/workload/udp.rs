//! Datagrams there and back over the loopback.

use super::tcp::{MESSAGE, round_trips};
use crate::{Cost, Latencies, Round, Runtime, THREADS};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// A client's socket, and where its own server is.
type Pair<R> = (Arc<<R as Runtime>::Datagrams>, SocketAddr);

/// So many clients, each with a server to itself. One datagram is under way in each pair, so none
/// can be lost for want of room.
pub(crate) fn echo<R: Runtime>(sockets: u64) -> Round {
    let runtime = R::start(THREADS);
    let pairs = runtime.block_on(pairs::<R>(sockets)).expect("the loopback works");
    Box::new(move |passes| {
        let mut latencies = Latencies::default();
        let cost = Cost::of(|| {
            let each = passes * round_trips(sockets) / sockets;
            let at_work: Vec<_> = pairs
                .iter()
                .map(|(socket, server)| ask::<R>((Arc::clone(socket), *server), each))
                .map(|client| runtime.spawn_on(client))
                .collect();
            runtime.block_on(async {
                for client in at_work {
                    latencies.append(client.await.unwrap().expect("the loopback works"));
                }
            });
        });
        cost.with(latencies)
    })
}

async fn pairs<R: Runtime>(sockets: u64) -> io::Result<Vec<Pair<R>>> {
    let mut pairs = Vec::new();
    for _ in 0..sockets {
        let (server, address) = R::open().await?;
        R::detach(answer::<R>(server));
        let (client, _) = R::open().await?;
        pairs.push((Arc::new(client), address));
    }
    Ok(pairs)
}

async fn answer<R: Runtime>(socket: R::Datagrams) -> io::Result<()> {
    let mut buffer = [0; 2 * MESSAGE];
    loop {
        let (read, from) = R::receive_from(&socket, &mut buffer).await?;
        R::send_to(&socket, &buffer[..read], from).await?;
    }
}

async fn ask<R: Runtime>((socket, server): Pair<R>, round_trips: u64) -> io::Result<Latencies> {
    let mut latencies = Latencies::default();
    let mut buffer = [0; 2 * MESSAGE];
    for n in 0..round_trips {
        let message = [n as u8; MESSAGE];
        let round_trip = async {
            R::send_to(&socket, &message, server).await?;
            R::receive_from(&socket, &mut buffer).await
        };
        let (read, _) = latencies.time(n, round_trip).await?;
        assert_eq!(buffer[..read], message);
    }
    Ok(latencies)
}
