//! What is known of each kind of signal: has one come, and who listens.

use parking_lot::Mutex;
use signal_hook::{flag, low_level};
use slab::Slab;
use std::ffi::c_int;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::SeqCst},
};
use std::task::{Context, Poll, Waker};

/// All there is for the process, made by the first listener and never taken down: a handler stays.
#[derive(Debug)]
struct Signals {
    /// By number. There is no signal 0, so the first is never used.
    kinds: Box<[Kind]>,
    /// What a handler writes to.
    sender: UnixStream,
    /// Where it is read. Each runtime has a descriptor of its own for it, as an event queue of one process may
    /// know a descriptor once.
    receiver: UnixStream,
}

/// One kind of signal.
#[derive(Debug, Default)]
pub(super) struct Kind {
    number: c_int,
    /// One has come, and no runtime has looked yet. Raised by the handler.
    raised: Arc<AtomicBool>,
    /// Is the handler there?
    caught: Mutex<bool>,
    listeners: Mutex<Slab<Ear>>,
}

/// What a kind knows of a listener.
#[derive(Debug, Default)]
struct Ear {
    /// Told of a signal that it has not given out yet.
    told: bool,
    waker: Option<Waker>,
}

fn signals() -> io::Result<&'static Signals> {
    static SIGNALS: OnceLock<Signals> = OnceLock::new();
    if let Some(signals) = SIGNALS.get() {
        return Ok(signals);
    }
    // Two threads may come here at once. The second pair is dropped, and nothing has been done with it.
    let (receiver, sender) = UnixStream::pair()?;
    receiver.set_nonblocking(true)?;
    sender.set_nonblocking(true)?;
    let kinds = (0..=last_signal()).map(|number| Kind { number, ..Kind::default() }).collect();
    Ok(SIGNALS.get_or_init(|| Signals { kinds, sender, receiver }))
}

/// The highest number that a signal can have.
fn last_signal() -> c_int {
    #[cfg(target_os = "linux")]
    let last = libc::SIGRTMAX();
    #[cfg(not(target_os = "linux"))]
    let last = 33;
    last
}

/// A descriptor of one's own for the socket that a handler writes to.
pub(super) fn receiver() -> io::Result<UnixStream> {
    signals()?.receiver.try_clone()
}

/// Tells the listeners of all kinds that have come. To be called after the socket has been emptied: a signal that
/// comes in between is seen now, or its byte is still there.
pub(super) fn tell() {
    let Ok(signals) = signals() else { return };
    let mut woken = Vec::new();
    for kind in &signals.kinds {
        // SeqCst: pairs with the store in signal-hook's handler, which is SeqCst, too. Acquire would do.
        if kind.raised.swap(false, SeqCst) {
            for (_, ear) in kind.listeners.lock().iter_mut() {
                ear.told = true;
                woken.extend(ear.waker.take());
            }
        }
    }
    woken.into_iter().for_each(Waker::wake);
}

impl Kind {
    /// The kind with this number, if there is one.
    pub(super) fn of(number: c_int) -> io::Result<Option<&'static Self>> {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        Ok(signals()?.kinds.get(at))
    }

    /// Installs the handler, if it is not there yet.
    pub(super) fn catch(&self) -> io::Result<()> {
        let mut caught = self.caught.lock();
        if *caught {
            return Ok(());
        }
        let sender = &signals()?.sender;
        let for_handler = sender.try_clone()?;
        // In this order, as the handler keeps to it: who sees the byte has to see the flag.
        let flag = flag::register(self.number, Arc::clone(&self.raised))?;
        if let Err(error) = low_level::pipe::register(self.number, for_handler) {
            low_level::unregister(flag);
            return Err(error);
        }
        *caught = true;
        // For a signal that has come between the two. (A full socket wakes as well as one byte more.)
        let _ = (&mut &*sender).write(&[0]);
        Ok(())
    }

    /// A new listener.
    pub(super) fn listen(&'static self) -> Listener {
        let place = self.listeners.lock().insert(Ear::default());
        Listener { kind: self, place }
    }
}

/// One who listens to a kind of signal, until it is dropped.
#[derive(Debug)]
pub(super) struct Listener {
    kind: &'static Kind,
    /// Among the kind's listeners.
    place: usize,
}

impl Listener {
    /// Waits until it is told.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut listeners = self.kind.listeners.lock();
        let ear = &mut listeners[self.place];
        if std::mem::take(&mut ear.told) {
            return Poll::Ready(());
        }
        let before = ear.waker.replace(cx.waker().clone());
        drop(listeners);
        // Foreign code may stand behind it, and that not behind our lock.
        drop(before);
        Poll::Pending
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let ear = self.kind.listeners.lock().remove(self.place);
        drop(ear);
    }
}
