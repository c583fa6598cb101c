//! Reading from whatever implements [`AsyncRead`].

use super::AsyncRead;
use crate::net::scratch;
use bytes::BufMut;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::Poll;

/// Reading, for every [`AsyncRead`]; the names and their meaning are those of tokio's trait.
///
/// Streams and their halves need no import: they have these methods themselves. It is for functions
/// that are generic over what they read from, and for programs written for tokio, which import it.
/// What is not in it (`take`, `chain`, whole numbers) is in `futures_util::AsyncReadExt`, or in tokio's
/// own.
///
/// ```
/// use handcrank::io::{AsyncRead, AsyncReadExt};
/// use std::io;
///
/// /// Reads a message: its length in one byte, and so many bytes.
/// async fn message(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
///     let mut length = [0];
///     from.read_exact(&mut length).await?;
///     let mut message = vec![0; length[0].into()];
///     from.read_exact(&mut message).await?;
///     Ok(message)
/// }
///
/// # handcrank::runtime::Runtime::new()?.block_on(async {
/// assert_eq!(message(&mut &b"\x05hello, and more"[..]).await?, b"hello");
/// # io::Result::Ok(())
/// # })?;
/// # io::Result::Ok(())
/// ```
pub trait AsyncReadExt: AsyncRead {
    /// Reads into `buf` and returns the number of bytes read. Zero means the end, or that `buf` is empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has read nothing.
    fn read(&mut self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>>
    where
        Self: Unpin,
    {
        poll_fn(move |cx| Pin::new(&mut *self).poll_read(cx, buf))
    }

    /// Reads and appends to `buf`, and returns the number of bytes read, 64 KiB at most. Zero means the end,
    /// or that `buf` takes no more.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has read nothing.
    fn read_buf<B>(&mut self, buf: &mut B) -> impl Future<Output = io::Result<usize>>
    where
        Self: Unpin,
        B: BufMut + ?Sized,
    {
        poll_fn(move |cx| {
            if !buf.has_remaining_mut() {
                return Poll::Ready(Ok(0));
            }
            scratch::poll_part(buf, |memory| Pin::new(&mut *self).poll_read(cx, memory))
        })
    }

    /// Fills the whole of `buf` and returns its length.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](ErrorKind::UnexpectedEof) if the end comes before; what `buf` then holds is
    /// unspecified.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropped before it is done, it may have read some bytes, and nobody knows how many.
    fn read_exact(&mut self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>>
    where
        Self: Unpin,
    {
        async move {
            let mut filled = 0;
            while filled < buf.len() {
                match self.read(&mut buf[filled..]).await? {
                    0 => return Err(io::Error::new(ErrorKind::UnexpectedEof, "early eof")),
                    read => filled += read,
                }
            }
            Ok(filled)
        }
    }

    /// Reads to the end and appends to `buf`; returns the number of bytes read.
    ///
    /// # Cancel safety
    ///
    /// Not quite: dropped before it is done, what it has read so far is in `buf`.
    fn read_to_end(&mut self, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>>
    where
        Self: Unpin,
    {
        async move {
            let before = buf.len();
            loop {
                // Left to itself a full `Vec` makes room for 64 bytes.
                buf.reserve(1024);
                if self.read_buf(buf).await? == 0 {
                    return Ok(buf.len() - before);
                }
            }
        }
    }

    /// Reads to the end and appends to `buf`; returns the number of bytes read.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](ErrorKind::InvalidData) if it is not UTF-8. Then, and after any other error,
    /// `buf` is as it was.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropped before it is done, it loses what it has read.
    fn read_to_string(&mut self, buf: &mut String) -> impl Future<Output = io::Result<usize>>
    where
        Self: Unpin,
    {
        async move {
            let mut bytes = Vec::new();
            self.read_to_end(&mut bytes).await?;
            append(buf, &bytes)?;
            Ok(bytes.len())
        }
    }
}

impl<R: AsyncRead + ?Sized> AsyncReadExt for R {}

/// Appends `bytes` to `text`, if they are text. The error counts from the beginning of `text`.
fn append(text: &mut String, bytes: &[u8]) -> io::Result<()> {
    if let Ok(more) = std::str::from_utf8(bytes) {
        text.push_str(more);
        return Ok(());
    }
    let whole = String::from_utf8([text.as_bytes(), bytes].concat());
    Err(io::Error::new(ErrorKind::InvalidData, whole.expect_err("text and no text").utf8_error()))
}
