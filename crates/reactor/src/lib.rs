//! The I/O driver and the timers: one mio poll, one hierarchical wheel.
//!
//! A task that cannot go on waits for one of two things: that a file becomes ready, or that time
//! passes. The [`Reactor`] waits for both at once, on behalf of everyone, in a single system call.
//! It is passive: somebody has to [turn](Reactor::turn) it, and gets the wakers of the tasks that
//! can go on.
//!
//! Read in this order:
//!
//! 1. `ready`: the small sets of what can be waited for.
//! 2. `readiness`: the word of one source and those who wait for it. The heart of the crate; the
//!    README beside it argues why nothing is lost.
//! 3. `slab`: slots with generations, so that a late event finds nobody rather than a stranger.
//! 4. `source`: a file with its readiness, and the loop of attempt and wait.
//! 5. `wake_word`, `driver`: how a sleep in the kernel is ended only if there is one; mio.
//! 6. `wheel`: the hierarchical timing wheel. `timers`: the wheel shared. `timer`: one sleep.
//! 7. `clock`, `instant`: time that tests can stop.
//! 8. `reactor`: all of it together, and one turn of the crank.
//!
//! In the book, `book/src/ch01-waiting.md` tells what a thread that waits for everybody saves. The
//! chapters about this crate, 7 and 8, are not written yet.

#![forbid(unsafe_code)]

mod clock;
mod driver;
mod instant;
mod reactor;
mod readiness;
mod ready;
mod slab;
mod source;
#[cfg(all(test, not(handcrank_loom)))]
mod testing;
mod timer;
mod timers;
mod wake_word;
mod wheel;

pub use clock::{Clock, ClockGuard, InhibitAutoAdvance};
pub use instant::Instant;
pub use reactor::{Config, Handle, Metrics, Reactor, is_shutdown_error};
pub use ready::{Direction, Interest, Ready, ReadyEvent};
pub use source::{Source, WaitReady};
pub use timer::Timer;
