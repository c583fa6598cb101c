//! The phased shutdown. Its states and the reasons for their order are in the crate's README.

mod report;

use std::thread;
use std::time::{Duration, Instant};

use handcrank::sync::TaskTracker;
use parking_lot::{Condvar, Mutex};

pub use self::report::{Cause, CutOff, Phase, PhaseReport, ShutdownReport};
use crate::runtime::{Runtime, Topology};
use crate::wait::block_until;

/// How long work that was cut off may take to say so. It has been told by the main token; a
/// stream then ends with an error instead of in the middle of nowhere.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
        let start = Start {
            begun: Instant::now(),
            admitting: runtime.admission_tracker().len(),
            working: runtime.graceful_tracker().len(),
            requests_ended: runtime.in_flight().ended(),
        };
        // At once, not when the new thread gets its turn: after `shutdown()` returns, nobody is
        // let in any more.
        runtime.endpoint_shutdown_token().cancel();
        let there = (runtime.clone(), cause.clone());
        let spawned = thread::Builder::new()
            .name("shutdown".to_owned())
            .spawn(move || run_phases(&there.0, there.1, start));
        if spawned.is_err() {
            // No thread to be had. Better to hold up the caller than to never end.
            run_phases(runtime, cause, start);
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

/// What was so before anybody was told to stop. Counted any later, what ends fast would be missed.
#[derive(Clone, Copy)]
struct Start {
    begun: Instant,
    /// Tasks that let work in.
    admitting: usize,
    /// Tasks that do the work.
    working: usize,
    /// Requests that have ended since the runtime began.
    requests_ended: u64,
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

fn run_phases(runtime: &Runtime, cause: Cause, start: Start) {
    let begun = start.begun;
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
    // Phase 1. The token was cancelled by `begin`: what lets work in ends, and withdraws from
    // discovery as it does.
    let admission = Waiting { tracker: runtime.admission_tracker(), before: start.admitting };
    report.phases.push(admission.end(Phase::StopAdmitting, begun, drain_deadline, |_| {}));

    // Phase 2. Work that was let in runs to its end.
    let work = Waiting { tracker: runtime.graceful_tracker(), before: start.working };
    report.phases.push(work.end(Phase::Drain, Instant::now(), drain_deadline, |_| {}));
    report.in_flight_ended = runtime.in_flight().ended() - start.requests_ended;
    report.cut_off = runtime.in_flight().snapshot().into_iter().map(CutOff::from).collect();

    // Phase 3. Only now may the lease go: while work drained, the node had to stay alive for
    // others. The same token tells the application, whose turn is last.
    let begun = Instant::now();
    let deadline = begun + stop;
    let services = Waiting::on(runtime.service_tracker());
    let application = Waiting::on(runtime.application_tracker());
    runtime.primary_token().cancel();
    report.phases.push(services.end(Phase::StopSecondary, begun, deadline, |left| {
        // Merged, the secondary is the primary, whose turn is next.
        if runtime.topology() == Topology::Dual {
            runtime.secondary_type().tear_down(left);
        }
    }));

    // Phase 4. The primary goes, and with it whatever still hangs on it.
    let begun = Instant::now();
    report.phases.push(application.end(Phase::TearDown, begun, deadline, |_| {
        let last_words = deadline.min(Instant::now() + LAST_WORDS);
        block_until(Some(last_words), runtime.graceful_tracker().wait());
        let left = deadline.saturating_duration_since(Instant::now());
        runtime.primary_type().tear_down(left);
    }));
}

/// The tasks of a tracker, counted before they are told to end.
struct Waiting<'a> {
    tracker: &'a TaskTracker,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn on(tracker: &'a TaskTracker) -> Self {
        Self { tracker, before: tracker.len() }
    }

    /// Waits until all have ended or `deadline` has come, then lets `finally` use the time that
    /// is left.
    fn end(
        self,
        phase: Phase,
        begun: Instant,
        deadline: Instant,
        finally: impl FnOnce(Duration),
    ) -> PhaseReport {
        // A tracker counts as empty only once it is closed; a closed one still takes tasks.
        self.tracker.close();
        block_until(Some(deadline), self.tracker.wait());
        let cut_off = self.tracker.len();
        finally(deadline.saturating_duration_since(Instant::now()));
        let ended = self.before.saturating_sub(cut_off);
        PhaseReport { phase, took: begun.elapsed(), ended, cut_off }
    }
}
