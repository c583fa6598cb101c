//! Locks with `parking_lot`'s signatures, and shared ownership.

mod arc;

pub use arc::Arc;

use crate::record::{self, At, Doing, Kind, Object, What};
use std::collections::VecDeque;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::Duration;

/// A lock, written down.
pub struct Mutex<T> {
    object: Object,
    inner: loom::sync::Mutex<T>,
}

/// The right to what the lock guards.
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// Where the lock was taken.
    at: At,
    /// `None` only while a condvar waits.
    inner: Option<loom::sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self { object: record::object(Kind::Unsigned(0), 0), inner: loom::sync::Mutex::new(value) }
    }

    /// Waits for the lock.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let at = Location::caller();
        let object = self.object;
        if let Some(holder) = record::holder(object) {
            record::step(at, |_| Some(What::WaitsForLock { object, holder }));
        }
        let inner = self.acquire(at);
        record::step_on(at, What::Lock(object));
        MutexGuard { mutex: self, at, inner: Some(inner) }
    }

    fn acquire(&self, at: At) -> loom::sync::MutexGuard<'_, T> {
        record::before(at, Doing::Lock(self.object));
        let inner = self.inner.lock().unwrap();
        record::hold(self.object, true);
        inner
    }

    /// Takes the lock if it is free.
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let at = Location::caller();
        record::before(at, Doing::Step);
        let inner = self.inner.try_lock().ok();
        let (object, taken) = (self.object, inner.is_some());
        if taken {
            record::hold(object, true);
        }
        record::step_on(at, What::TryLock { object, taken });
        inner.map(|inner| MutexGuard { mutex: self, at, inner: Some(inner) })
    }

    /// The value, which nobody else can see meanwhile.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut().unwrap()
    }

    /// Takes the value out.
    pub fn into_inner(self) -> T {
        self.inner.into_inner().unwrap()
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

impl<T> MutexGuard<'_, T> {
    /// Gives the lock back. No thread is switched in between, so the step is written after it.
    fn release(&mut self) {
        record::writing();
        if self.inner.take().is_some() {
            record::hold(self.mutex.object, false);
        }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.release();
        let object = self.mutex.object;
        record::step_on(self.at, What::Unlock(object));
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("only a waiting condvar takes it")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("only a waiting condvar takes it")
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A condition to wait for, written down.
///
/// Made of loom's threads and not of loom's condvar, which does not tell when its waiter has lain down,
/// and whether a call has woken anybody. Here both are steps: a call that comes too early reads
/// `nobody waits`.
pub struct Condvar {
    object: Object,
    /// Each wait and each call changes it, so that loom tries both orders of any two.
    turn: loom::sync::atomic::AtomicUsize,
    /// Loom switches threads at `turn` only, so this one is never contended.
    waiting: std::sync::Mutex<VecDeque<(usize, loom::thread::Thread)>>,
}

/// What a timed wait returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time ran out.
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A condition nobody waits for.
    pub fn new() -> Self {
        Self {
            object: record::object(Kind::Unsigned(0), 0),
            turn: loom::sync::atomic::AtomicUsize::new(0),
            waiting: std::sync::Mutex::default(),
        }
    }

    /// Gives the lock up while waiting.
    #[track_caller]
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let at = Location::caller();
        let object = self.object;
        record::before(at, Doing::Step);
        self.turn();
        // From here to `park` no thread is switched: who comes later finds a waiter and a free lock.
        self.lock().push_back((record::number(), loom::thread::current()));
        guard.release();
        record::step_on(at, What::Sleeps(object));
        record::before(at, Doing::Wait(object));
        loom::thread::park();
        guard.inner = Some(guard.mutex.acquire(at));
        record::step_on(at, What::Woken(object));
    }

    /// The same with a limit. Loom knows no time: here the wait has none either. But if the limit is
    /// nothing at all, the lock is only given up for a moment, and then the time is over.
    #[track_caller]
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, limit: Duration) -> WaitTimeoutResult {
        if limit.is_zero() {
            let (at, object) = (Location::caller(), guard.mutex.object);
            guard.release();
            record::step_on(at, What::Unlock(object));
            guard.inner = Some(guard.mutex.acquire(at));
            record::step_on(at, What::Lock(object));
            return WaitTimeoutResult(true);
        }
        self.wait(guard);
        WaitTimeoutResult(false)
    }

    /// Wakes one waiter.
    #[track_caller]
    pub fn notify_one(&self) {
        self.notify(Location::caller(), 1);
    }

    /// Wakes all waiters.
    #[track_caller]
    pub fn notify_all(&self) {
        self.notify(Location::caller(), usize::MAX);
    }

    fn notify(&self, at: At, most: usize) {
        record::before(at, Doing::Step);
        self.turn();
        let mut waiting = self.lock();
        let count = most.min(waiting.len());
        let mut woken = Vec::new();
        for (number, thread) in waiting.drain(..count) {
            thread.unpark();
            woken.push(number);
        }
        drop(waiting);
        let object = self.object;
        record::step_on(at, What::Notify { object, woken });
    }

    fn turn(&self) {
        // Relaxed: it orders nothing, it is only a point at which loom may switch threads.
        self.turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(usize, loom::thread::Thread)>> {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
