//! Unix streams and listeners, and their addresses.

use super::rt;
use super::rt::io::Interest;
use super::rt::net::{UnixDatagram, UnixListener, UnixStream, unix};
use super::setup::run;
use super::sockets::{Place, once, tell};
use crate::harness::{Case, Flavour, Log, cases};
use futures_util::future::join;
use std::future::poll_fn;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net as std_unix;
use std::pin::pin;
use std::task::Poll;
// What Handcrank's streams have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: a_pair_talks, by_a_path, by_an_abstract_name, by_an_address, addresses, who_is_there,
        nobody_there, names_that_are_none, a_file_left_behind, a_stream_ends, halves, reunited,
        halves_of_two_streams, a_dropped_write_half_ends_the_stream, trying_without_data,
        a_dropped_accept_takes_nothing, accept_by_poll, readiness_of_a_pair;
];

fn a_pair_talks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        tell(log, "at once", &a.try_write(b"x"));
        tell(log, "write_all", &a.write_all(b"yz").await);
        let mut buf = [0; 3];
        tell(log, "read_exact", &b.read_exact(&mut buf).await);
        log.note(format!("{buf:?}"));
        tell(log, "shutdown", &a.shutdown().await);
        tell(log, "read", &b.read(&mut buf).await);
        tell(log, "read_exact", &b.read_exact(&mut buf).await);
        tell(log, "write", &b.write(b"late").await);
        let mut all = String::new();
        drop(b);
        tell(log, "read_to_string", &a.read_to_string(&mut all).await);
        log.note(all);
        tell(log, "write", &a.write(b"x").await);
    });
}

fn by_a_path(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let listener = UnixListener::bind(&place).unwrap();
        tell(log, "twice", &UnixListener::bind(&place).map(|_| "bound"));
        let (client, server) = join(UnixStream::connect(&place), listener.accept()).await;
        let (mut client, (mut server, from)) = (client.unwrap(), server.unwrap());
        log.note(format!("{from:?} {}", from.is_unnamed()));
        client.write_all(b"abc").await.unwrap();
        tell(log, "read", &server.read(&mut [0; 8]).await);
        log.note(client.peer_addr().unwrap().as_pathname() == Some(place.as_ref()));
        log.note(listener.local_addr().unwrap().as_pathname() == Some(place.as_ref()));
        tell(log, "take_error", &listener.take_error());
        drop(listener);
        log.note(place.as_ref().exists());
        tell(log, "nobody", &UnixStream::connect(&place).await.map(|_| "connected"));
    });
}

fn by_an_abstract_name(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let name = place.0.to_str().unwrap();
        let path = format!("\0{name}");
        let listener = UnixListener::bind(&path).unwrap();
        let (client, server) = join(UnixStream::connect(&path), listener.accept()).await;
        let (client, (_server, from)) = (client.unwrap(), server.unwrap());
        log.note(from.is_unnamed());
        let address = client.peer_addr().unwrap();
        log.note(address.as_abstract_name() == Some(name.as_bytes()));
        log.note(format!("{:?} {}", address.as_pathname(), address.is_unnamed()));
        log.note(place.as_ref().exists());
    });
}

fn by_an_address(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let name = place.0.to_str().unwrap();
        let std = std_unix::SocketAddr::from_abstract_name(name).unwrap();
        let address = unix::SocketAddr::from(std);
        let listener = UnixListener::bind_addr(&address).unwrap();
        let (client, server) = join(UnixStream::connect_addr(&address), listener.accept()).await;
        log.note(client.is_ok() && server.is_ok());
        tell(log, "in use", &UnixListener::bind_addr(&address).map(|_| "bound"));
        let std: std_unix::SocketAddr = address.clone().into();
        log.note(std.as_abstract_name() == address.as_abstract_name());
        let (a, _b) = UnixStream::pair().unwrap();
        let unnamed = a.local_addr().unwrap();
        let connected = UnixStream::connect_addr(&unnamed).await;
        tell(log, "nowhere", &connected.map(|_| "connected"));
    });
}

fn addresses(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixStream::pair().unwrap();
        for address in [a.local_addr(), a.peer_addr(), b.local_addr(), b.peer_addr()] {
            let address = address.unwrap();
            log.note(format!("{address:?} {}", address.is_unnamed()));
            log.note(format!("{:?} {:?}", address.as_pathname(), address.as_abstract_name()));
        }
        let std = std_unix::SocketAddr::from_pathname("/some/where").unwrap();
        let address = unix::SocketAddr::from(std);
        log.note(format!("{address:?} {:?}", address.clone().as_pathname()));
    });
}

fn who_is_there(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixStream::pair().unwrap();
        let (left, right) = (a.peer_cred().unwrap(), b.peer_cred().unwrap());
        log.note(left == right);
        log.note(format!("{left:?}"));
        log.note(left.pid() == Some(std::process::id() as unix::pid_t));
        log.note(format!("{} {}", left.uid(), left.gid()));
    });
}

fn nobody_there(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        tell(log, "connect", &UnixStream::connect(&place).await.map(|_| "connected"));
        let datagram = UnixDatagram::unbound().unwrap();
        tell(log, "connect", &datagram.connect(&place));
        tell(log, "send_to", &datagram.send_to(b"x", &place).await);
        tell(log, "send", &datagram.send(b"x").await);
        tell(log, "bind", &UnixListener::bind("/nonesuch/socket").map(|_| "bound"));
        tell(log, "bind", &UnixDatagram::bind("/nonesuch/socket").map(|_| "bound"));
    });
}

fn names_that_are_none(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let long = "/".repeat(200);
        for name in [&long[..], "a\0b"] {
            tell(log, "bind", &UnixListener::bind(name).map(|_| "bound"));
            tell(log, "connect", &UnixStream::connect(name).await.map(|_| "connected"));
            tell(log, "bind", &UnixDatagram::bind(name).map(|_| "bound"));
            let datagram = UnixDatagram::unbound().unwrap();
            tell(log, "send_to", &datagram.send_to(b"x", name).await);
            tell(log, "connect", &datagram.connect(name));
        }
    });
}

fn a_file_left_behind(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        drop(UnixListener::bind(&place).unwrap());
        tell(log, "bind", &UnixListener::bind(&place).map(|_| "bound"));
        tell(log, "bind", &UnixDatagram::bind(&place).map(|_| "bound"));
        std::fs::remove_file(&place).unwrap();
        tell(log, "bind", &UnixDatagram::bind(&place).map(|_| "bound"));
    });
}

fn a_stream_ends(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut a, b) = UnixStream::pair().unwrap();
        drop(b);
        let mut buf = [0; 8];
        tell(log, "read", &a.read(&mut buf).await);
        tell(log, "write", &a.write(b"x").await);
        tell(log, "shutdown", &a.shutdown().await);
        tell(log, "readable", &a.readable().await);
        tell(log, "try_read", &a.try_read(&mut buf));
        // Data that nobody has read when the socket is closed resets the other side.
        let (mut a, b) = UnixStream::pair().unwrap();
        a.write_all(b"unread").await.unwrap();
        drop(b);
        tell(log, "read", &a.read(&mut buf).await);
        tell(log, "read", &a.read(&mut buf).await);
    });
}

fn halves(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        {
            let (mut read, mut write) = a.split();
            tell(log, "write", &write.write(b"ab").await);
            tell(log, "try_write", &write.try_write(b"c"));
            tell(log, "try_read", &read.try_read(&mut [0; 1]));
            b.write_all(b"xyz").await.unwrap();
            tell(log, "read", &read.read(&mut [0; 8]).await);
            tell(log, "addresses", &read.local_addr());
            tell(log, "addresses", &write.peer_addr());
            log.note(read.ready(rt::io::Interest::WRITABLE).await.unwrap().is_writable());
        }
        tell(log, "read_exact", &b.read_exact(&mut [0; 3]).await);
        let (mut read, mut write) = a.into_split();
        let echo = rt::spawn(async move {
            let mut buf = [0; 8];
            let length = read.read(&mut buf).await.unwrap();
            write.write_all(&buf[..length]).await.unwrap();
            tell_addresses(&read, &write)
        });
        b.write_all(b"echo").await.unwrap();
        let mut all = Vec::new();
        tell(log, "read_to_end", &b.read_to_end(&mut all).await);
        log.note(format!("{all:?} {}", echo.await.unwrap()));
    });
}

fn tell_addresses(read: &unix::OwnedReadHalf, write: &unix::OwnedWriteHalf) -> String {
    format!("{:?} {:?}", read.peer_addr().unwrap(), write.local_addr().unwrap())
}

fn reunited(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, mut b) = UnixStream::pair().unwrap();
        let (read, write) = a.into_split();
        let (read, write) = read.reunite(write).unwrap().into_split();
        let mut a = write.reunite(read).unwrap();
        tell(log, "write", &a.write(b"abc").await);
        tell(log, "read", &b.read(&mut [0; 8]).await);
        let (_read, write) = a.into_split();
        write.forget();
        log.note(once(pin!(b.read(&mut [0; 8]))).await.is_none());
    });
}

fn halves_of_two_streams(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixStream::pair().unwrap();
        let ((read, write), (other_read, other_write)) = (a.into_split(), b.into_split());
        let error = write.reunite(other_read).unwrap_err();
        log.note(&error);
        log.note(log.without_ids(&format!("{error:?}")));
        let unix::ReuniteError(other_read, write) = error;
        log.note(read.reunite(write).is_ok());
        log.note(other_read.reunite(other_write).is_ok());
    });
}

fn a_dropped_write_half_ends_the_stream(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, mut b) = UnixStream::pair().unwrap();
        let (mut read, write) = a.into_split();
        drop(write);
        tell(log, "the end", &b.read(&mut [0; 1]).await);
        b.write_all(b"abc").await.unwrap();
        tell(log, "reading goes on", &read.read(&mut [0; 8]).await);
    });
}

fn trying_without_data(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixStream::pair().unwrap();
        let mut buf = [0; 8];
        tell(log, "try_read", &a.try_read(&mut buf));
        tell(log, "try_read_buf", &a.try_read_buf(&mut Vec::with_capacity(8)));
        let slices = [io::IoSlice::new(b"ab"), io::IoSlice::new(b"cd")];
        tell(log, "try_write_vectored", &b.try_write_vectored(&slices));
        a.readable().await.unwrap();
        let mut bytes = Vec::with_capacity(3);
        tell(log, "try_read_buf", &a.try_read_buf(&mut bytes));
        let mut slices = [io::IoSliceMut::new(&mut buf)];
        tell(log, "try_read_vectored", &a.try_read_vectored(&mut slices));
        log.note(format!("{bytes:?} {buf:?}"));
        tell(log, "try_read", &a.try_read(&mut buf));
    });
}

fn a_dropped_accept_takes_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let listener = UnixListener::bind(&place).unwrap();
        log.note(once(pin!(listener.accept())).await.is_none());
        let mut client = UnixStream::connect(&place).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        client.write_all(b"abc").await.unwrap();
        tell(log, "read", &server.read(&mut [0; 8]).await);
        log.note(once(pin!(listener.accept())).await.is_none());
    });
}

fn accept_by_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let listener = UnixListener::bind(&place).unwrap();
        let accepted = poll_fn(|cx| Poll::Ready(listener.poll_accept(cx).is_ready())).await;
        log.note(accepted);
        let _client = UnixStream::connect(&place).await.unwrap();
        let (_, from) = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
        log.note(format!("{from:?}"));
    });
}

fn readiness_of_a_pair(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let both = Interest::READABLE | Interest::WRITABLE;
        let (mut a, b) = UnixStream::pair().unwrap();
        log.note(format!("{:?}", b.ready(both).await.unwrap()));
        a.write_all(b"x").await.unwrap();
        b.readable().await.unwrap();
        log.note(format!("{:?}", b.ready(both).await.unwrap()));
        tell(log, "try_io", &b.try_io(Interest::READABLE, || Ok(7)));
        drop(a);
        tell(log, "read", &b.try_read(&mut [0; 2]));
        while !b.ready(Interest::READABLE).await.unwrap().is_read_closed() {
            rt::task::yield_now().await;
        }
        tell(log, "the end", &b.try_read(&mut [0; 2]));
    });
}
