//! Tasks: spawning, joining, aborting.

use super::rt;
use super::rt::sync::oneshot;
use super::rt::task::{self, AbortHandle, Id, JoinError, JoinHandle};
use super::setup::{builder, run, runtime};
use crate::harness::{Case, Flavour, Log, cases, message};
use std::collections::HashSet;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: output_reaches_the_handle, panic_becomes_an_error, no_id_outside_a_task, handle_texts,
        error_texts, odd_panic_texts, error_as_io_error, into_panic, resumed_panic, ids, ids_in_a_job,
        id_in_destructors, id_in_an_outputs_destructor, id_of_a_dropped_runtime, id_under_block_on,
        runs_without_a_handle, abort_never_polled, abort_sleeping, abort_running, abort_finished,
        abort_twice, abort_itself, abort_itself_and_end, abort_by_handle_clone, abort_a_job,
        abort_a_job_not_begun, aborted_output, is_finished, polled_after_the_end, handle_in_a_task,
        handle_outlives_the_runtime, spawned_on_a_dead_runtime, future_dropped_before_the_end_is_seen,
        output_dropped_with_the_handle, panic_in_the_futures_destructor,
        panic_in_the_futures_destructor_after_its_end, panic_in_an_aborted_futures_destructor,
        panic_in_an_outputs_destructor, panic_in_both, panic_payload_with_a_panicking_destructor,
        outside_of_a_runtime, nested_spawns, spawn_from_a_destructor, spawn_from_a_job, large_future,
        unwind_safe, abort_from_elsewhere, abort_in_the_destructor, detached_panics_are_silent;
    current_thread: runs_in_order, aborts_in_order, drop_order_of_a_runtime,
        output_dropped_without_a_handle;
];

/// Notes its task's id, or that there is none, and goes.
struct Loud {
    log: Log,
    name: &'static str,
    id: Option<oneshot::Receiver<Id>>,
}

impl Loud {
    fn new(log: &Log, name: &'static str) -> Self {
        Self { log: log.clone(), name, id: None }
    }

    /// One that knows which task it should find itself in.
    fn knowing(log: &Log, name: &'static str) -> (oneshot::Sender<Id>, Self) {
        let (send, receive) = oneshot::channel();
        (send, Self { log: log.clone(), name, id: Some(receive) })
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        let Some(id) = &mut self.id else {
            return self.log.note(format!("{} dropped", self.name));
        };
        let expected = id.try_recv().ok();
        let place = match task::try_id() {
            None => "in no task",
            id if id == expected => "in its task",
            _ => "in another task",
        };
        self.log.note(format!("{} dropped {place}", self.name));
    }
}

/// Panics when it goes.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("{}", self.0);
        }
    }
}

async fn ended(abort: &AbortHandle) {
    while !abort.is_finished() {
        task::yield_now().await;
    }
}

fn note_error(log: &Log, error: &JoinError) {
    log.note(log.without_ids(&format!("{error} {error:?}")));
}

fn output_reaches_the_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async { 6 * 7 });
        log.note(format!("{:?}", task.await));
    });
}

fn panic_becomes_an_error(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let error = rt::spawn(async { panic!("boom") }).await.unwrap_err();
        log.note(format!("{} {}", error.is_panic(), error.is_cancelled()));
        log.note(log.without_ids(&error));
        log.note(log.without_ids(&format!("{error:?}")));
    });
}

fn no_id_outside_a_task(flavour: Flavour, log: &Log) {
    log.note(format!("{:?}", rt::task::try_id()));
    log.note_panic(rt::task::id);
    run(flavour, async {
        log.note(format!("{:?}", rt::task::try_id()));
        log.note_panic(rt::task::id);
        log.note_panic(|| rt::task::id());
    });
}

fn handle_texts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async { 1 });
        log.note(log.without_ids(&format!("{task:?} {task:#?}")));
        let abort = task.abort_handle();
        log.note(log.without_ids(&format!("{abort:?} {abort:#?}")));
        let id = task.id();
        log.note(format!("{}", format!("{id:?}") == format!("Id({id})")));
        task.await.unwrap();
        log.note(log.without_ids(&format!("{abort:?}")));
    });
}

fn error_texts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(pending::<()>());
        task.abort();
        let error = task.await.unwrap_err();
        note_error(log, &error);
        log.note(log.without_ids(&format!("{error:#?} {error:>60}|")));
        let text = format!("formatted {}", 5);
        let error = task::spawn(async move { panic!("{text}") }).await.unwrap_err();
        note_error(log, &error);
        let error = task::spawn(async { std::panic::panic_any(5_u8) }).await.unwrap_err();
        note_error(log, &error);
        log.note(std::error::Error::source(&error).is_none());
    });
}

fn odd_panic_texts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for text in ["", "two\nlines", "\"quoted\"", "ümlaut", "{}"] {
            let error = task::spawn(async move { panic!("{text}") }).await.unwrap_err();
            note_error(log, &error);
        }
        let boxed: Box<str> = "boxed".into();
        let error = task::spawn(async { std::panic::panic_any(boxed) }).await.unwrap_err();
        note_error(log, &error);
        let error = task::spawn_blocking(|| panic!("job")).await.unwrap_err();
        note_error(log, &error);
    });
}

fn error_as_io_error(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let error = task::spawn(async { panic!("boom") }).await.unwrap_err();
        let error = std::io::Error::from(error);
        log.note(format!("{error} {error:?} {:?}", error.kind()));
        let task = task::spawn(pending::<()>());
        task.abort();
        let error = std::io::Error::from(task.await.unwrap_err());
        log.note(format!("{error} {error:?} {:?}", error.kind()));
    });
}

fn into_panic(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let error = task::spawn(async { std::panic::panic_any(5_u8) }).await.unwrap_err();
        log.note(format!("{:?}", error.into_panic().downcast_ref::<u8>()));
        let error = task::spawn(async { panic!("text") }).await.unwrap_err();
        log.note(message(&*error.try_into_panic().unwrap()));
        let task = task::spawn(pending::<()>());
        task.abort();
        let id = task.id();
        let error = task.await.unwrap_err().try_into_panic().unwrap_err();
        log.note(error.id() == id);
        let payload = catch_unwind(AssertUnwindSafe(|| error.into_panic())).unwrap_err();
        log.note(log.without_ids(&message(&*payload)));
    });
}

fn resumed_panic(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let error = task::spawn(async { panic!("first") }).await.unwrap_err();
        let again = task::spawn(async { std::panic::resume_unwind(error.into_panic()) });
        note_error(log, &again.await.map(|(): ()| ()).unwrap_err());
    });
}

fn ids(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async {
            let first = task::id();
            task::yield_now().await;
            (first, task::try_id())
        });
        let (id, abort) = (task.id(), task.abort_handle());
        let seen = task.await.unwrap();
        log.note(format!("{} {} {}", seen.0 == id, seen.1 == Some(id), abort.id() == id));
        let tasks: Vec<_> = (0..100).map(|_| task::spawn(async { task::id() })).collect();
        let mut seen = HashSet::new();
        for task in tasks {
            let id = task.id();
            seen.insert(id);
            assert_eq!(task.await.unwrap(), id);
        }
        seen.insert(id);
        log.note(seen.len());
        log.note(format!("{:?} {}", id.cmp(&id), id.to_string().parse::<u64>().is_ok()));
    });
}

fn ids_in_a_job(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, loud) = Loud::knowing(log, "closure");
        let job = task::spawn_blocking(move || {
            let _loud = loud;
            (task::id(), task::try_id())
        });
        let id = job.id();
        send.send(id).unwrap();
        let seen = job.await.unwrap();
        log.note(format!("{} {}", seen.0 == id, seen.1 == Some(id)));
    });
}

fn id_in_destructors(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for name in ["ended", "panicked", "aborted"] {
            let (send, loud) = Loud::knowing(log, name);
            let (go, wait) = oneshot::channel::<()>();
            let task = task::spawn(async move {
                let _loud = loud;
                wait.await.unwrap();
                match name {
                    "ended" => {}
                    "panicked" => panic!("on purpose"),
                    _ => pending().await,
                }
            });
            send.send(task.id()).unwrap();
            go.send(()).unwrap();
            task::yield_now().await;
            if name == "aborted" {
                task.abort();
            }
            log.note(task.await.is_ok());
        }
    });
}

fn id_in_an_outputs_destructor(flavour: Flavour, log: &Log) {
    run(flavour, async {
        // Taken: it is dropped by whoever took it.
        let (send, loud) = Loud::knowing(log, "taken");
        let task = task::spawn(async { loud });
        send.send(task.id()).unwrap();
        drop(task.await);
        // Not taken: with the handle.
        let (send, loud) = Loud::knowing(log, "with the handle");
        let task = task::spawn(async { loud });
        send.send(task.id()).unwrap();
        ended(&task.abort_handle()).await;
        drop(task);
        // Somebody else knows the task, too.
        let (send, loud) = Loud::knowing(log, "with the handle, not alone");
        let task = task::spawn(async { loud });
        let abort = task.abort_handle();
        send.send(task.id()).unwrap();
        ended(&abort).await;
        drop(task);
        // Nobody wants it: by the task.
        for known in [false, true] {
            let (send, loud) = Loud::knowing(log, "unwanted");
            let (go, wait) = oneshot::channel::<()>();
            let task = task::spawn(async move {
                wait.await.unwrap();
                loud
            });
            send.send(task.id()).unwrap();
            let (seen, abort) = oneshot::channel();
            let end = task.abort_handle();
            drop(task);
            if known {
                let _ = seen.send(end.clone());
            }
            go.send(()).unwrap();
            ended(&end).await;
            drop(abort);
        }
        // Within another task.
        let (send, loud) = Loud::knowing(log, "in another");
        let task = task::spawn(async { loud });
        send.send(task.id()).unwrap();
        ended(&task.abort_handle()).await;
        let theirs = log.clone();
        let other = task::spawn(async move {
            let own = task::id();
            drop(task);
            theirs.note(task::id() == own);
        });
        other.await.unwrap();
    });
}

fn id_of_a_dropped_runtime(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let (send, loud) = Loud::knowing(log, "sleeping");
    let task = first.spawn(async move {
        let _loud = loud;
        pending::<()>().await;
    });
    send.send(task.id()).unwrap();
    first.block_on(async {
        for _ in 0..5 {
            task::yield_now().await;
        }
    });
    drop(first);
    log.note(task.is_finished());
}

fn id_under_block_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = task::spawn_blocking(|| {
            let own = task::id();
            let handle = rt::runtime::Handle::current();
            let inner = handle.block_on(async { task::try_id() });
            inner == Some(own)
        });
        log.note(job.await.unwrap());
        let task = task::spawn(async move {
            let own = task::id();
            let other = std::thread::spawn(move || run(flavour, async { task::try_id() }));
            (other.join().unwrap(), task::id() == own)
        });
        log.note(format!("{:?}", task.await.unwrap()));
    });
}

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

fn abort_never_polled(flavour: Flavour, log: &Log) {
    let runtime = builder(flavour).build().unwrap();
    runtime.block_on(async {
        let loud = Loud::new(log, "future");
        let task = task::spawn(async move {
            let _loud = loud;
            pending::<()>().await;
        });
        task.abort();
        note_error(log, &task.await.unwrap_err());
    });
}

fn abort_sleeping(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (entered, wait) = oneshot::channel();
        let loud = Loud::new(log, "future");
        let task = task::spawn(async move {
            let _loud = loud;
            entered.send(()).unwrap();
            pending::<()>().await;
        });
        wait.await.unwrap();
        log.note(task.is_finished());
        task.abort();
        let error = task.await.unwrap_err();
        log.note(format!("{} {}", error.is_cancelled(), error.is_panic()));
    });
}

/// What runs is not cut off: it goes on to its next await.
fn abort_running(_: Flavour, log: &Log) {
    run(Flavour::MultiThread, async {
        let (entered, wait) = mpsc::channel();
        let (go, hold) = mpsc::channel::<()>();
        let (reached, after) = oneshot::channel();
        let task = task::spawn(async move {
            entered.send(()).unwrap();
            hold.recv().unwrap();
            reached.send("after").unwrap();
            pending::<()>().await;
        });
        let aborter = task.abort_handle();
        let job = task::spawn_blocking(move || {
            wait.recv().unwrap();
            aborter.abort();
            let finished = aborter.is_finished();
            go.send(()).unwrap();
            finished
        });
        log.note(job.await.unwrap());
        log.note(after.await.unwrap());
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

fn abort_finished(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async { 5 });
        ended(&task.abort_handle()).await;
        task.abort();
        log.note(format!("{:?}", task.await));
        let task = task::spawn(async { panic!("kept") });
        ended(&task.abort_handle()).await;
        task.abort();
        note_error(log, &task.await.map(|(): ()| ()).unwrap_err());
    });
}

fn abort_twice(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(pending::<()>());
        task.abort();
        task.abort();
        task.abort_handle().abort();
        let abort = task.abort_handle();
        log.note(task.await.unwrap_err().is_cancelled());
        abort.abort();
        log.note(abort.is_finished());
    });
}

fn abort_itself(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel::<AbortHandle>();
        let inner = log.clone();
        let task = task::spawn(async move {
            let abort = receive.await.unwrap();
            abort.abort();
            inner.note(format!("still here, {}", abort.is_finished()));
            task::yield_now().await;
            inner.note("never");
        });
        send.send(task.abort_handle()).unwrap();
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

/// Ready in the poll in which it was aborted: ready is what it is.
fn abort_itself_and_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel::<AbortHandle>();
        let task = task::spawn(async move {
            receive.await.unwrap().abort();
            7
        });
        send.send(task.abort_handle()).unwrap();
        log.note(format!("{:?}", task.await.ok()));
    });
}

fn abort_by_handle_clone(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(pending::<()>());
        let first = task.abort_handle();
        let second = first.clone();
        drop(first);
        log.note(second.id() == task.id());
        std::thread::spawn(move || second.abort()).join().unwrap();
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

/// A job that has begun goes on.
fn abort_a_job(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (entered, wait) = oneshot::channel();
        let (go, hold) = mpsc::channel::<()>();
        let job = task::spawn_blocking(move || {
            entered.send(()).unwrap();
            hold.recv().unwrap();
            5
        });
        wait.await.unwrap();
        job.abort();
        log.note(job.is_finished());
        go.send(()).unwrap();
        log.note(format!("{:?}", job.await));
    });
}

fn abort_a_job_not_begun(flavour: Flavour, log: &Log) {
    let runtime = builder(flavour).max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (entered, wait) = oneshot::channel();
        let (go, hold) = mpsc::channel::<()>();
        let first = task::spawn_blocking(move || {
            entered.send(()).unwrap();
            let _ = hold.recv();
        });
        wait.await.unwrap();
        let (send, loud) = Loud::knowing(log, "closure");
        let second = task::spawn_blocking(move || drop(loud));
        send.send(second.id()).unwrap();
        second.abort();
        log.note(second.is_finished());
        log.note("first goes on");
        go.send(()).unwrap();
        let (first, second) = (first.await, second.await);
        log.note(format!("{first:?}"));
        note_error(log, &second.unwrap_err());
    });
}

fn aborted_output(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud::new(log, "captured");
        let (entered, wait) = oneshot::channel();
        let task = task::spawn(async move {
            entered.send(()).unwrap();
            let first = Loud::new(&loud.log, "first local");
            let second = Loud::new(&loud.log, "second local");
            pending::<()>().await;
            drop((first, second));
            loud
        });
        wait.await.unwrap();
        task.abort();
        log.note(task.await.is_err());
    });
}

fn is_finished(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel::<()>();
        let task = task::spawn(async { receive.await.is_ok() });
        let abort = task.abort_handle();
        log.note(format!("{} {}", task.is_finished(), abort.is_finished()));
        send.send(()).unwrap();
        ended(&abort).await;
        log.note(format!("{} {}", task.is_finished(), abort.is_finished()));
        log.note(task.await.unwrap());
        log.note(abort.is_finished());
    });
}

fn polled_after_the_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut task = task::spawn(async { 5 });
        log.note(format!("{:?}", (&mut task).await));
        log.note(task.is_finished());
        let mut cx = Context::from_waker(Waker::noop());
        log.note_panic(|| Pin::new(&mut task).poll(&mut cx));
        task.abort();
        drop(task);
    });
}

fn handle_in_a_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = task::spawn(async { 5 });
        let outer = task::spawn(async move { inner.await.unwrap() + 1 });
        log.note(format!("{:?}", outer.await));
        // Aborting the one who waits does not abort the one waited for.
        let (go, wait) = oneshot::channel::<()>();
        let inner = task::spawn(async { wait.await.is_ok() });
        let abort = inner.abort_handle();
        let outer = task::spawn(inner);
        task::yield_now().await;
        outer.abort();
        log.note(outer.await.unwrap_err().is_cancelled());
        log.note(abort.is_finished());
        go.send(()).unwrap();
        ended(&abort).await;
        log.note("the inner one has ended by itself");
    });
}

fn handle_outlives_the_runtime(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let (done, sleeps) = (first.spawn(async { 5 }), first.spawn(pending::<()>()));
    first.block_on(ended(&done.abort_handle()));
    drop(first);
    log.note(format!("{} {}", done.is_finished(), sleeps.is_finished()));
    sleeps.abort();
    run(flavour, async {
        log.note(format!("{:?}", done.await));
        note_error(log, &sleeps.await.unwrap_err());
    });
}

fn spawned_on_a_dead_runtime(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let handle = first.handle().clone();
    drop(first);
    let loud = Loud::new(log, "future");
    let task = handle.spawn(async move { drop(loud) });
    log.note(task.is_finished());
    run(flavour, async {
        note_error(log, &task.await.unwrap_err());
        let job = handle.spawn_blocking(|| 5);
        note_error(log, &job.await.unwrap_err());
    });
}

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

fn unwind_safe(_: Flavour, log: &Log) {
    fn all<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe + Unpin + Send + Sync>() {}
    all::<JoinHandle<std::cell::Cell<u8>>>();
    all::<AbortHandle>();
    all::<Id>();
    log.note("compiled");
}

fn abort_from_elsewhere(flavour: Flavour, log: &Log) {
    let (send, receive) = mpsc::channel::<AbortHandle>();
    let other = std::thread::spawn(move || receive.into_iter().for_each(|abort| abort.abort()));
    run(flavour, async {
        let mut cancelled = 0;
        for _ in 0..50 {
            let task = task::spawn(pending::<()>());
            send.send(task.abort_handle()).unwrap();
            cancelled += u32::from(task.await.unwrap_err().is_cancelled());
        }
        log.note(cancelled);
    });
    drop(send);
    other.join().unwrap();
}

/// A task that aborts itself while it is dropped, and is ended already as far as it is concerned.
fn abort_in_the_destructor(flavour: Flavour, log: &Log) {
    struct Aborts(Option<AbortHandle>);
    impl Drop for Aborts {
        fn drop(&mut self) {
            self.0.take().unwrap().abort();
        }
    }
    run(flavour, async {
        let (send, receive) = oneshot::channel();
        let task = task::spawn(async move {
            let _aborts = Aborts(Some(receive.await.unwrap()));
            5
        });
        send.send(task.abort_handle()).unwrap();
        log.note(format!("{:?}", task.await.ok()));
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

fn aborts_in_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tasks = ["a", "b", "c", "d"].map(|name| {
            let loud = Loud::new(log, name);
            task::spawn(async move {
                let _loud = loud;
                pending::<()>().await;
            })
        });
        task::yield_now().await;
        for at in [2, 0, 3, 1] {
            tasks[at].abort();
        }
        log.note("aborted");
        for task in tasks {
            log.note(task.await.is_err());
        }
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
