//! hyper on Handcrank: its I/O traits on our streams, an executor and a timer.
//!
//! ```no_run
//! use handcrank::adapt::hyper::HandcrankTimer;
//! use handcrank::net::TcpListener;
//! use http_body_util::Full;
//! use hyper::body::Bytes;
//! use hyper::{Request, Response, server::conn::http1, service::service_fn};
//! use std::convert::Infallible;
//!
//! # async fn example() -> std::io::Result<()> {
//! async fn hello(_: Request<hyper::body::Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(Response::new(Full::from("hello\n")))
//! }
//!
//! let listener = TcpListener::bind("127.0.0.1:8080").await?;
//! loop {
//!     let (stream, _) = listener.accept().await?;
//!     let mut http = http1::Builder::new();
//!     http.timer(HandcrankTimer);
//!     handcrank::spawn(http.serve_connection(stream, service_fn(hello)));
//! }
//! # }
//! ```

use super::forward::{all_readers, all_writers};
use crate::time::{self, Sleep};
use futures_io::AsyncRead;
use hyper::rt::{Executor, Read, ReadBufCursor, Timer, Write};
use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// Runs hyper's background tasks with [`spawn`](crate::spawn()).
///
/// # Panics
///
/// When hyper spawns outside of a runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct HandcrankExecutor;

impl<F> Executor<F> for HandcrankExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        crate::spawn(future);
    }
}

/// Runs hyper's background tasks on the current thread's [`LocalSet`](crate::task::LocalSet), with
/// [`spawn_local`](crate::task::spawn_local): for services and bodies that are not `Send`.
///
/// # Panics
///
/// When hyper spawns outside of a `LocalSet`.
#[derive(Debug, Clone, Copy, Default)]
pub struct HandcrankLocalExecutor;

impl<F> Executor<F> for HandcrankLocalExecutor
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        crate::task::spawn_local(future);
    }
}

/// Gives hyper the timers and the clock of the current runtime, with which its time limits work
/// (also under a [paused](crate::time::pause) clock).
///
/// # Panics
///
/// When hyper asks for a timer outside of a runtime, or in one without timers.
#[derive(Debug, Clone, Copy, Default)]
pub struct HandcrankTimer;

impl Timer for HandcrankTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(time::sleep(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(time::sleep_until(deadline.into()))
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn hyper::rt::Sleep>>, new_deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(sleep) => sleep.reset(new_deadline.into()),
            None => *sleep = self.sleep_until(new_deadline),
        }
    }
}

impl hyper::rt::Sleep for Sleep {}

/// How much one read asks the kernel for, in bytes.
const SCRATCH: usize = 32 * 1024;

thread_local! {
    // hyper's cursor can be filled in place only with unsafe code, for which this crate has no
    // room. So bytes pass through a buffer that stays warm in the cache, one per thread: a copy of
    // 8 KiB costs about as much as a tenth of the system call before it.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

fn fill(
    stream: Pin<&mut impl AsyncRead>,
    cx: &mut Context<'_>,
    mut cursor: ReadBufCursor<'_>,
) -> Poll<io::Result<()>> {
    BUFFER.with_borrow_mut(|buffer| {
        let room = cursor.remaining().min(buffer.len());
        let read = ready!(stream.poll_read(cx, &mut buffer[..room]))?;
        cursor.put_slice(&buffer[..read]);
        Poll::Ready(Ok(()))
    })
}

all_readers!(Read, ReadBufCursor<'_>, fill);
all_writers!(Write);

#[cfg(test)]
mod tests;
