use crate::net::{UnixDatagram, UnixListener, UnixStream};
use crate::testing::{poll_once, run};
use futures_util::future::{join, try_join};
use std::io::{ErrorKind, IoSlice};
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;

/// A path for one test's socket, gone with the value.
struct SocketPath(PathBuf);

impl SocketPath {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("handcrank-{}-{name}", std::process::id())))
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_stream_connects_by_path() {
    let path = SocketPath::new("stream");
    run(async {
        let listener = UnixListener::bind(&path.0).unwrap();
        assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*path.0));
        let (mut client, (mut server, peer)) =
            try_join(UnixStream::connect(&path.0), listener.accept()).await.unwrap();
        assert!(peer.is_unnamed());
        assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&*path.0));
        client.write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")]).await.unwrap();
        client.shutdown().await.unwrap();
        let mut buf = [0; 8];
        assert_eq!(server.read(&mut buf).await.unwrap(), 5);
        assert_eq!(&buf[..5], b"hello");
        assert_eq!(server.read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn nobody_listens() {
    let path = SocketPath::new("nobody");
    run(async {
        let error = UnixStream::connect(&path.0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        drop(UnixListener::bind(&path.0).unwrap());
        let error = UnixStream::connect(&path.0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn an_abstract_address_needs_no_file() {
    let name = format!("handcrank-{}", std::process::id());
    let path = format!("\0{name}");
    run(async {
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(listener.local_addr().unwrap().as_abstract_name(), Some(name.as_bytes()));
        let addr = listener.local_addr().unwrap();
        let (client, _) =
            try_join(UnixStream::connect_addr(&addr), listener.accept()).await.unwrap();
        assert_eq!(client.peer_addr().unwrap().as_abstract_name(), Some(name.as_bytes()));
    });
}

#[test]
fn a_pair_is_connected() {
    run(async {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        let mut buf = [0; 4];
        assert!(matches!(poll_once(&mut pin!(a.read(&mut buf))).await, Poll::Pending));
        let (read, write) = join(a.read_exact(&mut buf), b.write_all(b"pair")).await;
        assert_eq!((read.unwrap(), write.unwrap()), (4, ()));
        let (mut read, mut write) = a.into_split();
        write.write_all(b"x").await.unwrap();
        drop(write);
        assert_eq!(b.read(&mut buf).await.unwrap(), 1);
        assert_eq!(b.read(&mut buf).await.unwrap(), 0);
        drop(b);
        assert_eq!(read.read(&mut buf).await.unwrap(), 0);
    });
}

/// A message with a file descriptor in it: the control data as the kernel lays it out.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn send_descriptor(stream: &std::os::unix::net::UnixStream, text: &[u8]) {
    let mut control = Vec::new();
    control.extend(20_usize.to_ne_bytes());
    control.extend(libc::SOL_SOCKET.to_ne_bytes());
    control.extend(libc::SCM_RIGHTS.to_ne_bytes());
    control.extend(std::os::fd::AsRawFd::as_raw_fd(stream).to_ne_bytes());
    control.extend([0; 4]);
    let text = [IoSlice::new(text)];
    let message = socket2::MsgHdr::new().with_buffers(&text).with_control(&control);
    socket2::SockRef::from(stream).sendmsg(&message, 0).unwrap();
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn a_read_cut_short_by_a_descriptor_leaves_the_rest_readable() {
    use futures_util::future::FutureExt;
    run(async {
        let (mut theirs, ours) = std::os::unix::net::UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut ours = UnixStream::from_std(ours).unwrap();
        send_descriptor(&theirs, b"abc");
        std::io::Write::write_all(&mut theirs, b"def").unwrap();
        let mut buf = [0; 16];
        assert_eq!(ours.read(&mut buf).await.unwrap(), 3);
        let rest = ours.read(&mut buf).now_or_never();
        assert_eq!(rest.expect("it was there all along").unwrap(), 3);
        assert_eq!(&buf[..3], b"def");
    });
}

#[test]
fn datagrams_keep_their_bounds() {
    let path = SocketPath::new("datagram");
    run(async {
        let (a, b) = UnixDatagram::pair().unwrap();
        a.send(b"one").await.unwrap();
        a.send(b"two!").await.unwrap();
        let mut buf = [0; 16];
        assert_eq!(b.recv(&mut buf).await.unwrap(), 3);
        assert_eq!(b.recv(&mut buf).await.unwrap(), 4);
        b.writable().await.unwrap();

        let bound = UnixDatagram::bind(&path.0).unwrap();
        let unbound = UnixDatagram::unbound().unwrap();
        unbound.send_to(b"by path", &path.0).await.unwrap();
        let (n, from) = bound.recv_from(&mut buf).await.unwrap();
        assert_eq!(&buf[..n], b"by path");
        assert!(from.is_unnamed());
        unbound.connect(&path.0).unwrap();
        unbound.send(b"connected").await.unwrap();
        bound.readable().await.unwrap();
        assert_eq!(bound.try_recv(&mut buf).unwrap(), 9);
        assert_eq!(bound.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}
