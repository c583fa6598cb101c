use super::ctrl_c;
use super::unix::{SignalKind, signal};
use crate::testing::{poll_once, run};
use futures_util::future::join;
use parking_lot::Mutex;
use signal_hook::low_level::raise;
use std::io::ErrorKind;
use std::pin::pin;

/// Signals are for the whole process: each test uses signals of its own. And whichever runtime is turned looks for
/// all of them: so that nobody else looks in between, this is held by those that ask whether one has come.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn a_signal_is_seen_by_all_its_listeners() {
    let _alone = ALONE.lock();
    run(async {
        let kind = SignalKind::user_defined1();
        let mut one = signal(kind).unwrap();
        let mut two = signal(kind).unwrap();
        assert!(poll_once(&mut pin!(one.recv())).await.is_pending());
        raise(kind.as_raw_value()).unwrap();
        assert_eq!(join(one.recv(), two.recv()).await, (Some(()), Some(())));
        assert!(poll_once(&mut pin!(one.recv())).await.is_pending());
    });
}

#[test]
fn signals_are_not_counted_and_not_lost() {
    let _alone = ALONE.lock();
    run(async {
        let kind = SignalKind::user_defined2();
        let mut listener = signal(kind).unwrap();
        // More than one read takes.
        for _ in 0..200 {
            raise(kind.as_raw_value()).unwrap();
        }
        assert_eq!(listener.recv().await, Some(()));
        assert!(poll_once(&mut pin!(listener.recv())).await.is_pending());
        raise(kind.as_raw_value()).unwrap();
        assert_eq!(listener.recv().await, Some(()));
        // A dropped listener is taken from the handler, and the handler stays.
        drop(listener);
        raise(kind.as_raw_value()).unwrap();
        let mut late = signal(kind).unwrap();
        assert!(poll_once(&mut pin!(late.recv())).await.is_pending());
    });
}

#[test]
fn ctrl_c_is_sigint() {
    let _alone = ALONE.lock();
    run(async {
        let mut wait = pin!(ctrl_c());
        assert!(poll_once(&mut wait).await.is_pending());
        raise(libc::SIGINT).unwrap();
        wait.await.unwrap();
    });
}

#[test]
fn some_signals_cannot_be_had() {
    let _alone = ALONE.lock();
    run(async {
        for signum in [0, -1, libc::SIGKILL, libc::SIGSTOP, libc::SIGSEGV, libc::SIGILL] {
            let error = signal(SignalKind::from_raw(signum)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Other);
            assert_eq!(error.to_string(), format!("Refusing to register signal {signum}"));
        }
        let error = signal(SignalKind::from_raw(10_000)).unwrap_err();
        assert_eq!(error.to_string(), "signal too large");
    });
}

#[test]
fn kinds_are_numbers() {
    assert_eq!(SignalKind::from(libc::SIGTERM), SignalKind::terminate());
    assert_eq!(std::ffi::c_int::from(SignalKind::hangup()), libc::SIGHUP);
}

#[test]
fn a_listener_moves_with_whoever_polls_it() {
    let _alone = ALONE.lock();
    let kind = SignalKind::window_change();
    let mut listener = run(async {
        let mut listener = signal(kind).unwrap();
        assert!(poll_once(&mut pin!(listener.recv())).await.is_pending());
        listener
    });
    // Its runtime is gone; what comes in between is not lost.
    raise(kind.as_raw_value()).unwrap();
    run(async {
        assert_eq!(listener.recv().await, Some(()));
        assert!(poll_once(&mut pin!(listener.recv())).await.is_pending());
        raise(kind.as_raw_value()).unwrap();
        assert_eq!(listener.recv().await, Some(()));
    });
    // Outside of any it waits, and says nothing of runtimes that are gone.
    assert_eq!(futures_util::future::FutureExt::now_or_never(listener.recv()), None);
}

#[test]
fn a_listener_costs_no_descriptor() {
    let _alone = ALONE.lock();
    let open = || std::fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or_default();
    run(async {
        let first = signal(SignalKind::quit()).unwrap();
        let listeners: Vec<_> = (0..1000).map(|_| signal(SignalKind::quit()).unwrap()).collect();
        // Other tests open some meanwhile, but not so many.
        let with_listeners = open();
        assert!(with_listeners < 1000, "{with_listeners} descriptors");
        drop((first, listeners));
    });
}
