//! How a runtime ends, and what is left of it.

pub(super) mod after;
pub(super) mod destructors;
pub(super) mod tasks;
pub(super) mod waits;

use super::{blocking, rt, setup};
use crate::harness::Log;
use rt::runtime::Runtime;
use rt::task::JoinHandle;
use std::fmt::Debug;
use std::future::pending;
use std::sync::mpsc;

/// Waits for a task whose runtime may have ended, elsewhere.
fn outcome<T: Debug>(log: &Log, task: JoinHandle<T>) -> String {
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
fn stays<T: Send + 'static>(runtime: &Runtime, held: T) -> JoinHandle<()> {
    let (begins, begun) = rt::sync::oneshot::channel();
    let task = runtime.spawn(async move {
        let _held = held;
        begins.send(()).unwrap();
        pending::<()>().await;
    });
    runtime.block_on(begun).unwrap();
    task
}

/// Ends the runtime when the task has begun, and notes what comes after what.
fn end_during<T: Debug>(
    log: &Log,
    runtime: Runtime,
    begun: &mpsc::Receiver<()>,
    task: JoinHandle<T>,
) {
    begun.recv().unwrap();
    drop(runtime);
    log.note("the runtime's end");
    log.note(outcome(log, task));
}
