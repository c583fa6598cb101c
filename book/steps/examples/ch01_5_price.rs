//! Price: what a thread takes on this machine, and what it costs to switch to another one.

use handcrank_executor::{LocalExecutor, yield_now};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use steps::paint;

const SWITCHES: u32 = 20_000;

fn main() {
    println!("{}", paint::bold("the stack of a thread          reserved    resident"));
    thread::spawn(|| {
        print_stack("that has done nothing yet");
        use_the_stack();
        print_stack("after a call with 256 KiB");
    })
    .join()
    .expect("a thread that does not panic");

    println!("{}", paint::bold("a switch"));
    let (first, second) = two_cpus();
    if cfg!(target_os = "linux") {
        print_switch("between threads, same CPU", between_threads(first, first));
    }
    if first != second {
        print_switch("between threads, two CPUs", between_threads(first, second));
    }
    print_switch("between tasks, one thread", between_tasks());
}

/// Fills a quarter of a MiB, deeper in the stack.
#[inline(never)]
fn use_the_stack() {
    #[expect(clippy::large_stack_arrays, reason = "it is there to take some stack")]
    let mut locals = [0_u8; 256 * 1024];
    locals.fill(1);
    black_box(&locals);
}

fn print_stack(when: &str) {
    match stack_of_this_thread() {
        Some((reserved, resident)) => println!("  {when}  {reserved:>7} KiB  {resident:>6} KiB"),
        None => println!("  {when}  (this system has no /proc/self/smaps)"),
    }
}

/// The mapping that a local variable lies in: its size, and how much of it is in memory, in KiB.
fn stack_of_this_thread() -> Option<(u64, u64)> {
    let local = 0_u8;
    let address = (&raw const local).addr();
    let smaps = std::fs::read_to_string("/proc/self/smaps").ok()?;
    // A mapping begins with a line "from-to …", and lines "Key: value kB" follow.
    let mut lines = smaps.lines().skip_while(|line| !holds(line, address)).skip(1);
    let mut next = |key: &str| {
        let line = lines.find(|line| line.starts_with(key))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some((next("Size:")?, next("Rss:")?))
}

fn holds(line: &str, address: usize) -> bool {
    let range = line.split_whitespace().next().and_then(|range| range.split_once('-'));
    range.is_some_and(|(from, to)| {
        let parse = |text| usize::from_str_radix(text, 16);
        matches!((parse(from), parse(to)), (Ok(from), Ok(to)) if (from..to).contains(&address))
    })
}

/// Two threads hand the turn to each other, and each sleeps while it is not its own.
fn between_threads(first: usize, second: usize) -> Duration {
    let turn = Arc::new(AtomicBool::new(false));
    let play = |mine: bool, other: thread::Thread, turn: Arc<AtomicBool>| {
        for _ in 0..SWITCHES / 2 {
            // Acquire pairs with Release: who sees the turn sees all before it.
            while turn.load(Ordering::Acquire) != mine {
                thread::park();
            }
            turn.store(!mine, Ordering::Release);
            other.unpark();
        }
    };
    let (main, second_turn) = (thread::current(), Arc::clone(&turn));
    stay_on(first);
    let other = thread::spawn(move || {
        stay_on(second);
        play(true, main, second_turn);
    });
    let start = Instant::now();
    play(false, other.thread().clone(), turn);
    other.join().expect("a thread that does not panic");
    start.elapsed() / SWITCHES
}

/// Two tasks step aside for each other.
fn between_tasks() -> Duration {
    let executor = LocalExecutor::new();
    let play = async || {
        for _ in 0..SWITCHES / 2 {
            yield_now().await;
        }
    };
    let start = Instant::now();
    executor.block_on(async {
        let (one, two) = (executor.spawn(play()), executor.spawn(play()));
        one.await.expect("a task that does not panic");
        two.await.expect("a task that does not panic");
    });
    start.elapsed() / SWITCHES
}

fn print_switch(between: &str, took: Duration) {
    println!("  {between}  {:>7} ns", took.as_nanos());
}

/// Two CPUs that this thread may run on; the same one twice if there is only one.
#[cfg(target_os = "linux")]
fn two_cpus() -> (usize, usize) {
    let allowed = rustix::thread::sched_getaffinity(None).expect("this thread's CPUs");
    let mut cpus = (0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
    let first = cpus.next().expect("a CPU to run on");
    (first, cpus.next().unwrap_or(first))
}

#[cfg(target_os = "linux")]
fn stay_on(cpu: usize) {
    let mut cpus = rustix::thread::CpuSet::new();
    cpus.set(cpu);
    rustix::thread::sched_setaffinity(None, &cpus).expect("a CPU that is allowed");
}

/// Elsewhere the system places threads as it likes; most likely it uses two.
#[cfg(not(target_os = "linux"))]
fn two_cpus() -> (usize, usize) {
    (0, 1)
}

#[cfg(not(target_os = "linux"))]
fn stay_on(_cpu: usize) {}
