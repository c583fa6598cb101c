//! Who drives a set, how far, and on which runtime.

use super::rt;
use super::setup::{builder, run, runtime};
use super::{Noted, held};
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::Bell;
use rt::task::{LocalSet, spawn_local, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: run_until_runs_tasks, block_on_runs_tasks, awaiting_the_set_runs_all, an_empty_set_is_ready,
        tasks_begin_in_the_order_of_their_spawns, run_until_leaves_tasks_for_later, run_until_cancelled,
        run_until_with_a_ready_future, sixty_one_tasks_a_poll, poll_counts, a_set_polled_by_hand,
        block_on_within_panics, a_set_is_used_again, one_set_on_two_runtimes, the_runtime_goes_first;
];

fn run_until_runs_tasks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let text = Rc::new(RefCell::new(String::new()));
        let output = set
            .run_until(async {
                let own = Rc::clone(&text);
                let task = spawn_local(async move {
                    own.borrow_mut().push_str("task");
                    7
                });
                text.borrow_mut().push_str("main ");
                task.await
            })
            .await;
        log.note(format!("{output:?} {}", text.borrow()));
    });
}

fn block_on_runs_tasks(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = LocalSet::default();
    let home = thread::current().id();
    let before = set.spawn_local(async move { thread::current().id() == home });
    let output = set.block_on(&runtime, async {
        let inner = spawn_local(async move { thread::current().id() == home });
        (before.await.unwrap(), inner.await.unwrap())
    });
    log.note(format!("{output:?}"));
}

fn awaiting_the_set_runs_all(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        for n in [3_u64, 1, 2] {
            let log = log.clone();
            set.spawn_local(async move {
                for _ in 0..n {
                    yield_now().await;
                }
                log.note(n);
                if n == 3 {
                    spawn_local(async move { log.note("late") });
                }
            });
        }
        set.await;
        log.note("all");
    });
}

fn an_empty_set_is_ready(flavour: Flavour, log: &Log) {
    run(flavour, async {
        LocalSet::new().await;
        let mut set = LocalSet::new();
        (&mut set).await;
        (&mut set).await;
        set.spawn_local(async {});
        (&mut set).await;
        log.note("ready");
    });
}

fn tasks_begin_in_the_order_of_their_spawns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let notify = Rc::new(rt::sync::Notify::new());
        let note = |name: &'static str| {
            let (log, notify) = (log.clone(), Rc::clone(&notify));
            async move {
                log.note(name);
                notify.notified().await;
                log.note(format!("{name} again"));
            }
        };
        set.spawn_local(note("a"));
        set.spawn_local(note("b"));
        set.run_until(async {
            log.note("main");
            spawn_local(note("c"));
            let last = set.spawn_local(note("d"));
            yield_now().await;
            log.note("main again");
            notify.notify_waiters();
            last.await.unwrap();
        })
        .await;
    });
}

fn run_until_leaves_tasks_for_later(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let (sender, receiver) = rt::sync::oneshot::channel::<()>();
        let task = set
            .run_until(async {
                let task = spawn_local(async { receiver.await.is_ok() });
                yield_now().await;
                task
            })
            .await;
        log.note(task.is_finished());
        sender.send(()).unwrap();
        yield_now().await;
        log.note(task.is_finished());
        log.note(format!("{:?}", set.run_until(task).await));
    });
}

fn run_until_cancelled(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let noted = Noted::new(log, "task");
        let (sender, receiver) = rt::sync::oneshot::channel();
        let task = set.spawn_local(async move {
            let _noted = noted;
            receiver.await
        });
        let main = held(Noted::new(log, "main"));
        let late = rt::time::timeout(Duration::from_millis(1), set.run_until(main)).await;
        log.note(format!("{late:?} {}", task.is_finished()));
        sender.send("ended").unwrap();
        log.note(format!("{:?}", set.run_until(task).await));
    });
}

fn run_until_with_a_ready_future(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let theirs = log.clone();
        set.spawn_local(async move { theirs.note("task") });
        set.run_until(async { log.note("main") }).await;
        log.note("after");
        set.run_until(yield_now()).await;
    });
}

fn sixty_one_tasks_a_poll(_: Flavour, log: &Log) {
    for count in [0, 1, 60, 61, 62, 122, 123, 200] {
        let mut set = LocalSet::new();
        let ran = Rc::new(Cell::new(0));
        for _ in 0..count {
            let ran = Rc::clone(&ran);
            set.spawn_local(async move { ran.set(ran.get() + 1) });
        }
        let wakes = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let mut seen = Vec::new();
        loop {
            let polled = Pin::new(&mut set).poll(&mut Context::from_waker(&waker));
            seen.push((ran.get(), wakes.take()));
            if polled.is_ready() {
                break;
            }
        }
        log.note(format!("{count}: {seen:?}"));
    }
}

fn poll_counts(_: Flavour, log: &Log) {
    // Who is woken when, with a waker that counts.
    let mut set = LocalSet::new();
    let wakes = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let (sender, receiver) = rt::sync::oneshot::channel::<u8>();
    let task = set.spawn_local(receiver);
    log.note(format!("{:?}", Pin::new(&mut set).poll(&mut cx)));
    log.note(wakes.take());
    sender.send(3).unwrap();
    log.note(format!("woken: {}", wakes.take() > 0));
    log.note(format!("{:?}", Pin::new(&mut set).poll(&mut cx)));
    log.note(format!("{} {}", task.is_finished(), wakes.take()));
    // A spawn wakes who has polled last.
    let _guard = set.enter();
    spawn_local(pending::<()>());
    drop(_guard);
    log.note(format!("{:?}", Pin::new(&mut set).poll(&mut cx)));
    set.spawn_local(async {});
    log.note(format!("woken: {}", wakes.take() > 0));
}

fn a_set_polled_by_hand(flavour: Flavour, log: &Log) {
    let set = LocalSet::new();
    let theirs = log.clone();
    set.spawn_local(async move {
        theirs.note(rt::runtime::Handle::try_current().is_ok());
        yield_now().await;
        theirs.note("second poll");
    });
    let mut driving = pin!(set.run_until(pending::<()>()));
    for _ in 0..3 {
        log.note(format!("{:?}", driving.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
    }
    drop(driving);
    let _ = flavour;
}

fn block_on_within_panics(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    let theirs = log.clone();
    LocalSet::new().block_on(&runtime, async {
        let task = spawn_local(async move { theirs.note_panic(|| handle.block_on(async {})) });
        task.await.unwrap();
        log.note_text(|| LocalSet::new().block_on(&runtime, async {}));
    });
}

fn a_set_is_used_again(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let mut set = LocalSet::new();
    for n in 0..3 {
        let theirs = log.clone();
        set.spawn_local(async move {
            yield_now().await;
            theirs.note(n);
        });
        runtime.block_on(&mut set);
        log.note(set.block_on(&runtime, async { spawn_local(async { 1 }).await.unwrap() }));
    }
}

fn one_set_on_two_runtimes(flavour: Flavour, log: &Log) {
    let (one, two) = (runtime(flavour), builder(flavour).build().unwrap());
    let set = LocalSet::new();
    let current = || rt::runtime::Handle::current().id();
    let (first, second) = (one.handle().id(), two.handle().id());
    set.block_on(&one, async {
        log.note(spawn_local(async move { current() == first }).await.unwrap());
    });
    let task = set.spawn_local(async move {
        rt::time::sleep(Duration::from_millis(1)).await;
        current() == second
    });
    log.note(set.block_on(&two, task).unwrap());
}

fn the_runtime_goes_first(flavour: Flavour, log: &Log) {
    let set = LocalSet::new();
    let first = runtime(flavour);
    let (sender, receiver) = rt::sync::oneshot::channel();
    let task = set.block_on(&first, async {
        let task = spawn_local(receiver);
        yield_now().await;
        task
    });
    drop(first);
    log.note(task.is_finished());
    sender.send(7).unwrap();
    log.note(format!("{:?}", set.block_on(&runtime(flavour), task)));
}
