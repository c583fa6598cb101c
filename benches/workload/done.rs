//! How the thread in `block_on` learns that the last of many tasks has run.

use crate::Flavor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::Notify;

/// The tasks' side.
#[derive(Clone)]
pub(super) struct Done(Arc<Inner>);

struct Inner {
    left: AtomicU64,
    call: Call,
}

enum Call {
    Thread(SyncSender<()>),
    Task(Arc<Notify>),
}

/// The waiting side.
pub(super) enum Wait {
    /// Sleeps in the middle of the future, as Tokio's own workloads do: the workers run the tasks,
    /// and nobody helps them.
    Thread(Receiver<()>),
    /// Awaits, because a current-thread runtime has nobody else to run the tasks.
    Task(Arc<Notify>),
}

pub(super) fn done(flavor: Flavor) -> (Done, Wait) {
    let (call, wait) = match flavor {
        Flavor::Threads(_) => {
            let (send, receive) = sync_channel(1);
            (Call::Thread(send), Wait::Thread(receive))
        }
        Flavor::Current => {
            let notify = Arc::new(Notify::new());
            (Call::Task(Arc::clone(&notify)), Wait::Task(notify))
        }
    };
    (Done(Arc::new(Inner { left: AtomicU64::new(0), call })), wait)
}

impl Done {
    /// From now on that many are waited for.
    pub(super) fn expect(&self, tasks: u64) {
        self.0.left.store(tasks, Relaxed);
    }

    /// One of them has run.
    pub(super) fn one(&self) {
        if self.0.left.fetch_sub(1, Relaxed) == 1 {
            match &self.0.call {
                Call::Thread(send) => send.send(()).expect("somebody waits"),
                Call::Task(notify) => notify.notify_one(),
            }
        }
    }
}

impl Wait {
    /// Waits for the last one.
    pub(super) async fn last(&self) {
        match self {
            Self::Thread(receive) => receive.recv().expect("somebody is left"),
            Self::Task(notify) => notify.notified().await,
        }
    }
}
