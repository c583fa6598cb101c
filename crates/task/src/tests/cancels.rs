//! Tasks that are aborted, shut down or forgotten.

use super::{Drops, Guard, Queue, Turn, joined};
use crate::primitives::sync::Mutex;
use crate::{Id, OwnedTasks, Schedule, Task, Woke, spawn};
use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;

#[test]
fn abort_at_every_stage() {
    let queue = Arc::new(Queue::default());
    let drops = Drops::default();

    let guard = drops.guard();
    let queued = queue.spawn(async move { drop(guard) });
    queued.abort();
    assert_eq!(drops.count(), 0, "only a runner drops");
    queue.turn();
    assert_eq!(drops.count(), 1);
    let error = joined(queued).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.to_string(), format!("task {} was cancelled", error.id()));
    assert!(error.try_into_panic().is_err());

    let guard = drops.guard();
    let sleeping = queue.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    queue.turn();
    let abort = sleeping.abort_handle();
    abort.clone().abort();
    abort.abort();
    assert_eq!(queue.turn(), [Woke::Idle]);
    assert!(abort.is_finished());
    assert_eq!(drops.count(), 2);
    assert!(joined(sleeping).unwrap_err().is_cancelled());

    // During its own poll.
    let slot = Arc::new(Mutex::new(None::<crate::AbortHandle>));
    let inner = Arc::clone(&slot);
    let guard = drops.guard();
    let running = queue.spawn(async move {
        let _guard = guard;
        inner.lock().as_ref().unwrap().abort();
        pending::<()>().await;
    });
    *slot.lock() = Some(running.abort_handle());
    queue.turn();
    assert_eq!(drops.count(), 3, "dropped right after the poll");
    assert!(joined(running).unwrap_err().is_cancelled());

    let done = queue.spawn(async { 1 });
    queue.turn();
    done.abort();
    assert_eq!(joined(done).unwrap(), 1, "too late");
    assert!(queue.ready.lock().is_empty());
}

#[test]
fn a_closed_list_refuses_and_a_shutdown_drops_all() {
    let queue = Arc::new(Queue::default());
    let drops = Drops::default();
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let guard = drops.guard();
            queue.spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            })
        })
        .collect();
    queue.turn();
    let guard = drops.guard();
    let unstarted = queue.spawn(async move { drop(guard) });
    // One that spawns from its destructor.
    struct Respawn(Arc<Queue>, Guard);
    impl Drop for Respawn {
        fn drop(&mut self) {
            let guard = Guard(Arc::clone(&self.1.0));
            assert!(joined(self.0.spawn(async move { drop(guard) })).unwrap_err().is_cancelled());
        }
    }
    let respawn = Respawn(Arc::clone(&queue), drops.guard());
    drop(queue.spawn(async move {
        let _respawn = respawn;
        pending::<()>().await;
    }));
    queue.turn();
    assert_eq!(drops.count(), 1, "the one that ended by itself");
    queue.tasks.close_and_shutdown_all();
    assert_eq!(drops.count(), 1 + 10 + 2);
    assert!(queue.tasks.is_empty() && queue.tasks.is_closed());
    joined(unstarted).unwrap();
    for handle in waiting {
        assert!(joined(handle).unwrap_err().is_cancelled());
    }
    assert_eq!(Arc::strong_count(&queue), 1, "every task is freed");
}

#[test]
fn entries_dropped_from_a_queue_are_cancelled() {
    let queue = Arc::new(Queue::default());
    let drops = Drops::default();
    let guard = drops.guard();
    let handle = queue.spawn(async move { drop(guard) });
    queue.ready.lock().clear();
    assert_eq!(drops.count(), 1);
    assert!(joined(handle).unwrap_err().is_cancelled());
}

/// A scheduler without a list, as a pool of threads for blocking jobs has.
struct Unlisted(Arc<Mutex<VecDeque<Task>>>);

impl Schedule for Unlisted {
    fn schedule(&self, task: Task, _: Woke) {
        self.0.lock().push_back(task);
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        None
    }
}

#[test]
fn without_a_list_a_task_nobody_can_wake_is_dropped() {
    let ready = Arc::new(Mutex::new(VecDeque::new()));
    let drops = Drops::default();
    let guard = drops.guard();
    let future = async move {
        let _guard = guard;
        pending::<()>().await;
    };
    let (task, handle) = spawn(future, Unlisted(Arc::clone(&ready)), Id::next());
    drop(handle);
    task.run();
    assert_eq!(drops.count(), 1);
    // And one that nobody ever ran.
    let guard = drops.guard();
    drop(spawn(async move { drop(guard) }, Unlisted(Arc::clone(&ready)), Id::next()));
    assert_eq!(drops.count(), 2);
    assert_eq!(Arc::strong_count(&ready), 1);
}
