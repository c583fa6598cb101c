//! Runtimes: builders, handles, contexts, `block_on`.

use super::rt;
use super::setup::{builder, run, runtime};
use crate::harness::{Case, Flavour, Log, cases, message};
use rt::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use rt::task::yield_now;
use std::collections::HashSet;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: block_on_returns, block_on_passes_a_panic_on, block_on_within, block_on_a_future_that_is_not_send,
        block_on_again, block_on_from_several_threads, block_on_after_a_panic, handle_block_on_from_a_thread,
        no_context, context_comes_and_goes, context_of_spawned_things, context_of_destructors,
        guards_in_order, guards_out_of_order, guards_of_two_runtimes, guard_outlives_the_borrow,
        enter_allows_no_blocking_check, flavours, names, ids, handles_are_cheap, errors_of_try_current,
        settings_that_panic, names_of_threads, a_default_name, spawn_from_outside,
        spawn_before_block_on, drop_within, drop_within_enter, drop_in_a_task, drop_elsewhere,
        runtime_in_a_runtime, main_task_is_no_task, debug_texts, metrics_workers, metrics_tasks,
        metrics_queue, metrics_busy, metrics_of_a_worker_too_many, try_current_in_a_thread_local,
        without_drivers, worker_of_a_current_thread, worker_numbers, a_runtime_to_leak;
    current_thread: all_on_one_thread, tasks_wait_for_block_on, intervals, current_thread_metrics_park;
    multi_thread: tasks_go_on_without_block_on, workers_have_a_context, start_paused_needs_one_thread,
        parallel;
];

fn block_on_returns(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note(runtime.block_on(async { 1 }));
    log.note(runtime.block_on(std::future::ready("ready")));
    let text = String::from("borrowed");
    log.note(runtime.block_on(async { &*text }));
    log.note(runtime.block_on(Box::pin(async { "boxed" })));
}

fn block_on_passes_a_panic_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note_panic(|| runtime.block_on(async { panic!("in the root") }));
    log.note_panic(|| {
        runtime.block_on(async {
            yield_now().await;
            panic!("later")
        })
    });
    log.note_panic(|| runtime.handle().block_on(async { panic!("by the handle") }));
    log.note(format!("{:?}", Handle::try_current().is_err()));
}

fn block_on_after_a_panic(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note_panic(|| {
        runtime.block_on(async {
            rt::spawn(async { yield_now().await });
            panic!("boom")
        })
    });
    log.note(format!("{:?}", runtime.block_on(async { rt::spawn(async { 2 }).await })));
}

/// Notes the text of a panic only: where Tokio blames a line of its own, Handcrank blames the caller's.
fn note_text(log: &Log, f: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("a panic");
    log.note(message(&*payload));
}

fn block_on_within(flavour: Flavour, log: &Log) {
    let outer = runtime(flavour);
    let inner = Arc::new(runtime(flavour));
    outer.block_on(async {
        note_text(log, || inner.block_on(async {}));
        log.note_panic(|| inner.handle().block_on(async {}));
        note_text(log, || outer.block_on(async {}));
        log.note_panic(|| Handle::current().block_on(async {}));
        let (theirs, handle) = (log.clone(), inner.handle().clone());
        let task = rt::spawn(async move {
            theirs.note_panic(|| handle.block_on(async {}));
            theirs.note_panic(|| Handle::current().block_on(async {}));
        });
        task.await.unwrap();
        // The context is what it was.
        log.note(Handle::current().id() == outer.handle().id());
    });
    log.note(inner.block_on(async { "not at the same time" }));
}

fn block_on_a_future_that_is_not_send(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let count = std::rc::Rc::new(std::cell::Cell::new(0));
    let here = thread::current().id();
    runtime.block_on(async {
        for _ in 0..100 {
            count.set(count.get() + 1);
            yield_now().await;
            assert_eq!(here, thread::current().id());
        }
    });
    log.note(count.get());
}

fn block_on_again(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = rt::sync::oneshot::channel();
    let task = runtime.block_on(async { rt::spawn(async { receive.await.unwrap() }) });
    log.note(task.is_finished());
    log.note(format!("{:?}", send.send(5)));
    log.note(format!("{:?}", runtime.block_on(task)));
}

fn block_on_from_several_threads(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (sends, receives): (Vec<_>, Vec<_>) = (0..4).map(|_| rt::sync::oneshot::channel()).unzip();
    thread::scope(|scope| {
        let waits: Vec<_> = receives
            .into_iter()
            .map(|receive| scope.spawn(|| runtime.block_on(async { receive.await.unwrap() })))
            .collect();
        let handle = runtime.handle().clone();
        scope.spawn(move || {
            // On whichever thread: each sends to the next.
            for (n, send) in sends.into_iter().enumerate() {
                let task = handle.spawn(async move {
                    yield_now().await;
                    send.send(n).unwrap();
                });
                drop(task);
            }
        });
        for wait in waits {
            log.note(wait.join().unwrap());
        }
    });
}

fn handle_block_on_from_a_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let handle = Handle::current();
        let (send, receive) = rt::sync::oneshot::channel();
        let other = thread::spawn(move || {
            // Timers and tasks are driven by the one in `Runtime::block_on`.
            let got = handle.block_on(async {
                rt::time::sleep(Duration::from_millis(1)).await;
                rt::spawn(async { 5 }).await.unwrap()
            });
            send.send(got).unwrap();
        });
        log.note(format!("{:?}", receive.await));
        other.join().unwrap();
    });
}

fn no_context(_: Flavour, log: &Log) {
    log.note_panic(|| rt::spawn(async {}));
    log.note_panic(Handle::current);
    log.note_panic(|| rt::task::spawn_blocking(|| ()));
    log.note(Handle::try_current().is_err());
}

fn context_comes_and_goes(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let id = runtime.handle().id();
    runtime.block_on(async { log.note(Handle::current().id() == id) });
    log.note(Handle::try_current().is_ok());
    {
        let _guard = runtime.enter();
        log.note(Handle::current().id() == id);
    }
    log.note(Handle::try_current().is_ok());
    {
        let handle = runtime.handle().clone();
        let _guard = handle.enter();
        log.note(Handle::current().id() == id);
    }
    log.note(Handle::try_current().is_ok());
}

fn context_of_spawned_things(flavour: Flavour, log: &Log) {
    let (one, other) = (runtime(flavour), runtime(flavour));
    let id = other.handle().id();
    let task = {
        let _guard = one.enter();
        // Spawned by the handle, it is the handle's.
        other.spawn(async move { Handle::current().id() == id })
    };
    log.note(format!("{:?}", other.block_on(task)));
    let job = other.spawn_blocking(move || Handle::current().id() == id);
    log.note(format!("{:?}", other.block_on(job)));
    one.block_on(async {
        let _guard = other.enter();
        log.note(Handle::current().id() == id);
        let task = rt::spawn(async move { Handle::current().id() == id });
        drop(_guard);
        log.note(Handle::current().id() == id);
        drop(task);
    });
}

/// Notes in its destructor whether there is a context.
struct Notes(Log, &'static str);

impl Drop for Notes {
    fn drop(&mut self) {
        self.0.note(format!("{}: context {}", self.1, Handle::try_current().is_ok()));
    }
}

fn context_of_destructors(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let notes = Notes(log.clone(), "ends");
    runtime.block_on(async { rt::spawn(async move { drop(notes) }).await.unwrap() });
    let notes = Notes(log.clone(), "aborted");
    let (send, receive) = rt::sync::oneshot::channel();
    let task = runtime.spawn(async move {
        let _notes = notes;
        send.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    runtime.block_on(async {
        receive.await.unwrap();
        task.abort();
        log.note(task.await.unwrap_err().is_cancelled());
    });
    let notes = Notes(log.clone(), "shut down");
    let (send, receive) = rt::sync::oneshot::channel();
    runtime.spawn(async move {
        let _notes = notes;
        send.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    runtime.block_on(receive).unwrap();
    drop(runtime);
}

fn guards_in_order(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let first = runtime.enter();
    let second = runtime.enter();
    drop(second);
    log.note(Handle::try_current().is_ok());
    drop(first);
    log.note(Handle::try_current().is_ok());
}

fn guards_out_of_order(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let first = runtime.enter();
    let second = runtime.enter();
    log.note_panic(move || drop(first));
    log.note(Handle::try_current().is_ok());
    drop(second);
    log.note(Handle::try_current().is_ok());
}

fn guards_of_two_runtimes(flavour: Flavour, log: &Log) {
    let (one, other) = (runtime(flavour), runtime(flavour));
    let is_one = || Handle::current().id() == one.handle().id();
    let _one = one.enter();
    log.note(is_one());
    {
        let _other = other.enter();
        log.note(is_one());
        {
            let _again = one.enter();
            log.note(is_one());
        }
        log.note(is_one());
    }
    log.note(is_one());
    // Under a guard, `block_on` of another one.
    other.block_on(async { log.note(is_one()) });
    log.note(is_one());
}

fn guard_outlives_the_borrow(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    let _guard = handle.enter();
    runtime.shutdown_background();
    log.note(Handle::try_current().is_ok());
    log.note(Handle::current().id() == handle.id());
}

fn enter_allows_no_blocking_check(flavour: Flavour, log: &Log) {
    let (one, other) = (runtime(flavour), runtime(flavour));
    let _guard = one.enter();
    // A guard is no `block_on`: another may begin, and runtimes may go.
    log.note(one.block_on(async { 1 }));
    log.note(other.block_on(async { 2 }));
    log.note_panic(move || drop(other));
}

fn flavours(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let flavor = Handle::current().runtime_flavor();
        log.note(format!("{flavor:?}"));
        log.note(flavor == RuntimeFlavor::CurrentThread);
        log.note(flavor != RuntimeFlavor::MultiThread);
    });
}

fn names(flavour: Flavour, log: &Log) {
    let named = builder(flavour).name("mill").build().unwrap();
    log.note(format!("{:?}", named.handle().name()));
    named.block_on(async { log.note(format!("{:?}", Handle::current().name())) });
    log.note(format!("{:?}", runtime(flavour).handle().name()));
    let owned = builder(flavour).name(String::from(" a b ")).build().unwrap();
    log.note(format!("{:?}", owned.handle().name()));
    log.note_panic(|| builder(flavour).name("").build());
    log.note_panic(|| builder(flavour).name(" ").build());
}

fn ids(flavour: Flavour, log: &Log) {
    let runtimes: Vec<Runtime> = (0..5).map(|_| runtime(flavour)).collect();
    let ids: HashSet<_> = runtimes.iter().map(|runtime| runtime.handle().id()).collect();
    log.note(ids.len());
    let id = runtimes[0].handle().id();
    log.note(id == runtimes[0].handle().clone().id());
    log.note(log.without_ids(&id));
    log.note(log.without_ids(&format!("{id:?}")));
}

fn handles_are_cheap(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    drop(runtime);
    // It keeps nothing running.
    let task = handle.spawn(async {});
    log.note(task.is_finished());
    log.note(format!("{:?}", handle.runtime_flavor()));
    let job = handle.spawn_blocking(|| ());
    drop(job);
    log.note(handle.clone().id() == handle.id());
    let _guard = handle.enter();
    log.note(Handle::current().id() == handle.id());
}

fn errors_of_try_current(_: Flavour, log: &Log) {
    let error = Handle::try_current().unwrap_err();
    log.note(&error);
    log.note(format!("{error:?}"));
    log.note(format!("{error:#?}"));
    log.note(format!("{} {}", error.is_missing_context(), error.is_thread_local_destroyed()));
    log.note(error.source().is_none());
}

fn settings_that_panic(flavour: Flavour, log: &Log) {
    log.note_panic(|| builder(flavour).worker_threads(0).build());
    log.note_panic(|| builder(flavour).max_blocking_threads(0).build());
    log.note_panic(|| builder(flavour).event_interval(0).build());
    log.note_panic(|| builder(flavour).global_queue_interval(0).build());
    log.note_panic(|| builder(flavour).max_io_events_per_tick(0).build());
    log.note_panic(|| builder(flavour).max_io_events_per_busy_tick(0).build());
    // And those that do not.
    log.note(builder(flavour).max_io_events_per_busy_tick(1).build().is_ok());
    log.note(builder(flavour).event_interval(1).global_queue_interval(1).build().is_ok());
    log.note(builder(flavour).max_io_events_per_tick(1).build().is_ok());
    log.note(builder(flavour).thread_keep_alive(Duration::ZERO).build().is_ok());
    log.note(builder(flavour).thread_keep_alive(Duration::MAX).build().is_ok());
    log.note(builder(flavour).max_blocking_threads(1).build().is_ok());
}

fn names_of_threads(flavour: Flavour, log: &Log) {
    let name = || thread::current().name().map(str::to_owned);
    let runtime = builder(flavour).thread_name("miller").build().unwrap();
    let task = runtime.spawn(async move { name() });
    // Where `block_on` does not help, and where it does.
    let task = runtime.block_on(task).unwrap();
    log.note(flavour == Flavour::CurrentThread || task.as_deref() != Some("nobody"));
    log.note(format!("{:?}", runtime.block_on(runtime.spawn_blocking(name))));
    let counter = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let theirs = counter.clone();
    let count =
        move || format!("miller {}", theirs.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    let runtime = builder(flavour).thread_name_fn(count).build().unwrap();
    // Which number it gets is not said.
    let name = runtime.block_on(runtime.spawn_blocking(name)).unwrap();
    log.note(name.is_some_and(|name| name.starts_with("miller ")));
    drop(runtime);
    log.note(counter.load(std::sync::atomic::Ordering::SeqCst));
}

fn a_default_name(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let job = runtime.spawn_blocking(|| thread::current().name().map(str::to_owned));
    log.note(format!("{:?}", runtime.block_on(job)));
}

fn spawn_from_outside(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = runtime.spawn(async { rt::spawn(async { 4 }).await.unwrap() });
    log.note(format!("{:?}", runtime.block_on(task)));
    let task =
        runtime.handle().spawn(async { Handle::current().spawn(async { 5 }).await.unwrap() });
    log.note(format!("{:?}", runtime.block_on(task)));
    let guard = runtime.enter();
    let task = rt::spawn(async { 6 });
    drop(guard);
    log.note(format!("{:?}", runtime.block_on(task)));
}

fn spawn_before_block_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let tasks: Vec<_> = (0..10).map(|n| runtime.spawn(async move { n })).collect();
    for task in tasks {
        log.note(format!("{:?}", runtime.block_on(task)));
    }
}

fn drop_within(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = runtime(flavour);
        log.note_panic(move || drop(inner));
        let inner = runtime(flavour);
        log.note_panic(move || inner.shutdown_background());
        let inner = runtime(flavour);
        let job = rt::task::spawn_blocking(move || drop(inner));
        log.note(format!("{:?}", job.await));
    });
}

fn drop_within_enter(flavour: Flavour, log: &Log) {
    let inner = runtime(flavour);
    let handle = inner.handle().clone();
    let _guard = handle.enter();
    log.note_panic(move || drop(inner));
}

fn drop_in_a_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = runtime(flavour);
        let theirs = log.clone();
        let task = rt::spawn(async move { theirs.note_panic(move || drop(inner)) });
        log.note(format!("{:?}", task.await));
    });
}

fn drop_elsewhere(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note(runtime.block_on(async { 1 }));
    let theirs = log.clone();
    thread::spawn(move || theirs.note_panic(move || drop(runtime))).join().unwrap();
}

fn runtime_in_a_runtime(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = runtime(flavour);
        // It can be built and spawned on, only not waited in.
        let (send, receive) = rt::sync::oneshot::channel();
        let task = inner.spawn(async move { receive.await.unwrap() });
        send.send(3).unwrap();
        if flavour == Flavour::MultiThread {
            log.note(format!("{:?}", task.await));
        } else {
            thread::scope(|scope| {
                scope.spawn(|| log.note(format!("{:?}", inner.block_on(task))));
            });
        }
        inner.shutdown_background();
    });
}

fn main_task_is_no_task(flavour: Flavour, log: &Log) {
    run(flavour, async { log.note(format!("{:?}", rt::task::try_id())) });
}

fn debug_texts(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    // What is inside is nobody's promise.
    let first = |text: String| text.split([' ', '{']).next().unwrap_or_default().to_owned();
    log.note(first(format!("{runtime:?}")));
    log.note(first(format!("{:?}", runtime.handle())));
    log.note(first(format!("{:?}", runtime.enter())));
    log.note(first(format!("{:?}", runtime.metrics())));
    log.note(first(format!("{:?}", builder(flavour))));
}

fn metrics_workers(flavour: Flavour, log: &Log) {
    log.note(runtime(flavour).metrics().num_workers());
    run(flavour, async { log.note(Handle::current().metrics().num_workers()) });
}

fn metrics_tasks(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let metrics = runtime.metrics();
    log.note(metrics.num_alive_tasks());
    let (send, receive) = rt::sync::oneshot::channel::<()>();
    let task = runtime.spawn(async { receive.await.unwrap() });
    // The same figures, looked at again.
    log.note(metrics.num_alive_tasks());
    send.send(()).unwrap();
    runtime.block_on(task).unwrap();
    while metrics.num_alive_tasks() > 0 {
        thread::yield_now();
    }
    log.note(runtime.metrics().num_alive_tasks());
    // A job is not among them.
    let (begins, begun) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        let _ = wait.recv();
    });
    begun.recv().unwrap();
    log.note(metrics.num_alive_tasks());
    drop(go);
}

fn metrics_queue(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note(runtime.metrics().global_queue_depth());
    if flavour == Flavour::CurrentThread {
        for _ in 0..3 {
            runtime.spawn(async {});
        }
        log.note(runtime.metrics().global_queue_depth());
        runtime.block_on(async {
            for _ in 0..3 {
                yield_now().await;
            }
        });
        log.note(runtime.metrics().global_queue_depth());
    }
}

fn metrics_busy(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let work = async {
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        yield_now().await;
    };
    runtime.block_on(runtime.spawn(work)).unwrap();
    let metrics = runtime.metrics();
    // Brought up to date when a worker lies down.
    let begun = std::time::Instant::now();
    let busy = loop {
        let busy: Duration =
            (0..metrics.num_workers()).map(|n| metrics.worker_total_busy_duration(n)).sum();
        if busy >= Duration::from_millis(5) || begun.elapsed() > Duration::from_secs(20) {
            break busy;
        }
        runtime.block_on(async { rt::time::sleep(Duration::from_millis(1)).await });
    };
    log.note(busy >= Duration::from_millis(5));
}

fn metrics_of_a_worker_too_many(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let metrics = runtime.metrics();
    let panics = |f: &dyn Fn() -> u64| catch_unwind(AssertUnwindSafe(f)).is_err();
    log.note(panics(&|| metrics.worker_total_busy_duration(100).as_secs()));
    log.note(panics(&|| metrics.worker_park_count(100)));
    log.note(panics(&|| metrics.worker_park_unpark_count(100)));
}

fn try_current_in_a_thread_local(flavour: Flavour, log: &Log) {
    struct Last(Log);
    impl Drop for Last {
        fn drop(&mut self) {
            // Whether the context is still to be had differs by which went first: it does not panic.
            self.0.note(Handle::try_current().is_err());
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
    }
    let runtime = runtime(flavour);
    let theirs = log.clone();
    // Joined, the thread's locals have gone as well.
    let other = thread::spawn(move || {
        LAST.with(|last| last.replace(Some(Last(theirs))));
        runtime.block_on(async { 1 })
    });
    log.note(other.join().unwrap());
}

fn without_drivers(flavour: Flavour, log: &Log) {
    let mut bare = match flavour {
        Flavour::CurrentThread => Builder::new_current_thread(),
        Flavour::MultiThread => Builder::new_multi_thread(),
    };
    let bare = bare.build().unwrap();
    bare.block_on(async {
        log.note_panic(|| rt::time::sleep(Duration::from_secs(1)));
        log.note(rt::spawn(async { 1 }).await.unwrap());
        log.note(rt::task::spawn_blocking(|| 2).await.unwrap());
    });
    let theirs = log.clone();
    let task = bare.spawn(async move {
        theirs.note_panic(|| rt::time::timeout(Duration::from_secs(1), async {}));
    });
    bare.block_on(task).unwrap();
}

fn worker_of_a_current_thread(flavour: Flavour, log: &Log) {
    // No worker threads to set there, and no harm in setting them.
    let runtime = builder(flavour).worker_threads(3).build().unwrap();
    log.note(runtime.metrics().num_workers());
    log.note(runtime.block_on(async { rt::spawn(async { 2 }).await.unwrap() }));
}

fn a_runtime_to_leak(flavour: Flavour, log: &Log) {
    let runtime: &'static Runtime = Box::leak(Box::new(runtime(flavour)));
    let guard = runtime.enter();
    let task = rt::spawn(async { 1 });
    drop(guard);
    log.note(format!("{:?}", runtime.block_on(task)));
}

fn all_on_one_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let here = thread::current().id();
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                rt::spawn(async {
                    yield_now().await;
                    thread::current().id()
                })
            })
            .collect();
        for task in tasks {
            log.note(task.await.unwrap() == here);
        }
    });
}

fn tasks_wait_for_block_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let theirs = log.clone();
    let task = runtime.spawn(async move { theirs.note("the task") });
    log.note("spawned");
    log.note(task.is_finished());
    runtime.block_on(async {
        log.note("the root");
        yield_now().await;
        log.note("the root again");
    });
    log.note(task.is_finished());
}

/// What the current thread does in turn: the root, and then the tasks in order.
fn intervals(_: Flavour, log: &Log) {
    for interval in [1, 2, 61] {
        let mut builder = builder(Flavour::CurrentThread);
        let runtime =
            builder.event_interval(interval).global_queue_interval(interval).build().unwrap();
        runtime.block_on(async {
            for n in 0..4 {
                let log = log.clone();
                rt::spawn(async move { log.note(n) });
            }
            for _ in 0..8 {
                yield_now().await;
            }
        });
    }
}

fn worker_numbers(flavour: Flavour, log: &Log) {
    let number = rt::runtime::worker_index;
    log.note(format!("{:?}", number()));
    let (runtime, other) = (runtime(flavour), runtime(flavour));
    let workers = runtime.metrics().num_workers();
    let in_a_task = async move { number().is_some_and(|number| number < workers) };
    runtime.block_on(async {
        log.note(format!("{:?}", number()));
        log.note(rt::spawn(in_a_task).await.unwrap());
        log.note(format!("{:?}", rt::task::spawn_blocking(number).await.unwrap()));
        // After it has waited, too, and under the name of a runtime that this thread does not drive.
        log.note(format!("{:?}", number()));
        let _entered = other.enter();
        log.note(format!("{:?}", number()));
    });
    let _entered = runtime.enter();
    log.note(format!("{:?}", number()));
}

fn current_thread_metrics_park(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let metrics = runtime.metrics();
    log.note(metrics.worker_park_count(0));
    runtime.block_on(async { rt::time::sleep(Duration::from_millis(2)).await });
    log.note(metrics.worker_park_count(0) > 0);
    log.note(metrics.worker_park_unpark_count(0) % 2);
}

fn tasks_go_on_without_block_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = mpsc::channel();
    runtime.spawn(async move {
        yield_now().await;
        rt::time::sleep(Duration::from_millis(1)).await;
        send.send(1).unwrap();
    });
    log.note(format!("{:?}", receive.recv()));
}

fn workers_have_a_context(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let id = runtime.handle().id();
    let (send, receive) = mpsc::channel();
    runtime.spawn(async move { send.send(Handle::current().id() == id).unwrap() });
    log.note(format!("{:?}", receive.recv()));
}

fn start_paused_needs_one_thread(flavour: Flavour, log: &Log) {
    note_text(log, || drop(builder(flavour).start_paused(true).build()));
    log.note_panic(|| builder(flavour).start_paused(false).build().map(drop));
}

fn parallel(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    // Two that need each other's threads.
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let barrier = barrier.clone();
            runtime.spawn(async move { barrier.wait().is_leader() })
        })
        .collect();
    let mut leaders = 0;
    for task in tasks {
        leaders += usize::from(runtime.block_on(task).unwrap());
    }
    log.note(leaders);
}
