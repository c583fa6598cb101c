use crate::net::{TcpListener, UdpSocket, UnixStream};
use crate::runtime::Builder;
use crate::signal::unix::{SignalKind, signal};
use futures_util::future::FutureExt;
use std::pin::pin;
use std::task::{Context, Waker};

const TEXT: &str = "A Handcrank 1.x context was found, but it is being shutdown.";

#[test]
fn a_shutdown_ends_what_is_pending_and_what_comes() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    let _context = handle.enter();
    let listener = TcpListener::bind("127.0.0.1:0").now_or_never().unwrap().unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").now_or_never().unwrap().unwrap();
    let (mut stream, mut other) = UnixStream::pair().unwrap();
    let mut hangups = signal(SignalKind::hangup()).unwrap();

    let mut byte = [0];
    let mut cx = Context::from_waker(Waker::noop());
    {
        let mut accept = pin!(listener.accept());
        let mut read = pin!(stream.read(&mut byte));
        assert!(accept.as_mut().poll(&mut cx).is_pending());
        assert!(read.as_mut().poll(&mut cx).is_pending());
        assert!(hangups.poll_recv(&mut cx).is_pending());
        drop(runtime);
        assert_eq!(accept.now_or_never().unwrap().unwrap_err().to_string(), TEXT);
        assert_eq!(read.now_or_never().unwrap().unwrap_err().to_string(), TEXT);
        // A listener belongs to no runtime: it waits for the next one. But there are no new ones here.
        assert!(hangups.poll_recv(&mut cx).is_pending());
        let late = signal(SignalKind::hangup()).unwrap_err();
        assert_eq!(late.to_string(), "signal driver gone");
    }
    let late = other.write(b"x").now_or_never().unwrap().unwrap_err();
    assert_eq!(late.to_string(), TEXT);
    let late = udp.recv_from(&mut byte).now_or_never().unwrap().unwrap_err();
    assert_eq!(late.to_string(), TEXT);
    assert_eq!(UnixStream::pair().unwrap_err().to_string(), TEXT);
}
