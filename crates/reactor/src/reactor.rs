//! The reactor: driver, sources, timers and clock put together, and one turn of it.

use crate::clock::{Clock, Pace};
use crate::driver::{Driver, Turn};
use crate::instant::Instant;
use crate::readiness::Readiness;
use crate::ready::{Interest, Ready};
use crate::slab::{Key, Slab};
use crate::source::Source;
use crate::timer::Timer;
use crate::timers::Timers;
use parking_lot::Mutex;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};
use std::task::Waker;
use std::time::Duration;

pub(crate) const SHUTTING_DOWN: &str =
    "A Handcrank 1.x context was found, but it is being shutdown.";
const IO_DISABLED: &str = "A Handcrank 1.x context was found, but IO is disabled. \
     Call `enable_io` on the runtime builder to enable IO.";
const TIME_DISABLED: &str = "A Handcrank 1.x context was found, but timers are disabled. \
     Call `enable_time` on the runtime builder to enable timers.";

/// The error of every operation after the reactor has shut down.
pub(crate) fn shutting_down() -> io::Error {
    io::Error::other(SHUTTING_DOWN)
}

/// Is it that error?
pub fn is_shutdown_error(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Other
        && error.get_ref().is_some_and(|inner| inner.to_string() == SHUTTING_DOWN)
}

/// What a reactor is to offer.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Whether sources can be registered.
    pub io: bool,
    /// Whether timers can be made.
    pub time: bool,
    /// How many events one turn takes from the kernel at most. What is left comes with the next.
    pub max_events: usize,
    /// The same for a turn that does not wait, as a busy thread makes it, if it is to be another number.
    pub max_events_of_look: Option<usize>,
    /// Whether the clock stands still at the beginning. For tests.
    pub start_paused: bool,
}

impl Default for Config {
    /// Everything on, 1024 events whether a turn waits or not, a running clock.
    fn default() -> Config {
        Config {
            io: true,
            time: true,
            max_events: 1024,
            max_events_of_look: None,
            start_paused: false,
        }
    }
}

/// How much there is of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Sources registered now.
    pub fds: usize,
    /// Events handed out to sources since the beginning.
    pub ready_events: u64,
    /// Timers that wait now.
    pub timers: usize,
}

/// Waits for the outside world: for files to become ready, and for time to pass.
///
/// One thread at a time turns it, and may sleep in it. It never calls a waker: those of the tasks
/// that have become ready are handed to the caller, who knows best in what order to wake them and
/// whom else.
///
/// ```
/// use handcrank_reactor::{Config, Direction, Interest, Reactor, Ready};
/// use std::io::Write;
/// use std::os::unix::net::UnixStream;
/// use std::task::{Context, Poll, Waker};
///
/// let reactor = Reactor::new(Config::default())?;
/// let (mut here, there) = UnixStream::pair()?;
/// there.set_nonblocking(true)?;
/// let there = reactor.handle().register(there, Interest::READABLE, Ready::EMPTY)?;
///
/// let mut cx = Context::from_waker(Waker::noop());
/// assert!(there.poll_ready(&mut cx, Direction::Read).is_pending());
///
/// here.write_all(b"!")?;
/// let mut woken = Vec::new();
/// reactor.turn(None, &mut woken)?;
/// assert_eq!(woken.len(), 1);
/// assert!(there.poll_ready(&mut cx, Direction::Read).is_ready());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Reactor {
    shared: Arc<Shared>,
}

/// Access to a reactor, for registering sources and making timers. Clones are cheap.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    driver: Driver,
    sources: Mutex<Sources>,
    timers: Timers,
    clock: Clock,
    io: bool,
    time: bool,
    closed: AtomicBool,
    ready_events: AtomicU64,
}

// A panic may pass through anything that is done here. Behind the locks there is nothing that foreign code
// is called from, and everything else is atomic.
impl UnwindSafe for Shared {}
impl RefUnwindSafe for Shared {}

struct Sources {
    /// By token.
    table: Slab<Arc<Readiness>>,
    /// Nothing is added any more.
    closed: bool,
}

impl Reactor {
    /// # Errors
    ///
    /// If the kernel has no descriptors left to give: this takes three.
    pub fn new(config: Config) -> io::Result<Reactor> {
        let Config { io, time, max_events, max_events_of_look, start_paused } = config;
        let driver = Driver::new(max_events, max_events_of_look)?;
        let clock = Clock::new(start_paused);
        clock.attach(driver.bell().clone());
        let timers = Timers::new(clock.now(), driver.bell().clone());
        let sources = Mutex::new(Sources { table: Slab::new(), closed: false });
        let (closed, ready_events) = (AtomicBool::new(false), AtomicU64::new(0));
        let shared = Shared { driver, sources, timers, clock, io, time, closed, ready_events };
        Ok(Reactor { shared: Arc::new(shared) })
    }

    /// Access to it from anywhere.
    pub fn handle(&self) -> Handle {
        Handle { shared: Arc::clone(&self.shared) }
    }

    /// Appends the wakers of all that has become ready to `woken`, and waits for it if need be.
    ///
    /// It waits until an event comes, a timer is due, somebody calls [`wake`](Reactor::wake), or
    /// `timeout` has passed; `None` means no limit of its own, and zero means not to wait. It may
    /// also come back for no reason.
    ///
    /// One thread at a time is at it. A second one that does not want to wait leaves the events to
    /// the first and only looks at the timers. A second one that wants to wait, waits for the
    /// first to come back, which is hardly ever what one wants: pass the turn on like a baton.
    ///
    /// With a paused clock, a turn that may wait but has nothing ready moves the clock to the next
    /// deadline instead. `timeout` is then not a limit, and nothing should be left to do when it
    /// is called.
    ///
    /// # Errors
    ///
    /// Those of the kernel's wait, other than being interrupted. They are not to be expected.
    pub fn turn(&self, timeout: Option<Duration>, woken: &mut Vec<Waker>) -> io::Result<()> {
        let shared = &*self.shared;
        if timeout == Some(Duration::ZERO) {
            if let Some(mut turn) = shared.driver.try_turn() {
                turn.look()?;
                shared.dispatch(&turn, woken);
            }
        } else {
            let before = woken.len();
            let mut turn = shared.driver.turn();
            let mut jump = None;
            let notified = turn.sleep(|| {
                let rest = shared.rest(timeout);
                jump = rest.jump;
                rest.limit
            })?;
            shared.dispatch(&turn, woken);
            drop(turn);
            if let Some(to) = jump
                && !notified
                && woken.len() == before
            {
                shared.clock.jump(to);
            }
        }
        shared.timers.expire(|| shared.clock.now(), woken);
        Ok(())
    }

    /// Ends the sleep of whoever is in [`turn`](Reactor::turn), or makes the next turn that would
    /// wait come back at once. It costs a system call only if somebody sleeps.
    ///
    /// What was done before this call is seen by the thread whose turn it ends.
    pub fn wake(&self) {
        self.shared.driver.bell().wake();
    }

    /// Ends everything: pending and later operations on sources give an error, timers panic when
    /// polled. Appends the wakers of all who wait.
    ///
    /// A reactor that is dropped without this call does the same and wakes them itself.
    pub fn shutdown(&self, woken: &mut Vec<Waker>) {
        self.shared.shutdown(woken);
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        let mut woken = Vec::new();
        self.shared.shutdown(&mut woken);
        woken.into_iter().for_each(Waker::wake);
    }
}

/// How a turn may spend its time.
struct Rest {
    /// Wait so long at most.
    limit: Option<Duration>,
    /// Then, if nothing has happened, move the clock to here.
    jump: Option<Instant>,
}

impl Shared {
    fn rest(&self, timeout: Option<Duration>) -> Rest {
        let Some(next) = self.timers.next() else { return Rest { limit: timeout, jump: None } };
        let (now, pace) = self.clock.look();
        let left = next - now;
        match pace {
            // Due. It does not matter then how time goes on.
            _ if left.is_zero() => Rest { limit: Some(left), jump: None },
            Pace::Running => {
                Rest { limit: Some(timeout.map_or(left, |limit| limit.min(left))), jump: None }
            }
            // By whole milliseconds: a clock that was stopped between two of them stays as far
            // between, and differences of its times are whole.
            Pace::Jumping => {
                let whole = self.timers.ticks_between(now, next);
                Rest { limit: Some(Duration::ZERO), jump: Some(now + whole) }
            }
            Pace::Standing => Rest { limit: timeout, jump: None },
        }
    }

    /// Passes the events on to their sources: one lock for all of them.
    fn dispatch(&self, turn: &Turn<'_>, woken: &mut Vec<Waker>) {
        if turn.is_quiet() {
            return;
        }
        let mut count = 0;
        let sources = self.sources.lock();
        for (token, ready) in turn.events() {
            // No such source: it has been removed since the kernel reported the event.
            if let Some(readiness) = sources.table.get(Key::from_token(token)) {
                readiness.set(ready, woken);
                count += 1;
            }
        }
        drop(sources);
        self.ready_events.fetch_add(count, Relaxed);
    }

    fn shutdown(&self, woken: &mut Vec<Waker>) {
        self.closed.store(true, Relaxed);
        let all = {
            let mut sources = self.sources.lock();
            sources.closed = true;
            sources.table.drain()
        };
        for readiness in all {
            readiness.close(woken);
        }
        self.timers.close(woken);
    }
}

impl Handle {
    /// Begins to watch `io`, edge-triggered, for as long as the [`Source`] exists.
    ///
    /// `io` must be in non-blocking mode, and stay the same file. `initially` is what it is taken
    /// to be ready for before the first event: usually nothing, but an accepted socket is likely
    /// to be writable, and readable as well; an attempt that shows otherwise corrects it.
    ///
    /// # Errors
    ///
    /// The kernel's: a file that cannot be watched, one that is watched already, no memory. And
    /// [`Other`](io::ErrorKind::Other) if the reactor has been shut down.
    ///
    /// # Panics
    ///
    /// If the reactor was made without I/O.
    #[track_caller]
    pub fn register<T: AsFd>(
        &self,
        io: T,
        interest: Interest,
        initially: Ready,
    ) -> io::Result<Source<T>> {
        self.expect_io();
        let readiness = Arc::new(Readiness::new(initially));
        let key = {
            let mut sources = self.shared.sources.lock();
            if sources.closed {
                return Err(shutting_down());
            }
            sources.table.insert(Arc::clone(&readiness))
        };
        // In the table first: the first event may come before this call is over.
        if let Err(error) = self.shared.driver.add(io.as_fd(), key.token(), interest) {
            self.forget(key);
            return Err(error);
        }
        Ok(Source::new(io, self.clone(), readiness, key))
    }

    /// Ends what `register` began.
    pub(crate) fn deregister(&self, fd: BorrowedFd<'_>, key: Key) -> io::Result<()> {
        // The kernel first: a token that is still in use there is not given away here.
        let result = self.shared.driver.remove(fd);
        self.forget(key);
        result
    }

    fn forget(&self, key: Key) {
        let removed = self.shared.sources.lock().table.remove(key);
        // Outside of the lock: it may hold wakers.
        drop(removed);
    }

    /// The clock that timers and turns go by.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// A timer, not yet in the wheel.
    ///
    /// # Panics
    ///
    /// If the reactor was made without timers.
    #[track_caller]
    pub fn timer(&self, deadline: Instant) -> Timer {
        assert!(self.shared.time, "{TIME_DISABLED}");
        Timer::new(self.clone(), deadline)
    }

    /// A timer that elapses `after` from `now`, which the caller has read from the clock just now.
    ///
    /// Its first poll then need not read the clock again. So, unlike with [`timer`](Self::timer), a
    /// deadline that passes between the making and that poll is noticed by the next turn, and not
    /// by the poll. (No time at all is over at once, and with a paused clock the poll looks.)
    ///
    /// # Panics
    ///
    /// If the reactor was made without timers, or if the sum cannot be represented.
    #[track_caller]
    #[inline]
    pub fn timer_after(&self, now: Instant, after: Duration) -> Timer {
        assert!(self.shared.time, "{TIME_DISABLED}");
        Timer::fresh(self.clone(), now, after)
    }

    pub(crate) fn timers(&self) -> &Timers {
        &self.shared.timers
    }

    /// Ends the sleep of whoever turns the reactor. See [`Reactor::wake`].
    pub fn wake(&self) {
        self.shared.driver.bell().wake();
    }

    /// How much there is of what, now. Takes two locks for a moment.
    pub fn metrics(&self) -> Metrics {
        Metrics {
            fds: self.shared.sources.lock().table.len(),
            ready_events: self.shared.ready_events.load(Relaxed),
            timers: self.shared.timers.len(),
        }
    }

    /// Whether [`shutdown`](Reactor::shutdown) has begun.
    pub fn is_shutdown(&self) -> bool {
        self.shared.closed.load(Relaxed)
    }

    /// Whether both are handles of one reactor.
    pub fn is(&self, other: &Handle) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Makes sure that sources can be registered.
    ///
    /// # Panics
    ///
    /// If the reactor was made without I/O.
    #[track_caller]
    pub fn expect_io(&self) {
        assert!(self.shared.io, "{IO_DISABLED}");
    }

    /// Whether sources can be registered.
    pub fn io_enabled(&self) -> bool {
        self.shared.io
    }

    /// Whether timers can be made.
    pub fn time_enabled(&self) -> bool {
        self.shared.time
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(f)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("io", &self.io)
            .field("time", &self.time)
            .field("is_shutdown", &self.closed.load(Relaxed))
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;
