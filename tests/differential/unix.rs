//! Unix sockets: streams, listeners, datagrams, addresses.

use super::rt;
use super::rt::io::ReadBuf;
use super::rt::net::{UnixDatagram, UnixListener, UnixSocket, UnixStream, unix};
use super::setup::{builder, run};
use crate::harness::{Case, Flavour, Log, cases};
use futures_util::future::join;
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::io;
use std::net::Shutdown;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net as std_unix;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
// What Handcrank's streams have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: a_pair_talks, by_a_path, by_an_abstract_name, by_an_address, addresses, who_is_there,
        nobody_there, names_that_are_none, a_file_left_behind, a_stream_ends, halves,
        reunited, halves_of_two_streams, a_dropped_write_half_ends_the_stream,
        trying_without_data, a_dropped_accept_takes_nothing, accept_by_poll,
        from_std_and_back, a_socket_listens, a_socket_connects, a_socket_for_datagrams,
        the_wrong_kind_of_socket, datagrams_by_path, a_datagram_pair, datagrams_into_buffers,
        datagrams_without_waiting, datagrams_end, a_full_queue, a_long_datagram,
        datagrams_from_std, dropped_receives_take_nothing, shown, panics_outside,
        panics_without_io, a_blocking_socket_is_refused, socket_panics, readiness_of_a_pair;
];

/// Notes a result, an error with its kind and texts.
fn tell<T: Debug>(log: &Log, what: &str, result: &io::Result<T>) {
    match result {
        Ok(value) => log.note(format!("{what}: {value:?}")),
        Err(error) => log.note(format!("{what}: {:?}, {error}, {error:?}", error.kind())),
    }
}

/// A path that nobody else has, and that is free again in the end.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let side = std::any::type_name::<Place>().replace("::", "-");
        let name = format!("{side}-{}-{number}", std::process::id());
        Place(std::env::temp_dir().join(name))
    }
}

impl AsRef<Path> for Place {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    let mut future = Some(future);
    poll_fn(|cx| match future.take().expect("once").poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

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

fn datagrams_by_path(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (at_a, at_b) = (Place::new(), Place::new());
        let (a, b) = (UnixDatagram::bind(&at_a).unwrap(), UnixDatagram::bind(&at_b).unwrap());
        tell(log, "send_to", &a.send_to(b"abc", &at_b).await);
        let mut buf = [0; 8];
        let (length, from) = b.recv_from(&mut buf).await.unwrap();
        log.note(format!("{length} {}", from.as_pathname() == Some(at_a.as_ref())));
        tell(log, "connect", &a.connect(&at_b));
        tell(log, "send", &a.send(b"abcd").await);
        log.note(a.peer_addr().unwrap().as_pathname() == Some(at_b.as_ref()));
        log.note(b.local_addr().unwrap().as_pathname() == Some(at_b.as_ref()));
        tell(log, "no peer", &b.peer_addr());
        tell(log, "recv", &b.recv(&mut buf).await);
        let sent = poll_fn(|cx| a.poll_send_to(cx, b"x", &at_b)).await;
        tell(log, "by poll", &sent);
        tell(log, "by poll", &poll_fn(|cx| a.poll_send(cx, b"yz")).await);
        tell(log, "recv", &b.recv(&mut buf).await);
        tell(log, "recv", &b.recv(&mut buf).await);
        tell(log, "not connected", &b.send(b"x").await);
    });
}

fn a_datagram_pair(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        tell(log, "at once", &a.try_send(b"abcdef"));
        tell(log, "send", &a.send(b"").await);
        let mut buf = [0; 4];
        tell(log, "cut", &b.recv(&mut buf).await);
        let (length, from) = b.recv_from(&mut buf).await.unwrap();
        log.note(format!("{length} {from:?} {buf:?}"));
        log.note(once(pin!(b.recv(&mut buf))).await.is_none());
        tell(log, "local", &a.local_addr());
        tell(log, "peer", &a.peer_addr());
        drop(b);
        tell(log, "gone", &a.send(b"x").await);
        tell(log, "still gone", &a.send(b"x").await);
    });
}

fn datagrams_into_buffers(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let mut memory = [0; 8];
        let mut buf = ReadBuf::new(&mut memory);
        a.send(b"abc").await.unwrap();
        tell(log, "poll_recv", &poll_fn(|cx| b.poll_recv(cx, &mut buf)).await);
        a.send(b"defghijk").await.unwrap();
        tell(log, "poll_recv_from", &poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await);
        log.note(format!("{:?} {}", buf.filled(), buf.remaining()));
        let mut bytes = bytes::BytesMut::with_capacity(16);
        a.send(b"lm").await.unwrap();
        tell(log, "recv_buf", &b.recv_buf(&mut bytes).await);
        a.send(b"no").await.unwrap();
        tell(log, "recv_buf_from", &b.recv_buf_from(&mut bytes).await);
        a.send(b"pq").await.unwrap();
        b.readable().await.unwrap();
        tell(log, "try_recv_buf", &b.try_recv_buf(&mut bytes));
        a.send(b"rs").await.unwrap();
        b.readable().await.unwrap();
        tell(log, "try_recv_buf_from", &b.try_recv_buf_from(&mut bytes));
        log.note(format!("{bytes:?}"));
        tell(log, "try_recv_buf", &b.try_recv_buf(&mut bytes));
        tell(log, "try_recv_buf_from", &b.try_recv_buf_from(&mut bytes));
    });
}

fn datagrams_without_waiting(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let receiver = UnixDatagram::bind(&place).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        let mut buf = [0; 8];
        tell(log, "try_recv", &receiver.try_recv(&mut buf));
        tell(log, "try_recv_from", &receiver.try_recv_from(&mut buf));
        sender.writable().await.unwrap();
        tell(log, "try_send_to", &sender.try_send_to(b"abc", &place));
        receiver.readable().await.unwrap();
        tell(log, "try_recv_from", &receiver.try_recv_from(&mut buf));
        tell(log, "try_recv_from", &receiver.try_recv_from(&mut buf));
        sender.connect(&place).unwrap();
        tell(log, "try_send", &sender.try_send(b"abcd"));
        receiver.readable().await.unwrap();
        tell(log, "try_recv", &receiver.try_recv(&mut buf));
        tell(log, "ready", &poll_fn(|cx| sender.poll_send_ready(cx)).await);
    });
}

fn datagrams_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        a.send(b"abc").await.unwrap();
        tell(log, "shutdown", &b.shutdown(Shutdown::Read));
        tell(log, "recv", &b.recv(&mut [0; 8]).await);
        tell(log, "send", &a.send(b"x").await);
        tell(log, "shutdown", &a.shutdown(Shutdown::Both));
        tell(log, "send", &a.send(b"x").await);
        let unbound = UnixDatagram::unbound().unwrap();
        tell(log, "without a peer", &unbound.shutdown(Shutdown::Both));
    });
}

fn a_full_queue(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let mut sent = 0;
        let full = loop {
            a.writable().await.unwrap();
            match a.try_send(&[7; 1000]) {
                Ok(_) => sent += 1,
                Err(error) => break error,
            }
        };
        log.note(format!("{full}, {full:?}, {}", sent > 0));
        let mut send = Box::pin(a.send(b"last"));
        log.note(once(send.as_mut()).await.is_none());
        let mut buf = [0; 1000];
        for _ in 0..sent {
            assert_eq!(b.recv(&mut buf).await.unwrap(), 1000);
        }
        tell(log, "send", &send.await);
        tell(log, "recv", &b.recv(&mut buf).await);
    });
}

fn a_long_datagram(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let message: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
        tell(log, "send", &a.send(&message).await);
        tell(log, "send", &a.send(&message).await);
        let mut bytes = Vec::with_capacity(150_000);
        tell(log, "recv_buf", &b.recv_buf(&mut bytes).await);
        log.note(bytes == message);
        tell(log, "the rest of it", &b.recv_buf(&mut bytes).await);
        log.note(bytes[100_000..] == message[..50_000]);
    });
}

fn datagrams_from_std(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let std = b.into_std().unwrap();
        tell(log, "std", &std.recv(&mut [0; 4]));
        let b = UnixDatagram::from_std(std).unwrap();
        a.send(b"abc").await.unwrap();
        tell(log, "recv", &b.recv(&mut [0; 8]).await);
        tell(log, "try_from", &UnixDatagram::try_from(b.into_std().unwrap()).map(|_| "made"));
    });
}

fn dropped_receives_take_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let mut buf = [0; 8];
        for _ in 0..3 {
            log.note(once(pin!(b.recv(&mut buf))).await.is_none());
            log.note(once(pin!(b.recv_from(&mut buf))).await.is_none());
        }
        a.send(b"abc").await.unwrap();
        tell(log, "recv", &b.recv(&mut buf).await);
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

/// A runtime without I/O.
fn without_io(flavour: Flavour) -> rt::runtime::Runtime {
    let mut builder = match flavour {
        Flavour::CurrentThread => rt::runtime::Builder::new_current_thread(),
        Flavour::MultiThread => rt::runtime::Builder::new_multi_thread(),
    };
    builder.worker_threads(1).build().unwrap()
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

fn readiness_of_a_pair(flavour: Flavour, log: &Log) {
    use rt::io::Interest;
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
        b.readable().await.unwrap();
        log.note(b.ready(Interest::READABLE).await.unwrap().is_read_closed());
    });
}
