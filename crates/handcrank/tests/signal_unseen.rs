//! A signal that comes while nobody listens is for the next listener, if no runtime has looked in between.
//!
//! Whichever runtime of the process is turned looks. So this is a process of its own, with one test.

use handcrank::runtime::Builder;
use handcrank::signal::unix::{SignalKind, signal};
use signal_hook::low_level::raise;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

fn run<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_signal_that_nobody_has_looked_at_is_for_the_next_listener() {
    let kind = SignalKind::user_defined1();
    let raise = || raise(kind.as_raw_value()).unwrap();
    run(async {
        drop(signal(kind).unwrap());
        raise();
        // This is the thread that turns the reactor, so it has not been turned.
        let mut late = signal(kind).unwrap();
        assert_eq!(late.recv().await, Some(()));
        let mut again = pin!(late.recv());
        let again = again.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(again, Poll::Pending);
        raise();
    });
    // That runtime has ended without a look. The next one has it.
    run(async {
        assert_eq!(signal(kind).unwrap().recv().await, Some(()));
    });
    // Now it has been looked at, so it is not for those who come later.
    run(async {
        let mut late = signal(kind).unwrap();
        handcrank::task::yield_now().await;
        let late = pin!(late.recv()).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(late, Poll::Pending);
    });
}
