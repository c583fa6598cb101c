//! Tokio and Handcrank. Both use the same names, so one macro says it for both.

use super::{Flavor, Runtime};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

macro_rules! runtime {
    ($(#[$doc:meta])* $name:ident = $krate:ident, hyper on $io:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name($krate::runtime::Runtime);

        impl Runtime for $name {
            type JoinHandle<T: Send + 'static> = $krate::task::JoinHandle<T>;
            type JoinError = $krate::task::JoinError;
            type Sleep = $krate::time::Sleep;
            type Listener = $krate::net::TcpListener;
            type Stream = $krate::net::TcpStream;
            type Datagrams = $krate::net::UdpSocket;

            fn start(flavor: Flavor) -> Self {
                let mut builder = match flavor {
                    Flavor::Threads(_) => $krate::runtime::Builder::new_multi_thread(),
                    Flavor::Current => $krate::runtime::Builder::new_current_thread(),
                };
                if let Flavor::Threads(workers) = flavor {
                    builder.worker_threads(workers);
                }
                let runtime = builder.enable_all().build();
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

            fn spawn_blocking<F, T>(code: F) -> Self::JoinHandle<T>
            where
                F: FnOnce() -> T + Send + 'static,
                T: Send + 'static,
            {
                $krate::task::spawn_blocking(code)
            }

            fn yield_now() -> impl Future<Output = ()> + Send {
                $krate::task::yield_now()
            }

            fn sleep(duration: Duration) -> Self::Sleep {
                $krate::time::sleep(duration)
            }

            fn reset(sleep: Pin<&mut Self::Sleep>, duration: Duration) {
                sleep.reset($krate::time::Instant::now() + duration);
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

            async fn greet(stream: Self::Stream) {
                crate::runtime::hello::greet($io(stream)).await;
            }

            async fn open() -> io::Result<(Self::Datagrams, SocketAddr)> {
                let socket = $krate::net::UdpSocket::bind(("127.0.0.1", 0)).await?;
                let address = socket.local_addr()?;
                Ok((socket, address))
            }

            async fn send_to(
                socket: &Self::Datagrams,
                bytes: &[u8],
                to: SocketAddr,
            ) -> io::Result<usize> {
                socket.send_to(bytes, to).await
            }

            async fn receive_from(
                socket: &Self::Datagrams,
                buffer: &mut [u8],
            ) -> io::Result<(usize, SocketAddr)> {
                socket.recv_from(buffer).await
            }
        }
    };
}

mod on_tokio {
    use super::{Duration, Flavor, Future, Pin, Runtime, SocketAddr, io};
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    runtime! {
        /// Tokio's, with the settings that it comes with, as in its own benchmarks. What else a stable
        /// build offers was tried and made nothing faster: `event_interval` at 200,
        /// `global_queue_interval` at 8 and at 127 (by default Tokio finds it by itself), and
        /// `max_io_events_per_tick` at 64. The rest needs the flag `tokio_unstable`.
        Tokio = tokio, hyper on TokioIo::new
    }
}

mod on_handcrank {
    use super::{Duration, Flavor, Future, Pin, Runtime, SocketAddr, io};
    use std::convert::identity;

    runtime! {
        /// Handcrank's. Its streams read and write by themselves, without extension traits, and
        /// speak hyper's traits too.
        Handcrank = handcrank, hyper on identity
    }
}

pub use on_handcrank::Handcrank;
pub use on_tokio::Tokio;
