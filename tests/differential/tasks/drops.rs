//! When futures and outputs are dropped, and what becomes of a panic in there.

use super::rt::sync::oneshot;
use super::rt::task::{self, JoinError, JoinHandle};
use super::setup::{run, runtime};
use super::{Bomb, Loud, ended, note_error};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::task::Poll;

pub(crate) const CASES: &[Case] = cases![
    both: future_dropped_before_the_end_is_seen, output_dropped_with_the_handle,
        panic_in_the_futures_destructor, panic_in_the_futures_destructor_after_its_end,
        panic_in_an_aborted_futures_destructor, panic_in_an_outputs_destructor, panic_in_both,
        panic_payload_with_a_panicking_destructor;
    current_thread: output_dropped_without_a_handle, drop_order_of_a_runtime;
];

fn future_dropped_before_the_end_is_seen(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let held = Arc::new(());
        for how in ["ends", "panics", "is aborted"] {
            let theirs = Arc::clone(&held);
            let task = task::spawn(async move {
                let _theirs = theirs;
                match how {
                    "ends" => {}
                    "panics" => panic!("on purpose"),
                    _ => pending().await,
                }
            });
            if how == "is aborted" {
                task.abort();
            }
            let _ = task.await;
            log.note(Arc::strong_count(&held));
        }
    });
}

fn output_dropped_with_the_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud::new(log, "output");
        let task = task::spawn(async { loud });
        let abort = task.abort_handle();
        ended(&abort).await;
        log.note("before");
        drop(task);
        log.note("after");
        drop(abort);
    });
}

fn output_dropped_without_a_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (go, wait) = oneshot::channel::<()>();
        let loud = Loud::new(log, "output");
        let task = task::spawn(async {
            wait.await.unwrap();
            loud
        });
        let abort = task.abort_handle();
        drop(task);
        log.note("detached");
        go.send(()).unwrap();
        ended(&abort).await;
        log.note("ended");
    });
}

fn panic_in_the_futures_destructor(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async {
            let _bomb = Bomb("from the destructor");
            task::yield_now().await;
        });
        note_error(log, &task.await.unwrap_err());
    });
}

/// The future is done, and goes off when it is dropped.
fn panic_in_the_futures_destructor_after_its_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let bomb = Bomb("from the destructor");
        let task = task::spawn(poll_fn(move |_| {
            let _ = &bomb;
            Poll::Ready(5)
        }));
        note_error(log, &task.await.unwrap_err());
    });
}

fn panic_in_an_aborted_futures_destructor(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for polled in [false, true] {
            let bomb = Bomb("from the destructor");
            let task = task::spawn(async move {
                let _bomb = bomb;
                pending::<()>().await;
            });
            if polled {
                task::yield_now().await;
            }
            task.abort();
            let error = task.await.unwrap_err();
            note_error(log, &error);
        }
    });
}

fn panic_in_an_outputs_destructor(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async { Bomb("output") });
        let abort = task.abort_handle();
        ended(&abort).await;
        log.note_panic(|| drop(task));
        // Without a handle.
        let (go, wait) = oneshot::channel::<()>();
        let task = task::spawn(async {
            wait.await.unwrap();
            Bomb("output")
        });
        let abort = task.abort_handle();
        drop(task);
        go.send(()).unwrap();
        ended(&abort).await;
        // Taken.
        let output = task::spawn(async { Bomb("output") }).await;
        log.note_panic(|| drop(output));
    });
}

fn panic_in_both(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let bomb = Bomb("the second");
        let mut polled = false;
        let task = task::spawn(poll_fn(move |_| {
            let _ = (&bomb, &mut polled);
            if true {
                panic!("the first");
            }
            Poll::Ready(())
        }));
        note_error(log, &task.await.unwrap_err());
        log.note(task::spawn(async { "goes on" }).await.unwrap());
    });
}

fn panic_payload_with_a_panicking_destructor(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async { std::panic::panic_any(Bomb("payload")) });
        let error: JoinError = task.await.map(|(): ()| ()).unwrap_err();
        note_error(log, &error);
        log.note_panic(|| drop(error));
        let task = task::spawn(async { std::panic::panic_any(Bomb("payload")) });
        let abort = task.abort_handle();
        ended(&abort).await;
        log.note_panic(|| drop::<JoinHandle<()>>(task));
        log.note(task::spawn(async { "goes on" }).await.unwrap());
    });
}

/// Each is dropped once; the order is nobody's promise.
fn drop_order_of_a_runtime(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let held = Arc::new(());
    let tasks: Vec<_> = (0..10)
        .map(|n| {
            let theirs = Arc::clone(&held);
            first.spawn(async move {
                let _theirs = theirs;
                if n % 2 == 0 {
                    pending::<()>().await;
                }
                loop {
                    task::yield_now().await;
                }
            })
        })
        .collect();
    first.block_on(task::yield_now());
    log.note(Arc::strong_count(&held));
    drop(first);
    log.note(Arc::strong_count(&held));
    log.note(tasks.iter().all(JoinHandle::is_finished));
}
