//! Which runtime is the current one.

use super::rt;
use super::setup::runtime;
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::Handle;
use std::error::Error;
use std::sync::mpsc;
use std::thread;

pub(crate) const CASES: &[Case] = cases![
    both: no_context, context_comes_and_goes, context_of_spawned_things, context_of_destructors,
        guards_in_order, guards_out_of_order, guards_of_two_runtimes, guard_outlives_the_borrow,
        enter_allows_no_blocking_check, errors_of_try_current, try_current_in_a_thread_local;
    multi_thread: workers_have_a_context;
];

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

fn errors_of_try_current(_: Flavour, log: &Log) {
    let error = Handle::try_current().unwrap_err();
    log.note(&error);
    log.note(format!("{error:?}"));
    log.note(format!("{error:#?}"));
    log.note(format!("{} {}", error.is_missing_context(), error.is_thread_local_destroyed()));
    log.note(error.source().is_none());
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

fn workers_have_a_context(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let id = runtime.handle().id();
    let (send, receive) = mpsc::channel();
    runtime.spawn(async move { send.send(Handle::current().id() == id).unwrap() });
    log.note(format!("{:?}", receive.recv()));
}
