//! The words in which sockets speak about readiness, and the traits through which they are read
//! and written.
//!
//! Handcrank's streams implement [`AsyncRead`] and [`AsyncWrite`] of `futures-io` natively. For
//! everything built on top (copying, buffering, splitting into lines) use `futures-util` or any
//! other crate that knows these traits. hyper's and Tokio's I/O traits are behind the features
//! `hyper` and `tokio-io`.

#[cfg(not(feature = "tokio-io"))]
mod read_buf;

#[cfg(not(feature = "tokio-io"))]
pub use read_buf::ReadBuf;
#[cfg(feature = "tokio-io")]
pub use tokio::io::ReadBuf;

pub use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
pub use handcrank_reactor::{Interest, Ready};
pub use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result};
