//! Noticing that something has changed.

use crate::house::House;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::time::Duration;

/// Looking at a few hundred files takes a few milliseconds.
const PAUSE: Duration = Duration::from_millis(400);

/// Where pages and what they show come from, counted from the root.
const FOLDERS: [&str; 4] = ["book", "crates", "tests", "benches"];

/// Folders that are made, not written.
const MADE: [&str; 4] = ["out", "work", "target", "node_modules"];

/// Calls back whenever something has changed, once it has come to rest.
pub(super) fn forever(house: &House, mut seen: u64, mut changed: impl FnMut()) {
    loop {
        std::thread::sleep(PAUSE);
        let mut now = self::seen(house);
        if now == seen {
            continue;
        }
        // An editor writes several files, or one of them in several steps.
        loop {
            std::thread::sleep(PAUSE);
            let next = self::seen(house);
            if std::mem::replace(&mut now, next) == next {
                break;
            }
        }
        seen = now;
        changed();
    }
}

/// A number that is another one when a file has changed.
pub(super) fn seen(house: &House) -> u64 {
    let mut hasher = DefaultHasher::new();
    for folder in FOLDERS {
        look(&house.path(folder), &mut hasher);
    }
    hasher.finish()
}

fn look(folder: &Path, hasher: &mut DefaultHasher) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            if !MADE.iter().any(|made| name == *made) {
                look(&entry.path(), hasher);
            }
            continue;
        }
        (entry.path(), metadata.len(), metadata.modified().ok()).hash(hasher);
    }
}
