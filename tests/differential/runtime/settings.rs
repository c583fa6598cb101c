//! Builders, and what a runtime and its handles say of themselves.

use super::rt;
use super::setup::{builder, run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use rt::task::yield_now;
use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: flavours, names, ids, handles_are_cheap, settings_that_panic, names_of_threads, a_default_name,
        debug_texts, without_drivers, worker_of_a_current_thread, worker_index;
    current_thread: intervals;
    multi_thread: start_paused_needs_one_thread;
];

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

fn settings_that_panic(flavour: Flavour, log: &Log) {
    log.note_panic(|| builder(flavour).worker_threads(0).build());
    log.note_panic(|| builder(flavour).max_blocking_threads(0).build());
    log.note_panic(|| builder(flavour).event_interval(0).build());
    log.note_panic(|| builder(flavour).global_queue_interval(0).build());
    log.note_panic(|| builder(flavour).max_io_events_per_tick(0).build());
    log.note_panic(|| builder(flavour).max_io_events_per_busy_tick(0).build());
    // And those that do not.
    log.note(builder(flavour).event_interval(1).global_queue_interval(1).build().is_ok());
    log.note(builder(flavour).max_io_events_per_tick(1).build().is_ok());
    log.note(builder(flavour).max_io_events_per_busy_tick(1).build().is_ok());
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

fn start_paused_needs_one_thread(flavour: Flavour, log: &Log) {
    log.note_text(|| drop(builder(flavour).start_paused(true).build()));
    log.note_panic(|| builder(flavour).start_paused(false).build().map(drop));
}

fn worker_index(flavour: Flavour, log: &Log) {
    use rt::runtime::worker_index;
    let note = |index: Option<usize>| log.note(format!("{index:?}"));
    let runtime = runtime(flavour);
    let workers = runtime.metrics().num_workers();
    note(worker_index());
    let _guard = runtime.enter();
    note(worker_index());
    note(runtime.block_on(async { worker_index() }));
    note(runtime.block_on(async {
        yield_now().await;
        worker_index()
    }));
    for _ in 0..20 {
        let task = rt::spawn(async { worker_index() });
        log.note(runtime.block_on(task).unwrap().is_some_and(|index| index < workers));
    }
    note(runtime.block_on(rt::task::spawn_blocking(worker_index)).unwrap());
    note(runtime.block_on(rt::task::LocalSet::new().run_until(async { worker_index() })));
    note(worker_index());
}
