//! The queues: crossbeam's, and the only file that says so.
//!
//! Each seat owns one end of a Chase-Lev deque in its first-in, first-out flavour: the owner
//! pushes and pops without contention, others steal in batches. Tasks from outside come through
//! crossbeam's `Injector`, a linked list of blocks. (Chase and Lev, "Dynamic circular
//! work-stealing deque", 2005; Lê et al., "Correct and efficient work-stealing for weak memory
//! models", 2013.)
//!
//! A model checker cannot look inside crossbeam. Under it, the same names stand for queues behind a
//! mutex: the models prove what this crate does with the queues, and crossbeam's own tests speak
//! for the queues themselves.

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
    use handcrank_task::primitives::sync::{Arc, Mutex};
    use std::collections::VecDeque;

    type Shared = Arc<Mutex<VecDeque<Task>>>;

    pub(crate) struct Local(Shared);
    pub(crate) struct Stealer(Shared);
    pub(crate) struct Injector(Shared);

    fn shared() -> Shared {
        Arc::new(Mutex::new(VecDeque::new()))
    }

    impl Local {
        pub(crate) fn new() -> (Self, Stealer) {
            let queue = shared();
            (Self(queue.clone()), Stealer(queue))
        }
        pub(crate) fn push(&self, task: Task) {
            self.0.lock().push_back(task);
        }
        pub(crate) fn pop(&self) -> Option<Task> {
            self.0.lock().pop_front()
        }
        pub(crate) fn is_empty(&self) -> bool {
            self.0.lock().is_empty()
        }
    }

    pub(crate) struct Contended;

    impl Stealer {
        pub(crate) fn is_empty(&self) -> bool {
            self.0.lock().is_empty()
        }
        pub(crate) fn len(&self) -> usize {
            self.0.lock().len()
        }
        pub(crate) fn steal_into(&self, _: &Local) -> Result<Option<Task>, Contended> {
            Ok(self.0.lock().pop_front())
        }
    }

    impl Injector {
        pub(crate) fn new() -> Self {
            Self(shared())
        }
        pub(crate) fn push(&self, task: Task) {
            self.0.lock().push_back(task);
        }
        pub(crate) fn is_empty(&self) -> bool {
            self.0.lock().is_empty()
        }
        pub(crate) fn len(&self) -> usize {
            self.0.lock().len()
        }
        pub(crate) fn pop(&self) -> Option<Task> {
            self.0.lock().pop_front()
        }
        pub(crate) fn take_into(&self, _: &Local, _: usize) -> Option<Task> {
            self.pop()
        }
    }
}
