//! Tasks: spawning, joining, aborting.

pub(super) mod aborts;
pub(super) mod drops;
pub(super) mod ids;
pub(super) mod outcomes;
pub(super) mod spawning;

use super::{rt, setup};
use crate::harness::Log;
use rt::sync::oneshot;
use rt::task::{self, AbortHandle, Id, JoinError};

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
