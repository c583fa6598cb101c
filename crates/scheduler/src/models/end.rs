//! The end of a scheduler, against all that may come at that moment.

use super::socket::Socket;
use super::{Dropped, explore, solo, spawn, start, wait, watch};
use handcrank_executor::yield_now;
use handcrank_task::primitives::atomic::{AtomicUsize, Ordering::SeqCst};
use handcrank_task::primitives::sync::Arc;
use handcrank_task::primitives::thread;
use std::future::pending;

/// Spawns from here and from elsewhere while the scheduler ends: each is run or cancelled, its
/// future dropped once, and nothing is left in a queue.
#[test]
fn spawns_against_the_shutdown() {
    explore(1, || {
        let scheduler = start(1);
        let handle = scheduler.handle().clone();
        let drops = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
        let [ours, theirs] = drops.clone().map(Dropped);
        watch(|| {
            let other = thread::spawn(move || {
                if let Err(error) = wait(spawn(&handle, async move { drop(theirs) })) {
                    assert!(error.is_cancelled());
                }
            });
            let task = spawn(scheduler.handle(), async move {
                let _ours = ours;
                pending::<()>().await;
            });
            drop(scheduler);
            assert!(wait(task).unwrap_err().is_cancelled());
            other.join().unwrap();
        });
        assert!(drops.iter().all(|drops| drops.load(SeqCst) == 1));
    });
}

/// Two seats are retired by two threads: whoever is last touches both desks.
#[test]
fn the_last_seat_is_retired() {
    explore(1, || {
        let scheduler = start(2);
        watch(|| {
            let task = spawn(scheduler.handle(), async {});
            drop(scheduler);
            if let Err(error) = wait(task) {
                assert!(error.is_cancelled());
            }
        });
    });
}

/// A waker is called while the scheduler ends, and pushes its entry late.
#[test]
fn a_late_wake_against_the_shutdown() {
    explore(3, || {
        let scheduler = start(1);
        let socket = Socket::new();
        let task = spawn(scheduler.handle(), Socket::read(&socket));
        wait(spawn(scheduler.handle(), async {})).unwrap();
        watch(|| {
            let other = thread::spawn(move || socket.call());
            drop(scheduler);
            if let Err(error) = wait(task) {
                assert!(error.is_cancelled());
            }
            other.join().unwrap();
        });
    });
}

/// The last that is left of a task, a waker, goes while the scheduler ends: one of the two lets go of
/// the scheduler's memory, and the other does not touch it any more.
#[test]
fn the_last_waker_goes_while_the_scheduler_ends() {
    explore(3, || {
        let scheduler = solo();
        let socket = Socket::new();
        // Made at the seat, and freed elsewhere.
        let (handle, reads) = (scheduler.handle().clone(), Socket::read(&socket));
        let outer = spawn(scheduler.handle(), async move { drop(spawn(&handle, reads)) });
        scheduler.handle().block_on(outer).unwrap();
        scheduler.handle().block_on(yield_now());
        let waker = socket.take_reader().unwrap();
        watch(|| {
            let other = thread::spawn(move || drop(waker));
            drop(scheduler);
            other.join().unwrap();
        });
    });
}

/// A task is spawned while the last one goes, and with it the scheduler. It is cancelled, whether it
/// still has a scheduler or not, and is freed after everything else.
#[test]
fn a_spawn_while_the_last_task_goes() {
    explore(3, || {
        let scheduler = solo();
        let handle = scheduler.handle().clone();
        let drops = Arc::new(AtomicUsize::new(0));
        let dropped = Dropped(drops.clone());
        watch(|| {
            let other = thread::spawn(move || {
                let task = spawn(&handle, async move { drop(dropped) });
                drop(handle);
                assert!(wait(task).unwrap_err().is_cancelled());
            });
            drop(scheduler);
            other.join().unwrap();
        });
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// The scheduler ends under a thread in `block_on`, which may be helping.
#[test]
fn a_shutdown_against_a_helper() {
    explore(2, || {
        let scheduler = start(1);
        let handle = scheduler.handle().clone();
        watch(|| {
            let root = thread::spawn(move || {
                if let Err(error) = handle.block_on(spawn(&handle, yield_now())) {
                    assert!(error.is_cancelled());
                }
            });
            drop(scheduler);
            root.join().unwrap();
        });
    });
}
