//! A file that the reactor watches: what sockets are built on.

use crate::reactor::{Handle, shutting_down};
use crate::readiness::{Closed, Readiness};
use crate::ready::{Direction, Interest, Ready, ReadyEvent};
use crate::slab::Key;
use handcrank_task::coop;
use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// A file and its readiness.
///
/// The way to use it is always the same: wait until it seems ready, make the attempt, and if the
/// attempt says that it would block, clear the readiness and wait again.
/// [`poll_io`](Source::poll_io) and [`io`](Source::io) do that.
///
/// There is room for one waiting task a direction in the `poll_…` methods: the last one that polled
/// is woken. [`ready`](Source::ready) and what is built on it have room for any number.
///
/// Dropping it ends the watching and drops the file.
pub struct Source<T: AsFd> {
    /// There until `into_inner` takes it.
    io: Option<T>,
    handle: Handle,
    readiness: Arc<Readiness>,
    key: Key,
}

// As the reactor's own state: nothing foreign is called behind a lock.
impl<T: AsFd + UnwindSafe> UnwindSafe for Source<T> {}
impl<T: AsFd + RefUnwindSafe> RefUnwindSafe for Source<T> {}

impl<T: AsFd> Source<T> {
    pub(crate) fn new(io: T, handle: Handle, readiness: Arc<Readiness>, key: Key) -> Source<T> {
        Source { io: Some(io), handle, readiness, key }
    }

    /// The file.
    ///
    /// Do not change its non-blocking mode. An attempt made on it directly is fine, but one that
    /// would have blocked leaves the readiness standing.
    #[inline]
    pub fn get_ref(&self) -> &T {
        self.io.as_ref().expect("only into_inner takes the file, and self with it")
    }

    /// The reactor that watches it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the watching and gives the file back, still in non-blocking mode.
    ///
    /// # Errors
    ///
    /// The kernel's. The file is dropped then.
    pub fn into_inner(mut self) -> io::Result<T> {
        let io = self.io.take().expect("taken only here");
        self.handle.deregister(io.as_fd(), self.key)?;
        Ok(io)
    }

    /// Waits until a direction is ready: an attempt would not block, or would find the end.
    ///
    /// Only the task that polled last for this direction is woken. Takes part in the cooperative
    /// budget. A readiness stays until it is [cleared](Source::clear_ready).
    ///
    /// # Errors
    ///
    /// [`Other`](io::ErrorKind::Other) once the reactor has been shut down.
    pub fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Poll<io::Result<ReadyEvent>> {
        let budget = ready!(coop::poll_proceed(cx));
        let result = ready!(self.readiness.poll(cx, direction));
        budget.made_progress();
        Poll::Ready(result.map_err(|Closed| shutting_down()))
    }

    /// Waits until any part of `interest` is ready; any number of tasks may. What is asked for
    /// should have been part of the registration.
    ///
    /// Not part of the cooperative budget: to be told that one may try is not yet an operation. Cancel
    /// safe: a dropped future takes nothing along, because an event is shown to all who wait.
    ///
    /// # Errors
    ///
    /// [`Other`](io::ErrorKind::Other) once the reactor has been shut down.
    pub fn ready(&self, interest: Interest) -> WaitReady<'_> {
        WaitReady { readiness: &self.readiness, interest, place: None }
    }

    /// The same, and part of the budget: an attempt follows.
    fn ready_to_try(&self, interest: Interest) -> WaitReady<'_, true> {
        WaitReady { readiness: &self.readiness, interest, place: None }
    }

    /// Says that an attempt has found the readiness of `event` to be over.
    ///
    /// Does nothing if a newer event has come in since. The end of a stream is not cleared.
    pub fn clear_ready(&self, event: ReadyEvent) {
        self.readiness.clear(event);
    }

    /// Makes one attempt if the source seems ready, and clears the readiness if it would block.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it is not ready, without an attempt, or if the
    /// attempt says so; any other error of the attempt. A shut down reactor is no error: what was
    /// ready then can be tried.
    pub fn try_io<R>(
        &self,
        interest: Interest,
        attempt: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let Some(event) = self.readiness.seen(interest.mask()) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let result = attempt(self.get_ref());
        if would_block(&result) {
            self.clear_ready(event);
            // The same error whether or not an attempt was made.
            return Err(io::ErrorKind::WouldBlock.into());
        }
        result
    }

    /// Makes attempts until one does not block.
    ///
    /// Only the task that polled last for this direction is woken. Takes part in the cooperative
    /// budget.
    ///
    /// # Errors
    ///
    /// The attempt's, other than `WouldBlock`; [`Other`](io::ErrorKind::Other) once the reactor
    /// has been shut down.
    pub fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            let event = ready!(self.poll_ready(cx, direction))?;
            let result = attempt(self.get_ref());
            if !would_block(&result) {
                return Poll::Ready(result);
            }
            self.clear_ready(event);
        }
    }

    /// Like [`poll_io`](Source::poll_io), for a transfer of up to `wanted` bytes on a stream.
    ///
    /// A transfer that was shorter than wanted has used up what the kernel had, data or room, so
    /// the readiness is cleared at once, and no second attempt has to be made only to hear that it
    /// would block. That is so for streams (and pipes and terminals), not for datagrams, and
    /// only where readiness is reported by edges.
    pub fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        wanted: usize,
        mut attempt: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let event = ready!(self.poll_ready(cx, direction))?;
            let result = attempt(self.get_ref());
            let blocked = would_block(&result);
            if blocked || is_short(&result, wanted) {
                self.clear_ready(event);
            }
            if !blocked {
                return Poll::Ready(result);
            }
        }
    }

    /// Makes attempts until one does not block; any number of tasks may.
    ///
    /// Takes part in the cooperative budget. Cancel safe: the future is dropped either before an
    /// attempt or after its result has been given out.
    ///
    /// # Errors
    ///
    /// As for [`poll_io`](Source::poll_io).
    pub async fn io<R>(
        &self,
        interest: Interest,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            let event = self.ready_to_try(interest).await?;
            let result = attempt(self.get_ref());
            if !would_block(&result) {
                return result;
            }
            self.clear_ready(event);
        }
    }

    /// Like [`io`](Source::io), for a transfer of up to `wanted` bytes on a stream. See
    /// [`poll_transfer`](Source::poll_transfer).
    ///
    /// # Errors
    ///
    /// As for [`poll_io`](Source::poll_io).
    pub async fn transfer(
        &self,
        interest: Interest,
        wanted: usize,
        mut attempt: impl FnMut(&T) -> io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            let event = self.ready_to_try(interest).await?;
            let result = attempt(self.get_ref());
            let blocked = would_block(&result);
            if blocked || is_short(&result, wanted) {
                self.clear_ready(event);
            }
            if !blocked {
                return result;
            }
        }
    }
}

fn would_block<R>(result: &io::Result<R>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Nothing at all is not short: it is the end of the stream, or nothing was wanted.
fn is_short(result: &io::Result<usize>, wanted: usize) -> bool {
    result.as_ref().is_ok_and(|&done| 0 < done && done < wanted)
}

impl<T: AsFd> Drop for Source<T> {
    fn drop(&mut self) {
        if let Some(io) = self.io.take() {
            // It can only fail if the file was closed or exchanged behind our back, and then there
            // is nothing left to end.
            let _ = self.handle.deregister(io.as_fd(), self.key);
        }
    }
}

impl<T: AsFd + fmt::Debug> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = match self.readiness.now(Ready::ALL) {
            Poll::Ready(Ok(event)) => event.ready(),
            Poll::Ready(Err(Closed)) | Poll::Pending => Ready::EMPTY,
        };
        f.debug_struct("Source")
            .field("io", self.get_ref())
            .field("ready", &now)
            .finish_non_exhaustive()
    }
}

/// The future of [`Source::ready`]. `COUNTS`: does it spend a unit of the task's budget?
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct WaitReady<'a, const COUNTS: bool = false> {
    readiness: &'a Readiness,
    interest: Interest,
    /// Where it stands on the list, once it had to wait.
    place: Option<Key>,
}

impl<const COUNTS: bool> Future for WaitReady<'_, COUNTS> {
    type Output = io::Result<ReadyEvent>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let budget = if COUNTS { Some(ready!(coop::poll_proceed(cx))) } else { None };
        let WaitReady { readiness, interest, place } = &mut *self;
        let result = ready!(readiness.poll_queued(cx, *interest, place));
        if let Some(budget) = budget {
            budget.made_progress();
        }
        Poll::Ready(result.map_err(|Closed| shutting_down()))
    }
}

impl<const COUNTS: bool> Drop for WaitReady<'_, COUNTS> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.readiness.leave(place);
        }
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;
