//! What a piece of work costs.

use rustix::time::{ClockId, clock_gettime};
use std::ops::AddAssign;
use std::time::{Duration, Instant};

/// The time that went by, and the processor time that all threads of the process used meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// The time on the clock.
    pub wall: Duration,
    /// The processor time.
    pub cpu: Duration,
    /// How long single operations took, where the workload can tell.
    pub latencies: Latencies,
}

impl Cost {
    /// Does the work and looks at both clocks before and after.
    pub fn of(work: impl FnOnce()) -> Self {
        let (cpu, wall) = (cpu_time(), Instant::now());
        work();
        let wall = wall.elapsed();
        Self { wall, cpu: cpu_time().saturating_sub(cpu), latencies: Latencies::default() }
    }

    /// The same with samples of single operations.
    #[must_use]
    pub fn with(self, latencies: Latencies) -> Self {
        Self { latencies, ..self }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
        self.latencies.append(other.latencies);
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// How long single operations took, in nanoseconds: a sample of them, in no order.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<u64>);

impl Latencies {
    /// Whether the operation of that number, counted down to 1 or up from 1, is looked at. Only one
    /// in four is: the clock is not free either.
    pub(crate) const fn look_at(number: u64) -> bool {
        number % 4 == 1
    }

    /// Runs the operation, and times it if its number, counted from 0, is one of those looked at.
    pub(crate) async fn time<T>(&mut self, number: u64, operation: impl Future<Output = T>) -> T {
        if !Self::look_at(number + 1) {
            return operation.await;
        }
        let since = Instant::now();
        let output = operation.await;
        self.push(since.elapsed());
        output
    }

    /// Takes down one.
    pub fn push(&mut self, latency: Duration) {
        self.0.push(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Takes over another's.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All of them.
    pub fn as_slice(&self) -> &[u64] {
        &self.0
    }

    /// The latency that this share of the operations kept below: 0.5 for the median, 0.99 for the
    /// slowest in a hundred. None if there are none.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().checked_sub(1)?;
        let rank = (share.clamp(0.0, 1.0) * last as f64).round() as usize;
        sorted.get(rank).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_costs_time_and_no_processor() {
        let cost = Cost::of(|| std::thread::sleep(Duration::from_millis(50)));
        assert!(cost.wall >= Duration::from_millis(50));
    }

    #[test]
    fn working_costs_processor() {
        // Ends by the processor's clock itself, so no load on the machine can disturb it.
        let until = cpu_time() + Duration::from_millis(5);
        let cost = Cost::of(|| while cpu_time() < until {});
        assert!(cost.cpu > Duration::ZERO);
    }

    #[test]
    fn quantiles_come_from_the_sorted_sample() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.5), None);
        for nanos in [40, 10, 30, 20, 50] {
            latencies.push(Duration::from_nanos(nanos));
        }
        assert_eq!(latencies.quantile(0.5), Some(30));
        assert_eq!(latencies.quantile(0.99), Some(50));
        assert_eq!(latencies.quantile(0.0), Some(10));
    }
}
