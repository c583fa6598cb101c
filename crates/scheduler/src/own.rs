//! A seat's own queue.
//!
//! With threads it is a deque that other seats can steal from. A scheduler without threads has
//! one seat and no thieves, and what makes a deque fit to be stolen from, an atomic step for each task
//! taken and a buffer that others may still read while it grows, would be paid for nobody. There a plain
//! queue does.

use crate::queue::{Local, Stealer};
use handcrank_task::Task;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// First in, first out. Touched by the one who sits there; anybody may ask for its length.
pub(crate) struct Own {
    /// Filled by thieves and from outside, also without threads.
    shared: Local,
    /// Where the thieves come in.
    stealer: Stealer,
    /// Without threads, what takes the deque's place.
    plain: Option<Plain>,
}

struct Plain {
    tasks: RefCell<VecDeque<Task>>,
    /// For others to read.
    len: AtomicUsize,
}

impl Plain {
    #[inline(always)]
    fn change<R>(&self, change: impl FnOnce(&mut VecDeque<Task>) -> R) -> R {
        let mut tasks = self.tasks.borrow_mut();
        let result = change(&mut tasks);
        // Relaxed: it only tells how many there are.
        self.len.store(tasks.len(), Relaxed);
        result
    }
}

impl Own {
    pub(crate) fn new(threads: bool) -> Self {
        let (shared, stealer) = Local::new();
        let plain = (!threads)
            .then(|| Plain { tasks: RefCell::new(VecDeque::new()), len: AtomicUsize::new(0) });
        Self { shared, stealer, plain }
    }

    #[inline]
    pub(crate) fn push(&self, task: Task) {
        match &self.plain {
            Some(plain) => plain.change(|tasks| tasks.push_back(task)),
            None => self.shared.push(task),
        }
    }

    /// Many at once; `tasks` is empty afterwards.
    pub(crate) fn append(&self, tasks: &mut Vec<Task>) {
        match &self.plain {
            Some(plain) => plain.change(|own| own.extend(tasks.drain(..))),
            None => tasks.drain(..).for_each(|task| self.shared.push(task)),
        }
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<Task> {
        match &self.plain {
            Some(plain) => plain.change(VecDeque::pop_front),
            None => self.shared.pop(),
        }
    }

    /// Lets `fill` put tasks into the deque. They come behind those that are here.
    pub(crate) fn fill<R>(&self, fill: impl FnOnce(&Local) -> R) -> R {
        let result = fill(&self.shared);
        if let Some(plain) = &self.plain {
            plain.change(|tasks| tasks.extend(std::iter::from_fn(|| self.shared.pop())));
        }
        result
    }

    /// Where others take from.
    pub(crate) fn stealer(&self) -> &Stealer {
        &self.stealer
    }

    /// Is nothing in it? The one who sits here knows exactly what there is to be had by himself.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        match &self.plain {
            Some(plain) => plain.len.load(Relaxed) == 0,
            None => self.shared.is_empty(),
        }
    }

    /// The same for anybody else.
    #[inline]
    pub(crate) fn looks_empty(&self) -> bool {
        match &self.plain {
            Some(plain) => plain.len.load(Relaxed) == 0,
            None => self.stealer.is_empty(),
        }
    }

    /// How many are in it? Anybody may ask.
    pub(crate) fn len(&self) -> usize {
        match &self.plain {
            Some(plain) => plain.len.load(Relaxed),
            None => self.stealer.len(),
        }
    }
}
