//! tokio's I/O traits on Handcrank's streams, so that code written against `tokio::io::AsyncRead`
//! and `AsyncWrite` takes them as they are.
//!
//! Nothing of tokio runs: its traits, and the extension methods built on them, need no runtime.

use crate::net::{TcpStream, UnixStream, tcp, unix};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

macro_rules! read {
    ($($Reader:ty),*) => {$(
        impl AsyncRead for $Reader {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                // tokio remembers how far a buffer was initialised: zeros are written once, not at
                // every read.
                let unfilled = buf.initialize_unfilled();
                let read = ready!(futures_io::AsyncRead::poll_read(self, cx, unfilled))?;
                buf.advance(read);
                Poll::Ready(Ok(()))
            }
        }
    )*};
}

macro_rules! write {
    ($($Writer:ty),*) => {$(
        impl AsyncWrite for $Writer {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                futures_io::AsyncWrite::poll_write(self, cx, buf)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                futures_io::AsyncWrite::poll_flush(self, cx)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                futures_io::AsyncWrite::poll_close(self, cx)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                futures_io::AsyncWrite::poll_write_vectored(self, cx, bufs)
            }
        }
    )*};
}

read!(TcpStream, tcp::ReadHalf<'_>, tcp::OwnedReadHalf);
read!(UnixStream, unix::ReadHalf<'_>, unix::OwnedReadHalf);
write!(TcpStream, tcp::WriteHalf<'_>, tcp::OwnedWriteHalf);
write!(UnixStream, unix::WriteHalf<'_>, unix::OwnedWriteHalf);

#[cfg(test)]
mod tests {
    use crate::net::UnixStream;
    use crate::testing::run;
    use futures_util::future::try_join;
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

    #[test]
    fn tokios_extension_methods_work() {
        run(async {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let (mut read, mut write) = tokio::io::split(ours);
            let echo = async {
                let (read, mut write) = theirs.into_split();
                let mut line = String::new();
                BufReader::new(read).read_line(&mut line).await?;
                write.write_all(line.as_bytes()).await
            };
            let talk = async {
                write.write_all(b"hello\n").await?;
                write.shutdown().await?;
                let mut answer = Vec::with_capacity(1);
                read.read_to_end(&mut answer).await?;
                Ok(answer)
            };
            let ((), answer) = try_join(echo, talk).await.unwrap();
            assert_eq!(answer, b"hello\n");
        });
    }
}
