//! An async runtime for Rust, written by hand from `Future::poll` up.
//!
//! ```
//! use handcrank::net::{TcpListener, TcpStream};
//!
//! #[handcrank::main]
//! async fn main() -> std::io::Result<()> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!     let server = handcrank::spawn(async move {
//!         let (mut stream, _) = listener.accept().await?;
//!         stream.write_all(b"hello").await
//!     });
//!     let mut text = [0; 5];
//!     TcpStream::connect(address).await?.read_exact(&mut text).await?;
//!     assert_eq!(&text, b"hello");
//!     server.await?
//! }
//! ```
//!
//! The names are tokio's, and mean what they mean there: `use handcrank as tokio` is the aim.
//!
//! This crate is the composition. The parts, each with a crate of its own to read: the task
//! (`handcrank-task`), a minimal executor (`handcrank-executor`), I/O and timers
//! (`handcrank-reactor`), the blocking pool (`handcrank-blocking`), the work-stealing scheduler
//! (`handcrank-scheduler`). Here: [`runtime`] puts them together, and [`task`], [`time`], [`net`],
//! [`signal`] and [`sync`] are what one uses.
//!
//! The book beside the crates, `book/src/introduction.md`, takes all of it apart and builds it up again;
//! its second part, from chapter 7, is not written yet. `cargo x book --open` shows it.
//!
//! # Features
//!
//! - `net` (default): TCP, UDP and Unix sockets.
//! - `signal` (default): Ctrl-C and Unix signals.
//! - `hyper`: hyper's I/O traits on the streams, an executor and a timer.
//! - `tokio-io`: tokio's I/O traits on the streams. Without it no tokio is pulled in at all.
//! - `drop-in`: the module `drop_in`, which stands in for the whole of tokio in a program that is
//!   written for it.
//! - `tower`: timeouts and rate limits for tower's services, in `adapt::tower` and
//!   `adapt::tower_http`.
#![forbid(unsafe_code)]

pub mod adapt;
#[cfg(feature = "drop-in")]
pub mod drop_in;
pub mod io;
#[doc(hidden)]
pub mod macros;
#[cfg(feature = "net")]
pub mod net;
pub mod runtime;
#[cfg(feature = "signal")]
pub mod signal;
pub mod sync;
pub mod task;
#[cfg(test)]
mod testing;
pub mod time;

pub use handcrank_macros::{main, test};
pub use task::spawn;

/// Pins futures to the stack.
///
/// `pin!(future)` makes `future` a pinned reference to what it was; `pin! { let a = f(); let b =
/// g(); }` does so for several. As in tokio; [`std::pin::pin`] is the expression form.
///
/// ```
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let sleep = handcrank::time::sleep(std::time::Duration::from_millis(1));
/// handcrank::pin!(sleep);
/// sleep.as_mut().await;
/// # });
/// ```
#[macro_export]
macro_rules! pin {
    ($($future:ident),* $(,)?) => { $(
        // Shadowed, so that nobody can move what is pinned.
        #[allow(unused_mut)]
        let mut $future = ::std::pin::pin!($future);
    )* };
    ($(let $future:ident = $init:expr;)*) => { $(
        let $future = $init;
        $crate::pin!($future);
    )* };
}
