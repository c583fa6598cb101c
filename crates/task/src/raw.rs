//! A pointer to a task of any type, and what can be asked of it.
//!
//! A scheduler handles tasks of a thousand different future types through one pointer to their
//! common beginning, the [`Header`]. What depends on the type goes through the header's
//! [`VTable`], written by hand: a few functions made once for each pair of future and scheduler.
//! They are in `cell`.

use crate::Id;
use crate::current;
use crate::list::{Links, OwnedTasks};
use crate::primitives::cell::UnsafeCell;
use crate::state::{State, Woken};
use std::panic::Location;
use std::ptr::NonNull;
use std::task::Waker;

/// What all tasks have in common.
#[repr(C)]
pub(crate) struct Header {
    pub(crate) state: State,
    pub(crate) vtable: &'static VTable,
    /// The list that the task hangs on since it first slept. Touched by the runner alone. The list
    /// belongs to the scheduler in this very task, and so lives as long.
    pub(crate) list: UnsafeCell<Option<NonNull<OwnedTasks>>>,
    /// Neighbours in the owned list; guarded by that list's lock.
    pub(crate) links: UnsafeCell<Links>,
    pub(crate) id: Id,
    pub(crate) location: &'static Location<'static>,
    /// Whose it is, `JOIN_WAKER` in the state word says.
    pub(crate) join_waker: UnsafeCell<Option<Waker>>,
}

/// The functions that know `F` and `S`.
pub(crate) struct VTable {
    pub(crate) run: unsafe fn(RawTask),
    pub(crate) submit: unsafe fn(RawTask),
    pub(crate) shutdown: unsafe fn(RawTask),
    pub(crate) take_output: unsafe fn(RawTask, *mut ()),
    pub(crate) drop_output: unsafe fn(RawTask),
    pub(crate) dealloc: unsafe fn(RawTask),
}

/// A pointer to a task that does not itself count. Whoever holds one says elsewhere why the task
/// is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RawTask(pub(crate) NonNull<Header>);

impl RawTask {
    /// The header as an untyped pointer, for a waker.
    #[inline]
    pub(crate) fn as_ptr(self) -> *const () {
        self.0.as_ptr().cast_const().cast()
    }

    /// Back from [`as_ptr`](Self::as_ptr).
    ///
    /// # Safety
    ///
    /// `ptr` comes from `as_ptr`.
    #[inline]
    pub(crate) unsafe fn from_ptr(ptr: *const ()) -> Self {
        // SAFETY: `as_ptr` starts from a NonNull.
        Self(unsafe { NonNull::new_unchecked(ptr.cast_mut().cast()) })
    }

    /// The common part.
    ///
    /// # Safety
    ///
    /// The task stays allocated for `'a`: the caller has a counted pointer.
    #[inline]
    pub(crate) unsafe fn header<'a>(self) -> &'a Header {
        // SAFETY: the caller's promise; the header is only ever shared, its cells apart.
        unsafe { self.0.as_ref() }
    }

    /// Polls or cancels a task just taken out of a queue; uses up the entry's reference.
    ///
    /// # Safety
    ///
    /// The caller owns a queue entry.
    #[inline]
    pub(crate) unsafe fn run(self) {
        // SAFETY: the entry counts, so the header is there.
        unsafe { (self.header().vtable.run)(self) }
    }

    /// Hands the task to its scheduler, as a queue entry already counted.
    ///
    /// # Safety
    ///
    /// The caller was told to by the state word.
    #[inline]
    pub(crate) unsafe fn submit(self) {
        // SAFETY: the entry to be counts, so the header is there.
        unsafe { (self.header().vtable.submit)(self) }
    }

    /// Drops the future of a task that no runner will run any more.
    ///
    /// # Safety
    ///
    /// The caller has a counted pointer, which it keeps.
    pub(crate) unsafe fn shutdown(self) {
        // SAFETY: the caller's pointer counts.
        unsafe { (self.header().vtable.shutdown)(self) }
    }

    /// Moves the output to `*slot`.
    ///
    /// # Safety
    ///
    /// The task is completed, the caller is its `JoinHandle`, this is the first call, and `slot`
    /// points to a `Poll<Result<F::Output, JoinError>>`.
    pub(crate) unsafe fn take_output(self, slot: *mut ()) {
        // SAFETY: the handle's pointer counts; the rest is the caller's promise.
        unsafe { (self.header().vtable.take_output)(self, slot) }
    }

    /// Drops the output in place.
    ///
    /// # Safety
    ///
    /// The task is completed and the output is the caller's to drop.
    pub(crate) unsafe fn drop_output(self) {
        // SAFETY: the caller has a counted pointer.
        unsafe { (self.header().vtable.drop_output)(self) }
    }

    /// Gives up `count` pointers.
    ///
    /// # Safety
    ///
    /// They were the caller's.
    #[inline]
    pub(crate) unsafe fn drop_refs(self, count: usize) {
        // SAFETY: until the count falls, the header is there; if it falls to zero, nobody else
        // has a pointer, and the cell is ours to free.
        unsafe {
            if self.header().state.ref_dec(count) {
                self.dealloc();
            }
        }
    }

    /// Frees the allocation.
    ///
    /// # Safety
    ///
    /// No pointers are left.
    pub(crate) unsafe fn dealloc(self) {
        // SAFETY: the caller's promise.
        unsafe { (self.header().vtable.dealloc)(self) }
    }

    /// A waker's wake, by reference.
    ///
    /// # Safety
    ///
    /// The caller has a counted pointer, which it keeps.
    #[inline]
    pub(crate) unsafe fn wake_by_ref(self) {
        if current::wakes_itself(self) {
            // A yield. What its runner will do after the poll needs no word to other threads.
            return;
        }
        // SAFETY: the caller's pointer counts; `Submit` comes with one for the entry.
        unsafe {
            if self.header().state.wake_by_ref() == Woken::Submit {
                self.submit();
            }
        }
    }

    /// A waker's wake, using the waker up.
    ///
    /// # Safety
    ///
    /// The caller has a counted pointer, which is gone afterwards.
    #[inline]
    pub(crate) unsafe fn wake_by_val(self) {
        // SAFETY: the caller's pointer counts until the transition says whose it is now.
        unsafe {
            match self.header().state.wake_by_val() {
                Woken::Submit => self.submit(),
                Woken::Nothing => {}
                Woken::Dealloc => self.dealloc(),
            }
        }
    }
}
