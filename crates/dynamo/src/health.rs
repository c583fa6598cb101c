//! Whether the node is alive, and whether it should be sent work.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::runtime::Runtime;

type Check = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// A check's name, and what is wrong if something is.
pub type CheckResult = (String, Result<(), String>);

/// The node's health: named checks, each of which only looks at what is known and never waits.
#[derive(Clone)]
pub struct Health {
    runtime: Runtime,
    started: Instant,
    checks: Arc<Mutex<Vec<(String, Check)>>>,
}

/// What `/health` answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Send work.
    Healthy,
    /// Some check fails.
    Unhealthy,
    /// The node finishes what it has begun, and takes nothing new.
    Draining,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Draining => "draining",
        })
    }
}

impl Health {
    /// A node without checks, healthy until it drains.
    pub fn new(runtime: &Runtime) -> Self {
        Self { runtime: runtime.clone(), started: Instant::now(), checks: Arc::default() }
    }

    /// Adds a check. It must return at once, with what is wrong if something is.
    pub fn register(
        &self,
        name: impl Into<String>,
        check: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) {
        self.checks.lock().push((name.into(), Arc::new(check)));
    }

    /// Runs the checks: the status, and each check's word in the order of registration.
    pub fn report(&self) -> (Status, Vec<CheckResult>) {
        // Checks are foreign code: they run on a copy, with the list unlocked.
        let checks = self.checks.lock().clone();
        let results: Vec<_> = checks.into_iter().map(|(name, check)| (name, check())).collect();
        let status = if self.runtime.endpoint_shutdown_token().is_cancelled() {
            Status::Draining
        } else if results.iter().any(|(_, result)| result.is_err()) {
            Status::Unhealthy
        } else {
            Status::Healthy
        };
        (status, results)
    }

    /// The body of `/health`.
    pub(crate) fn health_json(&self) -> (Status, Value) {
        let (status, results) = self.report();
        let checks: serde_json::Map<String, Value> = results
            .into_iter()
            .map(|(name, result)| {
                let word = match result {
                    Ok(()) => json!({ "status": "ok" }),
                    Err(why) => json!({ "status": "failed", "reason": why }),
                };
                (name, word)
            })
            .collect();
        let body = json!({
            "status": status.to_string(),
            "node": self.runtime.id(),
            "uptime_seconds": self.uptime(),
            "requests_in_flight": self.runtime.in_flight().len(),
            "checks": checks,
        });
        (status, body)
    }

    /// In seconds, to the millisecond.
    fn uptime(&self) -> f64 {
        self.started.elapsed().as_millis() as f64 / 1e3
    }

    /// The body of `/live`: that it can be written is all that it says.
    pub(crate) fn live_json(&self) -> Value {
        json!({
            "status": "alive",
            "node": self.runtime.id(),
            "topology": self.runtime.topology().to_string(),
            "uptime_seconds": self.uptime(),
        })
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("report", &self.report()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use handcrank::runtime::Handle;

    use super::*;

    #[handcrank::test]
    async fn a_failing_check_is_unhealthy_and_draining_outranks_it() {
        let runtime = Runtime::from_handles(Handle::current(), None);
        let health = Health::new(&runtime);
        assert_eq!(health.report().0, Status::Healthy);
        let held = Arc::new(AtomicBool::new(true));
        let seen = held.clone();
        health.register("lease", move || {
            if seen.load(Ordering::Relaxed) { Ok(()) } else { Err("lost".to_owned()) }
        });
        assert_eq!(health.report().0, Status::Healthy);
        held.store(false, Ordering::Relaxed);
        let (status, json) = health.health_json();
        assert_eq!(status, Status::Unhealthy);
        assert_eq!(json["checks"]["lease"]["reason"], "lost");
        runtime.endpoint_shutdown_token().cancel();
        assert_eq!(health.report().0, Status::Draining);
        assert_eq!(health.live_json()["status"], "alive");
    }
}
