//! Reading from a stream.

use super::MOST_BUFFERS;
use handcrank_reactor::{Direction, Source};
use std::io::{self, IoSliceMut, Read};
use std::os::fd::AsFd;
use std::task::{Context, Poll};

/// A kind of stream, and what a read of fewer bytes than there was room for says about it.
pub(crate) trait Stream: AsFd + Sized
where
    for<'a> &'a Self: Read,
{
    /// Whether nothing is left then. The readiness is cleared at once in that case, which saves
    /// the system call that would only say `WouldBlock`.
    ///
    /// If something is left and the readiness was cleared, nobody would come for the rest: no
    /// event tells of data that has been there all along.
    const SHORT_READ_EMPTIES: bool;
}

impl Stream for std::net::TcpStream {
    // Unless the peer sends urgent data, which is its own loss.
    const SHORT_READ_EMPTIES: bool = true;
}

impl Stream for std::os::unix::net::UnixStream {
    // A read ends early where a message carries file descriptors or another sender's credentials.
    const SHORT_READ_EMPTIES: bool = false;
}

/// What to compare the length of a read with: no read is short of nothing.
fn wanted<T: Stream>(room: usize) -> usize
where
    for<'a> &'a T: Read,
{
    if T::SHORT_READ_EMPTIES { room } else { 0 }
}

pub(crate) fn poll_read<T: Stream>(
    source: &Source<T>,
    cx: &mut Context<'_>,
    buf: &mut [u8],
) -> Poll<io::Result<usize>>
where
    for<'a> &'a T: Read,
{
    let wanted = wanted::<T>(buf.len());
    source.poll_transfer(cx, Direction::Read, wanted, |mut stream| stream.read(buf))
}

pub(crate) fn poll_read_vectored<T: Stream>(
    source: &Source<T>,
    cx: &mut Context<'_>,
    bufs: &mut [IoSliceMut<'_>],
) -> Poll<io::Result<usize>>
where
    for<'a> &'a T: Read,
{
    let room = bufs.iter().take(MOST_BUFFERS).map(|buf| buf.len()).sum();
    let wanted = wanted::<T>(room);
    source.poll_transfer(cx, Direction::Read, wanted, |mut stream| stream.read_vectored(bufs))
}

/// Reading, for a stream or a half that lends one.
macro_rules! read_side {
    ($Half:ty, $Stream:ident) => {
        impl $Half {
            /// Reads into `buf` and returns the number of bytes read.
            ///
            /// Zero means that the peer has closed its writing side (or that `buf` is empty).
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: dropped before it is done, it has read nothing.
            pub async fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
                let stream: &$Stream = (*self).as_ref();
                std::future::poll_fn(|cx| $crate::net::stream::read::poll_read(&stream.io, cx, buf))
                    .await
            }

            /// Reads into several buffers, one after the other, with one system call.
            ///
            /// Cancel safe, as [`read`](Self::read).
            pub async fn read_vectored(
                &mut self,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                let stream: &$Stream = (*self).as_ref();
                std::future::poll_fn(|cx| {
                    $crate::net::stream::read::poll_read_vectored(&stream.io, cx, bufs)
                })
                .await
            }

            /// Fills the whole of `buf` and returns its length.
            ///
            /// # Errors
            ///
            /// [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) if the stream ends before; what
            /// `buf` then holds is unspecified.
            ///
            /// # Cancel safety
            ///
            /// Not cancel safe: dropped before it is done, it may have read some bytes, and nobody
            /// knows how many.
            pub async fn read_exact(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
                $crate::io::AsyncReadExt::read_exact(self, buf).await
            }

            /// Reads and appends to `buf`, and returns the number of bytes read.
            ///
            /// Zero means the end of the stream (or that `buf` takes no more). At most 64 KiB are
            /// read at once, and they are copied once more than with [`read`](Self::read).
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: dropped before it is done, it has read nothing.
            pub async fn read_buf<B: bytes::BufMut + ?Sized>(
                &mut self,
                buf: &mut B,
            ) -> std::io::Result<usize> {
                $crate::io::AsyncReadExt::read_buf(self, buf).await
            }

            /// Reads to the end of the stream and appends to `buf`; returns the number of bytes
            /// read.
            ///
            /// # Cancel safety
            ///
            /// Not quite: dropped before it is done, what it has read so far is in `buf`.
            pub async fn read_to_end(&mut self, buf: &mut Vec<u8>) -> std::io::Result<usize> {
                $crate::io::AsyncReadExt::read_to_end(self, buf).await
            }

            /// Reads to the end of the stream and appends to `buf`; returns the number of bytes
            /// read.
            ///
            /// # Errors
            ///
            /// [`InvalidData`](std::io::ErrorKind::InvalidData) if it is not UTF-8. Then, and after
            /// any other error, `buf` is as it was.
            ///
            /// # Cancel safety
            ///
            /// Not cancel safe: dropped before it is done, it loses what it has read.
            pub async fn read_to_string(&mut self, buf: &mut String) -> std::io::Result<usize> {
                $crate::io::AsyncReadExt::read_to_string(self, buf).await
            }

            /// Waits until there may be something to read, or the end of the stream.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: waiting changes nothing.
            pub async fn readable(&self) -> std::io::Result<()> {
                let stream: &$Stream = self.as_ref();
                stream.io.ready(handcrank_reactor::Interest::READABLE).await.map(|_| ())
            }

            /// Reads what is there, without waiting.
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is nothing: wait with
            /// [`readable`](Self::readable) and try again.
            pub fn try_read(&self, buf: &mut [u8]) -> std::io::Result<usize> {
                use std::io::Read;
                let stream: &$Stream = self.as_ref();
                let interest = handcrank_reactor::Interest::READABLE;
                stream.io.try_io(interest, |mut socket| socket.read(buf))
            }

            /// As [`try_read`](Self::try_read), appended to `buf`, at most 64 KiB.
            pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
                use std::io::Read;
                let stream: &$Stream = self.as_ref();
                let interest = handcrank_reactor::Interest::READABLE;
                stream.io.try_io(interest, |mut socket| {
                    $crate::net::scratch::part(buf, |memory| socket.read(memory))
                })
            }

            /// As [`try_read`](Self::try_read), into several buffers.
            pub fn try_read_vectored(
                &self,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                use std::io::Read;
                let stream: &$Stream = self.as_ref();
                let interest = handcrank_reactor::Interest::READABLE;
                stream.io.try_io(interest, |mut socket| socket.read_vectored(bufs))
            }
        }

        impl futures_io::AsyncRead for $Half {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream: &$Stream = (*self).as_ref();
                $crate::net::stream::read::poll_read(&stream.io, cx, buf)
            }

            fn poll_read_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream: &$Stream = (*self).as_ref();
                $crate::net::stream::read::poll_read_vectored(&stream.io, cx, bufs)
            }
        }
    };
}

pub(crate) use read_side;
