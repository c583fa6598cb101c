//! tokio's I/O traits on Handcrank's streams, so that code written against `tokio::io::AsyncRead`
//! and `AsyncWrite` takes them as they are.
//!
//! Nothing of tokio runs: its traits, and the extension methods built on them, need no runtime.

use super::forward::{all_readers, all_writers};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

fn fill(
    stream: Pin<&mut impl futures_io::AsyncRead>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    // tokio remembers how far a buffer was initialised: zeros are written once, not at every read.
    let unfilled = buf.initialize_unfilled();
    let read = ready!(stream.poll_read(cx, unfilled))?;
    buf.advance(read);
    Poll::Ready(Ok(()))
}

all_readers!(AsyncRead, &mut ReadBuf<'_>, fill);
all_writers!(AsyncWrite);

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
