//! How late the secondary's timers fire while the primary is busy, dual against merged.
//!
//! `cargo run --release --example isolation`. Every worker of the primary is kept in polls of
//! 20 ms, as a tokenizer on a worker would; meanwhile a task on the secondary wants to wake every
//! 5 ms. The two topologies take turns, so that a disturbance of the machine meets both.

use std::time::{Duration, Instant};

use handcrank::sync::CancellationToken;
use handcrank_dynamo::{Runtime, RuntimeConfig, StartError, Topology};

const PERIOD: Duration = Duration::from_millis(5);
const BUSY: Duration = Duration::from_millis(20);
/// How long each measurement takes, and how many there are of each kind.
const LENGTH: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

fn main() -> Result<(), StartError> {
    let workers = RuntimeConfig::default().primary_worker_threads();
    println!("{workers} workers in polls of {BUSY:?}; lateness of a {PERIOD:?} timer, in ms");
    println!("{:10}{:>10}{:>10}{:>10}{:>10}", "topology", "load", "median", "99 %", "worst");
    for busy in [false, true] {
        let mut late = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (at, topology) in [Topology::Dual, Topology::Merged].into_iter().enumerate() {
                late[at].extend(measure(topology, workers, busy)?);
            }
        }
        for (topology, mut late) in [Topology::Dual, Topology::Merged].into_iter().zip(late) {
            late.sort_unstable();
            let at = |share: f64| {
                let index = ((late.len() - 1) as f64 * share) as usize;
                late[index].as_secs_f64() * 1e3
            };
            let load = if busy { "busy" } else { "idle" };
            let (median, most, worst) = (at(0.5), at(0.99), at(1.0));
            println!("{topology:10}{load:>10}{median:>10.2}{most:>10.2}{worst:>10.2}");
        }
    }
    Ok(())
}

fn measure(topology: Topology, workers: usize, busy: bool) -> Result<Vec<Duration>, StartError> {
    let config = RuntimeConfig::builder()
        .topology(topology)
        .primary_worker_threads(workers)
        .shutdown_drain_timeout(Duration::from_secs(5))
        .build()?;
    let runtime = Runtime::new(config)?;
    let stop = CancellationToken::new();
    if busy {
        // Twice as many as there are workers: there is always one more that wants its turn.
        for _ in 0..workers * 2 {
            let stop = stop.clone();
            runtime.primary().spawn(runtime.graceful_tracker().track_future(async move {
                while !stop.is_cancelled() {
                    let begun = Instant::now();
                    while begun.elapsed() < BUSY {
                        std::hint::spin_loop();
                    }
                    handcrank::task::yield_now().await;
                }
            }));
        }
    }
    let (send, receive) = std::sync::mpsc::channel();
    runtime.secondary().spawn(async move {
        loop {
            let due = Instant::now() + PERIOD;
            handcrank::time::sleep_until(due.into()).await;
            if send.send(due.elapsed()).is_err() {
                return;
            }
        }
    });
    let (begun, mut late) = (Instant::now(), Vec::new());
    let mut last = begun;
    while let Ok(one) = receive.recv_timeout(LENGTH.saturating_sub(begun.elapsed())) {
        late.push(one);
        last = Instant::now();
    }
    // The one that had not come by the end is late by at least this.
    late.push(last.elapsed().saturating_sub(PERIOD));
    drop(receive);
    stop.cancel();
    runtime.shutdown_and_wait();
    Ok(late)
}
