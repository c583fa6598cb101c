//! What TCP and Unix streams, and the halves of both, have in common: reading and writing.
//!
//! [`read_side!`] and [`write_side!`] are stamped onto seven types: two streams, and the reading
//! and writing halves of each, which lend (`AsRef`) the stream they are part of.

use handcrank_reactor::{Direction, Source};
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::AsFd;
use std::task::{Context, Poll};

pub(crate) fn poll_read<T: AsFd>(
    source: &Source<T>,
    cx: &mut Context<'_>,
    buf: &mut [u8],
) -> Poll<io::Result<usize>>
where
    for<'a> &'a T: Read,
{
    source.poll_transfer(cx, Direction::Read, buf.len(), |mut stream| stream.read(buf))
}

pub(crate) fn poll_read_vectored<T: AsFd>(
    source: &Source<T>,
    cx: &mut Context<'_>,
    bufs: &mut [IoSliceMut<'_>],
) -> Poll<io::Result<usize>>
where
    for<'a> &'a T: Read,
{
    let asked = bufs.iter().map(|buf| buf.len()).sum();
    source.poll_transfer(cx, Direction::Read, asked, |mut stream| stream.read_vectored(bufs))
}

pub(crate) fn poll_write<T: AsFd>(
    source: &Source<T>,
    cx: &mut Context<'_>,
    buf: &[u8],
) -> Poll<io::Result<usize>>
where
    for<'a> &'a T: Write,
{
    source.poll_transfer(cx, Direction::Write, buf.len(), |mut stream| stream.write(buf))
}

pub(crate) fn poll_write_vectored<T: AsFd>(
    source: &Source<T>,
    cx: &mut Context<'_>,
    bufs: &[IoSlice<'_>],
) -> Poll<io::Result<usize>>
where
    for<'a> &'a T: Write,
{
    let asked = bufs.iter().map(|buf| buf.len()).sum();
    source.poll_transfer(cx, Direction::Write, asked, |mut stream| stream.write_vectored(bufs))
}

/// A shutdown of the writing side; that the peer is gone already is no failure.
pub(crate) fn shut_down_write(
    shutdown: impl FnOnce(std::net::Shutdown) -> io::Result<()>,
) -> io::Result<()> {
    match shutdown(std::net::Shutdown::Write) {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        result => result,
    }
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
                std::future::poll_fn(|cx| $crate::net::stream::poll_read(&stream.io, cx, buf)).await
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
                    $crate::net::stream::poll_read_vectored(&stream.io, cx, bufs)
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
                let mut filled = 0;
                while filled < buf.len() {
                    match self.read(&mut buf[filled..]).await? {
                        0 => {
                            let kind = std::io::ErrorKind::UnexpectedEof;
                            return Err(std::io::Error::new(kind, "early eof"));
                        }
                        read => filled += read,
                    }
                }
                Ok(filled)
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
                $crate::net::stream::poll_read(&stream.io, cx, buf)
            }

            fn poll_read_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream: &$Stream = (*self).as_ref();
                $crate::net::stream::poll_read_vectored(&stream.io, cx, bufs)
            }
        }
    };
}

/// Writing, for a stream or a half that lends one and has a method `shut_down(&mut self)`.
macro_rules! write_side {
    ($Half:ty, $Stream:ident) => {
        impl $Half {
            /// Writes from `buf` and returns the number of bytes written, which may be fewer than
            /// there are. Nothing is buffered here: what is written is with the kernel.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: dropped before it is done, it has written nothing.
            pub async fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
                let stream: &$Stream = (*self).as_ref();
                std::future::poll_fn(|cx| $crate::net::stream::poll_write(&stream.io, cx, buf))
                    .await
            }

            /// Writes from several buffers, one after the other, with one system call.
            ///
            /// Cancel safe, as [`write`](Self::write).
            pub async fn write_vectored(
                &mut self,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                let stream: &$Stream = (*self).as_ref();
                std::future::poll_fn(|cx| {
                    $crate::net::stream::poll_write_vectored(&stream.io, cx, bufs)
                })
                .await
            }

            /// Writes the whole of `buf`.
            ///
            /// # Errors
            ///
            /// Those of [`write`](Self::write), after which part of `buf` may have been written.
            ///
            /// # Cancel safety
            ///
            /// Not cancel safe: dropped before it is done, it may have written some bytes, and
            /// nobody knows how many.
            pub async fn write_all(&mut self, mut buf: &[u8]) -> std::io::Result<()> {
                while !buf.is_empty() {
                    match self.write(buf).await? {
                        0 => return Err(std::io::ErrorKind::WriteZero.into()),
                        written => buf = &buf[written..],
                    }
                }
                Ok(())
            }

            /// Closes the writing side: the peer reads to the end and then sees it. Reading goes
            /// on.
            ///
            /// The kernel still delivers what has been written. It is no error if the connection
            /// is gone already.
            pub async fn shutdown(&mut self) -> std::io::Result<()> {
                self.shut_down()
            }

            /// Waits until there may be room to write, or the stream is broken.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: waiting changes nothing.
            pub async fn writable(&self) -> std::io::Result<()> {
                let stream: &$Stream = self.as_ref();
                stream.io.ready(handcrank_reactor::Interest::WRITABLE).await.map(|_| ())
            }

            /// Writes what there is room for, without waiting.
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is none: wait with
            /// [`writable`](Self::writable) and try again.
            pub fn try_write(&self, buf: &[u8]) -> std::io::Result<usize> {
                use std::io::Write;
                let stream: &$Stream = self.as_ref();
                let interest = handcrank_reactor::Interest::WRITABLE;
                stream.io.try_io(interest, |mut socket| socket.write(buf))
            }

            /// As [`try_write`](Self::try_write), from several buffers.
            pub fn try_write_vectored(
                &self,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                use std::io::Write;
                let stream: &$Stream = self.as_ref();
                let interest = handcrank_reactor::Interest::WRITABLE;
                stream.io.try_io(interest, |mut socket| socket.write_vectored(bufs))
            }
        }

        impl futures_io::AsyncWrite for $Half {
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream: &$Stream = (*self).as_ref();
                $crate::net::stream::poll_write(&stream.io, cx, buf)
            }

            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream: &$Stream = (*self).as_ref();
                $crate::net::stream::poll_write_vectored(&stream.io, cx, bufs)
            }

            /// Nothing to do: nothing is buffered.
            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Ok(()))
            }

            /// Closes the writing side, as `shutdown` does.
            fn poll_close(
                mut self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(self.shut_down())
            }
        }
    };
}

/// What only a whole stream has.
macro_rules! whole_stream {
    ($Stream:ident) => {
        impl $Stream {
            /// Waits until there may be something to read.
            ///
            /// Only the last task that called this, or any other `poll_` method that reads, is
            /// woken. Prefer [`readable`](Self::readable).
            pub fn poll_read_ready(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                use handcrank_reactor::Direction;
                self.io.poll_ready(cx, Direction::Read).map_ok(|_| ())
            }

            /// Waits until there may be room to write.
            ///
            /// Only the last task that called this, or any other `poll_` method that writes, is
            /// woken. Prefer [`writable`](Self::writable).
            pub fn poll_write_ready(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                use handcrank_reactor::Direction;
                self.io.poll_ready(cx, Direction::Write).map_ok(|_| ())
            }

            /// Splits a borrowed stream into a half that reads and one that writes, at no cost.
            ///
            /// To move the halves to different tasks use [`into_split`](Self::into_split).
            pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
                (ReadHalf(self), WriteHalf(self))
            }

            /// Splits a stream into a half that reads and one that writes, each with a life of its
            /// own.
            ///
            /// Dropping the writing half closes the stream's writing side; see
            /// [`OwnedWriteHalf::forget`]. The socket is closed when both halves are gone.
            pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
                OwnedReadHalf::of(self)
            }

            /// Waits for a connection under way to be made or refused.
            async fn connected(self) -> std::io::Result<Self> {
                use handcrank_reactor::Direction;
                std::future::poll_fn(|cx| self.io.poll_ready(cx, Direction::Write)).await?;
                // Writable says that the attempt is over; the error says how it ended.
                match self.io.get_ref().take_error()? {
                    Some(error) => Err(error),
                    None => Ok(self),
                }
            }

            fn shut_down(&mut self) -> std::io::Result<()> {
                $crate::net::stream::shut_down_write(|how| self.io.get_ref().shutdown(how))
            }
        }

        impl AsRef<$Stream> for $Stream {
            fn as_ref(&self) -> &$Stream {
                self
            }
        }
    };
}

pub(crate) use {read_side, whole_stream, write_side};
