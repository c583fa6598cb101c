//! Writing to whatever implements [`AsyncWrite`].

use super::AsyncWrite;
use bytes::Buf;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Poll, ready};

/// Into how many slices a `Buf` is taken apart for one vectored write.
const CHUNKS: usize = 64;

/// Writing, for every [`AsyncWrite`]; the names and their meaning are those of tokio's trait.
///
/// Streams and their halves need no import: they have these methods themselves. It is for functions
/// that are generic over what they write to, and for programs written for tokio, which import it.
///
/// ```
/// use handcrank::io::{AsyncWrite, AsyncWriteExt};
/// use std::io;
///
/// /// Writes a message: its length in one byte, and so many bytes.
/// async fn send(to: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
///     let length = u8::try_from(message.len()).map_err(io::Error::other)?;
///     to.write_all(&[length]).await?;
///     to.write_all(message).await?;
///     to.flush().await
/// }
///
/// # handcrank::runtime::Runtime::new()?.block_on(async {
/// let mut sent = Vec::new();
/// send(&mut sent, b"hello").await?;
/// assert_eq!(sent, b"\x05hello");
/// # io::Result::Ok(())
/// # })?;
/// # io::Result::Ok(())
/// ```
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes from `buf` and returns the number of bytes written, which may be fewer than there are.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has written nothing.
    fn write(&mut self, buf: &[u8]) -> impl Future<Output = io::Result<usize>>
    where
        Self: Unpin,
    {
        poll_fn(move |cx| Pin::new(&mut *self).poll_write(cx, buf))
    }

    /// Writes from several buffers, one after the other. Cancel safe, as [`write`](Self::write).
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> impl Future<Output = io::Result<usize>>
    where
        Self: Unpin,
    {
        poll_fn(move |cx| Pin::new(&mut *self).poll_write_vectored(cx, bufs))
    }

    /// Writes from `src`, moves it on, and returns the number of bytes written.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has written nothing.
    fn write_buf<B: Buf>(&mut self, src: &mut B) -> impl Future<Output = io::Result<usize>>
    where
        Self: Unpin,
    {
        poll_fn(move |cx| {
            if !src.has_remaining() {
                return Poll::Ready(Ok(0));
            }
            let mut slices = [IoSlice::new(&[]); CHUNKS];
            let chunks = src.chunks_vectored(&mut slices);
            let written = ready!(Pin::new(&mut *self).poll_write_vectored(cx, &slices[..chunks]))?;
            src.advance(written);
            Poll::Ready(Ok(written))
        })
    }

    /// Writes the whole of `src`, moving it on with each write.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe in so far as `src` then says what has not been written.
    fn write_all_buf<B: Buf>(&mut self, src: &mut B) -> impl Future<Output = io::Result<()>>
    where
        Self: Unpin,
    {
        async move {
            while src.has_remaining() {
                if self.write_buf(src).await? == 0 {
                    return Err(ErrorKind::WriteZero.into());
                }
            }
            Ok(())
        }
    }

    /// Writes the whole of `buf`.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write), after which part of `buf` may have been written.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropped before it is done, it may have written some bytes, and nobody knows how many.
    fn write_all(&mut self, mut buf: &[u8]) -> impl Future<Output = io::Result<()>>
    where
        Self: Unpin,
    {
        async move {
            while !buf.is_empty() {
                match self.write(buf).await? {
                    0 => return Err(ErrorKind::WriteZero.into()),
                    written => buf = &buf[written..],
                }
            }
            Ok(())
        }
    }

    /// Sees to it that what has been written is on its way: a writer that buffers empties its buffer.
    fn flush(&mut self) -> impl Future<Output = io::Result<()>>
    where
        Self: Unpin,
    {
        poll_fn(move |cx| Pin::new(&mut *self).poll_flush(cx))
    }

    /// Flushes, and ends the writing: whoever reads on the other side comes to the end. (The traits of
    /// futures call it closing.)
    fn shutdown(&mut self) -> impl Future<Output = io::Result<()>>
    where
        Self: Unpin,
    {
        poll_fn(move |cx| Pin::new(&mut *self).poll_close(cx))
    }
}

impl<W: AsyncWrite + ?Sized> AsyncWriteExt for W {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::run;
    use std::task::Context;

    /// Takes two bytes at a time, and no more than there is room for.
    struct Narrow {
        room: usize,
        taken: Vec<u8>,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            let length = buf.len().min(2).min(self.room - self.taken.len());
            self.taken.extend(&buf[..length]);
            Poll::Ready(Ok(length))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_writer_that_takes_nothing_is_an_error() {
        run(async {
            let mut to = Narrow { room: 5, taken: Vec::new() };
            to.write_all(b"abc").await.unwrap();
            let error = to.write_all(b"defg").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WriteZero);
            assert_eq!(to.taken, b"abcde");
            // What could not be written is still there.
            let mut rest = &b"fg"[..];
            let error = to.write_all_buf(&mut rest).await.unwrap_err();
            assert_eq!((error.kind(), rest), (ErrorKind::WriteZero, &b"fg"[..]));
            to.room = 7;
            to.write_all_buf(&mut rest).await.unwrap();
            assert_eq!((&to.taken[..], rest), (&b"abcdefg"[..], &b""[..]));
        });
    }
}
