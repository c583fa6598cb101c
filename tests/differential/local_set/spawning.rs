//! Where `spawn_local` spawns, and where it does not.

use super::rt;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::{LocalSet, spawn_local, yield_now};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

pub(crate) const CASES: &[Case] = cases![
    both: spawn_from_a_local_task, spawn_local_outside_panics, spawn_local_in_a_spawned_task_panics,
        spawn_local_in_a_blocking_job_panics, spawned_tasks_are_not_in_the_set, enter_names_the_set,
        guards_nest, enter_outside_of_a_runtime, nested_sets, two_sets_in_turns,
        a_set_in_a_local_task_of_another, ids_and_names, debug_texts;
];

fn spawn_from_a_local_task(flavour: Flavour, log: &Log) {
    fn deeper(log: Log, depth: u32) -> Pin<Box<dyn Future<Output = u32>>> {
        Box::pin(async move {
            log.note(depth);
            if depth == 5 { depth } else { spawn_local(deeper(log, depth + 1)).await.unwrap() * 2 }
        })
    }
    run(flavour, async {
        let set = LocalSet::new();
        log.note(set.run_until(async { spawn_local(deeper(log.clone(), 0)).await.unwrap() }).await);
    });
}

fn spawn_local_outside_panics(flavour: Flavour, log: &Log) {
    log.note_panic(|| spawn_local(async {}));
    run(flavour, async {
        log.note_text(|| spawn_local(async {}));
        let set = LocalSet::new();
        set.run_until(async {}).await;
        log.note_text(|| spawn_local(async {}));
        drop(set.enter());
        log.note_text(|| spawn_local(async {}));
    });
    let runtime = runtime(flavour);
    let _guard = runtime.enter();
    log.note_text(|| spawn_local(async {}));
}

fn spawn_local_in_a_spawned_task_panics(flavour: Flavour, log: &Log) {
    let theirs = log.clone();
    let runtime = runtime(flavour);
    // Polled by nobody but the runtime: not within the set that happens to run on the same thread.
    LocalSet::new().block_on(&runtime, async move {
        let task = rt::spawn(async move { theirs.note_text(|| spawn_local(async {})) });
        task.await.unwrap();
    });
}

fn spawn_local_in_a_blocking_job_panics(flavour: Flavour, log: &Log) {
    let theirs = log.clone();
    let runtime = runtime(flavour);
    LocalSet::new().block_on(&runtime, async move {
        let job = move || theirs.note_text(|| spawn_local(async {}));
        rt::task::spawn_blocking(job).await.unwrap();
    });
}

fn spawned_tasks_are_not_in_the_set(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = rt::sync::oneshot::channel::<()>();
        let set = LocalSet::new();
        let task = set.run_until(async { rt::spawn(receiver) }).await;
        drop(set);
        sender.send(()).unwrap();
        log.note(format!("{:?}", task.await));
    });
}

fn enter_names_the_set(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = LocalSet::new();
    let task = {
        let _guard = set.enter();
        let log = log.clone();
        spawn_local(async move { log.note("runs") })
    };
    log.note("not yet");
    set.block_on(&runtime, task).unwrap();
}

fn guards_nest(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (one, two) = (LocalSet::new(), LocalSet::new());
    let note = |name: &'static str| {
        let log = log.clone();
        async move { log.note(name) }
    };
    let first = one.enter();
    spawn_local(note("one"));
    let second = two.enter();
    spawn_local(note("two"));
    drop(second);
    spawn_local(note("one again"));
    drop(first);
    log.note_panic(|| spawn_local(async {}));
    runtime.block_on(two);
    runtime.block_on(one);
    // Inside of a set that runs, the guard counts.
    let (outer, inner) = (LocalSet::new(), LocalSet::new());
    outer.block_on(&runtime, async {
        {
            let _guard = inner.enter();
            spawn_local(note("inner"));
        }
        spawn_local(note("outer"));
        yield_now().await;
        log.note("and then");
        inner.await;
    });
}

fn enter_outside_of_a_runtime(flavour: Flavour, log: &Log) {
    let set = LocalSet::new();
    let _guard = set.enter();
    let task = spawn_local(async { rt::runtime::Handle::try_current().is_ok() });
    log.note(task.is_finished());
    log.note(runtime(flavour).block_on(set.run_until(task)).unwrap());
}

fn nested_sets(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (outer, inner) = (LocalSet::new(), LocalSet::new());
        let note = |name: &'static str| {
            let log = log.clone();
            async move { log.note(name) }
        };
        outer
            .run_until(async {
                spawn_local(note("outer"));
                inner
                    .run_until(async {
                        spawn_local(note("inner")).await.unwrap();
                        log.note("inner done");
                    })
                    .await;
                spawn_local(note("outer again")).await.unwrap();
            })
            .await;
    });
}

fn two_sets_in_turns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (one, two) = (LocalSet::new(), LocalSet::new());
        let (there, back) = (Rc::new(rt::sync::Notify::new()), Rc::new(rt::sync::Notify::new()));
        let (there2, back2) = (Rc::clone(&there), Rc::clone(&back));
        let log2 = log.clone();
        let ping = one.spawn_local(async move {
            for _ in 0..3 {
                there.notify_one();
                back.notified().await;
                log2.note("ping");
            }
        });
        let log2 = log.clone();
        let pong = two.spawn_local(async move {
            for _ in 0..3 {
                there2.notified().await;
                log2.note("pong");
                back2.notify_one();
            }
        });
        let (ping, pong) = rt::join!(one.run_until(ping), two.run_until(pong));
        log.note(format!("{ping:?} {pong:?}"));
    });
}

fn a_set_in_a_local_task_of_another(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let outer = LocalSet::new();
        let task = outer.spawn_local(async {
            let inner = LocalSet::new();
            let sum = inner
                .run_until(async {
                    let mut sum = 0;
                    for n in 0..10 {
                        sum += spawn_local(async move {
                            yield_now().await;
                            n
                        })
                        .await
                        .unwrap();
                    }
                    sum
                })
                .await;
            spawn_local(async move { sum + 1 }).await.unwrap()
        });
        log.note(format!("{:?}", outer.run_until(task).await));
    });
}

fn ids_and_names(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(async { (rt::task::id(), rt::task::try_id().is_some()) });
        let id = task.id();
        let (inside, some) = set.run_until(task).await.unwrap();
        log.note(format!("{} {some}", inside == id));
        // The future of `run_until` is no task.
        set.run_until(async { log.note(format!("{:?}", rt::task::try_id())) }).await;
        let other = LocalSet::new();
        log.note(format!("{} {}", set.id() == set.id(), set.id() == other.id()));
        log.note(log.without_ids(&set.id()));
        log.note(log.without_ids(&format!("{:?}", set.id())));
    });
}

fn debug_texts(_: Flavour, log: &Log) {
    let set = LocalSet::new();
    log.note(format!("{set:?} {:?}", set.enter()));
    log.note(format!("{:?}", LocalSet::default()));
}
