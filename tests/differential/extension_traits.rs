//! Functions that are generic over what they read and write, by the extension traits of `io`.

use super::rt;
use super::rt::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use super::rt::net::UnixStream;
use super::setup::run;
use super::sockets::{once, pair, tell};
use crate::harness::{Case, Flavour, Log, cases};
use bytes::Buf;
use std::fmt::Write as _;
use std::io::IoSlice;
use std::pin::pin;

pub(crate) const CASES: &[Case] = cases![
    both: generic_over_streams, in_a_task, boxed, through_a_reference, the_end_comes_early, no_text,
        text_after_text, to_the_end, into_a_buffer, from_chunks, from_several_buffers,
        nothing_to_do, shut_down, a_dropped_read_takes_nothing;
];

/// Says what it is told, until the other side has nothing more to say.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> std::io::Result<usize> {
    let mut total = 0;
    let mut buf = [0; 16];
    while let read @ 1.. = stream.read(&mut buf).await? {
        stream.write_all(&buf[..read]).await?;
        total += read;
    }
    stream.flush().await?;
    stream.shutdown().await?;
    Ok(total)
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(log: &Log, stream: &mut S, question: &str) {
    stream.write_all(question.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    tell(log, "answer", &stream.read_to_string(&mut answer).await);
    log.note(answer);
}

fn generic_over_streams(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        let task = rt::spawn(async move { echo(server).await });
        ask(log, &mut client, "a question of some length, asked over TCP").await;
        tell(log, "echoed", &task.await.unwrap());

        let (mut client, server) = UnixStream::pair().unwrap();
        let task = rt::spawn(echo(server));
        ask(log, &mut client, "and one over a Unix socket").await;
        tell(log, "echoed", &task.await.unwrap());
    });
}

/// The futures of a generic function can go to another thread if what it is given can.
fn in_a_task(flavour: Flavour, log: &Log) {
    fn spawned<S>(stream: S) -> rt::task::JoinHandle<std::io::Result<usize>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        rt::spawn(async move {
            let mut stream = stream;
            let mut first = [0; 2];
            stream.read_exact(&mut first).await?;
            stream.write_all(&first).await?;
            let rest = echo(stream).await?;
            Ok(rest + first.len())
        })
    }
    run(flavour, async {
        let (mut client, server) = pair().await;
        let task = spawned(server);
        ask(log, &mut client, "from a task").await;
        tell(log, "echoed", &task.await.unwrap());
    });
}

fn boxed(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, server) = pair().await;
        let mut write: Box<dyn AsyncWrite + Unpin + Send> = Box::new(client);
        let mut read: Box<dyn AsyncRead + Unpin + Send> = Box::new(server);
        tell(log, "write", &write.write(b"boxed").await);
        let mut buf = [0; 5];
        tell(log, "read", &read.read_exact(&mut buf).await);
        log.note(format!("{buf:?}"));
    });
}

fn through_a_reference(flavour: Flavour, log: &Log) {
    async fn two<R: AsyncReadExt + Unpin>(mut from: R) -> std::io::Result<[u8; 2]> {
        let mut two = [0; 2];
        from.read_exact(&mut two).await?;
        Ok(two)
    }
    run(flavour, async {
        let mut from = &b"1234567"[..];
        tell(log, "two", &two(&mut from).await);
        tell(log, "two", &two(&mut from).await);
        tell(log, "left", &std::io::Result::Ok(from.len()));
    });
}

fn the_end_comes_early(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut from = &b"123"[..];
        let error = from.read_exact(&mut [0; 4]).await.unwrap_err();
        log.note(format!("{error} {error:?} {:?}", error.kind()));
        tell(log, "again", &from.read_exact(&mut [0; 4]).await);
        tell(log, "nothing", &from.read_exact(&mut []).await);
    });
}

fn no_text(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut text = "text ".to_owned();
        let error = (&b"more \xff"[..]).read_to_string(&mut text).await.unwrap_err();
        log.note(format!("{:?} {text:?}", error.kind()));
        // A character of which the first half was there already is none.
        let mut text = String::new();
        let error = (&b"\xc3"[..]).read_to_string(&mut text).await.unwrap_err();
        log.note(format!("{:?} {text:?}", error.kind()));
    });
}

fn text_after_text(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut text = "text ".to_owned();
        tell(log, "read", &"and möre".as_bytes().read_to_string(&mut text).await);
        tell(log, "read", &(&b""[..]).read_to_string(&mut text).await);
        log.note(text);
    });
}

fn to_the_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let task = rt::spawn(async move {
            for part in [&[1; 1000][..], &[2; 100_000], &[3; 10]] {
                AsyncWriteExt::write_all(&mut client, part).await.unwrap();
            }
        });
        let mut bytes = vec![0; 5];
        tell(log, "read", &AsyncReadExt::read_to_end(&mut server, &mut bytes).await);
        tell(log, "again", &AsyncReadExt::read_to_end(&mut server, &mut bytes).await);
        task.await.unwrap();
        let mut sums = String::new();
        for byte in 0..4 {
            write!(sums, "{} ", bytes.iter().filter(|&&b| b == byte).count()).unwrap();
        }
        log.note(sums);
    });
}

fn into_a_buffer(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut from = &b"hello, and more"[..];
        let mut bytes = bytes::BytesMut::with_capacity(64);
        tell(log, "read", &from.read_buf(&mut bytes).await);
        tell(log, "end", &from.read_buf(&mut bytes).await);
        log.note(format!("{bytes:?}"));
        let (mut from, mut memory) = (&b"abcdef"[..], [0; 4]);
        let mut slice = &mut memory[..];
        tell(log, "read", &from.read_buf(&mut slice).await);
        tell(log, "full", &from.read_buf(&mut slice).await);
        log.note(format!("{memory:?} {}", from.len()));
    });
}

fn from_chunks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut to = Vec::new();
        let mut chunks = Buf::chain(&b"one, "[..], Buf::chain(&b"two, "[..], &b"three"[..]));
        tell(log, "all", &to.write_all_buf(&mut chunks).await);
        log.note(format!("{:?} {}", String::from_utf8_lossy(&to), chunks.remaining()));
        tell(log, "nothing", &to.write_buf(&mut chunks).await);

        let (mut client, mut server) = pair().await;
        let mut chunks = Buf::chain(&b"one, "[..], &b"two"[..]);
        tell(log, "some", &AsyncWriteExt::write_buf(&mut client, &mut chunks).await);
        log.note(format!("left: {}", chunks.remaining()));
        let mut buf = [0; 8];
        tell(log, "read", &AsyncReadExt::read_exact(&mut server, &mut buf).await);
        log.note(format!("{buf:?}"));
    });
}

fn from_several_buffers(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let bufs = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")];
        tell(log, "vectored", &AsyncWriteExt::write_vectored(&mut client, &bufs).await);
        let mut buf = [0; 5];
        tell(log, "read", &AsyncReadExt::read_exact(&mut server, &mut buf).await);
        log.note(format!("{buf:?}"));
    });
}

fn nothing_to_do(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        tell(log, "read all", &AsyncReadExt::read_exact(&mut server, &mut []).await);
        tell(log, "write all", &AsyncWriteExt::write_all(&mut client, &[]).await);
        tell(log, "flush", &AsyncWriteExt::flush(&mut client).await);
        // A read into nothing waits all the same.
        log.note(once(pin!(AsyncReadExt::read(&mut server, &mut []))).await.is_some());
        tell(log, "write", &AsyncWriteExt::write_all(&mut client, b"x").await);
        tell(log, "readable", &server.readable().await);
        tell(log, "read", &AsyncReadExt::read(&mut server, &mut []).await);
    });
}

fn shut_down(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        tell(log, "shutdown", &AsyncWriteExt::shutdown(&mut client).await);
        tell(log, "again", &AsyncWriteExt::shutdown(&mut client).await);
        tell(log, "the end", &AsyncReadExt::read(&mut server, &mut [0; 1]).await);
        tell(log, "the other way", &AsyncWriteExt::write_all(&mut server, b"still").await);
        let mut buf = [0; 5];
        tell(log, "arrives", &AsyncReadExt::read_exact(&mut client, &mut buf).await);
        let error = AsyncWriteExt::write_all(&mut client, b"x").await.unwrap_err();
        log.note(format!("{:?}", error.kind()));
    });
}

fn a_dropped_read_takes_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let mut bytes = bytes::BytesMut::new();
        log.note(once(pin!(AsyncReadExt::read_buf(&mut server, &mut bytes))).await.is_some());
        log.note(once(pin!(AsyncReadExt::read(&mut server, &mut [0; 3]))).await.is_some());
        AsyncWriteExt::write_all(&mut client, b"all").await.unwrap();
        AsyncWriteExt::shutdown(&mut client).await.unwrap();
        tell(log, "read", &AsyncReadExt::read_to_end(&mut server, &mut Vec::new()).await);
    });
}
