//! Writing to a stream.

use super::MOST_BUFFERS;
use handcrank_reactor::{Direction, Source};
use std::io::{self, IoSlice, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::task::{Context, Poll};

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
    let wanted = bufs.iter().take(MOST_BUFFERS).map(|buf| buf.len()).sum();
    source.poll_transfer(cx, Direction::Write, wanted, |mut stream| stream.write_vectored(bufs))
}

/// A shutdown of the writing side; that the peer is gone already is no failure.
pub(crate) fn shut_down(shutdown: impl FnOnce(Shutdown) -> io::Result<()>) -> io::Result<()> {
    match shutdown(Shutdown::Write) {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        result => result,
    }
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
                std::future::poll_fn(|cx| {
                    $crate::net::stream::write::poll_write(&stream.io, cx, buf)
                })
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
                    $crate::net::stream::write::poll_write_vectored(&stream.io, cx, bufs)
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
            pub async fn write_all(&mut self, buf: &[u8]) -> std::io::Result<()> {
                $crate::io::AsyncWriteExt::write_all(self, buf).await
            }

            /// Writes from `src`, moves it on, and returns the number of bytes written. If it has
            /// several chunks they go out together.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: dropped before it is done, it has written nothing.
            pub async fn write_buf<B: bytes::Buf>(
                &mut self,
                src: &mut B,
            ) -> std::io::Result<usize> {
                $crate::io::AsyncWriteExt::write_buf(self, src).await
            }

            /// Writes the whole of `src`, moving it on with each write.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe in so far as `src` then says what has not been written.
            pub async fn write_all_buf<B: bytes::Buf>(
                &mut self,
                src: &mut B,
            ) -> std::io::Result<()> {
                $crate::io::AsyncWriteExt::write_all_buf(self, src).await
            }

            /// Nothing to do: nothing is buffered here.
            #[allow(clippy::unused_async)] // The name and the shape are Tokio's.
            pub async fn flush(&mut self) -> std::io::Result<()> {
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
                $crate::net::stream::write::poll_write(&stream.io, cx, buf)
            }

            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream: &$Stream = (*self).as_ref();
                $crate::net::stream::write::poll_write_vectored(&stream.io, cx, bufs)
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

pub(crate) use write_side;
