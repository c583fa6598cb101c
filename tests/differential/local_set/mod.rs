//! `LocalSet` and `spawn_local`.

pub(super) mod aborts;
pub(super) mod driving;
pub(super) mod drops;
pub(super) mod spawning;
pub(super) mod wakes;

use super::{rt, setup};
use crate::harness::Log;
use std::future::pending;
use std::thread;

/// Notes its drop, and whether that is where it was made.
struct Noted {
    log: Log,
    name: &'static str,
    home: thread::ThreadId,
}

impl Noted {
    fn new(log: &Log, name: &'static str) -> Self {
        Self { log: log.clone(), name, home: thread::current().id() }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let at_home = self.home == thread::current().id();
        self.log.note(format!("{} dropped, at home: {at_home}", self.name));
    }
}

/// Never ready, and notes its drop.
async fn held(noted: Noted) {
    let _noted = noted;
    pending::<()>().await;
}
