//! The dual runtime: two of Handcrank's runtimes, their tokens, and what a shutdown waits for.

mod owned;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use handcrank::runtime::Handle;
use handcrank::sync::{CancellationToken, TaskTracker};
use handcrank::task::JoinHandle;

pub use self::owned::{RuntimeType, SharedRuntime, StartError};
use crate::config::RuntimeConfig;
use crate::in_flight::InFlight;
use crate::shutdown::{Cause, Shutdown, ShutdownReport};

/// Whether the secondary runtime is one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topology {
    /// Two runtimes that share nothing: no thread, no driver, no timer wheel, no blocking pool.
    Dual,
    /// One runtime under two names. Whatever keeps its workers busy delays the lease, too.
    Merged,
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dual => "dual",
            Self::Merged => "merged",
        })
    }
}

impl FromStr for Topology {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "dual" => Ok(Self::Dual),
            "merged" => Ok(Self::Merged),
            other => Err(format!("{other:?} is neither \"dual\" nor \"merged\"")),
        }
    }
}

/// The dual runtime. A clone is another name for the same one.
///
/// End it with [`shutdown`](Self::shutdown) or [`shutdown_and_wait`](Self::shutdown_and_wait).
/// When the last clone is dropped instead, owned runtimes are stopped without waiting and
/// without the phases.
///
/// ```
/// use handcrank_dynamo::{Runtime, RuntimeConfig};
///
/// let config = RuntimeConfig::builder().primary_worker_threads(2).build()?;
/// let runtime = Runtime::new(config)?;
/// let work = runtime.primary().spawn(runtime.graceful_tracker().track_future(async { 6 * 7 }));
/// let answer = runtime.primary().block_on(work)?;
/// assert_eq!(answer, 42);
///
/// let report = runtime.shutdown_and_wait();
/// assert!(report.is_clean());
/// println!("{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

struct Inner {
    id: String,
    config: RuntimeConfig,
    topology: Topology,
    primary: RuntimeType,
    secondary: RuntimeType,
    /// Ends everything; cancelled at the start of phase 3.
    cancellation_token: CancellationToken,
    /// Ends admission; cancelled at the start of phase 1.
    endpoint_shutdown_token: CancellationToken,
    /// What lets work in (accept loops, registrations): phase 1 waits for it.
    admission: TaskTracker,
    /// The work: phase 2 waits for it.
    graceful: TaskTracker,
    /// What keeps the node alive while it drains (lease, subscriptions, system server): phase 3.
    services: TaskTracker,
    /// The application itself: phase 4.
    application: TaskTracker,
    in_flight: InFlight,
    shutdown: Shutdown,
}

impl Runtime {
    /// Starts the runtimes that [`RuntimeConfig::from_settings`] asks for.
    ///
    /// # Errors
    ///
    /// Wrong settings, or a system that is out of threads or descriptors.
    pub fn from_settings() -> Result<Self, StartError> {
        Self::new(RuntimeConfig::from_settings()?)
    }

    /// Starts the runtimes that `config` asks for.
    ///
    /// # Errors
    ///
    /// [`StartError::Runtime`] if the system is out of threads or descriptors.
    pub fn new(config: RuntimeConfig) -> Result<Self, StartError> {
        let primary = RuntimeType::Shared(SharedRuntime::start(
            "primary",
            config.primary_worker_threads(),
            config.primary_max_blocking_threads(),
        )?);
        let secondary = match config.topology() {
            Topology::Merged => primary.clone(),
            Topology::Dual => RuntimeType::Shared(SharedRuntime::start(
                "secondary",
                config.secondary_worker_threads(),
                config.secondary_max_blocking_threads(),
            )?),
        };
        let topology = config.topology();
        Ok(Self::assemble(config, topology, primary, secondary))
    }

    /// One runtime with one worker, [merged](Topology::Merged), with the default settings: for
    /// tests and tools.
    ///
    /// # Errors
    ///
    /// [`StartError::Runtime`] if the system is out of threads or descriptors.
    pub fn single_threaded() -> Result<Self, StartError> {
        let config = RuntimeConfig::builder()
            .topology(Topology::Merged)
            .primary_worker_threads(1)
            .build()?;
        Self::new(config)
    }

    /// Uses runtimes that already exist and leaves their shutting down to their owner. Without a
    /// `secondary`, or with the same runtime twice, the topology is [`Topology::Merged`].
    ///
    /// The settings are the defaults; those about threads have no effect.
    pub fn from_handles(primary: Handle, secondary: Option<Handle>) -> Self {
        let secondary = secondary.filter(|secondary| secondary.id() != primary.id());
        let topology = if secondary.is_some() { Topology::Dual } else { Topology::Merged };
        let secondary = RuntimeType::External(secondary.unwrap_or_else(|| primary.clone()));
        let primary = RuntimeType::External(primary);
        Self::assemble(RuntimeConfig::default(), topology, primary, secondary)
    }

    fn assemble(
        config: RuntimeConfig,
        topology: Topology,
        primary: RuntimeType,
        secondary: RuntimeType,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                id: uuid::Uuid::new_v4().simple().to_string(),
                config,
                topology,
                primary,
                secondary,
                cancellation_token: CancellationToken::new(),
                endpoint_shutdown_token: CancellationToken::new(),
                admission: TaskTracker::new(),
                graceful: TaskTracker::new(),
                services: TaskTracker::new(),
                application: TaskTracker::new(),
                in_flight: InFlight::default(),
                shutdown: Shutdown::default(),
            }),
        }
    }

    /// This node's identity: 32 hexadecimal digits, new for every runtime.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The settings it was made from.
    pub fn config(&self) -> &RuntimeConfig {
        &self.inner.config
    }

    /// Whether the secondary is a runtime of its own.
    pub fn topology(&self) -> Topology {
        self.inner.topology
    }

    /// Where requests are served.
    pub fn primary(&self) -> &Handle {
        self.inner.primary.handle()
    }

    /// Where the node is kept alive. The primary's handle when merged.
    pub fn secondary(&self) -> &Handle {
        self.inner.secondary.handle()
    }

    pub(crate) fn primary_type(&self) -> &RuntimeType {
        &self.inner.primary
    }

    pub(crate) fn secondary_type(&self) -> &RuntimeType {
        &self.inner.secondary
    }

    /// The main token: cancelled when work has drained and everything must end (phase 3).
    pub fn primary_token(&self) -> CancellationToken {
        self.inner.cancellation_token.clone()
    }

    /// A token that is cancelled with the main one, and may be cancelled alone.
    pub fn child_token(&self) -> CancellationToken {
        self.inner.cancellation_token.child_token()
    }

    /// Cancelled when no new work may be let in (phase 1). Work in progress goes on.
    pub fn endpoint_shutdown_token(&self) -> CancellationToken {
        self.inner.endpoint_shutdown_token.clone()
    }

    /// Tracks what lets work in: accept loops, registrations in discovery. Phase 1 waits for its
    /// tasks, which must end soon after the [endpoint token](Self::endpoint_shutdown_token).
    pub fn admission_tracker(&self) -> &TaskTracker {
        &self.inner.admission
    }

    /// Tracks the work itself. Phase 2 waits for its tasks, up to the drain timeout.
    pub fn graceful_tracker(&self) -> &TaskTracker {
        &self.inner.graceful
    }

    /// Tracks what keeps the node alive while it drains. Phase 3 waits for its tasks, which must
    /// end soon after the [main token](Self::primary_token).
    pub fn service_tracker(&self) -> &TaskTracker {
        &self.inner.services
    }

    pub(crate) fn application_tracker(&self) -> &TaskTracker {
        &self.inner.application
    }

    /// Runs a service on the secondary: tracked for phase 3.
    #[track_caller]
    pub fn spawn_service<F>(&self, service: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.secondary().spawn(self.inner.services.track_future(service))
    }

    /// The requests in flight, by name.
    pub fn in_flight(&self) -> &InFlight {
        &self.inner.in_flight
    }

    /// Begins the phased shutdown and returns at once. Does nothing if it has already begun.
    ///
    /// May be called from anywhere, tasks of both runtimes included: the phases run on a thread
    /// of their own.
    pub fn shutdown(&self) {
        self.shutdown_because(Cause::Requested);
    }

    /// As [`shutdown`](Self::shutdown), with the cause that the report will name.
    pub fn shutdown_because(&self, cause: Cause) {
        self.inner.shutdown.begin(self, cause);
    }

    /// Begins the phased shutdown if nobody has, waits for its end, and says how it went.
    ///
    /// Blocks the thread for at most the drain timeout and the stop timeout together. On a
    /// worker of these runtimes it would be waiting for itself: the teardown then gives up on
    /// that worker at its deadline.
    pub fn shutdown_and_wait(&self) -> ShutdownReport {
        self.shutdown();
        self.inner.shutdown.wait()
    }

    /// Whether a shutdown has begun.
    pub fn is_shutting_down(&self) -> bool {
        self.inner.shutdown.has_begun()
    }

    /// How many clones there are.
    #[cfg(test)]
    pub(crate) fn owners(&self) -> usize {
        Arc::strong_count(&self.inner)
    }

    pub(crate) fn shutdown_state(&self) -> &Shutdown {
        &self.inner.shutdown
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("id", &self.inner.id)
            .field("topology", &self.inner.topology)
            .field("shutting_down", &self.is_shutting_down())
            .finish_non_exhaustive()
    }
}
