//! The little that a workload must know of its runtime, and the two that offer it.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// A multi-threaded runtime.
pub trait Runtime: Sized + Send + Sync + 'static {
    /// Awaits a task.
    type JoinHandle<T: Send + 'static>: Future<Output = Result<T, Self::JoinError>> + Send;
    /// Why a task has no result.
    type JoinError: Debug + Send;
    /// Accepts TCP connections.
    type Listener: Send + Sync;
    /// A TCP connection.
    type Stream: Send;

    /// Starts one, with I/O and time.
    fn start(workers: usize) -> Self;
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
    /// Lets the others run.
    fn yield_now() -> impl Future<Output = ()> + Send;
    /// Waits.
    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send;
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
}

/// Implements the trait, line by line the same, since both crates use the same names.
macro_rules! runtime {
    ($(#[$doc:meta])* $name:ident = $krate:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name($krate::runtime::Runtime);

        impl Runtime for $name {
            type JoinHandle<T: Send + 'static> = $krate::task::JoinHandle<T>;
            type JoinError = $krate::task::JoinError;
            type Listener = $krate::net::TcpListener;
            type Stream = $krate::net::TcpStream;

            fn start(workers: usize) -> Self {
                let runtime = $krate::runtime::Builder::new_multi_thread()
                    .worker_threads(workers)
                    .enable_all()
                    .build();
                Self(runtime.expect("the system has threads and descriptors to spare"))
            }

            fn block_on<F: Future>(&self, future: F) -> F::Output {
                self.0.block_on(future)
            }

            fn spawn_on<F>(&self, future: F) -> Self::JoinHandle<F::Output>
            where
                F: Future<Output: Send + 'static> + Send + 'static,
            {
                self.0.spawn(future)
            }

            fn spawn<F>(future: F) -> Self::JoinHandle<F::Output>
            where
                F: Future<Output: Send + 'static> + Send + 'static,
            {
                $krate::spawn(future)
            }

            fn yield_now() -> impl Future<Output = ()> + Send {
                $krate::task::yield_now()
            }

            fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
                $krate::time::sleep(duration)
            }

            async fn listen() -> io::Result<Self::Listener> {
                $krate::net::TcpListener::bind(("127.0.0.1", 0)).await
            }

            fn address(listener: &Self::Listener) -> io::Result<SocketAddr> {
                listener.local_addr()
            }

            async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(stream)
            }

            async fn connect(to: SocketAddr) -> io::Result<Self::Stream> {
                let stream = $krate::net::TcpStream::connect(to).await?;
                stream.set_nodelay(true)?;
                Ok(stream)
            }

            async fn read(stream: &mut Self::Stream, buffer: &mut [u8]) -> io::Result<usize> {
                stream.read(buffer).await
            }

            async fn read_exact(stream: &mut Self::Stream, buffer: &mut [u8]) -> io::Result<()> {
                stream.read_exact(buffer).await.map(drop)
            }

            async fn write_all(stream: &mut Self::Stream, bytes: &[u8]) -> io::Result<()> {
                stream.write_all(bytes).await
            }
        }
    };
}

mod on_tokio {
    use super::{Debug, Duration, Runtime, SocketAddr, io};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    runtime! {
        /// Tokio's multi-threaded runtime.
        Tokio = tokio
    }
}

mod on_handcrank {
    use super::{Debug, Duration, Runtime, SocketAddr, io};

    runtime! {
        /// Handcrank's. Its streams read and write by themselves, without extension traits.
        Handcrank = handcrank
    }
}

pub use on_handcrank::Handcrank;
pub use on_tokio::Tokio;
