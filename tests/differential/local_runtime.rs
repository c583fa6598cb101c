//! `LocalRuntime`.

use super::rt;
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::{Builder, LocalOptions, LocalRuntime, RuntimeFlavor};
use rt::task::{LocalSet, spawn_local, yield_now};
use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    current_thread: local_tasks_run, spawn_local_before_block_on, entered_is_enough,
        spawned_tasks_may_spawn_local, a_set_within, another_thread_may_not_spawn_local,
        another_thread_spawns_and_wakes, dropped_with_all_tasks, shut_down_with_a_limit, builders,
        options_and_flavour, two_at_once, block_on_within_panics, blocking_jobs, dropped_in_async_code;
];

struct Noted(Log, &'static str, thread::ThreadId);

impl Noted {
    fn new(log: &Log, name: &'static str) -> Self {
        Self(log.clone(), name, thread::current().id())
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let at_home = self.2 == thread::current().id();
        let in_context = rt::runtime::Handle::try_current().is_ok();
        self.0.note(format!("{} dropped, at home: {at_home}, in context: {in_context}", self.1));
    }
}

async fn held(noted: Noted) {
    let _noted = noted;
    pending::<()>().await;
}

fn local_tasks_run(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let shared = Rc::new(Cell::new(1));
    let own = Rc::clone(&shared);
    let output = runtime.block_on(async move {
        let inner = Rc::clone(&own);
        let task = spawn_local(async move {
            rt::time::sleep(Duration::from_millis(1)).await;
            inner.set(inner.get() + 1);
            spawn_local(async move { inner.get() * 10 }).await
        });
        task.await.unwrap().unwrap() + own.get()
    });
    log.note(format!("{output} {}", shared.get()));
}

fn spawn_local_before_block_on(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let theirs = log.clone();
    let task = runtime.spawn_local(async move { theirs.note("runs") });
    log.note("not yet");
    log.note(format!("{:?}", runtime.block_on(task)));
}

fn entered_is_enough(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    log.note_panic(|| spawn_local(async {}));
    let task = {
        let _guard = runtime.enter();
        spawn_local(async { Rc::new(4) })
    };
    log.note(format!("{:?}", runtime.block_on(task)));
}

fn spawned_tasks_may_spawn_local(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let home = thread::current().id();
    let output = runtime.block_on(async {
        let task = rt::spawn(async move {
            let (sender, receiver) = rt::sync::oneshot::channel();
            spawn_local(async move {
                let _local = Rc::new(1);
                yield_now().await;
                let _ = sender.send(thread::current().id() == home);
            });
            receiver.await
        });
        task.await
    });
    log.note(format!("{output:?}"));
}

fn a_set_within(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    runtime.block_on(async {
        let set = LocalSet::new();
        // It is the runtime that spawns, even here; so the set has nothing to run.
        let task = set.run_until(async { spawn_local(async { 3 }) }).await;
        drop(set);
        log.note(format!("{:?}", task.await));
        let set = LocalSet::new();
        let task = set.spawn_local(async { 4 });
        set.await;
        log.note(format!("{:?}", task.await));
    });
}

fn another_thread_may_not_spawn_local(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let (handle, theirs) = (runtime.handle().clone(), log.clone());
    thread::spawn(move || {
        let _guard = handle.enter();
        let spawned = std::panic::catch_unwind(|| drop(spawn_local(async {})));
        theirs.note(crate::harness::message(&*spawned.unwrap_err()));
    })
    .join()
    .unwrap();
    let theirs = log.clone();
    runtime.block_on(async move {
        let job = rt::task::spawn_blocking(move || {
            let spawned = std::panic::catch_unwind(|| drop(spawn_local(async {})));
            theirs.note(crate::harness::message(&*spawned.unwrap_err()));
        });
        job.await.unwrap();
    });
}

fn another_thread_spawns_and_wakes(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let handle = runtime.handle().clone();
    let home = thread::current().id();
    for _ in 0..100 {
        let handle = handle.clone();
        let (sender, receiver) = rt::sync::oneshot::channel();
        let other = thread::spawn(move || {
            handle.spawn(async move { sender.send(thread::current().id() == home) })
        });
        let output = runtime.block_on(async { spawn_local(receiver).await.unwrap().unwrap() });
        assert!(output);
        let task = other.join().unwrap();
        assert_eq!(runtime.block_on(task).unwrap(), Ok(()));
    }
    let task = runtime.spawn_local(held(Noted::new(log, "aborted")));
    runtime.block_on(yield_now());
    let abort = task.abort_handle();
    thread::spawn(move || abort.abort()).join().unwrap();
    log.note(runtime.block_on(task).unwrap_err().is_cancelled());
}

fn dropped_with_all_tasks(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let slept = runtime.spawn_local(held(Noted::new(log, "slept")));
    runtime.block_on(yield_now());
    drop(runtime);
    log.note("the runtime is gone");
    log.note(slept.is_finished());
    let runtime = LocalRuntime::new().unwrap();
    let fresh = runtime.spawn_local(held(Noted::new(log, "fresh")));
    drop(runtime);
    log.note(fresh.is_finished());
    let runtime = LocalRuntime::new().unwrap();
    let sent = runtime.handle().spawn(held(Noted::new(log, "sent")));
    runtime.block_on(yield_now());
    drop(runtime);
    log.note(sent.is_finished());
}

fn shut_down_with_a_limit(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let task = runtime.spawn_local(held(Noted::new(log, "limit")));
    runtime.block_on(yield_now());
    runtime.shutdown_timeout(Duration::from_secs(5));
    log.note(task.is_finished());
    let runtime = LocalRuntime::new().unwrap();
    let task = runtime.spawn_local(held(Noted::new(log, "background")));
    runtime.block_on(yield_now());
    runtime.shutdown_background();
    log.note(task.is_finished());
}

fn builders(_: Flavour, log: &Log) {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default());
    let runtime = runtime.unwrap();
    runtime.block_on(async {
        let begin = rt::time::Instant::now();
        spawn_local(rt::time::sleep(Duration::from_secs(3600))).await.unwrap();
        log.note(begin.elapsed() >= Duration::from_secs(3600));
    });
    let mut builder = Builder::new_multi_thread();
    let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        builder.build_local(LocalOptions::default()).is_ok()
    }));
    log.note(crate::harness::message(&*built.unwrap_err()));
}

fn options_and_flavour(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    log.note(runtime.handle().runtime_flavor() == RuntimeFlavor::CurrentThread);
    log.note(runtime.metrics().num_workers());
    log.note(
        runtime.block_on(async { rt::runtime::Handle::current().id() }) == runtime.handle().id(),
    );
}

fn two_at_once(_: Flavour, log: &Log) {
    let (one, two) = (LocalRuntime::new().unwrap(), LocalRuntime::new().unwrap());
    let (first, second) = {
        let _one = one.enter();
        let first = spawn_local(async { rt::runtime::Handle::current().id() });
        let _two = two.enter();
        (first, spawn_local(async { rt::runtime::Handle::current().id() }))
    };
    log.note(one.block_on(first).unwrap() == one.handle().id());
    drop(one);
    log.note(two.block_on(second).unwrap() == two.handle().id());
    log.note(two.block_on(async { spawn_local(async { 1 }).await.unwrap() }));
}

fn block_on_within_panics(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let other = LocalRuntime::new().unwrap();
    runtime.block_on(async {
        log.note_panic(|| other.block_on(async {}));
        log.note_panic(|| runtime.block_on(async {}));
    });
}

fn blocking_jobs(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let job = runtime.spawn_blocking(|| rt::runtime::Handle::current().id());
    log.note(runtime.block_on(job).unwrap() == runtime.handle().id());
    let inner = runtime.block_on(async {
        spawn_local(async { rt::task::spawn_blocking(|| 6).await.unwrap() + 1 }).await
    });
    log.note(format!("{inner:?}"));
}

fn dropped_in_async_code(_: Flavour, log: &Log) {
    let runtime = LocalRuntime::new().unwrap();
    let inner = LocalRuntime::new().unwrap();
    let task = inner.spawn_local(held(Noted::new(log, "inner")));
    runtime.block_on(async {
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(inner)));
        log.note(crate::harness::message(&*dropped.unwrap_err()));
        log.note(task.await.unwrap_err().is_cancelled());
    });
}
