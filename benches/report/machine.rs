//! How many CPUs the machine gives.

use benches::Cost;
use rustix::time::{ClockId, clock_gettime};
use std::thread;
use std::time::{Duration, Instant};

/// How long it looks. Short, because it looks again in every round.
const LOOK: Duration = Duration::from_millis(2);

/// Two threads that do nothing but look at the clock: on a machine that gives two CPUs, they use
/// twice as much processor time as goes by. Without this, a load for two threads that had only one
/// CPU looks like a runtime that uses only one.
pub(crate) fn probe() -> Cost {
    let since = Instant::now();
    let cpu = thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(spin));
        threads.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
    });
    Cost { wall: since.elapsed(), cpu, ..Cost::default() }
}

/// Gives the thread's own processor time: the kernel brings that of a whole process up to date only
/// at its ticks, which are further apart than this is long.
fn spin() -> Duration {
    let since = Instant::now();
    while since.elapsed() < LOOK {
        std::hint::spin_loop();
    }
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_machine_gives_two_threads_more_than_two_cpus() {
        let Cost { wall, cpu, .. } = probe();
        assert!(wall >= LOOK && cpu > Duration::ZERO);
        assert!(cpu <= 2 * wall, "{cpu:?} in {wall:?}");
    }
}
