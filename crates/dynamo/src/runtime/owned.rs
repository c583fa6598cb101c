//! Who owns a runtime, and how it starts and ends.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use handcrank::runtime::{Builder, Handle};
use parking_lot::Mutex;

use crate::config::ConfigError;

/// A runtime that is owned here, or one that somebody else owns.
#[derive(Clone, Debug)]
pub enum RuntimeType {
    /// Owned together by all clones of a [`Runtime`](crate::Runtime), and shut down with them.
    Shared(Arc<SharedRuntime>),
    /// Owned by somebody else: used, but never shut down from here.
    External(Handle),
}

impl RuntimeType {
    /// The handle to spawn with.
    pub fn handle(&self) -> &Handle {
        match self {
            Self::Shared(shared) => &shared.handle,
            Self::External(handle) => handle,
        }
    }

    /// Takes a shared runtime down, waiting up to `timeout` for its threads; leaves an external
    /// one alone. Must not be called on one of its workers.
    pub(crate) fn tear_down(&self, timeout: Duration) {
        if let Self::Shared(shared) = self
            && let Some(runtime) = { shared.slot.lock().take() }
        {
            runtime.shutdown_timeout(timeout);
        }
    }
}

/// A runtime with several owners, of whom one shuts it down.
#[derive(Debug)]
pub struct SharedRuntime {
    handle: Handle,
    /// Empty once it was shut down. In a slot because shutting down consumes the runtime, while
    /// the clones that hold on to it live in tasks of that very runtime.
    slot: Mutex<Option<handcrank::runtime::Runtime>>,
}

impl SharedRuntime {
    pub(super) fn start(
        which: &'static str,
        workers: usize,
        blocking: usize,
    ) -> Result<Arc<Self>, StartError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .max_blocking_threads(blocking)
            .thread_name(which)
            .name(which)
            .enable_all()
            .build()
            .map_err(|source| StartError::Runtime { which, source })?;
        let handle = runtime.handle().clone();
        Ok(Arc::new(Self { handle, slot: Mutex::new(Some(runtime)) }))
    }
}

impl Drop for SharedRuntime {
    fn drop(&mut self) {
        // The last owner may be a task of this runtime, whose worker must not wait for itself.
        if let Some(runtime) = self.slot.get_mut().take() {
            runtime.shutdown_background();
        }
    }
}

/// Why no runtime came to be.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The settings are wrong.
    Config(ConfigError),
    /// The system refused a thread or a descriptor.
    Runtime {
        /// `primary` or `secondary`.
        which: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => write!(f, "{error}"),
            Self::Runtime { which, source } => {
                write!(f, "cannot start the {which} runtime: {source}")
            }
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(_) => None,
            Self::Runtime { source, .. } => Some(source),
        }
    }
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
