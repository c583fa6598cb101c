//! How a runtime ends, and what is left of it.

use super::blocking::with_one_busy_thread;
use super::rt;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases, message};
use rt::runtime::{Handle, is_rt_shutdown_err};
use rt::task::{JoinHandle, spawn_blocking, yield_now};
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const CASES: &[Case] = cases![
    both: tasks_are_cancelled, futures_are_dropped_once, tasks_that_never_ran, spawn_after,
        spawn_blocking_after, block_on_after, enter_after, metrics_after, timers_after, sleep_over_the_end,
        sockets_after, accept_over_the_end, drop_waits_for_jobs, queued_jobs_are_dropped,
        a_limit_is_kept, background_waits_for_nothing, a_limit_that_is_not_needed, destructors_spawn,
        destructors_panic, destructors_abort_others, destructors_wake_others, wakers_after, a_ring_of_handles,
        a_result_outlives_its_runtime, a_panic_outlives_its_runtime, end_from_a_job, end_from_within,
        end_twice, a_job_that_waits_for_a_task, a_limit_in_a_task, channels_close;
    multi_thread: a_poll_comes_to_its_end, in_place_comes_to_its_end, spawned_during_the_end,
        a_task_that_yields_for_ever;
    current_thread: order_of_the_end;
];

/// Waits for a task whose runtime may have ended, elsewhere.
fn outcome<T: std::fmt::Debug>(log: &Log, task: JoinHandle<T>) -> String {
    let other = rt::runtime::Builder::new_current_thread().build().unwrap();
    log.without_ids(&format!("{:?}", other.block_on(task)))
}

/// Notes its destruction.
struct Noted(Log, &'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

/// Spawns a task that has begun, and stays.
fn stays<T: Send + 'static>(runtime: &rt::runtime::Runtime, held: T) -> JoinHandle<()> {
    let (begins, begun) = rt::sync::oneshot::channel();
    let task = runtime.spawn(async move {
        let _held = held;
        begins.send(()).unwrap();
        pending::<()>().await;
    });
    runtime.block_on(begun).unwrap();
    task
}

fn tasks_are_cancelled(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = stays(&runtime, ());
    log.note(task.is_finished());
    drop(runtime);
    log.note(task.is_finished());
    log.note(outcome(log, task));
}

fn futures_are_dropped_once(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let tasks: Vec<_> = (0..3).map(|_| stays(&runtime, Noted(log.clone(), "dropped"))).collect();
    drop(runtime);
    log.note("ended");
    drop(tasks);
}

fn tasks_that_never_ran(_: Flavour, log: &Log) {
    let runtime = runtime(Flavour::CurrentThread);
    let noted = Noted(log.clone(), "dropped");
    let theirs = log.clone();
    let task = runtime.spawn(async move {
        let _noted = noted;
        theirs.note("never runs");
    });
    drop(runtime);
    log.note("ended");
    log.note(outcome(log, task));
}

fn spawn_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    drop(runtime);
    let noted = Noted(log.clone(), "dropped");
    let task = handle.spawn(async move { drop(noted) });
    log.note(task.is_finished());
    log.note(outcome(log, task));
    let _guard = handle.enter();
    log.note(outcome(log, rt::spawn(async {})));
}

fn spawn_blocking_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    drop(runtime);
    let noted = Noted(log.clone(), "dropped");
    let theirs = log.clone();
    let job = handle.spawn_blocking(move || {
        let _noted = noted;
        theirs.note("never runs");
    });
    log.note(outcome(log, job));
}

fn block_on_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    drop(runtime);
    log.note(handle.block_on(async { 1 }));
    log.note(handle.block_on(async {
        let task = rt::spawn(async {});
        task.await.unwrap_err().is_cancelled()
    }));
    log.note(handle.block_on(async { Handle::current().id() == handle.id() }));
}

fn enter_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    drop(runtime);
    let guard = handle.enter();
    log.note(Handle::try_current().is_ok());
    drop(guard);
    log.note(Handle::try_current().is_ok());
}

fn metrics_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let metrics = runtime.metrics();
    let _tasks = [stays(&runtime, ()), stays(&runtime, ())];
    log.note(metrics.num_alive_tasks());
    drop(runtime);
    log.note(metrics.num_alive_tasks());
    log.note(metrics.global_queue_depth());
}

/// The text of a panic, without its place.
fn panic_text(f: impl FnOnce()) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(()) => "no panic".to_owned(),
        Err(payload) => message(&*payload),
    }
}

fn timers_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    drop(runtime);
    log.note(panic_text(|| {
        handle.block_on(async { rt::time::sleep(Duration::from_secs(1)).await });
    }));
    log.note(panic_text(|| {
        let _ = handle
            .block_on(async { rt::time::timeout(Duration::from_secs(1), pending::<()>()).await });
    }));
}

fn sleep_over_the_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    let (begins, begun) = mpsc::channel();
    let sleeper = thread::spawn(move || {
        panic_text(|| {
            handle.block_on(async {
                let mut sleep = Box::pin(rt::time::sleep(Duration::from_secs(1000)));
                poll_fn(|cx| {
                    let poll = sleep.as_mut().poll(cx);
                    let _ = begins.send(());
                    poll
                })
                .await;
            });
        })
    });
    begun.recv().unwrap();
    drop(runtime);
    log.note(sleeper.join().unwrap());
}

fn sockets_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let listener = runtime.block_on(rt::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let handle = runtime.handle().clone();
    drop(runtime);
    let error = run(flavour, async { listener.accept().await }).unwrap_err();
    log.note(&error);
    log.note(format!("{:?} {}", error.kind(), is_rt_shutdown_err(&error)));
    let error =
        handle.block_on(async { rt::net::TcpListener::bind("127.0.0.1:0").await }).unwrap_err();
    log.note(&error);
    log.note(is_rt_shutdown_err(&error));
    log.note(is_rt_shutdown_err(&std::io::Error::other("something else")));
}

fn accept_over_the_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let listener = runtime.block_on(rt::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let handle = runtime.handle().clone();
    let (begins, begun) = mpsc::channel();
    let waits = thread::spawn(move || {
        handle.block_on(async {
            poll_fn(|cx| {
                let poll = listener.poll_accept(cx);
                let _ = begins.send(());
                poll
            })
            .await
            .map(drop)
        })
    });
    begun.recv().unwrap();
    drop(runtime);
    let error = waits.join().unwrap().unwrap_err();
    log.note(is_rt_shutdown_err(&error));
}

fn drop_waits_for_jobs(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (begins, begun) = mpsc::channel();
    let theirs = log.clone();
    let job = runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        thread::sleep(Duration::from_millis(20));
        theirs.note("the job ends");
        4
    });
    begun.recv().unwrap();
    drop(runtime);
    log.note("the runtime has ended");
    log.note(outcome(log, job));
}

fn queued_jobs_are_dropped(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let noted = Noted(log.clone(), "dropped");
    let theirs = log.clone();
    let job = runtime.spawn_blocking(move || {
        let _noted = noted;
        theirs.note("never runs");
    });
    let handle = runtime.handle().clone();
    let ends = thread::spawn(move || {
        // Until the pool takes no more, and drops what comes: then the end has begun.
        while !handle.spawn_blocking(|| ()).is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
        drop(busy);
    });
    drop(runtime);
    ends.join().unwrap();
    log.note(outcome(log, job));
}

fn a_limit_is_kept(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let task = stays(&runtime, Noted(log.clone(), "dropped"));
    let begun = Instant::now();
    runtime.shutdown_timeout(Duration::from_millis(30));
    log.note(begun.elapsed() >= Duration::from_millis(30));
    log.note(begun.elapsed() < Duration::from_secs(30));
    log.note(outcome(log, task));
    drop(busy);
}

fn background_waits_for_nothing(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let begun = Instant::now();
    runtime.shutdown_background();
    log.note(begun.elapsed() < Duration::from_secs(30));
    drop(busy);
}

fn a_limit_that_is_not_needed(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = stays(&runtime, Noted(log.clone(), "dropped"));
    let begun = Instant::now();
    runtime.shutdown_timeout(Duration::from_secs(1000));
    log.note(begun.elapsed() < Duration::from_secs(500));
    log.note(outcome(log, task));
    // As long as can be.
    super::setup::runtime(flavour).shutdown_timeout(Duration::MAX);
}

/// Does something in its destructor.
struct Does<F: FnMut()>(F);

impl<F: FnMut()> Drop for Does<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn destructors_spawn(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let spawned = Arc::new(Mutex::new(None));
    let (theirs, handle) = (spawned.clone(), runtime.handle().clone());
    let does = Does(move || {
        let by_handle = handle.spawn(async {});
        let by_context = rt::spawn(async { pending::<()>().await });
        let job = spawn_blocking(|| ());
        *theirs.lock().unwrap() = Some((by_handle, by_context, job));
    });
    let _task = stays(&runtime, does);
    drop(runtime);
    let (by_handle, by_context, job) = spawned.lock().unwrap().take().unwrap();
    log.note(outcome(log, by_handle));
    log.note(outcome(log, by_context));
    drop(job);
}

fn destructors_panic(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let first = stays(&runtime, Does(|| panic!("in a destructor")));
    let second = stays(&runtime, Noted(log.clone(), "the other"));
    log.note(panic_text(|| drop(runtime)));
    log.note(outcome(log, first));
    log.note(outcome(log, second));
}

fn destructors_abort_others(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let other = stays(&runtime, Noted(log.clone(), "the other"));
    let abort = other.abort_handle();
    let _task = stays(&runtime, Does(move || abort.abort()));
    drop(runtime);
    log.note(outcome(log, other));
}

fn destructors_wake_others(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = rt::sync::oneshot::channel::<()>();
    let mut send = Some(send);
    let waits = runtime.spawn(async move {
        let _ = receive.await;
        pending::<()>().await;
    });
    let _task = stays(&runtime, Does(move || drop(send.take())));
    drop(runtime);
    log.note(outcome(log, waits));
}

fn wakers_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let kept = Arc::new(Mutex::new(None));
    let theirs = kept.clone();
    let task = runtime.spawn(poll_fn(move |cx| {
        *theirs.lock().unwrap() = Some(cx.waker().clone());
        Poll::<()>::Pending
    }));
    runtime.block_on(async {
        while kept.lock().unwrap().is_none() {
            yield_now().await;
        }
    });
    drop(runtime);
    let waker = kept.lock().unwrap().take().unwrap();
    waker.wake_by_ref();
    waker.clone().wake();
    log.note(outcome(log, task));
    waker.wake();
    log.note("still here");
}

fn a_ring_of_handles(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let ring = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        let task = stays(&runtime, (ring.clone(), Noted(log.clone(), "dropped")));
        ring.lock().unwrap().push(task);
    }
    drop(runtime);
    log.note(Arc::strong_count(&ring));
    log.note(ring.lock().unwrap().iter().all(JoinHandle::is_finished));
}

fn a_result_outlives_its_runtime(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = runtime.spawn(async { String::from("kept") });
    runtime.block_on(async {
        while !task.is_finished() {
            yield_now().await;
        }
    });
    drop(runtime);
    log.note(outcome(log, task));
}

fn a_panic_outlives_its_runtime(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = runtime.spawn(async { panic!("kept") });
    runtime.block_on(async {
        while !task.is_finished() {
            yield_now().await;
        }
    });
    drop(runtime);
    log.note(outcome::<()>(log, task));
}

fn end_from_a_job(flavour: Flavour, log: &Log) {
    // A job of another runtime may wait; one of its own would wait for itself.
    let inner = runtime(flavour);
    let task = stays(&inner, ());
    run(flavour, async {
        let theirs = log.clone();
        let job = spawn_blocking(move || theirs.note(panic_text(|| drop(inner))));
        log.note(format!("{:?}", job.await));
    });
    log.note(outcome(log, task));
}

fn end_from_within(flavour: Flavour, log: &Log) {
    let inner = runtime(flavour);
    let task = stays(&inner, ());
    run(flavour, async {
        log.note(panic_text(|| inner.shutdown_background()));
        log.note("goes on");
    });
    log.note(outcome(log, task));
}

fn end_twice(_: Flavour, log: &Log) {
    // On one thread: a worker that is just looking for its next task may still find this one.
    let runtime = runtime(Flavour::CurrentThread);
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    // The rest is left to itself, and nothing is run any more.
    log.note(outcome(log, handle.spawn(async {})));
}

fn a_job_that_waits_for_a_task(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = stays(&runtime, ());
    let handle = runtime.handle().clone();
    let (begins, begun) = mpsc::channel();
    let job = runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        // It ends because the runtime does.
        handle.block_on(task).unwrap_err().is_cancelled()
    });
    begun.recv().unwrap();
    drop(runtime);
    log.note(outcome(log, job));
}

fn a_limit_in_a_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = runtime(flavour);
        let theirs = log.clone();
        let task = rt::spawn(async move {
            theirs.note(panic_text(|| inner.shutdown_timeout(Duration::ZERO)));
            1
        });
        log.note(format!("{:?}", task.await));
    });
}

fn channels_close(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = rt::sync::oneshot::channel::<()>();
    let _task = stays(&runtime, send);
    drop(runtime);
    let other = rt::runtime::Builder::new_current_thread().build().unwrap();
    log.note(format!("{:?}", other.block_on(receive)));
}

fn a_poll_comes_to_its_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (begins, begun) = mpsc::channel();
    let theirs = log.clone();
    let task = runtime.spawn(async move {
        begins.send(()).unwrap();
        thread::sleep(Duration::from_millis(20));
        theirs.note("the poll's end");
        pending::<()>().await;
    });
    begun.recv().unwrap();
    drop(runtime);
    log.note("the runtime's end");
    log.note(outcome(log, task));
}

fn in_place_comes_to_its_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (begins, begun) = mpsc::channel();
    let theirs = log.clone();
    let task = runtime.spawn(async move {
        rt::task::block_in_place(|| {
            begins.send(()).unwrap();
            thread::sleep(Duration::from_millis(20));
            theirs.note("the block's end");
        });
        theirs.note("the poll's end");
        pending::<()>().await;
    });
    begun.recv().unwrap();
    drop(runtime);
    log.note("the runtime's end");
    log.note(outcome(log, task));
}

fn spawned_during_the_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    let (begins, begun) = mpsc::channel();
    let task = runtime.spawn(async move {
        begins.send(()).unwrap();
        thread::sleep(Duration::from_millis(20));
        // The end has begun, most likely. Run or cancelled, it does not stay.
        handle.spawn(pending::<()>())
    });
    begun.recv().unwrap();
    drop(runtime);
    let other = rt::runtime::Builder::new_current_thread().build().unwrap();
    let inner = other.block_on(task).unwrap();
    log.note(outcome(log, inner));
}

fn a_task_that_yields_for_ever(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = runtime.spawn(async {
        loop {
            yield_now().await;
        }
    });
    runtime.block_on(yield_now());
    drop(runtime);
    log.note(outcome::<()>(log, task));
}

/// Tasks go before the pool does; and the root's own things before all.
fn order_of_the_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = mpsc::channel::<()>();
    let theirs = log.clone();
    let (begins, begun) = mpsc::channel();
    runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        // The task's end lets it go.
        let _ = receive.recv();
        theirs.note("the job");
    });
    begun.recv().unwrap();
    let _task = stays(&runtime, (Noted(log.clone(), "the task"), send));
    runtime.block_on(async {
        let _noted = Noted(log.clone(), "the root");
    });
    drop(runtime);
    log.note("the end");
}
