//! Echo over the loopback: clients and servers are tasks of the same runtime.

use crate::descriptors::make_room;
use crate::{Cost, Latencies, Round, Runtime, THREADS};
use rustix::net::sockopt::set_socket_linger;
use std::io;
use std::time::Duration;

/// Bytes a message: a small request.
pub(crate) const MESSAGE: usize = 128;

/// What thousands of connections are. Tests only want to see them go.
pub(crate) const THOUSANDS: u64 = if cfg!(test) { 200 } else { 5_000 };

const fn round_trips_each(connections: u64) -> u64 {
    let share = 500 / connections;
    if share > 1 { share } else { 1 }
}

/// Round trips a pass, shared out evenly among the connections.
pub(crate) const fn round_trips(connections: u64) -> u64 {
    connections * round_trips_each(connections)
}

/// The connections stay from round to round.
pub(crate) fn echo<R: Runtime>(connections: u64) -> Round {
    let mut side = Echo::<R>::new(connections);
    Box::new(move |passes| side.echo(passes))
}

/// The connections are made anew for every round, so that of all sides that are compared only one
/// at a time needs that many descriptors.
pub(crate) fn echo_fresh<R: Runtime>(connections: u64) -> Round {
    Box::new(move |passes| {
        let mut side = Echo::<R>::new(connections);
        // Once outside of what is measured: the first message on a connection finds nothing warm.
        side.echo(1);
        side.echo(passes)
    })
}

struct Echo<R: Runtime> {
    // First, because sockets want to be dropped before their runtime.
    clients: Vec<R::Stream>,
    runtime: R,
}

impl<R: Runtime> Echo<R> {
    fn new(connections: u64) -> Self {
        make_room(2 * connections);
        let runtime = R::start(THREADS);
        let clients = runtime.block_on(connections_of::<R>(connections)).expect("a loopback");
        Self { clients, runtime }
    }

    fn echo(&mut self, passes: u64) -> Cost {
        let mut latencies = Latencies::default();
        let cost = Cost::of(|| {
            let each = passes * round_trips_each(self.clients.len() as u64);
            let at_work: Vec<_> = self
                .clients
                .drain(..)
                .map(|it| self.runtime.spawn_on(ask::<R>(it, each)))
                .collect();
            self.runtime.block_on(async {
                for client in at_work {
                    let (client, times) = client.await.unwrap().expect("the loopback works");
                    self.clients.push(client);
                    latencies.append(times);
                }
            });
        });
        cost.with(latencies)
    }
}

/// Connects so many clients, and answers each with a task of its own.
pub(crate) async fn connections_of<R: Runtime>(connections: u64) -> io::Result<Vec<R::Stream>> {
    let listener = R::listen().await?;
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = R::connect(R::address(&listener)?).await?;
        leave_no_trace(&client)?;
        clients.push(client);
        let server = R::accept(&listener).await?;
        R::detach(answer::<R>(server));
    }
    Ok(clients)
}

/// Closes by a reset. After an orderly end the port would be taken for a minute, and there are not
/// enough ports for that. The client has to close first.
pub(crate) fn leave_no_trace(client: &impl std::os::fd::AsFd) -> io::Result<()> {
    Ok(set_socket_linger(client, Some(Duration::ZERO))?)
}

/// The server's side: ends with the connection.
async fn answer<R: Runtime>(mut stream: R::Stream) -> io::Result<()> {
    let mut buffer = [0; 2 * MESSAGE];
    loop {
        let read = R::read(&mut stream, &mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        R::write_all(&mut stream, &buffer[..read]).await?;
    }
}

/// The client's side: gives the connection back for the next round.
async fn ask<R: Runtime>(
    mut stream: R::Stream,
    round_trips: u64,
) -> io::Result<(R::Stream, Latencies)> {
    let mut latencies = Latencies::default();
    let mut buffer = [0; MESSAGE];
    for n in 0..round_trips {
        let message = [n as u8; MESSAGE];
        let round_trip = async {
            R::write_all(&mut stream, &message).await?;
            R::read_exact(&mut stream, &mut buffer).await
        };
        latencies.time(n, round_trip).await?;
        assert_eq!(buffer, message);
    }
    Ok((stream, latencies))
}
