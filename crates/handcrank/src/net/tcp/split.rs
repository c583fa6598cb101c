//! Halves of a borrowed TCP stream.

use super::TcpStream;
use crate::io::ReadBuf;
use crate::net::split::borrowed_halves;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

borrowed_halves!(TcpStream, SocketAddr);

impl ReadHalf<'_> {
    /// Reads without taking, as [`TcpStream::peek`]. Cancel safe.
    pub async fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.peek(buf).await
    }

    /// Reads without taking, as [`TcpStream::poll_peek`].
    pub fn poll_peek(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        self.0.poll_peek(cx, buf)
    }
}
