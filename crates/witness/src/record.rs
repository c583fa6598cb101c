//! The log: what each modelled thread did, in the order in which it was done.
//!
//! Loom runs one modelled thread at a time, all of them on one thread of the system. So the log is a
//! thread-local of that one, and the order of its entries is the order of the execution. It is empty,
//! and costs a look at one flag a step, unless [`explore`](crate::explore) turns it on.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::sync::atomic::Ordering;

/// Where in the code a step was taken.
pub(crate) type At = &'static Location<'static>;

/// What a step was done to: the number under which the log knows an atomic, a cell, a lock. Each kind
/// of step has the object's own number, given at its making.
pub(crate) type Object = usize;

/// An object made while nobody wrote.
const UNKNOWN: Object = usize::MAX;

/// How the bits of a value are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Unsigned(u32),
    Signed(u32),
    Pointer,
}

/// One step of one thread.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) thread: usize,
    pub(crate) at: At,
    pub(crate) what: What,
}

/// What was done.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// `newest`: what a processor without caches would have shown.
    Load {
        object: Object,
        found: u64,
        newest: u64,
        order: Ordering,
    },
    Store {
        object: Object,
        value: u64,
        order: Ordering,
    },
    /// A step that reads and writes at once; `found` is what was there before.
    Change {
        object: Object,
        how: &'static str,
        argument: u64,
        found: u64,
        order: Ordering,
    },
    Exchange {
        object: Object,
        current: u64,
        new: u64,
        found: Result<u64, u64>,
        order: Ordering,
    },
    Fence(Ordering),
    Read(Object),
    Write(Object),
    Lock(Object),
    TryLock {
        object: Object,
        taken: bool,
    },
    WaitsForLock {
        object: Object,
        holder: usize,
    },
    Unlock(Object),
    Sleeps(Object),
    Woken(Object),
    Notify {
        object: Object,
        woken: Vec<usize>,
    },
    Spawns(usize),
    WaitsFor(usize),
    Joins(usize),
    Yields,
    Ends,
}

/// What a thread is about to do, and may wait in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Doing {
    /// A step that never waits.
    Step,
    Lock(Object),
    Wait(Object),
    Join(usize),
}

#[derive(Debug, Default)]
pub(crate) struct Thread {
    /// The name given at the spawn.
    pub(crate) name: Option<String>,
    pub(crate) doing: Option<(At, Doing)>,
    pub(crate) ended: bool,
}

/// What is known about an object.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) kind: Kind,
    /// What was last stored, or who holds the lock, plus one.
    pub(crate) newest: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) steps: Vec<Step>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) objects: Vec<Known>,
    /// Who took the last step. Loom must not be asked for it while it panics.
    pub(crate) current: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Nobody writes.
    Off,
    Writing,
    /// The model on this thread has failed, and unwinds.
    Failed,
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::Off) };
    static LOG: RefCell<Log> = RefCell::default();
}

loom::thread_local! {
    /// The number of the modelled thread in the log.
    static NUMBER: Cell<usize> = Cell::new(UNKNOWN);
}

/// Begins a new log: the main thread runs.
pub(crate) fn begin() {
    MODE.set(Mode::Writing);
    LOG.with_borrow_mut(|log| {
        log.steps.clear();
        log.objects.clear();
        log.threads.clear();
        log.threads.push(Thread::default());
        log.current = 0;
    });
    NUMBER.with(|number| number.set(0));
}

/// The log as it stands; nothing more is written, and no further step is taken. Called in a panic, so it
/// asks loom for nothing.
pub(crate) fn fail() -> Option<Log> {
    let wrote = MODE.replace(Mode::Failed) == Mode::Writing;
    wrote.then(|| LOG.try_with(RefCell::take).ok()).flatten()
}

/// Has the model on this thread failed?
pub(crate) fn failed() -> bool {
    MODE.get() == Mode::Failed
}

/// Does anybody write? Each step asks this first. If the model has failed it is a destructor that takes
/// the step, in the unwinding, and would touch what loom has already given up: it stops here.
#[inline]
pub(crate) fn writing() -> bool {
    match MODE.get() {
        Mode::Off => false,
        Mode::Writing => true,
        Mode::Failed => stop(),
    }
}

/// The end of a failed model: its thread sleeps for as long as the process lives.
#[cold]
pub(crate) fn stop() -> ! {
    loop {
        std::thread::park();
    }
}

/// The modelled thread that runs now.
fn me() -> usize {
    // While a thread's thread-locals are dropped there is no number: it was the last one to run.
    let number = NUMBER.try_with(Cell::get).unwrap_or(UNKNOWN);
    LOG.with_borrow_mut(|log| {
        if number == UNKNOWN {
            log.current
        } else {
            log.current = number;
            number
        }
    })
}

/// Makes an object known.
pub(crate) fn object(kind: Kind, value: u64) -> Object {
    if !writing() {
        return UNKNOWN;
    }
    LOG.with_borrow_mut(|log| {
        log.objects.push(Known { kind, newest: value });
        log.objects.len() - 1
    })
}

/// This thread is about to take a step, and may be interrupted before it has, or wait in it.
#[inline]
pub(crate) fn before(at: At, doing: Doing) {
    if writing() {
        let me = me();
        LOG.with_borrow_mut(|log| log.threads[me].doing = Some((at, doing)));
    }
}

/// This thread has taken a step. `what` may look at the objects, and change what is known of them.
#[inline]
pub(crate) fn step(at: At, what: impl FnOnce(&mut [Known]) -> Option<What>) {
    if writing() {
        let me = me();
        LOG.with_borrow_mut(|log| {
            log.threads[me].doing = None;
            if let Some(what) = what(&mut log.objects) {
                log.steps.push(Step { thread: me, at, what });
            }
        });
    }
}

/// This thread has done something to an object. If the object is unknown, so is what was done.
#[inline]
pub(crate) fn step_on(at: At, what: What) {
    step(at, |objects| {
        known(objects, what.object()?)?;
        Some(what)
    });
}

/// Takes note of a value that is set without a step.
pub(crate) fn set(object: Object, value: u64) {
    if writing() && object != UNKNOWN {
        LOG.with_borrow_mut(|log| log.objects[object].newest = value);
    }
}

/// Who holds the lock?
pub(crate) fn holder(object: Object) -> Option<usize> {
    if !writing() || object == UNKNOWN {
        return None;
    }
    LOG.with_borrow(|log| log.objects[object].newest.checked_sub(1)).map(|holder| holder as usize)
}

/// This thread has the lock now, or gives it back.
pub(crate) fn hold(object: Object, taken: bool) {
    if writing() {
        let me = me();
        set(object, if taken { me as u64 + 1 } else { 0 });
    }
}

/// The number of the thread that runs, for one who wants to tell others. 0 if nobody writes.
pub(crate) fn number() -> usize {
    if writing() { me() } else { 0 }
}

/// A thread that this one is about to start.
pub(crate) fn spawned(at: At, name: Option<String>) -> Option<usize> {
    if !writing() {
        return None;
    }
    let child = LOG.with_borrow_mut(|log| {
        log.threads.push(Thread { name, ..Thread::default() });
        log.threads.len() - 1
    });
    step(at, |_| Some(What::Spawns(child)));
    Some(child)
}

/// The first thing that a started thread does.
pub(crate) fn starts(child: Option<usize>) {
    if let Some(child) = child {
        NUMBER.with(|number| number.set(child));
        number();
    }
}

/// The last.
pub(crate) fn ends(at: At) {
    step(at, |_| Some(What::Ends));
    if writing() {
        let me = me();
        LOG.with_borrow_mut(|log| log.threads[me].ended = true);
    }
}

/// Has the thread ended?
pub(crate) fn has_ended(thread: usize) -> bool {
    LOG.with_borrow(|log| log.threads[thread].ended)
}

impl What {
    /// What it was done to.
    pub(crate) fn object(&self) -> Option<Object> {
        match *self {
            Self::Load { object, .. }
            | Self::Store { object, .. }
            | Self::Change { object, .. }
            | Self::Exchange { object, .. }
            | Self::Read(object)
            | Self::Write(object)
            | Self::Lock(object)
            | Self::TryLock { object, .. }
            | Self::WaitsForLock { object, .. }
            | Self::Unlock(object)
            | Self::Sleeps(object)
            | Self::Woken(object)
            | Self::Notify { object, .. } => Some(object),
            _ => None,
        }
    }
}

/// What is known of an object, if it was made while somebody wrote.
pub(crate) fn known(objects: &mut [Known], object: Object) -> Option<&mut Known> {
    objects.get_mut(object)
}
