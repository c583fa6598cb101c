//! The words in which sockets speak about readiness, and the traits through which they are read
//! and written.
//!
//! # Three families of traits
//!
//! The crates of the async world want one of three pairs of traits. Every stream of
//! [`net`](crate::net) is in all three, and so is each half of one, borrowed or owned:
//!
//! | traits | feature | who wants them |
//! |---|---|---|
//! | `futures_io::{AsyncRead, AsyncWrite}`, re-exported here | – | `futures-util`, `futures-rustls`, `async-tungstenite`, `asynchronous-codec`, `async-compression` (its `futures-io`) |
//! | `tokio::io::{AsyncRead, AsyncWrite}` | `tokio-io` | tokio's `io` tools, `tokio-util`'s codecs, `tokio-rustls`, `tokio-tungstenite`, `h2`, `redis` |
//! | `hyper::rt::{Read, Write}` | `hyper` | `hyper`, and through it `axum` and `tonic` |
//!
//! There is no wrapper: a stream is handed to either as it is, and means the same to each. A write
//! of several buffers is one system call (`is_write_vectored` is true). Flushing does nothing, since
//! nothing is buffered. Closing (`poll_close`, `poll_shutdown`) shuts the writing side down, and may
//! be done again. The end of what can be read adds nothing to a buffer, as often as it is asked for.
//! The native family is read into the caller's buffer directly, and so is tokio's. hyper's buffer
//! needs a copy, of what was read and no more, from one that each thread keeps.
//!
//! # Which method is called
//!
//! For functions that are generic there are [`AsyncReadExt`] and [`AsyncWriteExt`], for the native family: the
//! methods that a program written for tokio calls most, by the same names.
//!
//! Streams and halves have `read`, `read_exact`, `read_to_end`, `write`, `write_all`, `flush`,
//! `shutdown` and their kin themselves, with the meaning that tokio's extension traits give them. They
//! win over the extension traits of any family, also over several at once, and the compiler may then
//! call such an import unused.
//!
//! A method that only the extension traits have, such as `take`, is ambiguous where two families'
//! are in scope:
//!
//! ```compile_fail,E0034
//! # #[cfg(not(feature = "tokio-io"))] compile_error!("only with both families");
//! use futures_util::AsyncReadExt as _;
//! use tokio::io::AsyncReadExt as _;
//!
//! # fn example(stream: handcrank::net::TcpStream) {
//! let limited = stream.take(10); // error: multiple applicable items in scope
//! # }
//! ```
//!
//! Import one of them, where it is needed, or name the trait. The same holds for `poll_read` and
//! `poll_write` with the traits themselves in scope:
//!
//! ```
//! # #[cfg(all(feature = "tokio-io", feature = "hyper"))] mod example {
//! use std::io;
//! use std::pin::Pin;
//! use std::task::{Context, Poll};
//!
//! # fn example(
//! #     stream: &mut handcrank::net::TcpStream, cx: &mut Context<'_>, buf: &mut tokio::io::ReadBuf<'_>
//! # ) {
//! let limited = tokio::io::AsyncReadExt::take(&mut *stream, 10);
//! let read: Poll<io::Result<()>> = tokio::io::AsyncRead::poll_read(Pin::new(stream), cx, buf);
//! # }
//! # }
//! ```
//!
//! One name needs care: `futures_util::AsyncReadExt` has a `split` that takes the stream itself, and the
//! compiler tries such methods first. With that trait in scope `stream.split()` is futures', whose halves
//! share a lock; write `TcpStream::split(&mut stream)`, or `stream.into_split()`, for ours.
//!
//! # The tools of each family
//!
//! - tokio's `copy_bidirectional` hands the end of each direction on by shutting the other side's
//!   writing down, and is done when both have ended. tokio's and futures' `copy` end with their reader and
//!   leave the writer open: close it yourself if the end is to be seen.
//! - tokio's and futures' `split` put the stream behind a lock, for any type. A stream's own
//!   [`split`](crate::net::TcpStream::split) and [`into_split`](crate::net::TcpStream::into_split) need
//!   none.
//! - Either `BufReader` works. Neither is needed to read in large pieces: streams have no overhead of
//!   their own but the system call. A `BufWriter` must be flushed or closed, or what is in it is lost.
//! - tokio's channels, locks and tools need no runtime. [`drop_in`](crate#features) collects them
//!   under tokio's layout.

#[cfg(not(feature = "tokio-io"))]
mod read_buf;
#[cfg(feature = "net")]
mod read_ext;
#[cfg(feature = "net")]
mod write_ext;

#[cfg(not(feature = "tokio-io"))]
pub use read_buf::ReadBuf;
#[cfg(feature = "tokio-io")]
pub use tokio::io::ReadBuf;

#[cfg(feature = "net")]
pub use {read_ext::AsyncReadExt, write_ext::AsyncWriteExt};

pub use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
pub use handcrank_reactor::{Interest, Ready};
pub use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result};
