//! Who serves what: instances under leases, in a store that all nodes see.

pub mod memory;

use std::fmt;
use std::time::Duration;

pub use self::memory::MemoryDiscovery;
use crate::{BoxError, BoxFuture};

/// Names a lease in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub u64);

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// One endpoint served by one node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// The namespace of the component.
    pub namespace: String,
    /// The component that the endpoint belongs to.
    pub component: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// The id of the node that serves it.
    pub node: String,
}

impl Instance {
    /// Its key in the store: `namespace/component/endpoint/node`.
    pub fn key(&self) -> String {
        let Self { namespace, component, endpoint, node } = self;
        format!("{namespace}/{component}/{endpoint}/{node}")
    }

    /// The subject on which exactly this instance hears requests.
    pub fn subject(&self) -> String {
        let Self { namespace, component, endpoint, node } = self;
        format!("{namespace}.{component}.{endpoint}.{node}")
    }
}

/// What a watch reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An instance is there: it was before the watch began, or has come.
    Put(Instance),
    /// An instance is gone: withdrawn, or its lease ended.
    Removed(Instance),
}

/// Why the store did not do what it was asked to.
#[derive(Debug)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The lease has expired or was revoked. Asking again is of no use.
    LeaseGone(LeaseId),
    /// The store cannot be reached at the moment.
    Unavailable(BoxError),
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeaseGone(id) => write!(f, "lease {id} has expired or was revoked"),
            Self::Unavailable(source) => write!(f, "discovery is unavailable: {source}"),
        }
    }
}

impl std::error::Error for DiscoveryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::LeaseGone(_) => None,
            Self::Unavailable(source) => Some(&**source),
        }
    }
}

/// A store of instances.
///
/// Dropping a returned future gives up the request; the store may or may not have carried it out.
pub trait Discovery: Send + Sync + 'static {
    /// Makes a lease that lives for `ttl` after its last renewal.
    fn grant(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, DiscoveryError>>;

    /// Renews a lease, and returns how long it lives from now on.
    fn keep_alive(&self, lease: LeaseId) -> BoxFuture<'_, Result<Duration, DiscoveryError>>;

    /// Ends a lease, and removes what hangs on it. Ending one that is gone is no error.
    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), DiscoveryError>>;

    /// Adds `instance`, to be removed when `lease` ends.
    fn put(&self, lease: LeaseId, instance: Instance) -> BoxFuture<'_, Result<(), DiscoveryError>>;

    /// Removes `instance`. Removing one that is not there is no error.
    fn remove<'a>(&'a self, instance: &'a Instance) -> BoxFuture<'a, Result<(), DiscoveryError>>;

    /// The instances whose keys begin with `prefix`, by key.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Instance>, DiscoveryError>>;

    /// Reports what is there and what changes, of the instances whose keys begin with `prefix`.
    fn watch<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn Watch>, DiscoveryError>>;
}

/// A stream of changes.
pub trait Watch: Send {
    /// The next change; `None` when the watch has ended and what is known must be thrown away.
    /// Cancel safe.
    fn next(&mut self) -> BoxFuture<'_, Option<Event>>;
}
