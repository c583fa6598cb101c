//! Accepting connections, also when the process has no room for one more.
//!
//! `accept` fails with `EMFILE` (and `ENFILE`, `ENOBUFS`, `ENOMEM`) while the connection stays in
//! the kernel's queue. Handed to the caller, that error is a trap: most loops either give up, and
//! the server is dead, or try again at once, and spin. And with edge-triggered readiness nobody
//! would say when to try again: no event comes when another part of the process closes a file. So
//! the listener itself waits a little and tries again.

use super::socket;
use crate::runtime::context;
use handcrank_reactor::{Direction, Interest, Ready, Source, Timer};
use parking_lot::Mutex;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// The first wait, in milliseconds. It doubles with each failure in a row,
const FIRST_WAIT: u32 = 5;
/// up to this. A freed descriptor is noticed at most so much later.
const LONGEST_WAIT: u32 = 1_000;

/// A listening socket of the standard library in the reactor.
pub(crate) struct Acceptor<L: AsFd> {
    source: Source<L>,
    /// How long to wait after the next failure, in milliseconds. It outlives the single call, so
    /// that a caller who gives up and calls again does not start afresh. Relaxed: it is a hint.
    next_wait: AtomicU32,
    /// The wait that `poll_accept` is in; a call of the async `accept` keeps its own.
    wait: Mutex<Option<Timer>>,
}

// As its source: behind the lock there is a timer, which is there or not.
impl<T: AsFd + UnwindSafe> UnwindSafe for Acceptor<T> {}
impl<T: AsFd + RefUnwindSafe> RefUnwindSafe for Acceptor<T> {}

impl<L: AsFd> Acceptor<L> {
    #[track_caller]
    pub(crate) fn new(listener: L) -> io::Result<Self> {
        let source = context::reactor().register(listener, Interest::READABLE, Ready::EMPTY)?;
        Ok(Self::of(source))
    }

    /// For a listener of the standard library, with the checks of [`socket::adopt`].
    #[track_caller]
    pub(crate) fn adopt(listener: L) -> io::Result<Self> {
        Ok(Self::of(socket::adopt(listener, Interest::READABLE)?))
    }

    fn of(source: Source<L>) -> Self {
        Self { source, next_wait: AtomicU32::new(FIRST_WAIT), wait: Mutex::new(None) }
    }

    pub(crate) fn get_ref(&self) -> &L {
        self.source.get_ref()
    }

    pub(crate) fn into_inner(self) -> io::Result<L> {
        self.source.into_inner()
    }

    /// Accepts with `attempt`. Any number of tasks may wait here; cancel safe.
    pub(crate) async fn accept<R>(
        &self,
        mut attempt: impl FnMut(&L) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            let result = self.source.io(Interest::READABLE, &mut attempt).await;
            match self.judge(result) {
                ControlFlow::Break(result) => return result,
                ControlFlow::Continue(None) => {}
                ControlFlow::Continue(Some(mut timer)) => {
                    std::future::poll_fn(|cx| self.poll_wait(&mut timer, cx)).await;
                }
            }
        }
    }

    /// As [`accept`](Self::accept), for one task at a time.
    pub(crate) fn poll_accept<R>(
        &self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&L) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            let mut wait = self.wait.lock();
            if let Some(timer) = wait.as_mut() {
                ready!(self.poll_wait(timer, cx));
            }
            let over = wait.take();
            drop(wait);
            drop(over);
            let result = ready!(self.source.poll_io(cx, Direction::Read, &mut attempt));
            match self.judge(result) {
                ControlFlow::Break(result) => return Poll::Ready(result),
                ControlFlow::Continue(timer) => *self.wait.lock() = timer,
            }
        }
    }

    /// Waits, unless the reactor was shut down, which the next attempt will report.
    fn poll_wait(&self, timer: &mut Timer, cx: &mut Context<'_>) -> Poll<()> {
        if self.source.handle().is_shutdown() { Poll::Ready(()) } else { timer.poll_elapsed(cx) }
    }

    /// Is that for the caller, or is the attempt to be repeated, at once or after a wait?
    fn judge<R>(&self, result: io::Result<R>) -> ControlFlow<io::Result<R>, Option<Timer>> {
        match result {
            Ok(accepted) => {
                self.next_wait.store(FIRST_WAIT, Ordering::Relaxed);
                ControlFlow::Break(Ok(accepted))
            }
            // The peer went away while it was queued: no concern of anybody's.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {
                ControlFlow::Continue(None)
            }
            // Without timers there is nothing to wait with, and the caller has to cope.
            Err(error) if is_exhausted(&error) && self.source.handle().time_enabled() => {
                let wait = self.next_wait.load(Ordering::Relaxed);
                self.next_wait.store((wait * 2).min(LONGEST_WAIT), Ordering::Relaxed);
                let reactor = self.source.handle();
                let deadline = reactor.clock().now() + Duration::from_millis(wait.into());
                ControlFlow::Continue(Some(reactor.timer(deadline)))
            }
            Err(error) => ControlFlow::Break(Err(error)),
        }
    }
}

/// Out of file descriptors or kernel memory: it may work again later, and only later.
fn is_exhausted(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}
