use crate::net::UdpSocket;
use crate::testing::{poll_once, run};
use futures_util::future::{join, poll_fn};
use std::io::ErrorKind;
use std::pin::pin;
use std::task::Poll;

#[test]
fn messages_go_to_and_fro() {
    run(async {
        let a = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let b = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut buf = [0; 16];
        let receive = async {
            let (n, from) = b.recv_from(&mut buf).await.unwrap();
            assert_eq!((&buf[..n], from), (&b"ping"[..], a.local_addr().unwrap()));
            b.send_to(b"pong", from).await.unwrap();
        };
        let mut answer = [0; 16];
        let send = async {
            assert_eq!(a.send_to(b"ping", b.local_addr().unwrap()).await.unwrap(), 4);
            a.recv_from(&mut answer).await.unwrap()
        };
        let ((), (n, from)) = join(receive, send).await;
        assert_eq!((&answer[..n], from), (&b"pong"[..], b.local_addr().unwrap()));
    });
}

#[test]
fn a_connected_socket_knows_its_peer() {
    run(async {
        let a = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let b = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let addr = b.local_addr().unwrap();
        a.connect(addr).await.unwrap();
        b.connect(a.local_addr().unwrap()).await.unwrap();
        assert_eq!(a.peer_addr().unwrap(), addr);
        stranger.send_to(b"not for you", addr).await.unwrap();
        a.send(b"first").await.unwrap();
        poll_fn(|cx| a.poll_send(cx, b"second")).await.unwrap();
        let mut buf = [0; 4];
        assert_eq!(b.peek(&mut buf).await.unwrap(), 4);
        assert_eq!(b.recv(&mut buf).await.unwrap(), 4, "what does not fit is lost");
        let mut buf = [0; 16];
        let mut filled = crate::io::ReadBuf::new(&mut buf);
        let from = poll_fn(|cx| b.poll_recv_from(cx, &mut filled)).await.unwrap();
        let n = filled.filled().len();
        assert_eq!((&buf[..n], from), (&b"second"[..], a.local_addr().unwrap()));
    });
}

#[test]
fn trying_does_not_wait() {
    run(async {
        let a = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let addr = a.local_addr().unwrap();
        let mut buf = [0; 16];
        assert_eq!(a.try_recv_from(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        a.writable().await.unwrap();
        assert_eq!(a.try_send_to(b"me", addr).unwrap(), 2);
        a.readable().await.unwrap();
        assert_eq!(a.try_peek_from(&mut buf).unwrap(), (2, addr));
        assert_eq!(a.try_recv_from(&mut buf).unwrap(), (2, addr));
        assert_eq!(a.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(matches!(poll_once(&mut pin!(a.readable())).await, Poll::Pending));
    });
}

#[test]
fn options_are_kept() {
    run(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.set_broadcast(true).unwrap();
        socket.set_ttl(7).unwrap();
        socket.set_multicast_loop_v4(false).unwrap();
        socket.set_multicast_ttl_v4(3).unwrap();
        assert!(socket.broadcast().unwrap() && !socket.multicast_loop_v4().unwrap());
        assert_eq!((socket.ttl().unwrap(), socket.multicast_ttl_v4().unwrap()), (7, 3));
    });
}
