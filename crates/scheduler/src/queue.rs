//! The queues: crossbeam's, and the only file that says so.
//!
//! Each seat owns one end of a Chase-Lev deque in its first-in, first-out flavour: the owner
//! pushes and pops without contention, others steal in batches. Tasks from outside come through
//! crossbeam's `Injector`, a linked list of blocks. (Chase and Lev, "Dynamic circular
//! work-stealing deque", 2005; Lê et al., "Correct and efficient work-stealing for weak memory
//! models", 2013.)
//!
//! A model checker cannot look inside crossbeam. Under it, the same names stand for queues behind a
//! mutex, with a look that promises nothing: the models prove what this crate does with the queues,
//! and crossbeam's own tests speak for the queues themselves.

#[cfg(not(handcrank_loom))]
pub(crate) use real::{Injector, Local, Stealer};

#[cfg(handcrank_loom)]
pub(crate) use stand_in::{Injector, Local, Stealer};

#[cfg(not(handcrank_loom))]
mod real {
    use crossbeam_deque::{self as deque, Steal};
    use handcrank_task::Task;

    /// crossbeam's injector moves at most this many tasks at a time.
    const INJECTOR_BATCH: usize = 32;

    /// The owner's end of a seat's queue. It keeps a pointer to its buffer inside itself, so it
    /// must never be copied bit by bit; seats do not move once they are made.
    pub(crate) struct Local(deque::Worker<Task>);

    /// The thieves' end.
    pub(crate) struct Stealer(deque::Stealer<Task>);

    /// The way in from outside.
    pub(crate) struct Injector(deque::Injector<Task>);

    impl Local {
        pub(crate) fn new() -> (Self, Stealer) {
            let worker = deque::Worker::new_fifo();
            let stealer = Stealer(worker.stealer());
            (Self(worker), stealer)
        }

        #[inline]
        pub(crate) fn push(&self, task: Task) {
            self.0.push(task);
        }

        #[inline]
        pub(crate) fn pop(&self) -> Option<Task> {
            self.0.pop()
        }

        #[inline]
        pub(crate) fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
    }

    impl Stealer {
        #[inline]
        pub(crate) fn is_empty(&self) -> bool {
            self.0.is_empty()
        }

        pub(crate) fn len(&self) -> usize {
            self.0.len()
        }

        /// Moves about half of this queue to `thief` and hands one task over at once. `Err` if
        /// another thread was in the way: the queue may well hold tasks.
        pub(crate) fn steal_into(&self, thief: &Local) -> Result<Option<Task>, Contended> {
            match self.0.steal_batch_and_pop(&thief.0) {
                Steal::Success(task) => Ok(Some(task)),
                Steal::Empty => Ok(None),
                Steal::Retry => Err(Contended),
            }
        }
    }

    /// Another thread took part in the race; nothing is known.
    pub(crate) struct Contended;

    impl Injector {
        pub(crate) fn new() -> Self {
            Self(deque::Injector::new())
        }

        #[inline]
        pub(crate) fn push(&self, task: Task) {
            self.0.push(task);
        }

        #[inline]
        pub(crate) fn is_empty(&self) -> bool {
            self.0.is_empty()
        }

        pub(crate) fn len(&self) -> usize {
            self.0.len()
        }

        /// One task.
        pub(crate) fn pop(&self) -> Option<Task> {
            loop {
                match self.0.steal() {
                    Steal::Success(task) => return Some(task),
                    Steal::Empty => return None,
                    // Somebody else got one: there is progress, if not here.
                    Steal::Retry => {}
                }
            }
        }

        /// One task to run now, and up to `more` moved to `local`.
        pub(crate) fn take_into(&self, local: &Local, more: usize) -> Option<Task> {
            let mut first = None;
            let mut left = more + 1;
            while left > 0 {
                let batch = left.min(INJECTOR_BATCH);
                match self.0.steal_batch_with_limit_and_pop(&local.0, batch) {
                    Steal::Success(task) => match first {
                        None => first = Some(task),
                        // Popped from the front of a later batch, so it is younger than what the
                        // first batch left in `local`.
                        Some(_) => local.0.push(task),
                    },
                    Steal::Empty => break,
                    Steal::Retry => continue,
                }
                left -= batch;
            }
            first
        }
    }
}

#[cfg(handcrank_loom)]
mod stand_in {
    use handcrank_task::Task;
    use handcrank_task::primitives::atomic::{AtomicUsize, Ordering::Relaxed};
    use handcrank_task::primitives::sync::{Arc, Mutex};
    use std::collections::VecDeque;

    /// A queue that promises as little as a queue can. Whether it holds something is told from a
    /// relaxed counter beside the lock, so a look at it synchronizes with nothing, and may be out
    /// of date: with the lock, each look would order the threads, and no fence would be missed.
    struct Queue {
        tasks: Mutex<VecDeque<Task>>,
        len: AtomicUsize,
    }

    impl Queue {
        fn new() -> Self {
            Self { tasks: Mutex::new(VecDeque::new()), len: AtomicUsize::new(0) }
        }

        fn len(&self) -> usize {
            self.len.load(Relaxed)
        }

        fn is_empty(&self) -> bool {
            self.len() == 0
        }

        fn push(&self, task: Task) {
            let mut tasks = self.tasks.lock();
            tasks.push_back(task);
            self.len.store(tasks.len(), Relaxed);
        }

        fn pop(&self) -> Option<Task> {
            self.take(1, |_| ())
        }

        /// The first task, and up to `most - 1` others, one by one, after the lock is released: on
        /// their way they are in no queue, as upstream.
        fn take(&self, most: usize, other: impl FnMut(Task)) -> Option<Task> {
            if self.is_empty() {
                return None;
            }
            let mut tasks = self.tasks.lock();
            let most = most.min(tasks.len());
            let left = tasks.split_off(most);
            let mut taken = std::mem::replace(&mut *tasks, left).into_iter();
            self.len.store(tasks.len(), Relaxed);
            drop(tasks);
            let first = taken.next();
            taken.for_each(other);
            first
        }
    }

    pub(crate) struct Local(Arc<Queue>);
    pub(crate) struct Stealer(Arc<Queue>);
    pub(crate) struct Injector(Queue);

    impl Local {
        pub(crate) fn new() -> (Self, Stealer) {
            let queue = Arc::new(Queue::new());
            (Self(queue.clone()), Stealer(queue))
        }
        pub(crate) fn push(&self, task: Task) {
            self.0.push(task);
        }
        pub(crate) fn pop(&self) -> Option<Task> {
            self.0.pop()
        }
        pub(crate) fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
    }

    pub(crate) struct Contended;

    impl Stealer {
        pub(crate) fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
        pub(crate) fn len(&self) -> usize {
            self.0.len()
        }
        #[expect(clippy::unnecessary_wraps, reason = "upstream's can be contended")]
        pub(crate) fn steal_into(&self, thief: &Local) -> Result<Option<Task>, Contended> {
            Ok(self.0.take(self.0.len().div_ceil(2), |task| thief.push(task)))
        }
    }

    impl Injector {
        pub(crate) fn new() -> Self {
            Self(Queue::new())
        }
        pub(crate) fn push(&self, task: Task) {
            self.0.push(task);
        }
        pub(crate) fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
        pub(crate) fn len(&self) -> usize {
            self.0.len()
        }
        pub(crate) fn pop(&self) -> Option<Task> {
            self.0.pop()
        }
        pub(crate) fn take_into(&self, local: &Local, more: usize) -> Option<Task> {
            self.0.take(more + 1, |task| local.push(task))
        }
    }
}
