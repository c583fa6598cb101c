//! The operating system's part: one `mio::Poll`, and the bell that ends a sleep in it.
//!
//! This is the only file that names mio. Another kind of driver could stand beside it, because
//! everything it tells the rest of the crate is a number (the token of a source) and a [`Ready`].

use crate::ready::{Interest, Ready};
use crate::wake_word::WakeWord;
use parking_lot::{Mutex, MutexGuard};
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

/// The bell's own token. No slot of the table of sources has this number.
const BELL: mio::Token = mio::Token(usize::MAX);

/// How to wake whoever sleeps in the driver. Cloned into everything that may have to.
#[derive(Clone, Debug)]
pub(crate) struct Bell(Arc<BellInner>);

#[derive(Debug)]
struct BellInner {
    word: WakeWord,
    waker: mio::Waker,
}

impl Bell {
    /// Ends the sleep, or makes the next one end before it begins.
    pub(crate) fn wake(&self) {
        if self.0.word.notify() {
            self.ring();
        }
    }

    /// Ends the sleep if there is one, after a change that everyone looks at before sleeping.
    pub(crate) fn wake_sleeper(&self) {
        if self.0.word.notify_sleeper() {
            self.ring();
        }
    }

    fn ring(&self) {
        // The write can only fail if the descriptor is broken, and then the sleep would never
        // end: better to say so than to hang.
        self.0.waker.wake().expect("the reactor's wake-up descriptor is broken");
    }
}

/// The driver. It is shared; one thread at a time [turns](Driver::turn) it.
pub(crate) struct Driver {
    polling: Mutex<Polling>,
    /// Adds and removes sources, also while somebody sleeps.
    registry: mio::Registry,
    bell: Bell,
}

struct Polling {
    poll: mio::Poll,
    /// What the last poll collected.
    events: mio::Events,
    /// If polls that do not wait take another number of events than those that do: room for the kind that the last
    /// one was not.
    other: Option<mio::Events>,
    /// Did the last one not wait? (Before the first one: no.)
    looked: bool,
}

impl Driver {
    /// # Errors
    ///
    /// If the kernel has no descriptors left to give.
    pub(crate) fn new(max_events: usize, max_events_of_look: Option<usize>) -> io::Result<Driver> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, BELL)?;
        // The kernel refuses to report into a buffer of no events.
        let room = |events: usize| mio::Events::with_capacity(events.max(1));
        let (events, other) = (room(max_events), max_events_of_look.map(room));
        let bell = Bell(Arc::new(BellInner { word: WakeWord::new(), waker }));
        let polling = Polling { poll, events, other, looked: false };
        Ok(Driver { polling: Mutex::new(polling), registry, bell })
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Begins to report events of `fd`, edge-triggered, under this token.
    pub(crate) fn add(
        &self,
        fd: BorrowedFd<'_>,
        token: usize,
        interest: Interest,
    ) -> io::Result<()> {
        let mut wanted: Option<mio::Interest> = None;
        let mut want = |more| wanted = Some(wanted.map_or(more, |interest| interest | more));
        if interest.is_readable() {
            want(mio::Interest::READABLE);
        }
        if interest.is_writable() {
            want(mio::Interest::WRITABLE);
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if interest.is_priority() {
            want(mio::Interest::PRIORITY);
        }
        // Errors are reported anyway, but a registration for nothing is refused.
        let wanted = wanted.unwrap_or(mio::Interest::READABLE);
        let fd = fd.as_raw_fd();
        self.registry.register(&mut mio::unix::SourceFd(&fd), mio::Token(token), wanted)
    }

    /// Ends that. Needed even if `fd` is about to be closed: a duplicate of it in another process
    /// would keep the registration alive.
    pub(crate) fn remove(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        let fd = fd.as_raw_fd();
        self.registry.deregister(&mut mio::unix::SourceFd(&fd))
    }

    /// Takes the driver, waiting for whoever has it.
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn { polling: self.polling.lock(), bell: &self.bell }
    }

    /// Takes the driver if nobody has it.
    pub(crate) fn try_turn(&self) -> Option<Turn<'_>> {
        Some(Turn { polling: self.polling.try_lock()?, bell: &self.bell })
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("bell", &self.bell).finish_non_exhaustive()
    }
}

/// The driver in the hands of the one thread that may wait in it.
pub(crate) struct Turn<'a> {
    polling: MutexGuard<'a, Polling>,
    bell: &'a Bell,
}

impl Turn<'_> {
    /// Collects the events that are there, without waiting. Leaves a notification where it is.
    pub(crate) fn look(&mut self) -> io::Result<()> {
        self.poll(Some(Duration::ZERO))
    }

    /// Waits for events, a wake-up, or the end of the time that `limit` says (`None`: for ever).
    /// Returns whether it was a wake-up, which is then taken.
    ///
    /// `limit` is asked after the sleep has been announced, so that a change it does not see is
    /// one whose maker sees the announcement.
    pub(crate) fn sleep(&mut self, limit: impl FnOnce() -> Option<Duration>) -> io::Result<bool> {
        if !self.bell.0.word.prepare() {
            self.look()?;
            return Ok(true);
        }
        let result = self.poll(limit());
        let notified = self.bell.0.word.finish();
        result.map(|()| notified)
    }

    fn poll(&mut self, limit: Option<Duration>) -> io::Result<()> {
        let Polling { poll, events, other, looked } = &mut *self.polling;
        if let Some(other) = other {
            let looks = limit == Some(Duration::ZERO);
            if looks != *looked {
                std::mem::swap(events, other);
                *looked = looks;
            }
        }
        match poll.poll(events, limit) {
            // A signal handler ran. Nothing is lost, and the caller may have to look at what the
            // handler did.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            result => result,
        }
    }

    /// Whether there is nothing to hand out. The bell counts too: it is seldom among the events.
    pub(crate) fn is_quiet(&self) -> bool {
        self.polling.events.is_empty()
    }

    /// What was collected: whom it concerns, and what has come.
    pub(crate) fn events(&self) -> impl Iterator<Item = (usize, Ready)> {
        self.polling.events.iter().filter(|event| event.token() != BELL).map(|event| {
            let mut ready = Ready::EMPTY;
            let mut set = |holds, bit| {
                if holds {
                    ready |= bit;
                }
            };
            set(event.is_readable(), Ready::READABLE);
            set(event.is_writable(), Ready::WRITABLE);
            set(event.is_read_closed(), Ready::READ_CLOSED);
            set(event.is_write_closed(), Ready::WRITE_CLOSED);
            set(event.is_error(), Ready::ERROR);
            #[cfg(any(target_os = "linux", target_os = "android"))]
            set(event.is_priority(), Ready::PRIORITY);
            (event.token().0, ready)
        })
    }
}
