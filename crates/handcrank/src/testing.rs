//! A runtime of one future, for the tests of the surface: the reactor and nothing else.

use crate::runtime::context;
use handcrank_reactor::{Config, Reactor};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

struct Root {
    reactor: Reactor,
    woken: AtomicBool,
}

impl Wake for Root {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.reactor.wake();
    }
}

/// Runs a future on this thread and turns a reactor of its own while it waits.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    run_with(Config::default(), future)
}

/// As [`run`], with a clock that stands still.
pub(crate) fn run_paused<F: Future>(future: F) -> F::Output {
    run_with(Config { start_paused: true, ..Config::default() }, future)
}

pub(crate) fn run_with<F: Future>(config: Config, future: F) -> F::Output {
    let reactor = Reactor::new(config).unwrap();
    let handle = reactor.handle();
    let _context = context::enter(handle.clone());
    let _clock = handle.clock().enter();
    let root = Arc::new(Root { reactor, woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&root));
    let mut future = pin!(future);
    let mut ready = Vec::new();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        // One that yields goes behind a turn, as in the real runtime; one that waits sleeps in it.
        let mut woken = root.woken.swap(false, Ordering::SeqCst);
        loop {
            root.reactor.turn(woken.then_some(Duration::ZERO), &mut ready).unwrap();
            ready.drain(..).for_each(Waker::wake);
            woken |= root.woken.swap(false, Ordering::SeqCst);
            if woken {
                break;
            }
        }
    }
}

/// Polls a future once.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}
