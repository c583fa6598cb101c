//! The owned list: every task that has slept, so that a shutdown can drop every future.
//!
//! A task that waits for a socket is in no queue; only its wakers know it. When the runtime goes,
//! somebody must still find it and drop its future, exactly once. So each task hangs on a list
//! from the end of its first poll that says `Pending` until it ends: doubly linked through the
//! headers, no allocation, removal from the middle in constant time. Before that it is in a queue
//! or being run, and a queue entry that is dropped cancels its task. A task that is ready in its
//! first poll never comes here.
//!
//! One lock guards a list. To keep it off the hot path a scheduler makes one list for each of
//! its seats, and a task hangs on that of the seat which first put it to sleep: the lock is then all
//! but never contended.

use crate::primitives::sync::Mutex;
use crate::raw::RawTask;
use std::fmt;

/// A task's neighbours. One that has been taken off the list is its own neighbour.
#[derive(Default)]
pub(crate) struct Links {
    prev: Option<RawTask>,
    next: Option<RawTask>,
}

/// A list of tasks that have slept and not ended; it can be closed.
pub struct OwnedTasks {
    inner: Mutex<Inner>,
}

struct Inner {
    head: Option<RawTask>,
    len: usize,
    closed: bool,
}

// SAFETY: the raw pointers are only followed under the lock, and each listed task is kept alive
// by the list's own reference.
unsafe impl Send for Inner {}

impl OwnedTasks {
    /// An empty, open list.
    pub fn new() -> Self {
        Self { inner: Mutex::new(Inner { head: None, len: 0, closed: false }) }
    }

    /// How many tasks hang on it. (Those that have not slept yet are alive too.)
    pub fn len(&self) -> usize {
        self.inner.lock().len
    }

    /// Does no task hang on it?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Has the list been closed?
    pub fn is_closed(&self) -> bool {
        self.inner.lock().closed
    }

    /// Closes the list, then drops the future of every task on it, on this thread. Each handle
    /// says cancelled.
    ///
    /// To be called when no thread runs these tasks any more. A task in the middle of
    /// a poll is the exception (further up this thread's own stack, or on one that blocks in place): it is
    /// cancelled when that poll returns.
    ///
    /// Tasks that have never slept are not here; the caller drops the entries of its queues, and that
    /// cancels them. To drop or to run an entry whose task was cancelled here does nothing.
    pub fn close_and_shutdown_all(&self) {
        loop {
            let mut inner = self.inner.lock();
            inner.closed = true;
            // SAFETY: the head is on this list, whose lock we hold.
            let Some(task) = inner.head.filter(|&task| unsafe { inner.unlink(task) }) else {
                return;
            };
            // Foreign code runs without the lock: a destructor may spawn, wake and abort.
            drop(inner);
            // SAFETY: the list's reference is ours now; it is given up once, after the shutdown.
            unsafe {
                task.shutdown();
                task.drop_refs(1);
            }
        }
    }

    /// Hangs a task on the list. `false` if it is closed.
    ///
    /// # Safety
    ///
    /// On success the caller counts a reference for the list before anybody goes through it; the task
    /// was never on a list.
    pub(crate) unsafe fn insert(&self, task: RawTask) -> bool {
        let mut inner = self.inner.lock();
        if inner.closed {
            return false;
        }
        let head = inner.head.replace(task);
        inner.len += 1;
        // SAFETY: the lock is held, and both tasks are alive: one is the caller's, one is listed.
        unsafe {
            links(task, |own| *own = Links { prev: None, next: head });
            if let Some(head) = head {
                links(head, |near| near.prev = Some(task));
            }
        }
        true
    }

    /// Takes a task off. `true` if it was on, and the list's reference is now the caller's.
    ///
    /// # Safety
    ///
    /// The task is alive, has been put on this list, and on no other.
    pub(crate) unsafe fn remove(&self, task: RawTask) -> bool {
        // SAFETY: passed on; the lock is held.
        unsafe { self.inner.lock().unlink(task) }
    }
}

impl Inner {
    /// # Safety
    ///
    /// The task is alive, has been put on this list, and on no other.
    unsafe fn unlink(&mut self, task: RawTask) -> bool {
        // SAFETY: we have the list exclusively; all listed tasks are alive.
        unsafe {
            let own = Links { prev: Some(task), next: Some(task) };
            let Links { prev, next } = links(task, |links| std::mem::replace(links, own));
            if prev == Some(task) {
                return false;
            }
            match prev {
                Some(prev) => links(prev, |near| near.next = next),
                None => self.head = next,
            }
            if let Some(next) = next {
                links(next, |near| near.prev = prev);
            }
        }
        self.len -= 1;
        true
    }
}

/// Touches a task's links.
///
/// # Safety
///
/// The task is alive and its list's lock is held.
unsafe fn links<R>(task: RawTask, f: impl FnOnce(&mut Links) -> R) -> R {
    // SAFETY: the lock makes the access exclusive.
    unsafe { task.header().links.with_mut(|links| f(&mut *links)) }
}

impl Default for OwnedTasks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for OwnedTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.lock();
        f.debug_struct("OwnedTasks")
            .field("len", &inner.len)
            .field("closed", &inner.closed)
            .finish_non_exhaustive()
    }
}
