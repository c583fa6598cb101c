//! A whole node: what runs on the primary, what on the secondary, put together.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::control;
use crate::discovery::{Discovery, MemoryDiscovery};
use crate::distributed::{DistributedError, DistributedRuntime};
use crate::engine::{AsyncEngine, Generate, Output};
use crate::health::Health;
use crate::http::{Api, Limits, Server, System, bind};
use crate::messaging::{MemoryMessaging, Message, Messaging};
use crate::metrics::Metrics;
use crate::runtime::{Runtime, Topology};
use crate::watchdog::Watchdog;

/// A running node. It lives as long as its runtime; dropping this only lets go of it.
#[derive(Clone)]
pub struct Node {
    distributed: DistributedRuntime,
    health: Health,
    metrics: Metrics,
    watchdog: Watchdog,
    http_addr: SocketAddr,
    system_addr: SocketAddr,
}

/// Why a node did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum NodeError {
    /// A server's address is not to be had.
    Bind {
        /// The setting: `http.addr` or `system.addr`.
        setting: &'static str,
        /// The address.
        addr: SocketAddr,
        /// Where the address came from.
        origin: String,
        /// What the system said.
        source: io::Error,
    },
    /// Discovery or messaging failed.
    Distributed(DistributedError),
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { setting, addr, origin, source } => {
                let hint = match source.kind() {
                    io::ErrorKind::AddrInUse => ": another process listens there",
                    io::ErrorKind::PermissionDenied => ": this user may not listen there",
                    io::ErrorKind::AddrNotAvailable => ": this machine has no such address",
                    _ => "",
                };
                write!(f, "cannot listen on {setting} = {addr} ({origin}): {source}{hint}")
            }
            Self::Distributed(error) => write!(f, "cannot join: {error}"),
        }
    }
}

impl std::error::Error for NodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind { source, .. } => Some(source),
            Self::Distributed(error) => Some(error),
        }
    }
}

impl<E: Into<DistributedError>> From<E> for NodeError {
    fn from(error: E) -> Self {
        Self::Distributed(error.into())
    }
}

impl Node {
    /// Starts a node that knows of no others: discovery and messaging in memory.
    ///
    /// # Errors
    ///
    /// As [`start_with`](Self::start_with).
    pub async fn start(
        runtime: &Runtime,
        engine: impl AsyncEngine<Generate, Output>,
    ) -> Result<Self, NodeError> {
        let (discovery, messaging) = (MemoryDiscovery::new(), MemoryMessaging::new());
        Self::start_with(runtime, engine, Arc::new(discovery), Arc::new(messaging)).await
    }

    /// Starts a node: the secondary's services first, then the engine, and last the door.
    ///
    /// # Errors
    ///
    /// An address that cannot be listened on; a store or messages that fail. What had been
    /// started by then ends with the runtime.
    pub async fn start_with(
        runtime: &Runtime,
        engine: impl AsyncEngine<Generate, Output>,
        discovery: Arc<dyn Discovery>,
        messaging: Arc<dyn Messaging>,
    ) -> Result<Self, NodeError> {
        let config = runtime.config();
        // Both addresses before anything else: a node that cannot listen must not be found.
        let (system_listener, system_addr) =
            listen(runtime, runtime.secondary(), "system.addr", config.system_addr()).await?;
        let (http_listener, http_addr) =
            listen(runtime, runtime.primary(), "http.addr", config.http_addr()).await?;

        let distributed = DistributedRuntime::new(runtime.clone(), discovery, messaging).await?;
        let (health, metrics) = (Health::new(runtime), Metrics::new(runtime));
        let watchdog = Watchdog::start(runtime);
        metrics.watch(distributed.lease(), &watchdog);
        let lease = distributed.lease().clone();
        health.register("lease", move || {
            if lease.is_held() { Ok(()) } else { Err("the lease is not held".to_owned()) }
        });
        let canary = watchdog.clone();
        health.register("primary", move || canary.check());

        let limits = Limits { header_timeout: config.http_header_timeout() };
        let system = Server {
            listener: system_listener,
            routes: Arc::new(System { health: health.clone(), metrics: metrics.clone() }),
            limits,
            metrics: metrics.clone(),
            // Answers until the work has drained: phase 3 ends it.
            stop: runtime.primary_token(),
            connections: runtime.service_tracker().clone(),
            handle: runtime.secondary().clone(),
        };
        runtime.spawn_service(system.run());
        control::start(&distributed, &health).await.map_err(DistributedError::from)?;

        let chat = crate::http::Chat::new(runtime, &metrics, Arc::new(engine));
        let by_message = chat.clone();
        distributed
            .component("backend")
            .endpoint("generate")
            .serve(move |request: Message| {
                let chat = by_message.clone();
                async move { chat.complete(request.payload, "a message").await.map_err(Into::into) }
            })
            .await?;

        let api = Server {
            listener: http_listener,
            routes: Arc::new(Api {
                chat,
                metrics: metrics.clone(),
                body_limit: config.http_body_limit(),
                body_timeout: config.http_body_timeout(),
            }),
            limits,
            metrics: metrics.clone(),
            stop: runtime.endpoint_shutdown_token(),
            connections: runtime.graceful_tracker().clone(),
            handle: runtime.primary().clone(),
        };
        runtime.primary().spawn(runtime.admission_tracker().track_future(api.run()));
        Ok(Self { distributed, health, metrics, watchdog, http_addr, system_addr })
    }

    /// Where requests are served.
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Where health and metrics are served.
    pub fn system_addr(&self) -> SocketAddr {
        self.system_addr
    }

    /// Its place among the others.
    pub fn distributed(&self) -> &DistributedRuntime {
        &self.distributed
    }

    /// Its health, to which more checks can be added.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// What it has counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Its watch over the primary.
    pub fn watchdog(&self) -> &Watchdog {
        &self.watchdog
    }

    /// Waits until the node's work has drained and everything is to end. Cancel safe.
    pub async fn closed(&self) {
        self.distributed.runtime().primary_token().cancelled().await;
    }

    /// The subject on which the node hears `ping`, `drain` and `shutdown`.
    pub fn control_subject(&self) -> String {
        let runtime = self.distributed.runtime();
        control::subject(&runtime.config().node_namespace(), runtime.id())
    }

    /// What runs where, as a small table.
    pub fn layout(&self) -> String {
        let runtime = self.distributed.runtime();
        let config = runtime.config();
        let http = self.http_addr;
        let primary = [
            format!("requests       http://{http}/v1/chat/completions"),
            format!(
                "preprocessing  up to {} blocking threads",
                config.primary_max_blocking_threads()
            ),
            format!("engine         {}", config.engine_model()),
            format!("endpoint       {}.backend.generate", config.node_namespace()),
        ];
        let secondary = [
            format!("lease          {:?}, on loss: {}", config.lease_ttl(), config.lease_on_loss()),
            format!("control        {}", self.control_subject()),
            format!(
                "canary         every {:?}, limit {:?}",
                config.canary_interval(),
                config.canary_limit()
            ),
            format!("system server  http://{}/health", self.system_addr),
        ];
        let threads = |n: usize| format!("{n} worker{}", if n == 1 { "" } else { "s" });
        let second = match runtime.topology() {
            Topology::Dual => threads(config.secondary_worker_threads()),
            Topology::Merged => "on the primary".to_owned(),
        };
        let mut out = format!("node {} ({})\n", runtime.id(), runtime.topology());
        let first = threads(config.primary_worker_threads());
        for (name, size, rows) in [("primary", first, primary), ("secondary", second, secondary)] {
            for (at, row) in rows.iter().enumerate() {
                let (name, size) = if at == 0 { (name, size.as_str()) } else { ("", "") };
                out.push_str(format!("  {name:9}  {size:14}  {row}").trim_end());
                out.push('\n');
            }
        }
        out
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("http_addr", &self.http_addr)
            .field("system_addr", &self.system_addr)
            .finish_non_exhaustive()
    }
}

async fn listen(
    runtime: &Runtime,
    handle: &handcrank::runtime::Handle,
    setting: &'static str,
    addr: SocketAddr,
) -> Result<(handcrank::net::TcpListener, SocketAddr), NodeError> {
    bind(handle, addr).await.map_err(|source| {
        let origin = runtime.config().origin(setting).map(ToString::to_string).unwrap_or_default();
        NodeError::Bind { setting, addr, origin, source }
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::config::RuntimeConfig;
    use crate::engine::EchoEngine;

    #[test]
    fn nothing_holds_on_to_a_runtime_that_was_shut_down() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = RuntimeConfig::builder().http_addr(any).system_addr(any).build().unwrap();
        let runtime = Runtime::new(config).unwrap();
        let engine = EchoEngine::new(Duration::ZERO);
        let node = runtime.primary().block_on(Node::start(&runtime, engine)).unwrap();
        assert!(runtime.owners() > 1);
        assert!(runtime.shutdown_and_wait().is_clean());
        drop(node);
        // The shutdown's own thread has handed over its report, but may not have ended yet.
        let begun = Instant::now();
        while runtime.owners() > 1 {
            assert!(begun.elapsed() < Duration::from_secs(30), "{} owners", runtime.owners());
            std::thread::yield_now();
        }
    }
}
