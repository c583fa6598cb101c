//! What the tests of several files need.

use crate::reactor::{Config, Reactor};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

/// A waker that counts.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicUsize);

impl Counter {
    pub(crate) fn new() -> (Arc<Counter>, Waker) {
        let counter = Arc::new(Counter::default());
        (Arc::clone(&counter), Waker::from(counter))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Calls all wakers, and says how many there were.
pub(crate) fn wake_all(woken: &mut Vec<Waker>) -> usize {
    let count = woken.len();
    woken.drain(..).for_each(Waker::wake);
    count
}

/// A reactor whose clock stands still.
pub(crate) fn paused() -> Reactor {
    Reactor::new(Config { start_paused: true, ..Config::default() }).unwrap()
}

/// One turn that does not wait. How many wakers came of it; they are called.
pub(crate) fn look(reactor: &Reactor) -> usize {
    let mut woken = Vec::new();
    reactor.turn(Some(Duration::ZERO), &mut woken).unwrap();
    wake_all(&mut woken)
}

/// One turn that may wait. How many wakers came of it; they are called.
pub(crate) fn turn(reactor: &Reactor) -> usize {
    let mut woken = Vec::new();
    reactor.turn(None, &mut woken).unwrap();
    wake_all(&mut woken)
}

/// Runs a future on this thread while another one turns the reactor.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut future, mut cx) = (pin!(future), Context::from_waker(&waker));
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Turns a reactor on a thread of its own until dropped.
pub(crate) struct Crank {
    reactor: Arc<Reactor>,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Crank {
    pub(crate) fn new(reactor: &Arc<Reactor>) -> Crank {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (reactor, stop) = (Arc::clone(reactor), Arc::clone(&stop));
            thread::spawn(move || {
                while !stop.load(SeqCst) {
                    turn(&reactor);
                }
            })
        };
        Crank { reactor: Arc::clone(reactor), stop, thread: Some(thread) }
    }
}

impl Drop for Crank {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        self.reactor.wake();
        self.thread.take().unwrap().join().unwrap();
    }
}
