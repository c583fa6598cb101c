//! The canary: a tiny task that the secondary sends to the primary, to see how late it answers.

use std::sync::Arc;
use std::time::Duration;

use handcrank::time::{Instant, sleep_until};
use parking_lot::Mutex;

use crate::runtime::Runtime;

/// Watches the primary runtime from the secondary. A clone is another name for the same.
///
/// There is one canary under way at a time: a primary that is stuck is not given more to do.
#[derive(Clone, Debug)]
pub struct Watchdog {
    limit: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// When the canary was sent that has not been answered.
    waiting_since: Option<Instant>,
    last: Option<Duration>,
    worst: Duration,
    answered: u64,
    late: u64,
}

/// What the watchdog has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CanaryReport {
    /// How long the present canary has been waiting, or how long the last one took; `None` before
    /// the first.
    pub latency: Option<Duration>,
    /// The longest that an answer took.
    pub worst: Duration,
    /// How many were answered.
    pub answered: u64,
    /// How many of these took longer than the limit.
    pub late: u64,
}

impl Watchdog {
    /// Starts to watch, with the interval and the limit of the settings, until the main token
    /// ends it.
    pub fn start(runtime: &Runtime) -> Self {
        let config = runtime.config();
        let (interval, limit) = (config.canary_interval(), config.canary_limit());
        let watchdog = Self { limit, state: Arc::default() };
        let token = runtime.primary_token();
        let service = watchdog.clone().watch(runtime.clone(), interval);
        runtime.spawn_service(async move {
            token.run_until_cancelled(service).await;
        });
        watchdog
    }

    async fn watch(self, runtime: Runtime, interval: Duration) {
        loop {
            let sent = Instant::now();
            self.state.lock().waiting_since = Some(sent);
            let answer = runtime.primary().spawn(async {}).await;
            if answer.is_err() {
                return; // The primary is gone, and with it the question.
            }
            let took = sent.elapsed();
            {
                let mut state = self.state.lock();
                state.waiting_since = None;
                state.last = Some(took);
                state.worst = state.worst.max(took);
                state.answered += 1;
                state.late += u64::from(took > self.limit);
            }
            sleep_until(sent + interval.max(took)).await;
        }
    }

    /// What has been seen up to now.
    pub fn report(&self) -> CanaryReport {
        let state = self.state.lock();
        let State { last, worst, answered, late, .. } = *state;
        let waiting = state.waiting_since.map(|since| since.elapsed());
        // Just sent, it says nothing yet: the last one says more.
        let latency = waiting.max(last);
        CanaryReport { latency, worst: worst.max(waiting.unwrap_or_default()), answered, late }
    }

    /// How late an answer may be.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether the primary answers within the limit.
    ///
    /// # Errors
    ///
    /// Says how late it is.
    pub fn check(&self) -> Result<(), String> {
        match self.report().latency {
            Some(latency) if latency > self.limit => Err(format!(
                "the primary took or takes {latency:?} to answer, more than {:?}",
                self.limit
            )),
            _ => Ok(()),
        }
    }
}
