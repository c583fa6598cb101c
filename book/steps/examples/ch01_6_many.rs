//! Many: ten thousand waits of two seconds, as tasks and as threads.

use handcrank::runtime::Builder;
use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::thread;
use std::time::{Duration, Instant};
use steps::paint;

const WAITS: usize = 10_000;
const WAIT: Duration = Duration::from_secs(2);

fn main() -> io::Result<()> {
    let header = "               started     done      CPU     reserved   resident     kernel";
    println!("{}", paint::bold(header));
    as_tasks()?;
    as_threads();
    Ok(())
}

fn as_tasks() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut account = Account::open();
    runtime.block_on(async {
        let wait = || handcrank::time::sleep(WAIT);
        let waiting: Vec<_> = (0..WAITS).map(|_| handcrank::spawn(wait())).collect();
        account.all_started();
        handcrank::time::sleep(WAIT / 2).await;
        account.all_wait();
        for task in waiting {
            task.await.expect("a task that does not panic");
        }
    });
    account.close(WAITS, "tasks");
    Ok(())
}

fn as_threads() {
    let mut account = Account::open();
    let wait = || thread::Builder::new().spawn(|| thread::sleep(WAIT));
    // Stops at the first that the system refuses.
    let waiting: Vec<_> = (0..WAITS).map_while(|_| wait().ok()).collect();
    account.all_started();
    thread::sleep(WAIT / 2);
    account.all_wait();
    let started = waiting.len();
    for thread in waiting {
        thread.join().expect("a thread that does not panic");
    }
    account.close(started, "threads");
    if started < WAITS {
        println!("{}", paint::yellow("(the system gives this program no more threads)"));
    }
}

/// What a number of waits has cost.
struct Account {
    begin: Instant,
    cpu: Duration,
    sizes: [f64; 3],
    started: Duration,
}

impl Account {
    fn open() -> Self {
        let (begin, cpu, sizes) = (Instant::now(), cpu_time(), sizes());
        Self { begin, cpu, sizes, started: Duration::ZERO }
    }

    fn all_started(&mut self) {
        self.started = self.begin.elapsed();
    }

    /// From here on, the sizes are what was added.
    fn all_wait(&mut self) {
        for (before, now) in self.sizes.iter_mut().zip(sizes()) {
            *before = (now - *before).max(0.0);
        }
    }

    fn close(self, waits: usize, what: &str) {
        let [reserved, resident, kernel] = self.sizes;
        let (started, done) = (self.started.as_millis(), self.begin.elapsed().as_millis());
        let cpu = cpu_time().saturating_sub(self.cpu).as_millis();
        print!("{waits} {what:<7} {started:>5} ms {done:>5} ms {cpu:>5} ms");
        println!("{reserved:>9.1} MiB {resident:>6.1} MiB {kernel:>6.1} MiB");
    }
}

/// The address space of this program, how much of it is in memory, and what the kernel needs: its own
/// stacks (those of all programs), and the tables of this program's pages. In MiB.
fn sizes() -> [f64; 3] {
    let own = "/proc/self/status";
    let kernel = mib("/proc/meminfo", "KernelStack:") + mib(own, "VmPTE:");
    [mib(own, "VmSize:"), mib(own, "VmRSS:"), kernel]
}

/// A size that Linux reports; zero on a system that does not.
fn mib(file: &str, key: &str) -> f64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(key));
    let kib = value.and_then(|value| value.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

/// How long the processors have worked for this program.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().expect("a time that is not negative")
}
