//! What the node counts, in OpenMetrics text: requests and tokens, the runtimes, the lease, the
//! canary, the process.

mod process;
mod runtimes;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::lease::Lease;
use crate::runtime::Runtime;
use crate::watchdog::Watchdog;

/// Content type of what [`Metrics::encode`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    server: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    server: &'static str,
    route: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TokenLabels {
    model: String,
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ModelLabels {
    model: String,
}

/// The node's metrics. A clone is another name for the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    tokens: Family<TokenLabels, Counter>,
    first_token_seconds: Family<ModelLabels, Histogram, fn() -> Histogram>,
    cancelled: Counter,
    accept_errors: Counter,
}

fn latency_buckets() -> Histogram {
    // From 1 ms to 64 s, doubling.
    Histogram::new((0..17).map(|n| 0.001 * f64::from(1u32 << n)))
}

impl Metrics {
    /// The metrics of a node on `runtime`.
    pub fn new(runtime: &Runtime) -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        registry.register(
            "handcrank_http_requests",
            "Requests answered, by server, route and status",
            requests.clone(),
        );
        let request_seconds = Family::new_with_constructor(latency_buckets as fn() -> Histogram);
        registry.register(
            "handcrank_http_request_seconds",
            "Time from the head of a request to the head of its response",
            request_seconds.clone(),
        );
        let tokens = Family::default();
        registry.register("handcrank_tokens", "Tokens read and said", tokens.clone());
        let first_token_seconds =
            Family::new_with_constructor(latency_buckets as fn() -> Histogram);
        registry.register(
            "handcrank_time_to_first_token_seconds",
            "Time from the head of a request to the engine's first token",
            first_token_seconds.clone(),
        );
        let cancelled = Counter::default();
        registry.register(
            "handcrank_generations_cancelled",
            "Generations whose client went away before their end",
            cancelled.clone(),
        );
        let accept_errors = Counter::default();
        registry.register(
            "handcrank_accept_errors",
            "Connections that could not be accepted",
            accept_errors.clone(),
        );
        registry.register_collector(Box::new(runtimes::Runtimes::new(runtime)));
        registry.register_collector(Box::new(process::Process::default()));
        Self {
            registry: Arc::new(Mutex::new(registry)),
            requests,
            request_seconds,
            tokens,
            first_token_seconds,
            cancelled,
            accept_errors,
        }
    }

    /// Adds the lease and the canary, once they exist.
    pub(crate) fn watch(&self, lease: &Lease, watchdog: &Watchdog) {
        let vitals = runtimes::Vitals { lease: lease.clone(), watchdog: watchdog.clone() };
        self.registry.lock().register_collector(Box::new(vitals));
    }

    /// Everything, as OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut out = String::with_capacity(8 * 1024);
        // Writing into a string cannot fail.
        let _ = text::encode(&mut out, &self.registry.lock());
        out
    }

    pub(crate) fn request(
        &self,
        server: &'static str,
        route: &'static str,
        status: u16,
        took: Duration,
    ) {
        self.requests.get_or_create(&RequestLabels { server, route, status }).inc();
        let labels = RouteLabels { server, route };
        self.request_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    pub(crate) fn prompt_tokens(&self, model: &str, count: usize) {
        let labels = TokenLabels { model: model.to_owned(), kind: "prompt" };
        self.tokens.get_or_create(&labels).inc_by(count as u64);
    }

    /// The counter of one model's spoken tokens: looked up once a request, not once a token.
    pub(crate) fn completion_tokens(&self, model: &str) -> Counter<u64, AtomicU64> {
        let labels = TokenLabels { model: model.to_owned(), kind: "completion" };
        self.tokens.get_or_create_owned(&labels)
    }

    pub(crate) fn first_token(&self, model: &str, took: Duration) {
        let labels = ModelLabels { model: model.to_owned() };
        self.first_token_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    pub(crate) fn cancelled(&self) {
        self.cancelled.inc();
    }

    pub(crate) fn accept_error(&self) {
        self.accept_errors.inc();
    }
}

#[cfg(test)]
mod tests {
    use handcrank::runtime::Handle;

    use super::*;

    #[handcrank::test]
    async fn what_was_counted_is_written() {
        let runtime = Runtime::from_handles(Handle::current(), None);
        let metrics = Metrics::new(&runtime);
        metrics.request("node", "/v1/models", 200, Duration::from_millis(3));
        metrics.prompt_tokens("echo", 7);
        metrics.completion_tokens("echo").inc_by(2);
        metrics.first_token("echo", Duration::from_millis(11));
        let _entry = runtime.in_flight().enter("something");
        let text = metrics.encode();
        for line in [
            r#"handcrank_http_requests_total{server="node",route="/v1/models",status="200"} 1"#,
            r#"handcrank_tokens_total{model="echo",kind="prompt"} 7"#,
            r#"handcrank_tokens_total{model="echo",kind="completion"} 2"#,
            r#"handcrank_time_to_first_token_seconds_count{model="echo"} 1"#,
            "handcrank_requests_in_flight 1",
            r#"handcrank_runtime_workers{runtime="primary"} 1.0"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
        assert!(!text.contains(r#"runtime="secondary""#), "merged: there is one runtime");
    }
}
