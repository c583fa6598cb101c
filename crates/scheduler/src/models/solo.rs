//! Without threads: one seat, and whoever is in `block_on`.

use super::socket::Socket;
use super::{explore, solo, spawn, watch};
use handcrank_task::primitives::thread;
use std::future::pending;

/// Without threads: two in `block_on`, one seat.
#[test]
fn two_threads_share_the_only_seat() {
    explore(3, || {
        let scheduler = solo();
        let handle = scheduler.handle().clone();
        watch(|| {
            let other = thread::spawn(move || handle.block_on(spawn(&handle, async {})).unwrap());
            let handle = scheduler.handle();
            handle.block_on(spawn(handle, async {})).unwrap();
            other.join().unwrap();
        });
    });
}

/// Without threads: a wake from elsewhere, for a task or for the root, meets the sleep.
#[test]
fn a_wake_against_the_sleep_with_the_seat() {
    explore(4, || {
        let (first, second) = (Socket::new(), Socket::new());
        let scheduler = solo();
        let handle = scheduler.handle();
        watch(|| {
            let other = {
                let (first, second) = (first.clone(), second.clone());
                thread::spawn(move || {
                    first.call();
                    second.call();
                })
            };
            handle.block_on(async {
                spawn(handle, Socket::read(&first)).await.unwrap();
                Socket::read(&second).await;
            });
            other.join().unwrap();
        });
    });
}

/// Without threads: the end comes from another thread than the one that holds the seat.
#[test]
fn a_shutdown_against_the_only_seat() {
    explore(4, || {
        let scheduler = solo();
        let handle = scheduler.handle().clone();
        watch(|| {
            let root = thread::spawn(move || {
                if let Err(error) = handle.block_on(spawn(&handle, pending::<()>())) {
                    assert!(error.is_cancelled());
                }
            });
            drop(scheduler);
            root.join().unwrap();
        });
    });
}
