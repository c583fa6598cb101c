//! What is called when a thread starts, stops, sleeps and wakes.

use super::rt;
use super::setup::builder;
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::{Builder, Handle};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: jobs_have_hooks, each_start_has_its_stop, the_last_of_a_hook_counts, hooks_before_jobs,
        hooks_have_a_context, a_thread_that_nobody_needs_stops, park_and_unpark, park_on_which_thread;
    current_thread: no_hooks_for_block_on, park_before_a_sleep, unpark_after_a_sleep;
    multi_thread: workers_have_hooks, hooks_on_the_threads_themselves, in_place_brings_a_thread;
];

/// Threads that a hook has been called on.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<ThreadId>>>);

impl Calls {
    fn hook(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let calls = self.0.clone();
        move || calls.lock().unwrap().push(thread::current().id())
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn threads(&self) -> HashSet<ThreadId> {
        self.0.lock().unwrap().iter().copied().collect()
    }

    /// Waits until there have been so many.
    fn wait_for(&self, count: usize) {
        while self.count() < count {
            thread::yield_now();
        }
    }
}

/// A builder with both hooks of a thread's life.
fn counted(flavour: Flavour) -> (Builder, Calls, Calls) {
    let (starts, stops) = (Calls::default(), Calls::default());
    let mut builder = builder(flavour);
    builder.on_thread_start(starts.hook()).on_thread_stop(stops.hook());
    (builder, starts, stops)
}

fn jobs_have_hooks(flavour: Flavour, log: &Log) {
    let (mut builder, starts, stops) = counted(flavour);
    let runtime = builder.build().unwrap();
    let here = runtime.block_on(runtime.spawn_blocking(|| thread::current().id())).unwrap();
    log.note(starts.threads().contains(&here));
    log.note(stops.threads().contains(&here));
    drop(runtime);
    log.note(stops.threads().contains(&here));
}

fn each_start_has_its_stop(flavour: Flavour, log: &Log) {
    let (mut builder, starts, stops) = counted(flavour);
    let runtime = builder.build().unwrap();
    // Three jobs at once.
    let barrier = Arc::new(Barrier::new(3));
    let jobs: Vec<_> = (0..3)
        .map(|_| {
            let barrier = barrier.clone();
            runtime.spawn_blocking(move || drop(barrier.wait()))
        })
        .collect();
    for job in jobs {
        runtime.block_on(job).unwrap();
    }
    drop(runtime);
    log.note(starts.count());
    log.note(starts.threads() == stops.threads());
    log.note(starts.count() == stops.count());
}

fn the_last_of_a_hook_counts(flavour: Flavour, log: &Log) {
    let (mut builder, starts, stops) = counted(flavour);
    let (other, log_of_other) = (Calls::default(), log.clone());
    let runtime = builder.on_thread_start(other.hook()).build().unwrap();
    runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
    drop(runtime);
    log_of_other.note(starts.count());
    log.note(other.count() == stops.count());
}

fn hooks_before_jobs(flavour: Flavour, log: &Log) {
    thread_local! {
        static STARTED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    let mut builder = builder(flavour);
    let runtime = builder.on_thread_start(|| STARTED.set(true)).build().unwrap();
    log.note(format!("{:?}", runtime.block_on(runtime.spawn_blocking(|| STARTED.get()))));
    if flavour == Flavour::MultiThread {
        let (send, receive) = mpsc::channel();
        runtime.spawn(async move { send.send(STARTED.get()).unwrap() });
        log.note(format!("{:?}", receive.recv()));
    }
    log.note(STARTED.get());
}

fn hooks_have_a_context(flavour: Flavour, log: &Log) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let seen = seen.clone();
        move || seen.lock().unwrap().push((what, Handle::try_current().is_ok()))
    };
    let mut builder = builder(flavour);
    let runtime =
        builder.on_thread_start(note("start")).on_thread_stop(note("stop")).build().unwrap();
    runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
    drop(runtime);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    seen.dedup();
    log.note(format!("{seen:?}"));
}

fn a_thread_that_nobody_needs_stops(flavour: Flavour, log: &Log) {
    let (mut builder, _, stops) = counted(flavour);
    let runtime = builder.thread_keep_alive(Duration::from_millis(1)).build().unwrap();
    let first = runtime.block_on(runtime.spawn_blocking(|| thread::current().id())).unwrap();
    stops.wait_for(1);
    log.note(stops.threads().contains(&first));
    let second = runtime.block_on(runtime.spawn_blocking(|| thread::current().id())).unwrap();
    log.note(first == second);
    stops.wait_for(2);
    log.note(stops.threads().contains(&second));
}

fn park_and_unpark(flavour: Flavour, log: &Log) {
    let (parks, unparks) = (Calls::default(), Calls::default());
    let mut builder = builder(flavour);
    let runtime =
        builder.on_thread_park(parks.hook()).on_thread_unpark(unparks.hook()).build().unwrap();
    let nap = async { rt::time::sleep(Duration::from_millis(2)).await };
    runtime.block_on(runtime.spawn(nap)).unwrap();
    drop(runtime);
    log.note(parks.count() > 0);
    // All that slept have woken.
    log.note(parks.count() == unparks.count());
    log.note(parks.threads() == unparks.threads());
}

fn park_on_which_thread(flavour: Flavour, log: &Log) {
    let parks = Calls::default();
    let mut builder = builder(flavour);
    let runtime = builder.on_thread_park(parks.hook()).build().unwrap();
    runtime.block_on(async { rt::time::sleep(Duration::from_millis(2)).await });
    if flavour == Flavour::MultiThread {
        // A worker's; the thread in `block_on` has none.
        parks.wait_for(1);
    }
    log.note(parks.threads().contains(&thread::current().id()));
    // A job's thread sleeps without it.
    let job = runtime.block_on(runtime.spawn_blocking(|| thread::current().id())).unwrap();
    drop(runtime);
    log.note(parks.threads().contains(&job));
}

fn no_hooks_for_block_on(flavour: Flavour, log: &Log) {
    let (mut builder, starts, stops) = counted(flavour);
    let runtime = builder.build().unwrap();
    runtime.block_on(async { rt::spawn(async {}).await.unwrap() });
    drop(runtime);
    log.note(format!("{} {}", starts.count(), stops.count()));
}

fn park_before_a_sleep(flavour: Flavour, log: &Log) {
    // What the hook sends, the root receives: the hook has to come before the sleep.
    let (send, receive) = rt::sync::oneshot::channel();
    let send = Mutex::new(Some(send));
    let mut builder = builder(flavour);
    let runtime = builder
        .on_thread_park(move || {
            if let Some(send) = send.lock().unwrap().take() {
                send.send("from the hook").unwrap();
            }
        })
        .build()
        .unwrap();
    log.note(format!("{:?}", runtime.block_on(receive)));
}

fn unpark_after_a_sleep(flavour: Flavour, log: &Log) {
    let unparked = Arc::new(AtomicUsize::new(0));
    let theirs = unparked.clone();
    let mut builder = builder(flavour);
    let runtime = builder
        .on_thread_unpark(move || {
            theirs.fetch_add(1, SeqCst);
        })
        .build()
        .unwrap();
    runtime.block_on(async {
        log.note(unparked.load(SeqCst));
        rt::time::sleep(Duration::from_millis(2)).await;
        log.note(unparked.load(SeqCst) > 0);
    });
}

fn workers_have_hooks(flavour: Flavour, log: &Log) {
    let (mut builder, starts, stops) = counted(flavour);
    let runtime = builder.worker_threads(3).build().unwrap();
    starts.wait_for(3);
    log.note(starts.count());
    log.note(stops.count());
    drop(runtime);
    log.note(format!("{} {}", starts.count(), stops.count()));
    log.note(starts.threads() == stops.threads());
}

fn hooks_on_the_threads_themselves(flavour: Flavour, log: &Log) {
    let (mut builder, starts, _) = counted(flavour);
    let runtime = builder.build().unwrap();
    let (send, receive) = mpsc::channel();
    runtime.spawn(async move { send.send(thread::current().id()).unwrap() });
    let worker = receive.recv().unwrap();
    log.note(starts.threads().contains(&worker));
    log.note(starts.threads().contains(&thread::current().id()));
}

fn in_place_brings_a_thread(flavour: Flavour, log: &Log) {
    let (mut builder, starts, stops) = counted(flavour);
    let runtime = builder.worker_threads(1).build().unwrap();
    let (go, wait) = mpsc::channel();
    let (begins, begun) = mpsc::channel();
    let blocks = runtime.spawn(async move {
        rt::task::block_in_place(|| {
            begins.send(()).unwrap();
            wait.recv().unwrap()
        })
    });
    begun.recv().unwrap();
    runtime.spawn(async move { go.send(thread::current().id()).unwrap() });
    starts.wait_for(2);
    let other = runtime.block_on(blocks).unwrap();
    drop(runtime);
    log.note(starts.count());
    // The one that helps in `block_on` has no hooks.
    log.note(starts.threads().contains(&other) || other == thread::current().id());
    log.note(starts.threads() == stops.threads());
}
