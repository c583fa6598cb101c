//! From where to spawn, and what.

use super::Loud;
use super::rt;
use super::rt::sync::oneshot;
use super::rt::task;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use std::future::{Future, pending};
use std::pin::Pin;

pub(crate) const CASES: &[Case] = cases![
    both: runs_without_a_handle, outside_of_a_runtime, nested_spawns, spawn_from_a_destructor,
        spawn_from_a_job, large_future, detached_panics_are_silent;
    current_thread: runs_in_order;
];

fn runs_without_a_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel();
        drop(task::spawn(async move {
            task::yield_now().await;
            send.send(5).unwrap();
        }));
        log.note(receive.await.unwrap());
    });
}

fn outside_of_a_runtime(_: Flavour, log: &Log) {
    log.note_panic(|| rt::spawn(async {}));
    log.note_panic(|| task::spawn(async {}));
    log.note_panic(|| task::spawn_blocking(|| ()));
    log.note_panic(|| {
        let loud = Loud::new(log, "future");
        task::spawn(async move { drop(loud) })
    });
}

fn nested_spawns(flavour: Flavour, log: &Log) {
    fn tree(depth: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move {
            if depth == 0 {
                return 1;
            }
            let (left, right) = (task::spawn(tree(depth - 1)), task::spawn(tree(depth - 1)));
            left.await.unwrap() + right.await.unwrap()
        })
    }
    run(flavour, async { log.note(task::spawn(tree(8)).await.unwrap()) });
}

fn spawn_from_a_destructor(flavour: Flavour, log: &Log) {
    struct Spawns(Option<oneshot::Sender<u8>>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            let send = self.0.take().unwrap();
            task::spawn(async move { send.send(5) });
        }
    }
    run(flavour, async {
        for abort in [false, true] {
            let (send, receive) = oneshot::channel();
            let spawns = Spawns(Some(send));
            let task = task::spawn(async move {
                let _spawns = spawns;
                if abort {
                    pending::<()>().await;
                }
            });
            if abort {
                task.abort();
            }
            log.note(receive.await.unwrap());
        }
    });
}

fn spawn_from_a_job(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = task::spawn_blocking(|| task::spawn(async { 5 }));
        log.note(format!("{:?}", job.await.unwrap().await));
        let job = task::spawn_blocking(|| task::spawn_blocking(|| 6));
        log.note(format!("{:?}", job.await.unwrap().await));
    });
}

fn large_future(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let large = [7_u8; 40_000];
        let task = task::spawn(async move {
            task::yield_now().await;
            large.iter().map(|&n| u32::from(n)).sum::<u32>()
        });
        log.note(task.await.unwrap());
        let output = task::spawn(async { [1_u8; 50_000] }).await.unwrap();
        log.note(output.len());
        let job = task::spawn_blocking(move || large.len());
        log.note(job.await.unwrap());
    });
}

fn detached_panics_are_silent(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for _ in 0..10 {
            drop(task::spawn(async { panic!("nobody hears") }));
        }
        for _ in 0..10 {
            task::yield_now().await;
        }
        log.note(task::spawn(async { "goes on" }).await.unwrap());
    });
}

fn runs_in_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tasks: Vec<_> = (0..5)
            .map(|n| {
                let log = log.clone();
                task::spawn(async move { log.note(n) })
            })
            .collect();
        log.note("spawned");
        for task in tasks {
            task.await.unwrap();
        }
    });
}
