//! What destructors may do while the runtime ends.

use super::rt;
use super::setup::runtime;
use super::{Noted, outcome, stays};
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::spawn_blocking;
use std::future::pending;
use std::sync::{Arc, Mutex};

pub(crate) const CASES: &[Case] = cases![
    both: destructors_spawn, destructors_panic, destructors_abort_others, destructors_wake_others;
];

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
    log.note_text(|| drop(runtime));
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
