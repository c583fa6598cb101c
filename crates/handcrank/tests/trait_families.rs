//! One type in several families of I/O traits: what the documentation of `handcrank::io` says of it.

use futures_util::future::{join, try_join};
use handcrank::net::{TcpListener, TcpStream, UnixStream, tcp, unix};
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::Pin;

fn run<F: Future>(future: F) -> F::Output {
    let mut builder = handcrank::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ours, theirs) = try_join(TcpStream::connect(address), listener.accept()).await.unwrap();
    (ours, theirs.0)
}

/// Who reads and who writes, in which families. It compiles or it does not.
#[test]
fn all_streams_and_halves_are_in_all_families() {
    fn reads<T>()
    where
        T: futures_io::AsyncRead + tokio::io::AsyncRead + hyper::rt::Read + Unpin + Send,
    {
    }
    fn writes<T>()
    where
        T: futures_io::AsyncWrite + tokio::io::AsyncWrite + hyper::rt::Write + Unpin + Send,
    {
    }
    reads::<TcpStream>();
    reads::<tcp::ReadHalf<'_>>();
    reads::<tcp::OwnedReadHalf>();
    reads::<UnixStream>();
    reads::<unix::ReadHalf<'_>>();
    reads::<unix::OwnedReadHalf>();
    writes::<TcpStream>();
    writes::<tcp::WriteHalf<'_>>();
    writes::<tcp::OwnedWriteHalf>();
    writes::<UnixStream>();
    writes::<unix::WriteHalf<'_>>();
    writes::<unix::OwnedWriteHalf>();
}

/// With all extension traits in scope, the methods of the streams' own are called: the compiler says
/// itself that the imports are of no use.
#[test]
fn own_methods_win() {
    #[expect(unused_imports)]
    use futures_util::{AsyncReadExt as _, AsyncWriteExt as _};
    #[expect(unused_imports)]
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    // A future's type says whose method it is.
    fn own<F: Future>(future: F) -> F {
        let name = std::any::type_name::<F>();
        assert!(name.starts_with("handcrank::"), "{name}");
        future
    }

    run(async {
        let (mut ours, mut theirs) = tcp_pair().await;
        own(ours.write_all(b"hello")).await.unwrap();
        assert_eq!(own(ours.write(b"!")).await.unwrap(), 1);
        assert_eq!(own(ours.write_vectored(&[IoSlice::new(b"?")])).await.unwrap(), 1);
        own(ours.flush()).await.unwrap();
        own(ours.shutdown()).await.unwrap();
        let mut bytes = [0; 3];
        own(theirs.read_exact(&mut bytes)).await.unwrap();
        assert_eq!(own(theirs.read(&mut bytes)).await.unwrap(), 3);

        // Through a reference, and on halves.
        let by_reference = &mut theirs;
        let (mut read, mut write) = by_reference.split();
        own(write.write_all(b"hi")).await.unwrap();
        own(read.read(&mut bytes)).await.unwrap();
        let (mut read, mut write) = ours.into_split();
        own(read.read(&mut bytes)).await.unwrap();
        assert_eq!(&bytes[..2], b"hi");
        own(write.shutdown()).await.unwrap();
        let mut rest = Vec::new();
        own(theirs.read_to_end(&mut rest)).await.unwrap();
        assert!(rest.is_empty());
    });
}

/// The exception: a method that takes the stream itself comes before one that borrows it.
#[test]
fn split_is_futures_own_where_its_trait_is_in_scope() {
    use futures_util::AsyncReadExt as _;
    run(async {
        let (stream, mut theirs) = UnixStream::pair().unwrap();
        let (_read, mut write): (futures_util::io::ReadHalf<_>, futures_util::io::WriteHalf<_>) =
            stream.split();
        futures_util::AsyncWriteExt::write_all(&mut write, b"x").await.unwrap();
        let (mut read, _write): (unix::ReadHalf<'_>, unix::WriteHalf<'_>) =
            UnixStream::split(&mut theirs);
        assert_eq!(read.read(&mut [0; 2]).await.unwrap(), 1);
    });
}

/// The same bytes through each family's own hands, in pieces, up to the end.
async fn carry<R, W>(mut read: R, mut write: W)
where
    R: futures_io::AsyncRead + tokio::io::AsyncRead + hyper::rt::Read + Unpin,
    W: futures_io::AsyncWrite + tokio::io::AsyncWrite + hyper::rt::Write + Unpin,
{
    let parts = [IoSlice::new(b"va"), IoSlice::new(b""), IoSlice::new(b"ri"), IoSlice::new(b"ous")];
    assert!(tokio::io::AsyncWrite::is_write_vectored(&write));
    assert!(hyper::rt::Write::is_write_vectored(&write));
    let mut written = 0;
    written +=
        poll_fn(|cx| futures_io::AsyncWrite::poll_write_vectored(Pin::new(&mut write), cx, &parts))
            .await
            .unwrap();
    written +=
        poll_fn(|cx| tokio::io::AsyncWrite::poll_write_vectored(Pin::new(&mut write), cx, &parts))
            .await
            .unwrap();
    written +=
        poll_fn(|cx| hyper::rt::Write::poll_write_vectored(Pin::new(&mut write), cx, &parts))
            .await
            .unwrap();
    // All buffers in one go.
    assert_eq!(written, 21);
    poll_fn(|cx| futures_io::AsyncWrite::poll_flush(Pin::new(&mut write), cx)).await.unwrap();
    poll_fn(|cx| tokio::io::AsyncWrite::poll_flush(Pin::new(&mut write), cx)).await.unwrap();
    poll_fn(|cx| hyper::rt::Write::poll_flush(Pin::new(&mut write), cx)).await.unwrap();

    // Short buffers: each takes what it has room for, and leaves the rest to the next.
    let mut three = [0; 3];
    let done = poll_fn(|cx| futures_io::AsyncRead::poll_read(Pin::new(&mut read), cx, &mut three));
    assert_eq!((done.await.unwrap(), &three), (3, b"var"));
    let mut four = [0; 4];
    let mut buf = tokio::io::ReadBuf::new(&mut four);
    buf.put_slice(b"-");
    poll_fn(|cx| tokio::io::AsyncRead::poll_read(Pin::new(&mut read), cx, &mut buf)).await.unwrap();
    assert_eq!(buf.filled(), b"-iou", "what was there stays");
    // No room: nothing is taken, and it is not the end.
    poll_fn(|cx| tokio::io::AsyncRead::poll_read(Pin::new(&mut read), cx, &mut buf)).await.unwrap();
    assert_eq!(buf.filled(), b"-iou");
    let mut none = [];
    let mut buf = hyper::rt::ReadBuf::new(&mut none);
    poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut read), cx, buf.unfilled()))
        .await
        .unwrap();
    let mut most = [0; 64];
    let mut buf = hyper::rt::ReadBuf::new(&mut most);
    poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut read), cx, buf.unfilled()))
        .await
        .unwrap();
    assert_eq!(buf.filled(), b"svariousvarious");

    // The end, for each of them, and more than once.
    poll_fn(|cx| futures_io::AsyncWrite::poll_close(Pin::new(&mut write), cx)).await.unwrap();
    poll_fn(|cx| tokio::io::AsyncWrite::poll_shutdown(Pin::new(&mut write), cx)).await.unwrap();
    poll_fn(|cx| hyper::rt::Write::poll_shutdown(Pin::new(&mut write), cx)).await.unwrap();
    for _ in 0..2 {
        let done =
            poll_fn(|cx| futures_io::AsyncRead::poll_read(Pin::new(&mut read), cx, &mut three));
        assert_eq!(done.await.unwrap(), 0);
        let mut buf = tokio::io::ReadBuf::new(&mut three);
        poll_fn(|cx| tokio::io::AsyncRead::poll_read(Pin::new(&mut read), cx, &mut buf))
            .await
            .unwrap();
        assert!(buf.filled().is_empty());
        let mut buf = hyper::rt::ReadBuf::new(&mut three);
        poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut read), cx, buf.unfilled()))
            .await
            .unwrap();
        assert!(buf.filled().is_empty());
    }
    let late =
        poll_fn(|cx| tokio::io::AsyncWrite::poll_write(Pin::new(&mut write), cx, b"late")).await;
    assert_eq!(late.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn bytes_go_through_all_families() {
    run(async {
        let (ours, theirs) = tcp_pair().await;
        carry(ours, theirs).await;
        let (ours, theirs) = UnixStream::pair().unwrap();
        carry(ours, theirs).await;
        let (mut ours, mut theirs) = tcp_pair().await;
        carry(ours.split().0, theirs.split().1).await;
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        carry(ours.split().0, theirs.split().1).await;
        // The halves that are not used live on.
        let ((ours, _write), (_read, theirs)) = {
            let (ours, theirs) = tcp_pair().await;
            (ours.into_split(), theirs.into_split())
        };
        carry(ours, theirs).await;
        let (ours, theirs) = UnixStream::pair().unwrap();
        let ((ours, _write), (_read, theirs)) = (ours.into_split(), theirs.into_split());
        carry(ours, theirs).await;
    });
}

/// Larger than all buffers on the way.
fn large() -> Vec<u8> {
    (0..4 << 20).map(|n: u32| (n % 251) as u8).collect()
}

#[test]
fn tokios_tools() {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter};
    run(async {
        // copy_bidirectional hands on data and both ends, each in its own time.
        let ((mut client, mut inner), (mut outer, mut server)) =
            (tcp_pair().await, UnixStream::pair().unwrap());
        let proxy = tokio::io::copy_bidirectional(&mut inner, &mut outer);
        let client = async {
            client.write_all(b"a question").await.unwrap();
            client.shutdown().await.unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            assert!(answer == large());
        };
        let server = async {
            let mut question = String::new();
            server.read_to_string(&mut question).await.unwrap();
            assert_eq!(question, "a question");
            server.write_all(&large()).await.unwrap();
            server.shutdown().await.unwrap();
        };
        let (copied, ((), ())) = join(proxy, join(client, server)).await;
        assert_eq!(copied.unwrap(), (10, 4 << 20));

        // split, buffers, and putting it together again.
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (read, write) = tokio::io::split(ours);
        let mut write = BufWriter::new(write);
        write.write_all(b"one\ntwo").await.unwrap();
        let nothing = theirs.try_read(&mut [0; 8]).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock, "it is in the buffer");
        write.shutdown().await.unwrap();
        let mut lines = BufReader::with_capacity(2, theirs).lines();
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("one"));
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("two"));
        assert_eq!(lines.next_line().await.unwrap(), None);
        read.unsplit(write.into_inner());
    });
}

#[test]
fn futures_tools() {
    use futures_util::io::{BufReader, BufWriter, copy};
    use futures_util::{AsyncBufReadExt, AsyncWriteExt, StreamExt, TryStreamExt};
    run(async {
        // copy ends with its reader, and leaves the writer open.
        let ((mut client, inner), (outer, mut server)) =
            (tcp_pair().await, UnixStream::pair().unwrap());
        let proxy = async {
            let mut outer = outer;
            let copied = copy(inner, &mut outer).await.unwrap();
            outer.write_all(b"the end").await.unwrap();
            outer.close().await.unwrap();
            copied
        };
        let client = async {
            client.write_all(&large()).await.unwrap();
            client.close().await.unwrap();
        };
        let mut all = Vec::new();
        let server = async {
            server.read_to_end(&mut all).await.unwrap();
        };
        let (copied, ((), ())) = join(proxy, join(client, server)).await;
        assert_eq!(copied, 4 << 20);
        assert!(all == [&large()[..], b"the end"].concat());

        let (ours, theirs) = UnixStream::pair().unwrap();
        let (_read, write) = ours.into_split();
        let mut write = BufWriter::new(write);
        write.write_all(b"one\ntwo").await.unwrap();
        write.close().await.unwrap();
        let lines: Vec<String> = BufReader::new(theirs).lines().try_collect().await.unwrap();
        assert_eq!(lines, ["one", "two"]);
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (read, write) = futures_util::AsyncReadExt::split(ours);
        let mut lines = BufReader::new(read).lines();
        drop(theirs);
        assert!(lines.next().await.is_none());
        drop(write);
    });
}
