//! What a shutdown did, phase by phase, as a table for a person and as numbers for a program.

use std::fmt;
use std::time::Duration;

use crate::runtime::Topology;

/// Why the node shut down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// [`Runtime::shutdown`](crate::Runtime::shutdown) was called.
    Requested,
    /// A signal came; its name, such as `SIGTERM`.
    Signal(&'static str),
    /// The lease was lost, and its policy says to shut down.
    LeaseLost,
    /// The application returned.
    ApplicationEnded,
    /// The application returned an error or panicked.
    ApplicationFailed,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requested => "on request",
            Self::Signal(name) => name,
            Self::LeaseLost => "lease lost",
            Self::ApplicationEnded => "application ended",
            Self::ApplicationFailed => "application failed",
        })
    }
}

/// A phase of the shutdown. They come in this order, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nobody is let in any more, and discovery no longer names this node.
    StopAdmitting,
    /// Work in progress runs to its end.
    Drain,
    /// The lease is given back; services and the secondary runtime end.
    StopSecondary,
    /// The application and the primary runtime end.
    TearDown,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::StopAdmitting => "1 stop admitting",
            Self::Drain => "2 drain",
            Self::StopSecondary => "3 stop secondary",
            Self::TearDown => "4 tear down",
        })
    }
}

/// What one phase did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PhaseReport {
    /// Which one.
    pub phase: Phase,
    /// How long it took.
    pub took: Duration,
    /// How many ended by themselves, of the tasks that were there before they were told to end.
    pub ended: usize,
    /// How many had not when the phase's time was up.
    pub cut_off: usize,
}

/// A request that the drain did not wait for any longer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CutOff {
    /// The request, as it was announced.
    pub what: String,
    /// How long it had been running.
    pub running_for: Duration,
}

impl From<(String, Duration)> for CutOff {
    fn from((what, running_for): (String, Duration)) -> Self {
        Self { what, running_for }
    }
}

/// How a shutdown went. `Display` prints a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The node's id.
    pub node: String,
    /// Whether the secondary was a runtime of its own.
    pub topology: Topology,
    /// Why.
    pub cause: Cause,
    /// The phases in order. Fewer than four only if one of them panicked.
    pub phases: Vec<PhaseReport>,
    /// Requests that ended while the node drained.
    pub in_flight_ended: u64,
    /// Requests that were still running when the drain's time was up, oldest first.
    pub cut_off: Vec<CutOff>,
    /// From the request to shut down to the end of the last phase.
    pub took: Duration,
    /// The drain timeout and the stop timeout together.
    pub allowed: Duration,
}

impl ShutdownReport {
    /// Whether everything ended by itself.
    pub fn is_clean(&self) -> bool {
        self.phases.len() == 4
            && self.cut_off.is_empty()
            && self.phases.iter().all(|phase| phase.cut_off == 0)
    }

    /// The report of one phase.
    pub fn phase(&self, phase: Phase) -> Option<&PhaseReport> {
        self.phases.iter().find(|report| report.phase == phase)
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, topology, cause, .. } = self;
        writeln!(f, "shutdown ({cause}) of {topology} node {node}")?;
        writeln!(f, "{:18}{:>10}{:>12}{:>10}", "phase", "took", "tasks ended", "cut off")?;
        for PhaseReport { phase, took, ended, cut_off } in &self.phases {
            writeln!(f, "{phase:18}{:>10}{ended:>12}{cut_off:>10}", Human(*took).to_string())?;
        }
        let (took, allowed) = (Human(self.took), Human(self.allowed));
        writeln!(f, "{:18}{:>10}  of {allowed} allowed", "total", took.to_string())?;
        writeln!(
            f,
            "requests in flight: {} drained, {} cut off",
            self.in_flight_ended,
            self.cut_off.len()
        )?;
        for CutOff { what, running_for } in &self.cut_off {
            writeln!(f, "  cut off after {}: {what}", Human(*running_for))?;
        }
        Ok(())
    }
}

/// A duration with three digits that matter.
struct Human(Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        match self.0.as_micros() {
            0..1_000 => write!(f, "{} µs", self.0.as_micros()),
            1_000..1_000_000 => write!(f, "{:.1} ms", seconds * 1e3),
            _ => write!(f, "{seconds:.2} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ShutdownReport {
        let phase = |phase, ms, ended, cut_off| PhaseReport {
            phase,
            took: Duration::from_millis(ms),
            ended,
            cut_off,
        };
        ShutdownReport {
            node: "f00d".to_owned(),
            topology: Topology::Dual,
            cause: Cause::Signal("SIGTERM"),
            phases: vec![
                phase(Phase::StopAdmitting, 0, 2, 0),
                phase(Phase::Drain, 1_200, 3, 1),
                phase(Phase::StopSecondary, 12, 4, 0),
                phase(Phase::TearDown, 1, 1, 0),
            ],
            in_flight_ended: 2,
            cut_off: vec![CutOff {
                what: "POST /x".to_owned(),
                running_for: Duration::from_millis(1_500),
            }],
            took: Duration::from_millis(1_213),
            allowed: Duration::from_secs(35),
        }
    }

    #[test]
    fn the_table_reads_in_order() {
        assert_eq!(
            report().to_string(),
            "\
shutdown (SIGTERM) of dual node f00d
phase                   took tasks ended   cut off
1 stop admitting        0 µs           2         0
2 drain               1.20 s           3         1
3 stop secondary     12.0 ms           4         0
4 tear down           1.0 ms           1         0
total                 1.21 s  of 35.00 s allowed
requests in flight: 2 drained, 1 cut off
  cut off after 1.50 s: POST /x
"
        );
    }

    #[test]
    fn clean_means_that_nothing_was_cut_off() {
        let mut report = report();
        assert!(!report.is_clean());
        report.cut_off.clear();
        report.phases[1].cut_off = 0;
        assert!(report.is_clean());
        report.phases.pop();
        assert!(!report.is_clean());
    }
}
