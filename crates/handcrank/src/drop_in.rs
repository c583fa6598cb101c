//! Stands in for tokio in a program that is written for it.
//!
//! ```
//! use handcrank::drop_in as tokio;
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio::sync::mpsc;
//! use tokio::time::{Duration, sleep};
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let (send, mut lines) = mpsc::channel(1);
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!     tokio::spawn(async move {
//!         let (stream, _) = listener.accept().await?;
//!         let mut text = BufReader::new(stream).lines();
//!         while let Some(line) = text.next_line().await? {
//!             let _ = send.send(line).await;
//!         }
//!         std::io::Result::Ok(())
//!     });
//!     TcpStream::connect(address).await?.write_all(b"hello\n").await?;
//!     tokio::select! {
//!         line = lines.recv() => assert_eq!(line.as_deref(), Some("hello")),
//!         () = sleep(Duration::from_secs(10)) => panic!("nothing came"),
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The module has tokio's own layout. [`runtime`], [`task`], [`time`], [`net`] and [`signal`], `spawn`,
//! `main`, `test` and all macros are Handcrank's. What needs no runtime is tokio's own, re-exported: the
//! traits, the extension traits and the tools of [`io`], and all of [`sync`]. Tokio's runtime is not
//! even compiled, unless another crate asks for its feature `rt`; and then nothing starts it.
//!
//! A name made by `use` is known in its own module alone: in a program of several, each that says
//! `tokio::` needs the line. The package `handcrank-drop-in` holds the same for a whole program, by one
//! line of its manifest: `tokio = { package = "handcrank-drop-in", … }`.
//!
//! # What it cannot carry
//!
//! | tokio | here | instead |
//! |---|---|---|
//! | `fs` | missing | [`task::spawn_blocking`] with `std::fs` |
//! | `process` | missing | `async-process` |
//! | `io::{stdin, stdout, stderr}` | missing | a thread that reads, and a channel; `print!` |
//! | `io::unix::AsyncFd` | missing | `async-io`'s `Async`, which brings a thread of its own |
//! | crates that use tokio's runtime inside | panic: "there is no reactor running" | `book/src/coming-from-tokio.md` has a table |
//!
//! `tokio_util::codec`, `tokio_stream`'s adapters (but those that keep time) and `tokio_rustls` only need the traits, and
//! work. `tokio_util`'s `TaskTracker` works but for its `spawn`: `spawn(tracker.track_future(future))` is the same.
//!
//! # What differs
//!
//! - `io::copy`, `BufReader` and so on are tokio's, and give way to other tasks by the budget of
//!   Handcrank's streams.
//! - **tokio's channels and locks spend tokio's budget, which is unlimited outside of its runtime.** A
//!   task that receives from a channel that is never empty, and does nothing else that waits, is
//!   therefore not made to step aside. Where that can happen put a
//!   [`consume_budget`](task::consume_budget)`().await` into the loop. The same goes for what reads from `io::empty`
//!   or `io::repeat` without an end.
//! - `blocking_recv`, `blocking_send` and `blocking_lock` are tokio's, which panic in async code on tokio's runtime. They
//!   do not know that they are on this one, and block its thread.
//! - A type of Handcrank's that has tokio's name is still another type: a function of another crate that
//!   wants a `tokio::net::TcpStream` does not take ours. Those that are generic over the traits do.
//! - Streams have methods of their own for what the extension traits add (see
//!   [`handcrank::io`](crate::io)); they win and mean the same, so that the compiler may call the
//!   import of an extension trait unused.

#[doc(no_inline)]
pub use crate::{join, pin, select, task_local, try_join};
pub use crate::{main, net, runtime, signal, spawn, task, test, time};
#[doc(no_inline)]
pub use tokio::sync;

/// tokio's traits and tools for I/O, with Handcrank's words for readiness.
pub mod io {
    pub use handcrank_reactor::{Interest, Ready};
    #[doc(no_inline)]
    pub use tokio::io::*;
}

#[cfg(test)]
mod tests;
