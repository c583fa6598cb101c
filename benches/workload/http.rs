//! HTTP through hyper. Only the server is the runtime's: the client is one thread with one event
//! queue, the same for every side.

use super::tcp::{leave_no_trace, round_trips};
use crate::runtime::hello::HELLO;
use crate::{Cost, Latencies, Round, Runtime, THREADS};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n";

/// So many connections that are kept alive, one request under way on each.
pub(crate) fn hello<R: Runtime>(connections: u64) -> Round {
    let runtime = R::start(THREADS);
    let address = runtime.block_on(serve::<R>()).expect("the loopback works");
    let mut client = Client::connect(address, connections).expect("the loopback works");
    Box::new(move |passes| {
        // The runtime lives as long as the client does.
        let _serving = &runtime;
        let mut latencies = Latencies::default();
        let cost = Cost::of(|| {
            let each = passes * round_trips(connections) / connections;
            latencies = client.ask(each).expect("the server answers");
        });
        cost.with(latencies)
    })
}

async fn serve<R: Runtime>() -> io::Result<SocketAddr> {
    let listener = R::listen().await?;
    let address = R::address(&listener)?;
    R::detach(async move {
        loop {
            let stream = R::accept(&listener).await.expect("descriptors to spare");
            R::detach(R::greet(stream));
        }
    });
    Ok(address)
}

struct Client {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    answer: [u8; 1024],
    /// How much of the answer is there.
    read: usize,
    /// How many answers are still to come.
    left: u64,
    asked: Instant,
}

impl Client {
    fn connect(to: SocketAddr, connections: u64) -> io::Result<Self> {
        let poll = Poll::new()?;
        let connections = (0..connections as usize).map(|n| {
            let stream = std::net::TcpStream::connect(to)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            leave_no_trace(&stream)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(n), Interest::READABLE)?;
            Ok(Connection { stream, answer: [0; 1024], read: 0, left: 0, asked: Instant::now() })
        });
        let connections = connections.collect::<io::Result<_>>()?;
        Ok(Self { poll, events: Events::with_capacity(1024), connections })
    }

    /// That many requests on each connection.
    fn ask(&mut self, each: u64) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let mut busy = self.connections.len();
        for connection in &mut self.connections {
            connection.left = each;
            connection.ask()?;
        }
        while busy > 0 {
            self.poll.poll(&mut self.events, None)?;
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                // Once is enough: whatever comes later is another event.
                if connection.left > 0 && connection.has_answer()? {
                    if Latencies::look_at(connection.left) {
                        latencies.push(connection.asked.elapsed());
                    }
                    connection.left -= 1;
                    if connection.left == 0 {
                        busy -= 1;
                    } else {
                        connection.ask()?;
                    }
                }
            }
        }
        Ok(latencies)
    }
}

impl Connection {
    fn ask(&mut self) -> io::Result<()> {
        self.read = 0;
        if Latencies::look_at(self.left) {
            self.asked = Instant::now();
        }
        // The last request was answered, so the socket has room for all of this one.
        let written = self.stream.write(REQUEST)?;
        assert_eq!(written, REQUEST.len());
        Ok(())
    }

    /// Reads what there is. The answer is complete when its body is, which is known.
    fn has_answer(&mut self) -> io::Result<bool> {
        match self.stream.read(&mut self.answer[self.read..]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.read += read;
                let answer = &self.answer[..self.read];
                let whole = answer.ends_with(HELLO);
                assert!(!whole || answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
                Ok(whole)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}
