//! The runtimes, the lease and the canary, read when they are asked for.

use std::fmt;

use handcrank::runtime::{Handle, RuntimeMetrics};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::in_flight::InFlight;
use crate::lease::Lease;
use crate::runtime::{Runtime, Topology};
use crate::watchdog::Watchdog;

/// Handles only, never the `Runtime`: the registry would keep it alive, and it the registry.
#[derive(Debug)]
pub(super) struct Runtimes {
    handles: Vec<(&'static str, Handle)>,
    in_flight: InFlight,
}

impl Runtimes {
    pub(super) fn new(runtime: &Runtime) -> Self {
        let mut handles = vec![("primary", runtime.primary().clone())];
        if runtime.topology() == Topology::Dual {
            handles.push(("secondary", runtime.secondary().clone()));
        }
        Self { handles, in_flight: runtime.in_flight().clone() }
    }
}

type Read = fn(&RuntimeMetrics) -> f64;

const GAUGES: &[(&str, &str, Read)] = &[
    ("handcrank_runtime_workers", "Worker threads", |m| m.num_workers() as f64),
    ("handcrank_runtime_alive_tasks", "Tasks that have not ended", |m| m.num_alive_tasks() as f64),
    ("handcrank_runtime_inject_depth", "Tasks in the queue that all workers share", |m| {
        m.global_queue_depth() as f64
    }),
    ("handcrank_runtime_local_depth", "Tasks in the workers' own queues", |m| {
        (0..m.num_workers()).map(|n| m.worker_local_queue_depth(n)).sum::<usize>() as f64
    }),
    ("handcrank_runtime_blocking_threads", "Threads of the blocking pool", |m| {
        m.num_blocking_threads() as f64
    }),
    ("handcrank_runtime_blocking_idle", "Threads of the blocking pool that wait for a job", |m| {
        m.num_idle_blocking_threads() as f64
    }),
    ("handcrank_runtime_blocking_queue", "Jobs that wait for a thread of the blocking pool", |m| {
        m.blocking_queue_depth() as f64
    }),
    ("handcrank_runtime_driver_fds", "Descriptors that the driver watches", |m| {
        m.io_driver_fd_count() as f64
    }),
    ("handcrank_runtime_timers", "Timers that are set", |m| m.num_alive_timers() as f64),
];

const COUNTERS: &[(&str, &str, Read)] = &[
    ("handcrank_runtime_spawned", "Tasks that were spawned", |m| m.spawned_tasks_count() as f64),
    ("handcrank_runtime_polls", "Times that a task was polled", |m| {
        each(m, RuntimeMetrics::worker_poll_count)
    }),
    ("handcrank_runtime_steals", "Times that a worker took from another", |m| {
        each(m, RuntimeMetrics::worker_steal_operations)
    }),
    ("handcrank_runtime_parks", "Times that a worker went to sleep", |m| {
        each(m, RuntimeMetrics::worker_park_count)
    }),
    ("handcrank_runtime_overruns", "Times that a worker was 10 ms late for its sockets", |m| {
        each(m, RuntimeMetrics::worker_overrun_count)
    }),
    ("handcrank_runtime_driver_events", "Times that a descriptor became ready", |m| {
        m.io_driver_ready_count() as f64
    }),
    ("handcrank_runtime_busy_seconds", "Time that workers spent on tasks", |m| {
        (0..m.num_workers()).map(|n| m.worker_total_busy_duration(n).as_secs_f64()).sum()
    }),
];

fn each(metrics: &RuntimeMetrics, of: fn(&RuntimeMetrics, usize) -> u64) -> f64 {
    (0..metrics.num_workers()).map(|worker| of(metrics, worker)).sum::<u64>() as f64
}

impl Collector for Runtimes {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let metrics: Vec<_> = self
            .handles
            .iter()
            .map(|(name, handle)| ([("runtime", *name)], handle.metrics()))
            .collect();
        for (name, help, read) in GAUGES {
            let kind = ConstGauge::new(0.0).metric_type();
            let mut family = encoder.encode_descriptor(name, help, None, kind)?;
            for (labels, metrics) in &metrics {
                ConstGauge::new(read(metrics)).encode(family.encode_family(labels)?)?;
            }
        }
        for (name, help, read) in COUNTERS {
            let kind = ConstCounter::new(0.0).metric_type();
            let mut family = encoder.encode_descriptor(name, help, None, kind)?;
            for (labels, metrics) in &metrics {
                ConstCounter::new(read(metrics)).encode(family.encode_family(labels)?)?;
            }
        }
        let in_flight = ConstGauge::new(self.in_flight.len() as u64);
        in_flight.encode(encoder.encode_descriptor(
            "handcrank_requests_in_flight",
            "Requests that are being worked on",
            None,
            in_flight.metric_type(),
        )?)
    }
}

/// What keeps the node in the cluster.
#[derive(Debug)]
pub(super) struct Vitals {
    pub(super) lease: Lease,
    pub(super) watchdog: Watchdog,
}

impl Collector for Vitals {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let canary = self.watchdog.report();
        let gauges = [
            (
                "handcrank_lease_remaining_seconds",
                "How long the lease is sure to be honoured",
                self.lease.remaining().as_secs_f64(),
            ),
            (
                "handcrank_canary_seconds",
                "How long the primary took or takes to answer the canary",
                canary.latency.unwrap_or_default().as_secs_f64(),
            ),
            (
                "handcrank_canary_worst_seconds",
                "The longest that the primary took to answer the canary",
                canary.worst.as_secs_f64(),
            ),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let counters = [
            ("handcrank_lease_beats", "Renewals that were confirmed", self.lease.beats()),
            ("handcrank_lease_losses", "Times that the lease was lost", self.lease.losses()),
            ("handcrank_canaries", "Canaries that the primary answered", canary.answered),
            ("handcrank_canaries_late", "Canaries answered after the limit", canary.late),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        Ok(())
    }
}
