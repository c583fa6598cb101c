//! The node's lease: renewed on the secondary, and believed only as long as it can be.
//!
//! The deadline is counted from the moment a renewal was *asked for*. Counted from its answer, a
//! slow answer would make the node believe in a lease that the store has already ended, and two
//! nodes would serve as one. Each attempt gets half of the time that remains, answers or not, so a
//! connection that is open but silent is found out before the deadline, not after it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use handcrank::time::{Instant, sleep_until, timeout, timeout_at};
use parking_lot::Mutex;

use crate::discovery::{Discovery, DiscoveryError, Instance, LeaseId};
use crate::runtime::Runtime;
use crate::shutdown::Cause;

/// What a node does when its lease is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossPolicy {
    /// Begin the phased shutdown: no node may serve that nobody knows of.
    Shutdown,
    /// Let nobody in, finish what was begun, and stay up (unhealthy) until somebody else decides.
    Drain,
    /// Keep serving, and try to get a new lease with the same instances.
    Reacquire,
}

impl fmt::Display for LossPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Shutdown => "shutdown",
            Self::Drain => "drain",
            Self::Reacquire => "reacquire",
        })
    }
}

impl FromStr for LossPolicy {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "shutdown" => Ok(Self::Shutdown),
            "drain" => Ok(Self::Drain),
            "reacquire" => Ok(Self::Reacquire),
            other => Err(format!("{other:?} is no loss policy")),
        }
    }
}

/// Why a lease was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The store said that it has ended.
    Gone,
    /// No renewal was confirmed before the deadline.
    Unconfirmed,
}

/// A lease that is kept alive. A clone is another name for the same lease.
#[derive(Clone)]
pub struct Lease {
    shared: Arc<Shared>,
}

struct Shared {
    discovery: Arc<dyn Discovery>,
    ttl: Duration,
    state: Mutex<State>,
}

struct State {
    id: LeaseId,
    /// Until when the store is sure to honour it. Past once it was lost or given back.
    deadline: Instant,
    beats: u64,
    losses: u64,
    /// What to put back after a reacquisition.
    instances: Vec<Instance>,
}

impl Lease {
    /// Gets a lease and keeps it alive on the secondary of `runtime`, until the main token gives
    /// it back. `policy` says what its loss does.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn acquire(
        runtime: &Runtime,
        discovery: Arc<dyn Discovery>,
        ttl: Duration,
        policy: LossPolicy,
    ) -> Result<Self, DiscoveryError> {
        let asked = Instant::now();
        let id = discovery.grant(ttl).await?;
        let state = State { id, deadline: asked + ttl, beats: 0, losses: 0, instances: Vec::new() };
        let lease = Self { shared: Arc::new(Shared { discovery, ttl, state: Mutex::new(state) }) };
        runtime.spawn_service(lease.clone().service(runtime.clone(), policy));
        Ok(lease)
    }

    /// Its present id; another one after a reacquisition.
    pub fn id(&self) -> LeaseId {
        self.shared.state.lock().id
    }

    /// Whether the store is sure to honour it at this moment. Says no, too, when whoever renews
    /// it has got stuck.
    pub fn is_held(&self) -> bool {
        !self.remaining().is_zero()
    }

    /// How long the store is sure to honour it without another renewal.
    pub fn remaining(&self) -> Duration {
        let deadline = self.shared.state.lock().deadline;
        deadline.saturating_duration_since(Instant::now())
    }

    /// Renewals that were confirmed.
    pub fn beats(&self) -> u64 {
        self.shared.state.lock().beats
    }

    /// How often it was lost.
    pub fn losses(&self) -> u64 {
        self.shared.state.lock().losses
    }

    /// Puts `instance` into the store, for as long as the lease is held.
    ///
    /// # Errors
    ///
    /// Those of the store. Cancel safe in that the instance goes with the lease at the latest.
    pub async fn register(&self, instance: Instance) -> Result<(), DiscoveryError> {
        self.shared.state.lock().instances.push(instance.clone());
        let put = self.shared.discovery.put(self.id(), instance.clone()).await;
        if put.is_err() {
            self.forget(&instance);
        }
        put
    }

    /// Takes `instance` out of the store.
    ///
    /// # Errors
    ///
    /// Those of the store; the instance then goes with the lease.
    pub async fn withdraw(&self, instance: &Instance) -> Result<(), DiscoveryError> {
        self.forget(instance);
        self.shared.discovery.remove(instance).await
    }

    fn forget(&self, instance: &Instance) {
        self.shared.state.lock().instances.retain(|known| known != instance);
    }

    async fn service(self, runtime: Runtime, policy: LossPolicy) {
        let token = runtime.primary_token();
        while token.run_until_cancelled(self.keep_alive()).await.is_some() {
            let now = Instant::now();
            {
                let mut state = self.shared.state.lock();
                state.losses += 1;
                state.deadline = state.deadline.min(now);
            }
            match policy {
                LossPolicy::Shutdown => return runtime.shutdown_because(Cause::LeaseLost),
                LossPolicy::Drain => return runtime.endpoint_shutdown_token().cancel(),
                LossPolicy::Reacquire => {
                    if token.run_until_cancelled(self.reacquire()).await.is_none() {
                        return;
                    }
                }
            }
        }
        // Given back, not left to expire: others learn at once. A store that does not answer is
        // not waited for, since the lease then expires by itself.
        let id = {
            let mut state = self.shared.state.lock();
            state.deadline = state.deadline.min(Instant::now());
            state.id
        };
        let patience = self.shared.ttl.min(Duration::from_secs(1));
        let _ = timeout(patience, self.shared.discovery.revoke(id)).await;
    }

    /// Renews until the lease is lost.
    async fn keep_alive(&self) -> Loss {
        let (id, mut deadline) = {
            let state = self.shared.state.lock();
            (state.id, state.deadline)
        };
        sleep_until(self.halfway(deadline)).await;
        loop {
            let asked = Instant::now();
            if asked >= deadline {
                return Loss::Unconfirmed;
            }
            let next_try = self.halfway(deadline);
            match timeout_at(next_try, self.shared.discovery.keep_alive(id)).await {
                Ok(Ok(ttl)) => {
                    deadline = asked + ttl;
                    let mut state = self.shared.state.lock();
                    state.deadline = deadline;
                    state.beats += 1;
                }
                Ok(Err(DiscoveryError::LeaseGone(_))) => return Loss::Gone,
                // Unavailable, or silent: once more when this attempt's time is up.
                Ok(Err(_)) | Err(_) => {
                    sleep_until(next_try).await;
                    continue;
                }
            }
            sleep_until(self.halfway(deadline)).await;
        }
    }

    /// Half of what remains until `deadline`, but not ever smaller steps: the last one reaches it.
    fn halfway(&self, deadline: Instant) -> Instant {
        let now = Instant::now();
        let remaining = deadline.saturating_duration_since(now);
        let step = (remaining / 2).max(self.shared.ttl / 32).max(Duration::from_millis(1));
        (now + step).min(deadline)
    }

    /// Gets a new lease and puts the instances under it, however long it takes.
    async fn reacquire(&self) {
        let pause = (self.shared.ttl / 8).max(Duration::from_millis(10));
        loop {
            let asked = Instant::now();
            if let Ok(Ok(())) = timeout(self.shared.ttl, self.try_reacquire(asked)).await {
                return;
            }
            sleep_until(asked + pause).await;
        }
    }

    async fn try_reacquire(&self, asked: Instant) -> Result<(), DiscoveryError> {
        let id = self.shared.discovery.grant(self.shared.ttl).await?;
        let instances = {
            let mut state = self.shared.state.lock();
            state.id = id;
            state.instances.clone()
        };
        for instance in instances {
            self.shared.discovery.put(id, instance).await?;
        }
        self.shared.state.lock().deadline = asked + self.shared.ttl;
        Ok(())
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("id", &self.id())
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
