//! The little that a workload must know of its runtime.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::time::Duration;

pub(crate) mod hello;
mod on_smol;
mod same_names;

pub use on_smol::Smol;
pub use same_names::{Handcrank, Tokio};

/// How many threads run tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// That many workers.
    Threads(usize),
    /// Only the thread that is in `block_on`, as long as it is.
    Current,
}

/// A runtime.
pub trait Runtime: Sized + Send + Sync + 'static {
    /// Awaits a task.
    type JoinHandle<T: Send + 'static>: Future<Output = Result<T, Self::JoinError>> + Send;
    /// Why a task has no result.
    type JoinError: Debug + Send;
    /// Waits for a time.
    type Sleep: Future<Output = ()> + Send;
    /// Accepts TCP connections.
    type Listener: Send + Sync;
    /// A TCP connection.
    type Stream: AsFd + Send;
    /// A UDP socket.
    type Datagrams: Send + Sync;

    /// Starts one, with I/O and time.
    fn start(flavor: Flavor) -> Self;
    /// Runs a future on the calling thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
    /// Spawns from outside.
    fn spawn_on<F>(&self, future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static;
    /// Spawns from inside.
    fn spawn<F>(future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static;
    /// Spawns from outside a task that nobody awaits.
    fn detach_on<F>(&self, future: F)
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        drop(self.spawn_on(future));
    }
    /// Spawns from inside a task that nobody awaits.
    fn detach<F>(future: F)
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        drop(Self::spawn(future));
    }
    /// Runs code that blocks on a thread for such code. From inside.
    fn spawn_blocking<F, T>(code: F) -> Self::JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static;
    /// Lets the others run.
    fn yield_now() -> impl Future<Output = ()> + Send;
    /// Waits. From inside.
    fn sleep(duration: Duration) -> Self::Sleep;
    /// Lets it wait that long from now instead.
    fn reset(sleep: Pin<&mut Self::Sleep>, duration: Duration);

    /// Listens on a free port of the loopback.
    fn listen() -> impl Future<Output = io::Result<Self::Listener>> + Send;
    /// Where it listens.
    fn address(listener: &Self::Listener) -> io::Result<SocketAddr>;
    /// Waits for a connection. Small packets are sent at once.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Stream>> + Send;
    /// Connects. Small packets are sent at once.
    fn connect(to: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;
    /// Reads what is there, or waits for it.
    fn read(
        stream: &mut Self::Stream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send;
    /// Reads until the buffer is full.
    fn read_exact(
        stream: &mut Self::Stream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<()>> + Send;
    /// Writes all of it.
    fn write_all(
        stream: &mut Self::Stream,
        bytes: &[u8],
    ) -> impl Future<Output = io::Result<()>> + Send;
    /// Answers HTTP on the connection with "Hello, World!", through hyper.
    fn greet(stream: Self::Stream) -> impl Future<Output = ()> + Send;

    /// Opens a UDP socket on a free port of the loopback, and says which.
    fn open() -> impl Future<Output = io::Result<(Self::Datagrams, SocketAddr)>> + Send;
    /// Sends a datagram.
    fn send_to(
        socket: &Self::Datagrams,
        bytes: &[u8],
        to: SocketAddr,
    ) -> impl Future<Output = io::Result<usize>> + Send;
    /// Waits for a datagram.
    fn receive_from(
        socket: &Self::Datagrams,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Send;
}
