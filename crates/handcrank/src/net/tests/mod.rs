mod accept;
mod addr;
#[cfg(feature = "signal")]
mod shutdown;
mod tcp;
mod udp;
mod unix;

use super::{TcpListener, TcpStream};
use futures_util::future::try_join;

/// A connection over the loopback: the side that connected, and the side that accepted.
async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (client, (server, peer)) = try_join(client, listener.accept()).await.unwrap();
    assert_eq!(client.local_addr().unwrap(), peer);
    assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
    (client, server)
}
