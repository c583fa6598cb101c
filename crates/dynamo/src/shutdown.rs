//! The phased shutdown. Its states and the reasons for their order are in the crate's README.

mod report;

use std::thread;
use std::time::{Duration, Instant};

use handcrank::sync::TaskTracker;
use parking_lot::{Condvar, Mutex};

pub use self::report::{Cause, CutOff, Phase, PhaseReport, ShutdownReport};
use crate::runtime::{Runtime, Topology};
use crate::wait::block_until;

/// Whether a shutdown has begun, and how it went.
#[derive(Default)]
pub(crate) struct Shutdown {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    Running,
    Done(ShutdownReport),
}

impl Shutdown {
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(*self.state.lock(), State::Idle)
    }

    /// Starts the phases on a thread of their own: they must make progress when no worker of
    /// either runtime does, and may be asked for on a worker, which could not take down its own
    /// runtime.
    pub(crate) fn begin(&self, runtime: &Runtime, cause: Cause) {
        {
            let mut state = self.state.lock();
            if !matches!(*state, State::Idle) {
                return;
            }
            *state = State::Running;
        }
        // At once, not when the new thread gets its turn: after `shutdown()` returns, nobody is
        // let in any more.
        runtime.endpoint_shutdown_token().cancel();
        let begun = Instant::now();
        let there = (runtime.clone(), cause.clone());
        let spawned = thread::Builder::new()
            .name("shutdown".to_owned())
            .spawn(move || run_phases(&there.0, there.1, begun));
        if spawned.is_err() {
            // No thread to be had. Better to hold up the caller than to never end.
            run_phases(runtime, cause, begun);
        }
    }

    pub(crate) fn wait(&self) -> ShutdownReport {
        let mut state = self.state.lock();
        loop {
            if let State::Done(report) = &*state {
                return report.clone();
            }
            self.done.wait(&mut state);
        }
    }
}

/// Hands the report over when it goes, so that a panic in a phase cannot leave the waiters
/// waiting for ever: they get the phases that were completed.
struct Deliver<'a> {
    runtime: &'a Runtime,
    report: ShutdownReport,
    begun: Instant,
}

impl Drop for Deliver<'_> {
    fn drop(&mut self) {
        self.report.took = self.begun.elapsed();
        let shutdown = self.runtime.shutdown_state();
        *shutdown.state.lock() = State::Done(self.report.clone());
        shutdown.done.notify_all();
    }
}

fn run_phases(runtime: &Runtime, cause: Cause, begun: Instant) {
    let config = runtime.config();
    let (drain, stop) = (config.shutdown_drain_timeout(), config.shutdown_stop_timeout());
    let report = ShutdownReport {
        node: runtime.id().to_owned(),
        topology: runtime.topology(),
        cause,
        phases: Vec::with_capacity(4),
        in_flight_ended: 0,
        cut_off: Vec::new(),
        took: Duration::ZERO,
        allowed: drain + stop,
    };
    let mut deliver = Deliver { runtime, report, begun };
    let report = &mut deliver.report;

    let drain_deadline = begun + drain;
    let ended_before = runtime.in_flight().ended();
    report.phases.push(stop_admitting(runtime, drain_deadline));
    report.phases.push(wait_for(Phase::Drain, runtime.graceful_tracker(), drain_deadline));
    report.in_flight_ended = runtime.in_flight().ended() - ended_before;
    report.cut_off = runtime.in_flight().snapshot().into_iter().map(CutOff::from).collect();

    let stop_deadline = Instant::now() + stop;
    report.phases.push(stop_secondary(runtime, stop_deadline));
    report.phases.push(tear_down(runtime, stop_deadline));
}

/// Phase 1. The token was cancelled by `begin`; what let work in ends, and withdraws from
/// discovery as it does.
fn stop_admitting(runtime: &Runtime, deadline: Instant) -> PhaseReport {
    wait_for(Phase::StopAdmitting, runtime.admission_tracker(), deadline)
}

/// Phase 3. Only now may the lease go: while work drained, the node had to stay alive for others.
fn stop_secondary(runtime: &Runtime, deadline: Instant) -> PhaseReport {
    let begun = Instant::now();
    runtime.primary_token().cancel();
    let mut report = wait_for(Phase::StopSecondary, runtime.service_tracker(), deadline);
    // Merged, the secondary is the primary, whose turn is next.
    if runtime.topology() == Topology::Dual {
        runtime.secondary_type().tear_down(deadline.saturating_duration_since(Instant::now()));
    }
    report.took = begun.elapsed();
    report
}

/// Phase 4. The application has been told by the main token; then the primary goes, and with it
/// whatever still hangs on it.
fn tear_down(runtime: &Runtime, deadline: Instant) -> PhaseReport {
    let begun = Instant::now();
    let mut report = wait_for(Phase::TearDown, runtime.application_tracker(), deadline);
    runtime.primary_type().tear_down(deadline.saturating_duration_since(Instant::now()));
    report.took = begun.elapsed();
    report
}

fn wait_for(phase: Phase, tracker: &TaskTracker, deadline: Instant) -> PhaseReport {
    let begun = Instant::now();
    // A tracker counts as empty only once it is closed; a closed one still takes tasks.
    tracker.close();
    let before = tracker.len();
    block_until(Some(deadline), tracker.wait());
    let left = tracker.len();
    PhaseReport { phase, took: begun.elapsed(), ended: before.saturating_sub(left), cut_off: left }
}
