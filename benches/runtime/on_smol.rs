//! smol, put together from its parts: it has no runtime that one starts and stops.

use super::{Flavor, Runtime};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream, UdpSocket};
use smol::{Executor, Timer, channel, future};
use smol_hyper::rt::FuturesIo;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

/// smol's executor, run by as many threads as the other runtimes have workers.
///
/// Sockets and timers belong to smol's one reactor, which every thread that waits for something
/// drives in turn. A thread of its own, "async-io", helps out when all others are at work: that is
/// how smol comes, and no setting takes it away.
#[derive(Debug)]
pub struct Smol {
    executor: Arc<Executor<'static>>,
    /// The threads go on until this is gone.
    running: Option<channel::Sender<Infallible>>,
    threads: Vec<thread::JoinHandle<()>>,
}

thread_local! {
    /// The executor that this thread runs, for those who spawn from inside.
    static CURRENT: RefCell<Option<Arc<Executor<'static>>>> = const { RefCell::new(None) };
}

/// Makes the executor this thread's, until it is dropped.
struct Entered(Option<Arc<Executor<'static>>>);

impl Entered {
    fn new(executor: &Arc<Executor<'static>>) -> Self {
        Self(CURRENT.replace(Some(Arc::clone(executor))))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

fn with_current<T>(f: impl FnOnce(&Executor<'static>) -> T) -> T {
    CURRENT.with_borrow(|current| f(current.as_deref().expect("inside a runtime")))
}

impl Drop for Smol {
    fn drop(&mut self) {
        drop(self.running.take());
        for thread in self.threads.drain(..) {
            thread.join().expect("no task panics");
        }
    }
}

impl Runtime for Smol {
    type JoinHandle<T: Send + 'static> = JoinHandle<T>;
    type JoinError = Infallible;
    type Sleep = Sleep;
    type Listener = TcpListener;
    type Stream = TcpStream;
    type Datagrams = UdpSocket;

    fn start(flavor: Flavor) -> Self {
        let executor = Arc::new(Executor::new());
        let (running, stopped) = channel::bounded(1);
        let workers = match flavor {
            Flavor::Threads(workers) => workers,
            Flavor::Current => 0,
        };
        let threads = (0..workers)
            .map(|_| {
                let (executor, stopped) = (Arc::clone(&executor), stopped.clone());
                thread::spawn(move || {
                    let _entered = Entered::new(&executor);
                    // An error: there is nothing to receive, the other end can only go away.
                    let _ = smol::block_on(executor.run(stopped.recv()));
                })
            })
            .collect();
        Self { executor, running: Some(running), threads }
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = Entered::new(&self.executor);
        if self.threads.is_empty() {
            smol::block_on(self.executor.run(future))
        } else {
            // Running tasks here too would be one thread more than the others have.
            smol::block_on(future)
        }
    }

    fn spawn_on<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        JoinHandle(Some(self.executor.spawn(future)))
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        JoinHandle(Some(with_current(|executor| executor.spawn(future))))
    }

    fn spawn_blocking<F, T>(code: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        JoinHandle(Some(smol::unblock(code)))
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        future::yield_now()
    }

    fn sleep(duration: Duration) -> Sleep {
        Sleep(Timer::after(duration))
    }

    fn reset(sleep: Pin<&mut Sleep>, duration: Duration) {
        sleep.get_mut().0.set_after(duration);
    }

    async fn listen() -> io::Result<TcpListener> {
        TcpListener::bind(("127.0.0.1", 0)).await
    }

    fn address(listener: &TcpListener) -> io::Result<SocketAddr> {
        listener.local_addr()
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn connect(to: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        stream.read(buffer).await
    }

    async fn read_exact(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
        stream.read_exact(buffer).await
    }

    async fn write_all(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes).await
    }

    async fn greet(stream: TcpStream) {
        super::hello::greet(FuturesIo::new(stream)).await;
    }

    async fn open() -> io::Result<(UdpSocket, SocketAddr)> {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await?;
        let address = socket.local_addr()?;
        Ok((socket, address))
    }

    async fn send_to(socket: &UdpSocket, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        socket.send_to(bytes, to).await
    }

    async fn receive_from(
        socket: &UdpSocket,
        buffer: &mut [u8],
    ) -> io::Result<(usize, SocketAddr)> {
        socket.recv_from(buffer).await
    }
}

/// smol's task, which goes on when nobody waits for it any more, as with the other runtimes.
#[derive(Debug)]
pub struct JoinHandle<T>(Option<smol::Task<T>>);

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let task = self.0.as_mut().expect("there until the drop");
        Poll::Ready(Ok(ready!(Pin::new(task).poll(cx))))
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.detach();
        }
    }
}

/// smol's timer, without the moment at which it fired.
#[derive(Debug)]
pub struct Sleep(Timer);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}
