//! Names of tasks, for those who look at them.
//!
//! Few tasks have a name, and nobody asks for one on a fast path. So a task has no room for it: the
//! names lie in one table by their tasks' ids, and a task without a name never comes near it.

use crate::{Id, try_id};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

static NAMES: Mutex<BTreeMap<Id, Arc<str>>> = Mutex::new(BTreeMap::new());

/// A task has its name for as long as this exists. It lives in the task's future.
#[derive(Debug)]
pub struct Named {
    id: Id,
}

impl Named {
    /// Names the task that has, or will have, this id.
    pub fn new(id: Id, name: &str) -> Self {
        NAMES.lock().insert(id, name.into());
        Self { id }
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        NAMES.lock().remove(&self.id);
    }
}

/// The name of a task that has one and has not ended.
pub fn name_of(id: Id) -> Option<Arc<str>> {
    NAMES.lock().get(&id).cloned()
}

/// The name of the task this code runs in, if it has one. For the panic hook, say, or a log.
pub fn name() -> Option<Arc<str>> {
    name_of(try_id()?)
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_with_its_guard() {
        let (id, other) = (Id::next(), Id::next());
        let named = Named::new(id, "miller");
        assert_eq!(name_of(id).as_deref(), Some("miller"));
        assert_eq!(name_of(other), None);
        assert_eq!(name(), None);
        drop(named);
        assert_eq!(name_of(id), None);
    }
}
