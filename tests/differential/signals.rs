//! Ctrl-c and Unix signals.
//!
//! A signal is for the whole process, and the cases run side by side. So that nothing here depends on when, each
//! case holds a lock, and [`settle`] waits until what was raised before has arrived.

use super::paused::polled;
use super::rt;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, SIGNALS, cases};
use rt::signal::ctrl_c;
use rt::signal::unix::{Signal, SignalKind, signal};
use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: all_listeners_hear_it, several_are_one, nothing_from_before, a_cancelled_recv, a_dropped_listener,
        ctrl_c_for_all, ctrl_c_begins_with_its_poll, in_a_task, two_kinds, polled_by_hand, needs_a_runtime,
        needs_io, refused, after_its_runtime, in_two_runtimes, outside_of_runtimes, real_time;
    current_thread: kinds;
];

/// Raises a signal on this thread: when this returns, the handler has run.
fn raise(kind: SignalKind) {
    signal_hook::low_level::raise(kind.as_raw_value()).expect("a signal");
}

fn usr1() -> Signal {
    signal(SignalKind::user_defined1()).expect("a listener")
}

/// Waits until all that was raised before has come to the listeners. Two rounds, as whoever passes the signals
/// on may have looked for the others before they were raised, and for this one after.
async fn settle() {
    let kind = SignalKind::window_change();
    let mut last = signal(kind).expect("a listener");
    for _ in 0..2 {
        raise(kind);
        last.recv().await;
    }
}

/// The only case with signals until the guard is dropped, and none from before on its way.
fn alone(flavour: Flavour) -> parking_lot::MutexGuard<'static, ()> {
    let alone = SIGNALS.lock();
    run(flavour, settle());
    alone
}

fn all_listeners_hear_it(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let mut listeners = [usr1(), usr1(), usr1()];
        raise(SignalKind::user_defined1());
        for listener in &mut listeners {
            log.note(format!("{:?}", listener.recv().await));
        }
        settle().await;
        for listener in &mut listeners {
            log.note(polled(&mut Box::pin(listener.recv())).await);
        }
    });
}

fn several_are_one(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let mut listener = usr1();
        for _ in 0..5 {
            raise(SignalKind::user_defined1());
        }
        settle().await;
        log.note(format!("{:?}", listener.recv().await));
        log.note(polled(&mut Box::pin(listener.recv())).await);
        raise(SignalKind::user_defined1());
        log.note(format!("{:?}", listener.recv().await));
    });
}

fn nothing_from_before(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let first = usr1();
        raise(SignalKind::user_defined1());
        settle().await;
        let mut late = usr1();
        log.note(polled(&mut Box::pin(late.recv())).await);
        drop(first);
    });
}

fn a_cancelled_recv(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let mut listener = usr1();
        log.note(polled(&mut Box::pin(listener.recv())).await);
        raise(SignalKind::user_defined1());
        settle().await;
        // Came while nobody waited.
        drop(listener.recv());
        log.note(polled(&mut Box::pin(listener.recv())).await);
        log.note(polled(&mut Box::pin(listener.recv())).await);
    });
}

fn a_dropped_listener(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let (gone, mut kept) = (usr1(), usr1());
        drop(gone);
        raise(SignalKind::user_defined1());
        log.note(format!("{:?}", kept.recv().await));
        drop(kept);
        // The handler is still there, or this would be the end.
        raise(SignalKind::user_defined1());
        settle().await;
        log.note("alive");
    });
}

fn ctrl_c_for_all(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let mut both = [Box::pin(ctrl_c()), Box::pin(ctrl_c())];
        for wait in &mut both {
            log.note(polled(wait).await);
        }
        raise(SignalKind::interrupt());
        for wait in both {
            log.note(format!("{:?}", wait.await));
        }
    });
}

fn ctrl_c_begins_with_its_poll(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let _handler = signal(SignalKind::interrupt()).unwrap();
        let mut early = Box::pin(ctrl_c());
        raise(SignalKind::interrupt());
        settle().await;
        log.note(polled(&mut early).await);
        raise(SignalKind::interrupt());
        log.note(format!("{:?}", early.await));
    });
}

fn in_a_task(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let mut listener = usr1();
        let task = rt::spawn(async move {
            let mut seen = 0;
            while seen < 3 {
                raise(SignalKind::user_defined1());
                listener.recv().await.unwrap();
                seen += 1;
            }
            seen
        });
        log.note(task.await.unwrap());
    });
}

fn two_kinds(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let mut one = usr1();
        let mut two = signal(SignalKind::user_defined2()).unwrap();
        raise(SignalKind::user_defined2());
        log.note(format!("{:?}", two.recv().await));
        settle().await;
        log.note(polled(&mut Box::pin(one.recv())).await);
        raise(SignalKind::user_defined1());
        log.note(format!("{:?}", one.recv().await));
        settle().await;
        log.note(polled(&mut Box::pin(two.recv())).await);
    });
}

fn polled_by_hand(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    run(flavour, async {
        let mut listener = usr1();
        log.note(poll_fn(|cx| Poll::Ready(listener.poll_recv(cx).is_ready())).await);
        raise(SignalKind::user_defined1());
        log.note(format!("{:?}", poll_fn(|cx| listener.poll_recv(cx)).await));
    });
}

/// Polls `ctrl_c` once, by hand.
fn poll_ctrl_c() -> bool {
    pin!(ctrl_c()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

fn needs_a_runtime(flavour: Flavour, log: &Log) {
    log.note_panic(|| signal(SignalKind::user_defined1()));
    log.note_panic(|| signal(SignalKind::from_raw(9)));
    log.note_panic(poll_ctrl_c);
    drop(ctrl_c());
    let runtime = runtime(flavour);
    let _entered = runtime.enter();
    log.note(signal(SignalKind::user_defined1()).is_ok());
}

fn needs_io(flavour: Flavour, log: &Log) {
    let runtime = match flavour {
        Flavour::CurrentThread => rt::runtime::Builder::new_current_thread(),
        Flavour::MultiThread => rt::runtime::Builder::new_multi_thread(),
    }
    .enable_time()
    .build()
    .unwrap();
    let _entered = runtime.enter();
    log.note_panic(|| signal(SignalKind::user_defined1()));
    log.note_panic(poll_ctrl_c);
    // Such as would be refused are so only after that.
    for number in [-1, 9, 1000] {
        log.note_panic(|| signal(SignalKind::from_raw(number)));
    }
}

fn refused(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for number in [0, -1, 4, 8, 9, 11, 19, 65, 1000, i32::MAX, i32::MIN] {
            let error = signal(SignalKind::from_raw(number)).unwrap_err();
            log.note(format!("{number}: {error} | {error:?} | {:?}", error.kind()));
        }
        // The C library keeps these for itself.
        for number in [32, 33] {
            let error = signal(SignalKind::from_raw(number)).unwrap_err();
            log.note(format!("{number}: {error} {:?}", error.raw_os_error()));
        }
    });
}

fn after_its_runtime(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    let mut listener = run(flavour, async { usr1() });
    run(flavour, async {
        raise(SignalKind::user_defined1());
        log.note(format!("{:?}", listener.recv().await));
        settle().await;
        log.note(polled(&mut Box::pin(listener.recv())).await);
    });
}

fn in_two_runtimes(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    let (one, other) = (runtime(flavour), runtime(flavour));
    let mut here = one.block_on(async { usr1() });
    let mut there = other.block_on(async { usr1() });
    raise(SignalKind::user_defined1());
    log.note(format!("{:?}", one.block_on(here.recv())));
    log.note(format!("{:?}", other.block_on(there.recv())));
    // Each in the other one.
    raise(SignalKind::user_defined1());
    log.note(format!("{:?}", other.block_on(here.recv())));
    drop(other);
    log.note(format!("{:?}", one.block_on(there.recv())));
    raise(SignalKind::user_defined1());
    log.note(format!("{:?}", one.block_on(there.recv())));
}

fn outside_of_runtimes(flavour: Flavour, log: &Log) {
    let _alone = alone(flavour);
    let mut listener = run(flavour, async { usr1() });
    let mut poll = || listener.poll_recv(&mut Context::from_waker(Waker::noop()));
    log.note(format!("{:?}", poll()));
    raise(SignalKind::user_defined1());
    run(flavour, settle());
    log.note(format!("{:?} {:?}", poll(), poll()));
}

fn real_time(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for number in [34, 64] {
            let listener = signal(SignalKind::from_raw(number));
            log.note(listener.is_ok());
        }
    });
}

fn kinds(_: Flavour, log: &Log) {
    let all = [
        SignalKind::alarm(),
        SignalKind::child(),
        SignalKind::hangup(),
        SignalKind::interrupt(),
        SignalKind::io(),
        SignalKind::pipe(),
        SignalKind::quit(),
        SignalKind::terminate(),
        SignalKind::user_defined1(),
        SignalKind::user_defined2(),
        SignalKind::window_change(),
    ];
    for kind in all {
        let number: std::ffi::c_int = kind.into();
        log.note(format!("{kind:?} {number} {}", kind.as_raw_value()));
        log.note(SignalKind::from(number) == kind && SignalKind::from_raw(number) == kind);
    }
    log.note(all.into_iter().collect::<HashSet<_>>().len());
}
