//! Echo without a runtime: one thread, one event queue, both ends of every connection on it.

use crate::descriptors::make_room;
use crate::kind::Round;
use crate::workload::tcp::{MESSAGE, leave_no_trace, round_trips};
use crate::{Cost, Latencies};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::time::Instant;

/// The same messages as on the runtimes, over as many connections.
pub(super) fn echo(connections: u64) -> Round {
    let mut side = Echo::new(connections).expect("the loopback works");
    Box::new(move |passes| side.measured(passes, connections))
}

/// With connections of its own for every round, as the workload of that size has them.
pub(super) fn echo_fresh(connections: u64) -> Round {
    Box::new(move |passes| {
        let mut side = Echo::new(connections).expect("the loopback works");
        side.measured(1, connections);
        side.measured(passes, connections)
    })
}

struct Echo {
    poll: Poll,
    events: Events,
    pairs: Vec<Pair>,
}

/// A connection. Its client is the even token, its server the odd one after it.
struct Pair {
    client: TcpStream,
    server: TcpStream,
    /// What the client has read of the answer.
    read: usize,
    /// Round trips still to go, the one under way included.
    left: u64,
    asked: Instant,
}

impl Echo {
    fn new(connections: u64) -> io::Result<Self> {
        make_room(2 * connections);
        let poll = Poll::new()?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let mut pairs = Vec::new();
        for n in 0..connections as usize {
            let client = std::net::TcpStream::connect(listener.local_addr()?)?;
            let (server, _) = listener.accept()?;
            leave_no_trace(&client)?;
            let [client, server] = [(client, 2 * n), (server, 2 * n + 1)].map(|(stream, token)| {
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                let mut stream = TcpStream::from_std(stream);
                poll.registry().register(&mut stream, Token(token), Interest::READABLE)?;
                io::Result::Ok(stream)
            });
            let (client, server) = (client?, server?);
            pairs.push(Pair { client, server, read: 0, left: 0, asked: Instant::now() });
        }
        Ok(Self { poll, events: Events::with_capacity(1024), pairs })
    }

    fn measured(&mut self, passes: u64, connections: u64) -> Cost {
        let mut latencies = Latencies::default();
        let each = passes * round_trips(connections) / connections;
        let cost = Cost::of(|| latencies = self.echo(each).expect("the loopback works"));
        cost.with(latencies)
    }

    fn echo(&mut self, each: u64) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let mut busy = self.pairs.len();
        for pair in &mut self.pairs {
            pair.left = each;
            pair.ask()?;
        }
        while busy > 0 {
            self.poll.poll(&mut self.events, None)?;
            for event in &self.events {
                let Token(token) = event.token();
                let pair = &mut self.pairs[token / 2];
                if token % 2 == 1 {
                    pair.answer()?;
                } else if pair.left > 0 && pair.has_answer()? {
                    if Latencies::look_at(pair.left) {
                        latencies.push(pair.asked.elapsed());
                    }
                    pair.left -= 1;
                    if pair.left == 0 {
                        busy -= 1;
                    } else {
                        pair.ask()?;
                    }
                }
            }
        }
        Ok(latencies)
    }
}

impl Pair {
    fn ask(&mut self) -> io::Result<()> {
        self.read = 0;
        if Latencies::look_at(self.left) {
            self.asked = Instant::now();
        }
        self.client.write_all(&[self.left as u8; MESSAGE])
    }

    fn answer(&mut self) -> io::Result<()> {
        let mut buffer = [0; 2 * MESSAGE];
        match self.server.read(&mut buffer) {
            Ok(read) => self.server.write_all(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn has_answer(&mut self) -> io::Result<bool> {
        let mut buffer = [0; MESSAGE];
        match self.client.read(&mut buffer[self.read..]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                let came = &buffer[self.read..][..read];
                assert!(came.iter().all(|byte| *byte == self.left as u8));
                self.read += read;
                Ok(self.read == MESSAGE)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}
