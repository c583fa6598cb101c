//! How Unix sockets are made.

use super::rt::net::{UnixDatagram, UnixListener, UnixSocket, UnixStream};
use super::setup::{builder, run};
use super::sockets::{Place, tell, without_io};
use crate::harness::{Case, Flavour, Log, cases};
use futures_util::future::join;
use std::io;
use std::os::unix::net as std_unix;
// What Handcrank's streams have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: from_std_and_back, a_socket_listens, a_socket_connects, a_socket_for_datagrams,
        the_wrong_kind_of_socket, shown, panics_outside, panics_without_io,
        a_blocking_socket_is_refused, socket_panics;
];

fn from_std_and_back(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, mut b) = UnixStream::pair().unwrap();
        let std = a.into_std().unwrap();
        tell(log, "std reads", &io::Read::read(&mut &std, &mut [0; 1]));
        let mut a = UnixStream::from_std(std).unwrap();
        b.write_all(b"abc").await.unwrap();
        tell(log, "read", &a.read(&mut [0; 8]).await);
        let a = UnixStream::try_from(a.into_std().unwrap()).unwrap();
        tell(log, "take_error", &a.take_error());

        let place = Place::new();
        let listener = std_unix::UnixListener::bind(&place).unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = UnixListener::from_std(listener).unwrap();
        let (client, server) = join(UnixStream::connect(&place), listener.accept()).await;
        log.note(client.is_ok() && server.is_ok());
        let std = listener.into_std().unwrap();
        tell(log, "std accepts", &std.accept().map(|_| "accepted"));
        log.note(UnixListener::try_from(std).is_ok());
    });
}

fn a_socket_listens(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let socket = UnixSocket::new_stream().unwrap();
        tell(log, "bind", &socket.bind(&place));
        tell(log, "bind again", &socket.bind(&place));
        let listener = socket.listen(4).unwrap();
        let (client, server) = join(UnixStream::connect(&place), listener.accept()).await;
        log.note(client.is_ok() && server.is_ok());
        let unbound = UnixSocket::new_stream().unwrap();
        tell(log, "unbound", &unbound.listen(4).map(|_| "listens"));
        let taken = UnixSocket::new_stream().unwrap();
        tell(log, "in use", &taken.bind(&place));
        let long = "/".repeat(200);
        tell(log, "too long", &taken.bind(long));
    });
}

fn a_socket_connects(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (place, from) = (Place::new(), Place::new());
        let listener = UnixListener::bind(&place).unwrap();
        let socket = UnixSocket::new_stream().unwrap();
        socket.bind(&from).unwrap();
        let (client, server) = join(socket.connect(&place), listener.accept()).await;
        let (client, (_server, address)) = (client.unwrap(), server.unwrap());
        log.note(address.as_pathname() == Some(from.as_ref()));
        log.note(client.local_addr().unwrap().as_pathname() == Some(from.as_ref()));
        let nowhere = Place::new();
        let socket = UnixSocket::new_stream().unwrap();
        tell(log, "nobody", &socket.connect(&nowhere).await.map(|_| "connected"));
    });
}

fn a_socket_for_datagrams(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let socket = UnixSocket::new_datagram().unwrap();
        socket.bind(&place).unwrap();
        let receiver = socket.datagram().unwrap();
        let sender = UnixSocket::new_datagram().unwrap().datagram().unwrap();
        tell(log, "send_to", &sender.send_to(b"abc", &place).await);
        let (length, from) = receiver.recv_from(&mut [0; 8]).await.unwrap();
        log.note(format!("{length} {from:?}"));
    });
}

fn the_wrong_kind_of_socket(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let socket = UnixSocket::new_datagram().unwrap();
        tell(log, "listen", &socket.listen(1).map(|_| "listens"));
        let socket = UnixSocket::new_datagram().unwrap();
        tell(log, "connect", &socket.connect(&place).await.map(|_| "connected"));
        let socket = UnixSocket::new_stream().unwrap();
        tell(log, "datagram", &socket.datagram().map(|_| "made"));
    });
}

fn shown(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, _b) = UnixStream::pair().unwrap();
        log.note(log.without_ids(&format!("{a:?}")));
        let (a, _b) = UnixDatagram::pair().unwrap();
        log.note(log.without_ids(&format!("{a:?}")));
        let place = Place::new();
        let listener = UnixListener::bind(&place).unwrap();
        log.note(format!("{listener:?}").starts_with("UnixListener { fd: "));
    });
}

/// What is to be done within a runtime that has I/O.
fn make(log: &Log) {
    let place = Place::new();
    log.note_panic(|| UnixListener::bind(&place));
    std::fs::remove_file(&place).unwrap();
    let listener = std_unix::UnixListener::bind(&place).unwrap();
    listener.set_nonblocking(true).unwrap();
    log.note_panic(|| UnixListener::from_std(listener));
    let (a, _b) = std_unix::UnixStream::pair().unwrap();
    a.set_nonblocking(true).unwrap();
    log.note_panic(|| UnixStream::from_std(a));
    let (a, _b) = std_unix::UnixDatagram::pair().unwrap();
    a.set_nonblocking(true).unwrap();
    log.note_panic(|| UnixDatagram::from_std(a));
    // Here the names come first.
    tell(log, "no name", &UnixListener::bind("a\0b").map(|_| "bound"));
}

fn panics_outside(_: Flavour, log: &Log) {
    make(log);
}

fn panics_without_io(flavour: Flavour, log: &Log) {
    let runtime = without_io(flavour);
    let _guard = runtime.enter();
    make(log);
}

/// Only the first words: the texts are not the same on purpose.
fn a_blocking_socket_is_refused(flavour: Flavour, log: &Log) {
    let runtime = builder(flavour).build().unwrap();
    let _guard = runtime.enter();
    let own = Log::default();
    let (a, b) = std_unix::UnixStream::pair().unwrap();
    own.note_panic(|| UnixStream::from_std(a));
    drop(b);
    let (a, b) = std_unix::UnixDatagram::pair().unwrap();
    own.note_panic(|| UnixDatagram::from_std(a));
    drop(b);
    let place = Place::new();
    let listener = std_unix::UnixListener::bind(&place).unwrap();
    own.note_panic(|| UnixListener::from_std(listener));
    for line in own.lines() {
        log.note(line.rsplit(" (").next().unwrap_or_default());
    }
}

/// Where Handcrank blames the caller, and Tokio a line of its own.
fn socket_panics(flavour: Flavour, log: &Log) {
    let runtime = without_io(flavour);
    let _guard = runtime.enter();
    let own = Log::default();
    own.note_panic(UnixStream::pair);
    own.note_panic(UnixDatagram::pair);
    own.note_panic(UnixDatagram::unbound);
    let place = Place::new();
    own.note_panic(|| UnixDatagram::bind(&place));
    own.note_panic(|| UnixSocket::new_datagram().unwrap().datagram());
    for line in own.lines() {
        log.note(line.rsplit_once(" (").unwrap_or_default().0);
    }
}
