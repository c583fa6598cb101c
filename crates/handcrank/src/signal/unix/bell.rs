//! How a runtime hears of signals.
//!
//! A byte in the socket makes the runtime's reactor wake whoever waits for the socket. That is no task here, but a
//! waker that does the work itself, on the thread that turns the reactor. So the listeners are told with the turn,
//! and there is no task in between that would have to be run first, and that would count among the runtime's tasks.

use super::kinds;
use handcrank_reactor::{Direction, Handle, Interest, Ready, Source};
use handcrank_task::coop;
use parking_lot::Mutex;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// A runtime's ear at the socket.
///
/// What keeps it is the reactor, as the waker of the one who waits for the source. So it lives until the reactor shuts
/// down.
struct Bell {
    source: Source<UnixStream>,
}

/// Makes sure that this reactor has a bell.
///
/// # Errors
///
/// No descriptors are left, or the reactor has been shut down.
pub(super) fn hang_up(reactor: &Handle) -> io::Result<()> {
    static BELLS: Mutex<Vec<Weak<Bell>>> = Mutex::new(Vec::new());
    let mut bells = BELLS.lock();
    let here =
        |bell: &Weak<Bell>| bell.upgrade().is_some_and(|bell| bell.source.handle().is(reactor));
    if bells.iter().any(here) {
        return Ok(());
    }
    bells.retain(|bell| bell.strong_count() > 0);
    let source = reactor.register(kinds::receiver()?, Interest::READABLE, Ready::EMPTY)?;
    let bell = Arc::new(Bell { source });
    bells.push(Arc::downgrade(&bell));
    // Who is told is foreign code, and that not behind our lock.
    drop(bells);
    bell.ring();
    Ok(())
}

impl Bell {
    /// Empties the socket, waits for the next byte, and tells the listeners if there was one.
    fn ring(self: &Arc<Self>) {
        let waker = Waker::from(Arc::clone(self));
        let mut cx = Context::from_waker(&waker);
        let mut rang = false;
        // Whoever turns the reactor may be in a poll whose budget is spent.
        coop::unlimited(|| {
            while let Poll::Ready(Ok(event)) = self.source.poll_ready(&mut cx, Direction::Read) {
                empty(self.source.get_ref());
                self.source.clear_ready(event);
                rang = true;
            }
        });
        // It may also have been the reactor's end.
        if rang {
            kinds::tell();
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }
}

/// Takes every byte that handlers have written. Another runtime may do so at the same time, and then tells as well.
fn empty(mut receiver: &UnixStream) {
    let mut bytes = [0; 64];
    loop {
        match receiver.read(&mut bytes) {
            Ok(1..) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
        }
    }
}
