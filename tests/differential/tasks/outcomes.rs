//! What a handle gives: outputs, errors and their texts.

use super::rt;
use super::rt::sync::oneshot;
use super::rt::task::{self, AbortHandle, Id, JoinHandle};
use super::setup::{run, runtime};
use super::{Loud, ended, note_error};
use crate::harness::{Case, Flavour, Log, cases, message};
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: output_reaches_the_handle, panic_becomes_an_error, handle_texts, error_texts, odd_panic_texts,
        error_as_io_error, into_panic, resumed_panic, is_finished, polled_after_the_end,
        handle_in_a_task, handle_outlives_the_runtime, spawned_on_a_dead_runtime, unwind_safe;
];

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

fn unwind_safe(_: Flavour, log: &Log) {
    fn all<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe + Unpin + Send + Sync>() {}
    all::<JoinHandle<std::cell::Cell<u8>>>();
    all::<AbortHandle>();
    all::<Id>();
    log.note("compiled");
}
