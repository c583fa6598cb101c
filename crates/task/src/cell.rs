//! The task cell: the single allocation, and the functions that know its real type.
//!
//! Everybody else sees only a task's header (`raw`). Here is what comes after it, and the functions
//! that the header's table leads to.
//!
//! The memory comes from `recycle`, and goes back there.
//!
//! ```text
//!   Cell<F, S>
//!   ┌────────────────────────── Header (the same for all) ───────────────────────────┬───┬───────┐
//!   │ state │ vtable │ owned list, links │ id │ spawn location │ slot for join waker │ S │ stage │
//!   └────────────────────────────────────────────────────────────────────────────────┴───┴───────┘
//!                                                                    the future, or its output
//! ```
//!
//! A task hangs on an owned list only from its first sleep (`hang`), and a runner that is the last to
//! know of it frees it without a word to anybody (`finish`). So a task that is ready in its first
//! poll, with nobody waiting for it, pays for no lock and hardly for an atomic operation.

use crate::current;
use crate::join::JoinError;
use crate::list::Links;
use crate::primitives::cell::UnsafeCell;
use crate::primitives::{caught, contain};
use crate::raw::{Header, RawTask, VTable};
use crate::recycle;
use crate::state::{End, Joiner, Start, State};
use crate::waker;
use crate::{Id, Schedule, Task, Woke};
use std::alloc::Layout;
use std::future::Future;
use std::mem::{ManuallyDrop, needs_drop};
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// The whole allocation. `repr(C)`, so that a pointer to it is a pointer to its header.
#[repr(C)]
struct Cell<F: Future, S> {
    header: Header,
    scheduler: S,
    /// Touched by the runner alone, until `COMPLETED`; then by whoever the join bits name. Emptied
    /// before the cell goes, so the cell need not look once more.
    stage: UnsafeCell<ManuallyDrop<Stage<F>>>,
}

/// The future while it lives, then what it left.
enum Stage<F: Future> {
    Future(F),
    Output(Result<F::Output, JoinError>),
    Taken,
}

impl RawTask {
    /// Allocates a task, with two pointers to it: the first queue entry and the handle.
    pub(crate) fn new<F, S>(
        future: F,
        scheduler: S,
        id: Id,
        location: &'static Location<'static>,
    ) -> Self
    where
        F: Future + 'static,
        S: Schedule,
    {
        let cell = Cell {
            header: Header {
                state: State::new(),
                vtable: &VTable {
                    run: run::<F, S>,
                    submit: submit::<F, S>,
                    shutdown: shutdown::<F, S>,
                    take_output: take_output::<F, S>,
                    drop_output: drop_output::<F, S>,
                    dealloc: dealloc::<F, S>,
                },
                list: UnsafeCell::new(None),
                links: UnsafeCell::new(Links::default()),
                id,
                location,
                join_waker: UnsafeCell::new(None),
            },
            scheduler,
            stage: UnsafeCell::new(ManuallyDrop::new(Stage::Future(future))),
        };
        let memory = recycle::allocate(Layout::new::<Cell<F, S>>()).cast::<Cell<F, S>>();
        // SAFETY: the memory is for such a cell, and ours.
        unsafe { memory.write(cell) };
        Self(memory.cast())
    }

    /// The whole cell.
    ///
    /// # Safety
    ///
    /// As for [`header`](Self::header), and the task was made with these `F` and `S`.
    #[inline]
    unsafe fn cell<'a, F: Future, S>(self) -> &'a Cell<F, S> {
        // SAFETY: the header is the first field of a repr(C) cell of this type.
        unsafe { self.0.cast().as_ref() }
    }
}

/// Gives a scheduled task to its scheduler.
///
/// The scheduler lies inside the task, and once the task has been pushed another thread may run
/// it to its end and free it, with the scheduler. So the short road asks the scheduler first
/// and then needs nothing of it; the long road holds a pointer of its own for the while.
unsafe fn submit_as<F: Future + 'static, S: Schedule>(raw: RawTask, how: Woke) {
    // SAFETY: the queue entry that we are about to make counts, so the cell is there.
    let scheduler = unsafe { &raw.cell::<F, S>().scheduler };
    if let Some(push) = scheduler.here() {
        push(Task::from_raw(raw), how);
        return;
    }
    // SAFETY: as above.
    let header = unsafe { raw.header() };
    header.state.ref_inc();
    scheduler.schedule(Task::from_raw(raw), how);
    // SAFETY: the pointer taken two lines above.
    unsafe { raw.drop_refs(1) };
}

unsafe fn submit<F: Future + 'static, S: Schedule>(raw: RawTask) {
    // SAFETY: passed on.
    unsafe { submit_as::<F, S>(raw, Woke::Idle) };
}

/// One turn of the task. The caller's queue entry is the runner's pointer; it is given up when
/// the task goes idle or completes, and becomes the next entry when the task is put back.
unsafe fn run<F: Future + 'static, S: Schedule>(raw: RawTask) {
    // SAFETY: the runner's pointer counts.
    let cell = unsafe { raw.cell::<F, S>() };
    let state = &cell.header.state;
    match state.start_poll() {
        Start::Poll => {}
        // SAFETY: RUNNING is ours.
        Start::Cancel => return unsafe { cancel::<F, S>(raw, 1) },
        // SAFETY: the entry's pointer.
        Start::Gone => return unsafe { raw.drop_refs(1) },
    }
    // SAFETY: the runner's pointer outlives the guard.
    let restore = unsafe { current::enter(raw) };
    // SAFETY: the runner's pointer outlives the poll, so the waker need not count; ManuallyDrop
    // keeps it from giving up a pointer it does not have.
    let waker = ManuallyDrop::new(unsafe { waker::borrowed(raw) });
    let mut cx = Context::from_waker(&waker);
    // ANCHOR: poll
    let polled = caught(|| {
        cell.stage.with_mut(|stage| {
            // SAFETY: RUNNING is set and we set it, so nobody else touches the stage. The future
            // is pinned: it never leaves its place in the heap until it is dropped there.
            unsafe {
                let Stage::Future(future) = &mut **stage else {
                    unreachable!("polled after the end")
                };
                let polled = Pin::new_unchecked(future).poll(&mut cx);
                if polled.is_ready() {
                    // Inside the catch: dropping the future runs foreign code too.
                    **stage = Stage::Taken;
                }
                polled
            }
        })
    });
    // ANCHOR_END: poll
    let output = match polled {
        Ok(Poll::Pending) => {
            let woken = restore.leave();
            // Before it can be seen asleep: from then on only the list, and whoever will wake it,
            // know of the task.
            // One that has woken itself goes to a queue, not to sleep.
            // SAFETY: RUNNING is still ours.
            let Ok(listed) = (if woken { Ok(false) } else { unsafe { hang::<F, S>(raw) } }) else {
                // SAFETY: as above.
                return unsafe { cancel::<F, S>(raw, 1) };
            };
            match state.end_poll(listed, woken) {
                End::Idle => {}
                // SAFETY: the runner's pointer becomes the entry's. `cell` is not used again.
                End::Requeue => unsafe { submit_as::<F, S>(raw, Woke::Running) },
                // SAFETY: RUNNING is still ours.
                End::Cancel => unsafe { cancel::<F, S>(raw, 1) },
            }
            return;
        }
        Ok(Poll::Ready(output)) => Ok(output),
        Err(payload) => {
            // SAFETY: RUNNING is ours.
            contain(|| unsafe { empty(cell) });
            Err(JoinError::panicked(cell.header.id, payload))
        }
    };
    drop(restore);
    // SAFETY: RUNNING is ours.
    unsafe { finish::<F, S>(raw, output, 1) };
}

/// Drops the future of a task whose RUNNING bit is the caller's, and completes it as cancelled.
/// Gives up `refs` pointers.
#[cold]
unsafe fn cancel<F: Future + 'static, S: Schedule>(raw: RawTask, refs: usize) {
    // SAFETY: the caller has a pointer.
    let cell = unsafe { raw.cell::<F, S>() };
    let id = cell.header.id;
    // SAFETY: the caller's pointer outlives the guard.
    let restore = unsafe { current::enter(raw) };
    // SAFETY: RUNNING is the caller's.
    let error = match caught(|| unsafe { empty(cell) }) {
        Ok(()) => JoinError::cancelled(id),
        Err(payload) => JoinError::panicked(id, payload),
    };
    drop(restore);
    // SAFETY: as above.
    unsafe { finish::<F, S>(raw, Err(error), refs) };
}

/// Drops what the stage holds, where it lies. That is foreign code and may panic; the stage is
/// empty nevertheless.
///
/// # Safety
///
/// The stage is the caller's to touch.
unsafe fn empty<F: Future, S>(cell: &Cell<F, S>) {
    // SAFETY: the caller's promise.
    cell.stage.with_mut(|stage| unsafe { **stage = Stage::Taken });
}

/// As [`empty`], for code that does not run in the task: its destructors find themselves in it all the
/// same, and a panic ends here, as nobody is left to hear of it.
///
/// # Safety
///
/// The stage is the caller's to touch; the task stays allocated.
unsafe fn discard<F: Future + 'static, S: Schedule>(raw: RawTask) {
    // SAFETY: the caller's promise.
    unsafe {
        let _current = current::enter(raw);
        contain(|| empty(raw.cell::<F, S>()));
    }
}

/// Hangs a task that is about to sleep for the first time on its scheduler's list. Says whether it
/// was the first time; an error if the list is closed, because then nobody would come for it.
///
/// # Safety
///
/// RUNNING is the caller's, and stays so until it has counted the list's pointer.
#[inline]
unsafe fn hang<F: Future + 'static, S: Schedule>(raw: RawTask) -> Result<bool, Closed> {
    // SAFETY: the caller has a pointer.
    let cell = unsafe { raw.cell::<F, S>() };
    // SAFETY: RUNNING is the caller's, and with it this field.
    if cell.header.list.with(|list| unsafe { (*list).is_some() }) {
        return Ok(false);
    }
    let Some(list) = cell.scheduler.owned() else { return Ok(false) };
    // SAFETY: it is on no list yet.
    if !unsafe { list.insert(raw) } {
        return Err(Closed);
    }
    // SAFETY: as above.
    cell.header.list.with_mut(|own| unsafe { *own = Some(NonNull::from(list)) });
    Ok(true)
}

/// The owned list takes nothing more.
struct Closed;

/// Stores the output, leaves the owned list, completes, wakes the handle, and gives up `refs`
/// pointers and the list's.
///
/// # Safety
///
/// RUNNING is the caller's, as are the pointers; the future is dropped.
#[inline]
unsafe fn finish<F: Future + 'static, S: Schedule>(
    raw: RawTask,
    output: Result<F::Output, JoinError>,
    mut refs: usize,
) {
    // Not passed in: a reference that is an argument must stay valid until the function returns,
    // and the last line may free what this one points to.
    // SAFETY: the caller has a pointer.
    let cell = unsafe { raw.cell::<F, S>() };
    // SAFETY: RUNNING is ours, and with it the field.
    if let Some(list) = cell.header.list.with(|list| unsafe { *list }) {
        // SAFETY: the list lives in the scheduler, which lives in the task. The task has been put on
        // this list and on no other.
        refs += usize::from(unsafe { list.as_ref().remove(raw) });
    }
    // Before anybody can see the end: one who has joined a task does not find it alive in the
    // metrics.
    cell.scheduler.ended();
    let state = &cell.header.state;
    if state.is_sole(refs) {
        // Spawned and forgotten, with nobody left to tell: the usual end.
        if needs_drop::<F::Output>() || output.is_err() {
            // SAFETY: the caller's pointer outlives the guard.
            let _current = unsafe { current::enter(raw) };
            contain(|| drop(output));
        }
        // SAFETY: all pointers that there are were passed to us. `cell` is not used again. The future is
        // dropped, and the output was never stored.
        return unsafe { free::<F, S>(raw) };
    }
    // SAFETY: RUNNING is ours. What is overwritten is `Taken`.
    cell.stage.with_mut(|stage| unsafe { **stage = Stage::Output(output) });
    match state.complete(refs) {
        // The pointers have been given up in that step. `cell` is not used again.
        Joiner::Absent => return,
        // SAFETY: without a handle the output is the runner's.
        Joiner::Gone => unsafe { discard::<F, S>(raw) },
        Joiner::Waiting => wake_joiner(&cell.header),
    }
    // SAFETY: the caller's pointers, and the list's if we were on it. `cell` is not used again.
    unsafe { raw.drop_refs(refs) };
}

/// The handle waits; the state word lets us read its waker.
fn wake_joiner(header: &Header) {
    header.join_waker.with(|slot| {
        // SAFETY: `complete` saw JOIN_WAKER, so the slot is filled, and the handle leaves it
        // alone until the bit falls.
        if let Some(waker) = unsafe { &*slot } {
            // A waker is foreign code, and a panic in it must not take the worker with it.
            contain(|| waker.wake_by_ref());
        }
    });
    if header.state.join_waker_used() {
        // SAFETY: the handle has gone and left the slot to us.
        let waker = header.join_waker.with_mut(|slot| unsafe { (*slot).take() });
        contain(|| drop(waker));
    }
}

unsafe fn shutdown<F: Future + 'static, S: Schedule>(raw: RawTask) {
    // SAFETY: the caller has a pointer.
    if unsafe { raw.header() }.state.start_shutdown() {
        // SAFETY: RUNNING is ours. The caller keeps its pointer, hence 0.
        unsafe { cancel::<F, S>(raw, 0) };
    }
}

unsafe fn take_output<F: Future + 'static, S: Schedule>(raw: RawTask, slot: *mut ()) {
    // SAFETY: the handle has a pointer.
    let cell = unsafe { raw.cell::<F, S>() };
    let stage = cell.stage.with_mut(|stage| {
        // SAFETY: COMPLETED and JOIN_INTEREST are set: the stage is the handle's.
        std::mem::replace(unsafe { &mut **stage }, Stage::Taken)
    });
    let Stage::Output(output) = stage else { panic!("JoinHandle polled after completion") };
    // SAFETY: the caller passes a pointer to this very type.
    unsafe { *slot.cast::<Poll<Result<F::Output, JoinError>>>() = Poll::Ready(output) };
}

unsafe fn drop_output<F: Future + 'static, S: Schedule>(raw: RawTask) {
    // SAFETY: the caller has a pointer, and the output is its to drop.
    unsafe { discard::<F, S>(raw) };
}

unsafe fn dealloc<F: Future + 'static, S: Schedule>(raw: RawTask) {
    // SAFETY: no pointers are left, so the cell is ours again. What may be left is foreign code: an output
    // that nobody took, or a future that was never on a list.
    unsafe {
        if raw.cell::<F, S>().stage.with(|stage| !matches!(&**stage, Stage::Taken)) {
            discard::<F, S>(raw);
        }
        free::<F, S>(raw);
    }
}

/// Frees a task whose stage is empty.
///
/// # Safety
///
/// No pointers are left.
#[inline]
unsafe fn free<F: Future, S>(raw: RawTask) {
    let memory = raw.0.cast::<Cell<F, S>>();
    // Under a checker, freeing touches every cell, so that a pointer given up too early is seen.
    #[cfg(handcrank_loom)]
    {
        // SAFETY: the caller's promise.
        let cell = unsafe { memory.as_ref() };
        cell.header.list.with_mut(|_| ());
        cell.header.links.with_mut(|_| ());
        cell.header.join_waker.with_mut(|_| ());
        cell.stage.with_mut(|_| ());
    }
    // SAFETY: the caller's promise, and it is dropped once. (The waker of one who waited is foreign code.)
    contain(|| unsafe { memory.drop_in_place() });
    // SAFETY: it came from there, for this layout.
    unsafe { recycle::release(memory.cast(), Layout::new::<Cell<F, S>>()) };
}
