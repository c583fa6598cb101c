//! The life of a thread. The numbers are those of the picture in the README.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use handcrank_task::primitives::sync::MutexGuard;
use handcrank_task::primitives::thread;

use crate::config::Hook;
use crate::job::Running;
use crate::pool::{Entry, Queued, Shared, State};

/// One thread, and its place in the roster.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    key: usize,
}

impl Worker {
    /// (1): starts a thread and enters it in the books. The new thread waits at the lock until
    /// the caller lets go, so it finds itself in the roster.
    pub(crate) fn start(shared: &Arc<Shared>, state: &mut State, name: String) -> io::Result<()> {
        let entry = state.roster.vacant_entry();
        let worker = Self { shared: Arc::clone(shared), key: entry.key() };
        let mut builder = thread::Builder::new().name(name);
        if let Some(stack_size) = shared.config.stack_size {
            builder = builder.stack_size(stack_size);
        }
        let handle = builder.spawn(move || worker.run())?;
        entry.insert(Entry { handle, running: None });
        state.threads += 1;
        state.starting += 1;
        Ok(())
    }

    fn run(self) {
        run_hook(self.shared.config.on_thread_start.as_ref());
        let mut state = self.shared.state.lock();
        state.starting -= 1;
        loop {
            while let Some(Queued { task, keep }) = self.next_job(&mut state) {
                let calls = state.call_up_to(2);
                drop(state);
                self.shared.ring(calls);
                // The task itself catches the job's panic. What is caught here is one from the drop
                // of an output that nobody waits for: it has been reported, and is no reason to
                // lose a thread that is still in the books.
                let _ = catch_unwind(AssertUnwindSafe(|| task.run()));
                let _ = catch_unwind(AssertUnwindSafe(|| drop(keep)));
                state = self.shared.state.lock();
                state.roster[self.key].running = None;
            }
            if state.is_shut_down || !self.wait(&mut state) {
                break;
            }
        }
        // Before the lock is given up: from here on this thread does not look at the queue again.
        state.threads -= 1;
        drop(state);
        self.leave();
    }

    /// (3), or `None` if the queue is empty.
    fn next_job(&self, state: &mut State) -> Option<Queued> {
        let job = state.queue.pop_front()?;
        state.roster[self.key].running = Some((Running::from(&job.task), Instant::now()));
        Some(job)
    }

    /// (2), (5), and then (4) or (7): waits for a call, and returns whether one came.
    fn wait(&self, state: &mut MutexGuard<'_, State>) -> bool {
        state.idle += 1;
        let keep_alive = self.shared.config.keep_alive;
        let start = Instant::now();
        loop {
            let left = keep_alive.saturating_sub(start.elapsed());
            let timed_out = self.shared.call.wait_for(state, left).timed_out();
            // First of all, and even if the time is over: whoever called counts on an answer.
            if state.calls > 0 {
                state.calls -= 1;
                return true;
            }
            if timed_out || state.is_shut_down {
                state.idle -= 1;
                return false;
            }
        }
    }

    /// (8)
    fn leave(self) {
        run_hook(self.shared.config.on_thread_stop.as_ref());
        let mut state = self.shared.state.lock();
        let own = state.roster.remove(self.key).handle;
        let earlier = state.last_ended.replace(own);
        drop(state);
        self.shared.ended.notify_all();
        if let Some(earlier) = earlier {
            // It is past this same place, and all but gone. Its own panic it has kept to itself.
            let _ = earlier.join();
        }
    }
}

/// Runs a hook of the user's. The panic handler has reported its panic; the books must go on.
fn run_hook(hook: Option<&Hook>) {
    if let Some(hook) = hook {
        let _ = catch_unwind(AssertUnwindSafe(|| hook()));
    }
}
