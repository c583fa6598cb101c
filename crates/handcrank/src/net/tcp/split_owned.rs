//! Halves of a TCP stream that can go separate ways.

use super::TcpStream;
use crate::io::ReadBuf;
use crate::net::split_owned::owned_halves;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

owned_halves!(TcpStream, SocketAddr);

impl OwnedReadHalf {
    /// Reads without taking, as [`TcpStream::peek`]. Cancel safe.
    pub async fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.peek(buf).await
    }

    /// Reads without taking, as [`TcpStream::poll_peek`].
    pub fn poll_peek(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        self.inner.poll_peek(cx, buf)
    }
}
