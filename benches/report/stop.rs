//! Ctrl-C: the first ends the measuring after the turn under way, so that what was measured is
//! written; the second ends the program.

use crate::files::Outcome;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The code that says that a signal ended the program.
pub(crate) const INTERRUPTED: u8 = 130;

/// Whether somebody wants it to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    pub(crate) fn listen() -> Outcome<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag unset and goes on to set it.
            flag::register_conditional_shutdown(signal, INTERRUPTED.into(), stop.0.clone())
                .and_then(|_| flag::register(signal, stop.0.clone()))
                .map_err(|error| format!("cannot listen for signals: {error}"))?;
        }
        Ok(stop)
    }

    /// Whether it was asked for.
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Relaxed)
    }
}
