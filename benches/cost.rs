//! What a piece of work costs.

use rustix::time::{ClockId, clock_gettime};
use std::ops::AddAssign;
use std::time::{Duration, Instant};

/// The time that went by, and the processor time that all threads of the process used meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// The time on the clock.
    pub wall: Duration,
    /// The processor time.
    pub cpu: Duration,
}

impl Cost {
    /// Does the work and looks at both clocks before and after.
    pub fn of(work: impl FnOnce()) -> Self {
        let (cpu, wall) = (cpu_time(), Instant::now());
        work();
        Self { wall: wall.elapsed(), cpu: cpu_time().saturating_sub(cpu) }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
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
}
