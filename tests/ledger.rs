//! Who was dropped, and how often.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// Counts the drops of each of a number of things. Cloning it makes another reader of the same
/// pages.
#[derive(Clone)]
pub struct Ledger {
    pages: Arc<Pages>,
}

struct Pages {
    drops: Box<[AtomicU32]>,
    opened: AtomicUsize,
}

/// One thing in the book; to be moved into the future that is to be counted.
pub struct Entry {
    pages: Arc<Pages>,
    line: usize,
}

impl Ledger {
    /// A book with room for `lines` things.
    pub fn new(lines: usize) -> Self {
        let drops = (0..lines).map(|_| AtomicU32::new(0)).collect();
        Self { pages: Arc::new(Pages { drops, opened: AtomicUsize::new(0) }) }
    }

    /// The next thing.
    ///
    /// # Panics
    ///
    /// If the book is full.
    pub fn entry(&self) -> Entry {
        let line = self.pages.opened.fetch_add(1, Relaxed);
        assert!(line < self.pages.drops.len(), "the book is full");
        Entry { pages: Arc::clone(&self.pages), line }
    }

    /// How many things were entered.
    pub fn opened(&self) -> usize {
        self.pages.opened.load(Relaxed)
    }

    /// How many drops there were.
    pub fn dropped(&self) -> usize {
        let drops = self.pages.drops.iter().map(|drops| drops.load(Relaxed) as usize);
        drops.sum()
    }

    /// Everything that was entered was dropped exactly once.
    ///
    /// # Panics
    ///
    /// If not.
    #[track_caller]
    pub fn check(&self) {
        for (line, drops) in self.pages.drops[..self.opened()].iter().enumerate() {
            let drops = drops.load(Relaxed);
            assert_eq!(drops, 1, "thing {line} of {} was dropped {drops} times", self.opened());
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.pages.drops[self.line].fetch_add(1, Relaxed);
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} entered, {} dropped", self.opened(), self.dropped())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}", self.line)
    }
}
