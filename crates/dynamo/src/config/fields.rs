//! The table of settings: key, kind, default, meaning, and the accessors made from it.
//!
//! One line here is everything a setting needs. Its environment variable follows from its key
//! (`primary.worker_threads` is `HANDCRANK_PRIMARY_WORKER_THREADS`), its place in a TOML file too.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use super::value::{Bytes, Kind, Typed, Value};
use super::{ConfigBuilder, RuntimeConfig};
use crate::lease::LossPolicy;
use crate::runtime::Topology;

/// One setting.
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) default: fn() -> Value,
}

impl Field {
    pub(super) fn find(key: &str) -> Option<(usize, &'static Field)> {
        FIELDS.iter().enumerate().find(|(_, field)| field.key == key)
    }

    pub(super) fn variable(&self) -> String {
        format!("{}{}", super::PREFIX, self.key.to_uppercase().replace('.', "_"))
    }
}

const HOUR: u64 = 3_600_000;

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+
       $name:ident: $type:ty $(as $outer:ty)?, $key:literal, $kind:expr, $default:expr;)*) => {
        pub(super) static FIELDS: &[Field] = &[
            $(Field { key: $key, kind: $kind, default: || Typed::into_value($default) },)*
        ];

        /// The settings, one accessor each.
        impl RuntimeConfig {
            $($(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("Key: `", $key, "`.")]
            pub fn $name(&self) -> settings!(@outer $type $(, $outer)?) {
                settings!(@unwrap (self.typed::<$type>($key)) $(, $outer)?)
            })*
        }

        /// The settings, one setter each. A value that is not allowed is reported by
        /// [`build`](ConfigBuilder::build), with the place of this call.
        impl ConfigBuilder {
            $($(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("Key: `", $key, "`.")]
            #[track_caller]
            pub fn $name(self, value: settings!(@outer $type $(, $outer)?)) -> Self {
                self.assign_typed($key, settings!(@wrap $type, value $(, $outer)?))
            })*
        }
    };
    (@outer $type:ty) => { $type };
    (@outer $type:ty, $outer:ty) => { $outer };
    (@unwrap ($value:expr)) => { $value };
    (@unwrap ($value:expr), $outer:ty) => { $value.0 };
    (@wrap $type:ty, $value:ident) => { $value };
    (@wrap $type:ty, $value:ident, $outer:ty) => { <$type>::from($value) };
}

impl From<usize> for Bytes {
    fn from(n: usize) -> Self {
        Self(n)
    }
}

settings! {
    /// Whether the secondary runtime is one of its own (`dual`, the default) or the primary
    /// under a second name (`merged`).
    topology: Topology, "topology",
        Kind::Choice(&["dual", "merged"]), Topology::Dual;
    /// Worker threads of the primary runtime; by default one per available core.
    primary_worker_threads: usize, "primary.worker_threads",
        Kind::Count { min: 1, max: 1024 }, cores();
    /// Most threads of the primary's blocking pool. Far below the usual 512 on purpose:
    /// preprocessing is work for a core, and more threads than cores only take turns.
    primary_max_blocking_threads: usize, "primary.max_blocking_threads",
        Kind::Count { min: 1, max: 4096 }, 64;
    /// Worker threads of the secondary runtime (without effect when merged).
    secondary_worker_threads: usize, "secondary.worker_threads",
        Kind::Count { min: 1, max: 64 }, 1;
    /// Most threads of the secondary's blocking pool (without effect when merged).
    secondary_max_blocking_threads: usize, "secondary.max_blocking_threads",
        Kind::Count { min: 1, max: 256 }, 4;
    /// Where the node serves requests. Port 0 asks the system for a free one.
    http_addr: SocketAddr, "http.addr", Kind::Addr, local(8080);
    /// Longest request body in bytes.
    http_body_limit: Bytes as usize, "http.body_limit",
        Kind::Size { min: 1 << 10, max: 1 << 30 }, Bytes(4 << 20);
    /// Longest time for the head of a request to arrive; also how long an idle connection is
    /// kept.
    http_header_timeout: Duration, "http.header_timeout",
        Kind::Time { min_ms: 10, max_ms: HOUR }, Duration::from_secs(15);
    /// Longest time for the body of a request to arrive.
    http_body_timeout: Duration, "http.body_timeout",
        Kind::Time { min_ms: 10, max_ms: HOUR }, Duration::from_secs(30);
    /// Where the system server (health and metrics) listens. Port 0 asks for a free one.
    system_addr: SocketAddr, "system.addr", Kind::Addr, local(9090);
    /// The namespace under which this node's endpoints are found.
    node_namespace: String, "node.namespace", Kind::Part, "handcrank".to_owned();
    /// How long the node's lease lives without a renewal.
    lease_ttl: Duration, "lease.ttl",
        Kind::Time { min_ms: 100, max_ms: HOUR }, Duration::from_secs(10);
    /// What to do when the lease is lost.
    lease_on_loss: LossPolicy, "lease.on_loss",
        Kind::Choice(&["shutdown", "drain", "reacquire"]), LossPolicy::Shutdown;
    /// How often the secondary sends a canary to the primary.
    canary_interval: Duration, "canary.interval",
        Kind::Time { min_ms: 10, max_ms: HOUR }, Duration::from_secs(1);
    /// How long the canary's answer may take before the node counts as unhealthy.
    canary_limit: Duration, "canary.limit",
        Kind::Time { min_ms: 1, max_ms: HOUR }, Duration::from_millis(500);
    /// The model name that the echo engine answers to.
    engine_model: String, "engine.model", Kind::Name, "echo".to_owned();
    /// How long the echo engine takes for one token.
    engine_token_delay: Duration, "engine.token_delay",
        Kind::Time { min_ms: 0, max_ms: HOUR }, Duration::from_millis(10);
    /// Longest time for the first two phases of a shutdown together: stop admitting, drain.
    shutdown_drain_timeout: Duration, "shutdown.drain_timeout",
        Kind::Time { min_ms: 0, max_ms: 24 * HOUR }, Duration::from_secs(30);
    /// Longest time for the last two phases of a shutdown together: stop the secondary, tear
    /// down.
    shutdown_stop_timeout: Duration, "shutdown.stop_timeout",
        Kind::Time { min_ms: 0, max_ms: HOUR }, Duration::from_secs(5);
}
