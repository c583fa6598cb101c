//! Connections that live for one byte.

use super::tcp::leave_no_trace;
use crate::{Cost, Latencies, Round, Runtime, THREADS};
use std::io;
use std::net::SocketAddr;

/// Clients at work at a time.
const CLIENTS: u64 = 8;
/// Connections that each of them makes in a pass.
const EACH: u64 = 10;
/// Connections a pass.
pub(crate) const CONNECTIONS: u64 = CLIENTS * EACH;

/// A client connects, gets a byte and closes, and then does it again.
pub(crate) fn churn<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
    let address = runtime.block_on(serve::<R>()).expect("the loopback works");
    Box::new(move |passes| {
        let mut latencies = Latencies::default();
        let cost = Cost::of(|| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| runtime.spawn_on(come_and_go::<R>(address, passes * EACH)))
                .collect();
            runtime.block_on(async {
                for client in clients {
                    latencies.append(client.await.unwrap().expect("the loopback works"));
                }
            });
        });
        cost.with(latencies)
    })
}

async fn serve<R: Runtime>() -> io::Result<SocketAddr> {
    let listener = R::listen().await?;
    let address = R::address(&listener)?;
    R::detach(async move {
        loop {
            let mut stream = R::accept(&listener).await.expect("descriptors to spare");
            R::detach(async move {
                R::write_all(&mut stream, &[7]).await?;
                // The client closes first, and by a reset: either is an end.
                let _ = R::read(&mut stream, &mut [0]).await;
                io::Result::Ok(())
            });
        }
    });
    Ok(address)
}

async fn come_and_go<R: Runtime>(to: SocketAddr, times: u64) -> io::Result<Latencies> {
    let mut latencies = Latencies::default();
    for n in 0..times {
        let visit = async {
            let mut stream = R::connect(to).await?;
            leave_no_trace(&stream)?;
            let mut byte = [0];
            R::read_exact(&mut stream, &mut byte).await?;
            assert_eq!(byte, [7]);
            io::Result::Ok(())
        };
        latencies.time(n, visit).await?;
    }
    Ok(latencies)
}
