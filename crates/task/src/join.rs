//! Waiting for a task, and aborting it.

use crate::raw::RawTask;
use crate::state::Look;
use crate::{Id, coop};
use std::any::Any;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Waits for a task and yields its output.
///
/// Dropping the handle detaches the task: it runs on, and its output is dropped when it ends.
/// Awaiting it is cancel safe: polling it again later yields the same output, once.
///
/// # Errors
///
/// [`JoinError`] if the task panicked or was aborted.
///
/// # Panics
///
/// If polled again after it has yielded the output.
pub struct JoinHandle<T> {
    raw: RawTask,
    _output: PhantomData<T>,
}

// SAFETY: the handle moves a T out of the task, and reaches the task itself only through its
// state word.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: a shared handle gives no access to the T.
unsafe impl<T: Send> Sync for JoinHandle<T> {}
impl<T> Unpin for JoinHandle<T> {}
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// Takes over the handle's reference.
    pub(crate) fn new(raw: RawTask) -> Self {
        Self { raw, _output: PhantomData }
    }

    /// Asks for the task to be dropped at its next await.
    ///
    /// The handle then yields a [`JoinError`] that says cancelled, unless the task had ended
    /// before. Aborting twice, or a task that has ended, does nothing. A task of
    /// `spawn_blocking` is cancelled only if it has not begun.
    pub fn abort(&self) {
        abort(self.raw);
    }

    /// Has the task ended?
    pub fn is_finished(&self) -> bool {
        // SAFETY: the handle counts.
        unsafe { self.raw.header() }.state.is_completed()
    }

    /// The task's id.
    pub fn id(&self) -> Id {
        // SAFETY: the handle counts.
        unsafe { self.raw.header() }.id
    }

    /// A handle that can abort the task but not wait for it.
    #[must_use = "an abort handle does nothing until `abort` is called"]
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle::new(self.raw)
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let coop = std::task::ready!(coop::poll_proceed(cx));
        let mut output = Poll::Pending;
        if is_ready(self.raw, cx.waker()) {
            // SAFETY: the task is completed and we are its handle. A second call finds the stage
            // empty and panics. T is the output's type by construction.
            unsafe { self.raw.take_output((&raw mut output).cast()) };
            coop.made_progress();
        }
        output
    }
}

/// Is the output there? If not, `waker` is in the slot for the runner to find.
fn is_ready(raw: RawTask, waker: &Waker) -> bool {
    // SAFETY: the handle counts.
    let header = unsafe { raw.header() };
    match header.state.look() {
        Look::Completed => return true,
        Look::Waiting => {
            // SAFETY: JOIN_WAKER is set, and only we clear it before completion: both sides read.
            let same = header.join_waker.with(|slot| unsafe {
                (*slot).as_ref().is_some_and(|stored| stored.will_wake(waker))
            });
            if same {
                return false;
            }
            if !header.state.unset_join_waker() {
                return true;
            }
        }
        Look::Vacant => {}
    }
    let waker = waker.clone();
    // SAFETY: JOIN_WAKER is clear, so the slot is ours. The old waker is dropped after the access.
    let old = header.join_waker.with_mut(|slot| unsafe { (*slot).replace(waker) });
    drop(old);
    // If the task completed between the first look and this, nobody will read the slot.
    !header.state.set_join_waker()
}

/// Leaves `waker` with a task, to be woken when it ends; at once, if it has. For a set of handles that
/// wants to know which of them is ready without polling any.
#[doc(hidden)]
pub fn wake_at_end<T>(handle: &mut JoinHandle<T>, waker: &Waker) {
    if is_ready(handle.raw, waker) {
        waker.wake_by_ref();
    }
}

/// The task's word, for those who want to watch it: which bits are set, and how many pointers are counted.
#[doc(hidden)]
pub fn word<T>(handle: &JoinHandle<T>) -> impl fmt::Debug {
    // SAFETY: the handle counts.
    &unsafe { handle.raw.header() }.state
}

fn abort(raw: RawTask) {
    // SAFETY: the caller's handle counts; on `true` an entry is counted for the push.
    unsafe {
        if raw.header().state.abort() {
            raw.submit();
        }
    }
}

impl<T> Drop for JoinHandle<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the handle counts until the state word says otherwise.
        if !unsafe { self.raw.header() }.state.drop_new_join_handle() {
            self.drop_late();
        }
    }
}

impl<T> JoinHandle<T> {
    /// The handle goes after the task has begun, or has been waited for.
    fn drop_late(&mut self) {
        // SAFETY: the handle counts until the last line; what it may touch, the transition says.
        unsafe {
            let header = self.raw.header();
            if header.state.is_sole(1) {
                // Nobody else knows of it: it has ended, or sleeps and can never be woken. What is left
                // goes with the handle.
                return self.raw.dealloc();
            }
            let left = header.state.drop_join_handle();
            if left.output {
                self.raw.drop_output();
            }
            if left.waker {
                let waker = header.join_waker.with_mut(|slot| (*slot).take());
                drop(waker);
            }
            self.raw.drop_refs(1);
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id()).finish()
    }
}

/// Aborts a task without keeping its output.
pub struct AbortHandle {
    raw: RawTask,
}

// SAFETY: it reaches only the task's state word.
unsafe impl Send for AbortHandle {}
// SAFETY: as above.
unsafe impl Sync for AbortHandle {}
impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}

impl AbortHandle {
    fn new(raw: RawTask) -> Self {
        // SAFETY: the caller has a counted pointer.
        unsafe { raw.header() }.state.ref_inc();
        Self { raw }
    }

    /// Asks for the task to be dropped; see [`JoinHandle::abort`].
    pub fn abort(&self) {
        abort(self.raw);
    }

    /// Has the task ended?
    pub fn is_finished(&self) -> bool {
        // SAFETY: the handle counts.
        unsafe { self.raw.header() }.state.is_completed()
    }

    /// The task's id.
    pub fn id(&self) -> Id {
        // SAFETY: the handle counts.
        unsafe { self.raw.header() }.id
    }
}

impl Clone for AbortHandle {
    fn clone(&self) -> Self {
        Self::new(self.raw)
    }
}

impl Drop for AbortHandle {
    fn drop(&mut self) {
        // SAFETY: the handle's own pointer.
        unsafe { self.raw.drop_refs(1) };
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id()).finish()
    }
}

/// Why a task has no output: it panicked, or it was cancelled.
pub struct JoinError {
    id: Id,
    /// `None`: cancelled. The mutex makes the payload `Sync`. Behind a pointer of its own, because
    /// every task has room for this error, and hardly any for its payload.
    panic: Option<Box<parking_lot::Mutex<Box<dyn Any + Send + 'static>>>>,
}

impl JoinError {
    pub(crate) fn cancelled(id: Id) -> Self {
        Self { id, panic: None }
    }

    pub(crate) fn panicked(id: Id, payload: Box<dyn Any + Send + 'static>) -> Self {
        Self { id, panic: Some(Box::new(parking_lot::Mutex::new(payload))) }
    }

    /// Was the task aborted, or dropped with its runtime?
    pub fn is_cancelled(&self) -> bool {
        self.panic.is_none()
    }

    /// Did the task panic?
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// The panic's payload, for `std::panic::resume_unwind`.
    ///
    /// # Panics
    ///
    /// If the task was cancelled.
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.try_into_panic().expect("`JoinError` reason is not a panic.")
    }

    /// The panic's payload.
    ///
    /// # Errors
    ///
    /// The error itself, if the task was cancelled.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, Self> {
        match self.panic {
            Some(payload) => Ok(payload.into_inner()),
            None => Err(self),
        }
    }

    /// The task's id.
    pub fn id(&self) -> Id {
        self.id
    }

    /// The panic's message, if it was a string, as nearly all are.
    fn message(&self) -> Option<String> {
        let payload = self.panic.as_ref()?.lock();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| payload.downcast_ref::<&'static str>().copied()).map(str::to_owned)
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.panic, self.message()) {
            (None, _) => write!(f, "task {} was cancelled", self.id),
            (Some(_), Some(text)) => write!(f, "task {} panicked with message {text:?}", self.id),
            (Some(_), None) => write!(f, "task {} panicked", self.id),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.panic, self.message()) {
            (None, _) => write!(f, "JoinError::Cancelled({:?})", self.id),
            (Some(_), Some(text)) => write!(f, "JoinError::Panic({:?}, {text:?}, ...)", self.id),
            (Some(_), None) => write!(f, "JoinError::Panic({:?}, ...)", self.id),
        }
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for std::io::Error {
    fn from(error: JoinError) -> Self {
        Self::other(if error.is_panic() { "task panicked" } else { "task was cancelled" })
    }
}
