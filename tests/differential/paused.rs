//! `pause`, `advance`, `resume`, `start_paused`.

use super::rt;
use super::setup::{builder, run, runtime};
use super::sleep::without_timers;
use crate::harness::{Case, Flavour, Log, cases};
use rt::time::{Duration, Instant, advance, pause, resume, sleep, sleep_until, timeout};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

pub(crate) const CASES: &[Case] = cases![
    both: outside_of_a_runtime, not_paused, the_other_clock_goes_on, without_any_timer_driver;
    multi_thread: only_on_one_thread, only_started_on_one_thread;
    current_thread: paused_twice, paused_and_resumed, advanced, advanced_too_far, advanced_by_nothing,
        advanced_across_many, advanced_then_polled, jumps_when_idle, yields_do_not_jump, tasks_come_before_time,
        blocking_jobs_hold_the_clock, a_job_sees_the_clock, a_thread_sees_the_system, each_runtime_its_own,
        paused_in_mid_run, resumed_goes_on, advance_is_cancelled, advanced_in_a_task, a_channel_and_a_timeout,
        stays_between_block_ons, under_an_entered_runtime;
];

const MS: Duration = Duration::from_millis(1);

/// Runs a future under a clock that stands still.
pub(super) fn paused<F: Future>(future: F) -> F::Output {
    builder(Flavour::CurrentThread).start_paused(true).build().expect("a runtime").block_on(future)
}

/// Milliseconds since then.
pub(super) fn millis(start: Instant) -> u128 {
    start.elapsed().as_millis()
}

/// Polls a future once: is it ready?
pub(super) async fn polled<F: Future + Unpin>(future: &mut F) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_ready())).await
}

/// The first poll of `advance`, by hand.
fn poll_advance(duration: Duration) {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = std::pin::pin!(advance(duration)).poll(&mut cx);
}

fn outside_of_a_runtime(_: Flavour, log: &Log) {
    log.note_panic(pause);
    log.note_panic(|| pause());
    log.note_panic(|| resume());
    log.note_panic(|| poll_advance(MS));
    drop(advance(MS));
}

fn not_paused(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note_panic(|| resume());
        log.note_panic(|| poll_advance(MS));
        drop(advance(MS));
    });
}

fn the_other_clock_goes_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let start = Instant::now();
        std::thread::sleep(MS * 3);
        log.note(start.elapsed() >= MS * 3);
        log.note(start.into_std().elapsed() >= MS * 3);
    });
}

fn without_any_timer_driver(flavour: Flavour, log: &Log) {
    let runtime = without_timers(flavour);
    let _entered = runtime.enter();
    log.note_panic(|| pause());
    let start = Instant::now();
    if flavour == Flavour::CurrentThread {
        runtime.block_on(advance(MS * 5));
        log.note(format!("{:?}", start.elapsed()));
    }
}

fn only_on_one_thread(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    runtime.block_on(async { log.note_panic(|| pause()) });
    let log = log.clone();
    runtime.block_on(runtime.spawn(async move { log.note_panic(|| pause()) })).unwrap();
}

fn only_started_on_one_thread(flavour: Flavour, log: &Log) {
    let outcome =
        std::panic::catch_unwind(|| builder(flavour).start_paused(true).build().map(drop));
    match outcome {
        Ok(built) => log.note(format!("{built:?}")),
        Err(payload) => log.note(crate::harness::message(&*payload)),
    }
}

fn paused_twice(flavour: Flavour, log: &Log) {
    run(flavour, async {
        pause();
        let now = Instant::now();
        log.note_panic(|| pause());
        log.note(Instant::now() == now);
        resume();
        log.note_panic(|| resume());
    });
    paused(async { log.note_panic(|| pause()) });
}

fn paused_and_resumed(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for _ in 0..3 {
            pause();
            let now = Instant::now();
            std::thread::sleep(MS * 2);
            log.note(Instant::now() == now);
            advance(MS * 7).await;
            log.note(format!("{:?}", now.elapsed()));
            resume();
            std::thread::sleep(MS * 2);
            log.note(now.elapsed() >= MS * 9 && now.elapsed() < MS * 60_000);
        }
    });
}

fn advanced(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        for micros in [1000, 1500, 1, 0, 7_000_000] {
            advance(Duration::from_micros(micros)).await;
            log.note(format!("{:?}", start.elapsed()));
        }
    });
}

fn advanced_too_far(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        log.note_panic(|| poll_advance(Duration::MAX));
        log.note(format!("{:?}", start.elapsed()));
        advance(MS).await;
        log.note(format!("{:?}", start.elapsed()));
    });
}

fn advanced_by_nothing(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut waits = Box::pin(sleep(MS));
        log.note(polled(&mut waits).await);
        advance(Duration::ZERO).await;
        log.note(polled(&mut waits).await);
        log.note(format!("{:?}", start.elapsed()));
    });
}

fn advanced_across_many(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut tasks = Vec::new();
        for wait in [30_u32, 10, 20, 5000, 10, 64, 0, 4096] {
            let log = log.clone();
            tasks.push(rt::spawn(async move {
                sleep(MS * wait).await;
                log.note(format!("{wait} at {}", millis(start)));
            }));
        }
        rt::task::yield_now().await;
        advance(MS * 64).await;
        rt::task::yield_now().await;
        log.note("advanced");
        advance(MS * 10_000).await;
        for task in tasks {
            task.await.unwrap();
        }
        log.note(millis(start));
    });
}

fn advanced_then_polled(_: Flavour, log: &Log) {
    paused(async {
        let mut waits: Vec<_> = [1, 5, 9, 10, 11].map(|wait| Box::pin(sleep(MS * wait))).into();
        for sleep in &mut waits {
            log.note(polled(sleep).await);
        }
        advance(MS * 10).await;
        for sleep in &mut waits {
            log.note(format!("{} {}", sleep.is_elapsed(), polled(sleep).await));
        }
        // What was made after the jump counts from there.
        let start = Instant::now();
        sleep(MS * 2).await;
        log.note(millis(start));
    });
}

fn jumps_when_idle(_: Flavour, log: &Log) {
    paused(async {
        let (start, system) = (Instant::now(), std::time::Instant::now());
        sleep(Duration::from_hours(24)).await;
        log.note(format!("{:?} {}", start.elapsed(), system.elapsed() < MS * 60_000));
        let other = rt::spawn(async move {
            sleep(MS * 30).await;
            start.elapsed()
        });
        sleep(MS * 10).await;
        log.note(format!("{:?}", start.elapsed()));
        log.note(format!("{:?}", other.await.unwrap()));
    });
}

fn yields_do_not_jump(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let sleeper = rt::spawn(async move {
            sleep(MS * 5).await;
            start.elapsed()
        });
        for _ in 0..50 {
            rt::task::yield_now().await;
        }
        log.note(format!("{:?} {}", start.elapsed(), sleeper.is_finished()));
        log.note(format!("{:?}", sleeper.await.unwrap()));
    });
}

fn tasks_come_before_time(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let log = log.clone();
            tasks.push(rt::spawn(async move {
                for round in 0..3 {
                    log.note(format!("round {round} at {}", millis(start)));
                    rt::task::yield_now().await;
                }
            }));
        }
        sleep(MS * 5).await;
        log.note(format!("slept until {}", millis(start)));
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn blocking_jobs_hold_the_clock(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut waits = Box::pin(sleep(MS * 5));
        log.note(polled(&mut waits).await);
        rt::task::spawn_blocking(|| std::thread::sleep(MS * 20)).await.unwrap();
        log.note(format!("{:?} {}", start.elapsed(), waits.is_elapsed()));
        // Even then it can be advanced by hand.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let job = rt::task::spawn_blocking(move || wait.recv().is_err());
        advance(MS * 3).await;
        log.note(format!("{:?}", start.elapsed()));
        drop(go);
        log.note(job.await.unwrap());
        waits.await;
        log.note(format!("{:?}", start.elapsed()));
    });
}

fn a_job_sees_the_clock(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        advance(MS * 3_600_000).await;
        let seen = rt::task::spawn_blocking(move || start.elapsed()).await.unwrap();
        log.note(format!("{seen:?}"));
    });
}

fn a_thread_sees_the_system(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        advance(MS * 3_600_000).await;
        let seen = std::thread::spawn(move || start.elapsed()).join().unwrap();
        log.note(seen < MS * 1_000_000);
        log.note(start.into_std().elapsed() < MS * 1_000_000);
    });
    log.note_panic(|| resume());
}

fn each_runtime_its_own(flavour: Flavour, log: &Log) {
    let (one, other) = (runtime(flavour), runtime(flavour));
    let start = one.block_on(async {
        pause();
        let start = Instant::now();
        advance(MS * 3_600_000).await;
        start
    });
    log.note(other.block_on(async { start.elapsed() }) < MS * 1_000_000);
    log.note(format!("{:?}", one.block_on(async { start.elapsed() })));
    other.block_on(async { log.note_panic(|| resume()) });
    one.block_on(async { log.note_panic(|| resume()) });
}

fn paused_in_mid_run(flavour: Flavour, log: &Log) {
    run(flavour, async {
        sleep(MS * 3).await;
        pause();
        // Where between two milliseconds the clock stands is chance; whole ones are what it moves by.
        let start = Instant::now();
        advance(MS * 10).await;
        log.note(format!("{:?}", start.elapsed()));
        sleep_until(start + MS * 100).await;
        let slept = start.elapsed();
        log.note(format!("{} {}", slept >= MS * 100, slept <= MS * 101));
        log.note(slept.subsec_nanos() % 1_000_000);
    });
}

fn resumed_goes_on(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut waits = Box::pin(sleep(MS * 1000));
        log.note(polled(&mut waits).await);
        advance(MS * 999).await;
        resume();
        waits.await;
        log.note(start.elapsed() >= MS * 1000);
        log.note(timeout(MS, std::future::pending::<()>()).await.is_err());
    });
}

fn advance_is_cancelled(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        drop(advance(MS));
        log.note(format!("{:?}", start.elapsed()));
        let mut begun = Box::pin(advance(MS * 2));
        log.note(polled(&mut begun).await);
        drop(begun);
        log.note(format!("{:?}", start.elapsed()));
    });
}

fn advanced_in_a_task(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let task = rt::spawn(async {
            advance(MS * 50).await;
            sleep(MS * 50).await;
        });
        sleep(MS * 20).await;
        log.note(millis(start));
        task.await.unwrap();
        log.note(millis(start));
    });
}

fn a_channel_and_a_timeout(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        for wait in [5, 20] {
            let (sender, receiver) = rt::sync::oneshot::channel();
            rt::spawn(async move {
                sleep(MS * wait).await;
                let _ = sender.send(wait);
            });
            let answer = timeout(MS * 10, receiver).await;
            log.note(format!("{answer:?} at {}", millis(start)));
        }
    });
}

fn stays_between_block_ons(flavour: Flavour, log: &Log) {
    let runtime = builder(flavour).start_paused(true).build().unwrap();
    let start = runtime.block_on(async { Instant::now() });
    std::thread::sleep(MS * 2);
    log.note(format!("{:?}", runtime.block_on(async { start.elapsed() })));
    runtime.block_on(async { sleep(MS * 5).await });
    runtime.spawn(async { sleep(MS * 5).await });
    log.note(format!("{:?}", runtime.block_on(async { start.elapsed() })));
}

fn under_an_entered_runtime(flavour: Flavour, log: &Log) {
    let runtime = builder(flavour).start_paused(true).build().unwrap();
    let entered = runtime.enter();
    let start = Instant::now();
    std::thread::sleep(MS * 2);
    log.note(format!("{:?}", start.elapsed()));
    log.note_panic(|| poll_advance(MS * 4));
    log.note(format!("{:?}", start.elapsed()));
    log.note_panic(|| resume());
    log.note_panic(|| pause());
    drop(entered);
    log.note_panic(|| pause());
}
