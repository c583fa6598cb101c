//! The requests in flight, by name: so that a shutdown can say what it cut off.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// A list of what is being worked on. A clone is another name for the same list.
#[derive(Clone, Debug, Default)]
pub struct InFlight {
    list: Arc<Mutex<List>>,
}

#[derive(Debug, Default)]
struct List {
    next: u64,
    ended: u64,
    entries: BTreeMap<u64, (String, Instant)>,
}

impl InFlight {
    /// Puts `what` on the list until the returned entry is dropped.
    pub fn enter(&self, what: impl Into<String>) -> Entry {
        let mut list = self.list.lock();
        let id = list.next;
        list.next += 1;
        list.entries.insert(id, (what.into(), Instant::now()));
        Entry { id, list: self.list.clone() }
    }

    /// How many are on the list.
    pub fn len(&self) -> usize {
        self.list.lock().entries.len()
    }

    /// Whether nothing is on the list.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many have left the list since it was made.
    pub fn ended(&self) -> u64 {
        self.list.lock().ended
    }

    /// What is on the list and for how long it has been, oldest first.
    pub fn snapshot(&self) -> Vec<(String, Duration)> {
        let list = self.list.lock();
        list.entries.values().map(|(what, since)| (what.clone(), since.elapsed())).collect()
    }
}

/// A place on the list; leaves it when dropped.
#[derive(Debug)]
pub struct Entry {
    id: u64,
    list: Arc<Mutex<List>>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut list = self.list.lock();
        list.ended += 1;
        list.entries.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_leave_when_dropped() {
        let list = InFlight::default();
        let first = list.enter("first");
        let second = list.enter("second");
        assert_eq!(list.len(), 2);
        drop(first);
        assert_eq!(list.ended(), 1);
        assert_eq!(list.snapshot().into_iter().map(|(w, _)| w).collect::<Vec<_>>(), ["second"]);
        drop(second);
        assert!(list.is_empty());
    }
}
