//! The threads of a scheduler: as many as there are workers, and spare ones for those that block.
//!
//! A worker is a number: with it go a bed and a line in the metrics. A thread has the number for as long
//! as it works. One that is about to block gives it up (`in_place`), and a spare thread takes it over
//! and goes on where the other stopped. When the first comes back, its number may still be vacant; then it
//! takes it back. If not, it has become a spare thread itself: it waits for the next vacancy, or ends.
//!
//! All of this is behind one lock, as it happens when somebody blocks, and that takes longer.

use crate::config::{Around, Config};
use crate::shared::Shared;
use crate::worker::{self, Left};
use handcrank_task::primitives::sync::{Arc, Condvar, Mutex, MutexGuard};
use handcrank_task::primitives::thread;
use std::io;
use std::time::Instant;

/// Who works here, and which numbers are vacant.
pub(crate) struct Crew {
    roll: Mutex<Roll>,
    /// Where spare threads wait.
    vacancy: Condvar,
}

struct Roll {
    threads: Vec<thread::JoinHandle<()>>,
    /// What surrounds the life of each thread. It may well hold a handle, so it goes with `close`.
    around: Option<Around>,
    /// The numbers whose threads block, and that nobody has taken over yet.
    vacant: Vec<usize>,
    /// Threads that wait for a vacancy, or have been started for one and not answered.
    spare: usize,
    closed: bool,
}

impl Crew {
    pub(crate) fn new() -> Self {
        let roll =
            Roll { threads: Vec::new(), around: None, vacant: Vec::new(), spare: 0, closed: false };
        Self { roll: Mutex::new(roll), vacancy: Condvar::new() }
    }

    /// What shall surround each thread's life from now on.
    pub(crate) fn surround(&self, around: Option<&Around>) {
        self.roll.lock().around = around.cloned();
    }

    /// Starts the thread of worker `number`.
    pub(crate) fn engage(shared: &Arc<Shared>, number: usize) -> io::Result<()> {
        let name = (shared.config.thread_name)();
        shared.crew.roll.lock().start(shared, name, Some(number))
    }

    /// A thread gives its number up, and its seat before that. Sees to it that a spare thread comes for
    /// them; an error if none can be had, and then somebody else must be told.
    pub(crate) fn vacate(shared: &Arc<Shared>, number: usize) -> io::Result<()> {
        let crew = &shared.crew;
        let mut roll = crew.roll.lock();
        roll.vacant.push(number);
        if roll.spare >= roll.vacant.len() {
            drop(roll);
            // One for each vacancy, so that each has its own. (Who is called in vain, because the number
            // has been taken back, waits again; one vacancy less needs one thread less.)
            crew.vacancy.notify_one();
            return Ok(());
        }
        drop(roll);
        // The name is the user's code: not under the lock.
        let name = (shared.config.thread_name)();
        let mut roll = crew.roll.lock();
        if roll.closed {
            return Ok(());
        }
        roll.start(shared, name, None)?;
        roll.spare += 1;
        Ok(())
    }

    /// Takes the number back, and with it what `seat` claims: both or none. `false` if somebody was
    /// faster.
    pub(crate) fn take_back(&self, number: usize, seat: impl FnOnce() -> bool) -> bool {
        let mut roll = self.roll.lock();
        let Some(at) = roll.vacant.iter().position(|&vacant| vacant == number) else {
            return false;
        };
        let back = seat();
        if back {
            roll.vacant.swap_remove(at);
        }
        back
    }

    /// Waits for a vacancy. `None` if none came for so long, or none will. `counted`: this thread has
    /// been started for one, and is counted as spare.
    fn wait(&self, config: &Config, counted: bool) -> Option<usize> {
        let mut roll = self.roll.lock();
        roll.spare += usize::from(!counted);
        let number = self.wait_at(&mut roll, config);
        roll.spare -= 1;
        if number.is_none() && !roll.closed {
            // Nobody will join it.
            let me = thread::current().id();
            roll.threads.retain(|thread| thread.thread().id() != me);
        }
        number
    }

    fn wait_at(&self, roll: &mut MutexGuard<'_, Roll>, config: &Config) -> Option<usize> {
        let begun = Instant::now();
        let mut over = false;
        while !roll.closed {
            // First of all, and even if the time is over: whoever left the number counts on us.
            let number = roll.vacant.pop();
            if number.is_some() {
                return number;
            }
            if over {
                break;
            }
            let left = config.keep_alive.saturating_sub(begun.elapsed());
            over = self.vacancy.wait_for(roll, left).timed_out();
        }
        None
    }

    /// The scheduler ends: nobody waits any more, and nobody is started.
    pub(crate) fn close(&self) {
        let mut roll = self.roll.lock();
        roll.closed = true;
        let around = roll.around.take();
        drop(roll);
        self.vacancy.notify_all();
        // Without the lock: it is the user's, and may hold the last handle.
        drop(around);
    }

    /// Joins the threads, all of which are past their last line, except this one.
    pub(crate) fn join(&self) {
        let threads = std::mem::take(&mut self.roll.lock().threads);
        let me = thread::current().id();
        for thread in threads {
            if thread.thread().id() != me {
                // A worker's panic has been printed where it happened.
                drop(thread.join());
            }
        }
    }
}

impl Roll {
    /// Starts a thread: worker `number`, or one that looks for a vacancy.
    fn start(
        &mut self,
        shared: &Arc<Shared>,
        name: String,
        number: Option<usize>,
    ) -> io::Result<()> {
        let mut builder = thread::Builder::new().name(name);
        if let Some(bytes) = shared.config.stack_size {
            builder = builder.stack_size(bytes);
        }
        shared.ending.thread_starts();
        let ends = Ends(shared.clone());
        let around = self.around.clone();
        let thread = builder.spawn(move || {
            let shared = &ends.0;
            match around {
                Some(around) => around(&mut || live(shared, number)),
                None => live(shared, number),
            }
        })?;
        self.threads.push(thread);
        Ok(())
    }
}

/// A thread's life: one number after the other.
fn live(shared: &Shared, first: Option<usize>) {
    let mut number = first.or_else(|| shared.crew.wait(&shared.config, true));
    while let Some(current) = number {
        number = match worker::run(shared, current) {
            Left::Blocked => shared.crew.wait(&shared.config, false),
            Left::Closed => None,
        };
    }
}

/// Tells the shutdown that a thread is gone, also one that never came.
struct Ends(Arc<Shared>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.ending.thread_ends();
    }
}
