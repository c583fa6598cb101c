//! A hang names itself.

use crate::PATIENCE;
use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;

/// Ends the process, after saying what hung, unless it is dropped within [`PATIENCE`].
///
/// A test that hangs would otherwise hang the whole run, and nobody would know where.
pub struct Watchdog {
    _alive: Sender<()>,
}

impl Watchdog {
    /// Watches what goes on in the calling thread until the watchdog is dropped.
    ///
    /// # Panics
    ///
    /// If there is no thread for it.
    pub fn new(what: impl fmt::Display) -> Self {
        let (alive, gone) = mpsc::channel();
        let test = thread::current().name().unwrap_or("a test").to_owned();
        let what = what.to_string();
        let watch = move || {
            if gone.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                // Straight to the process's error stream: the test harness captures the other.
                let text = format!("\n{test} ({what}) hangs: no end after {PATIENCE:?}\n");
                let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
                std::process::abort();
            }
        };
        thread::Builder::new().name("watchdog".to_owned()).spawn(watch).expect("a thread");
        Self { _alive: alive }
    }
}

impl fmt::Debug for Watchdog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watchdog")
    }
}
