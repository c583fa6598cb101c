//! Everything at once, at random: spawns, foreign wakes, steals, aborts, dropped and moved handles,
//! timers, sockets, blocking jobs, and runtimes that come and go under load.
//!
//! What is checked: every future is dropped exactly once, every handle that is awaited answers, and
//! nothing stands still. It goes on for `HANDCRANK_STRESS_SECONDS` (3 by default). The choices, if
//! not the interleaving, are repeated with `HANDCRANK_STRESS_SEED`.
//!
//! For the thread sanitizer's sake nothing here locks with the standard library's mutex.

#[path = "stress_errands.rs"]
mod errands;
#[path = "stress_world.rs"]
mod world;

use errands::Round;
use handcrank::runtime::{Handle, Runtime};
use handcrank::sync::oneshot;
use handcrank::task;
use handcrank::time::{self, Duration};
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tests::{Flavour, Random, eventually, limit_of_descriptors};
use world::{Part, World};

#[test]
fn stress() {
    let seconds = number("HANDCRANK_STRESS_SECONDS").unwrap_or(3);
    let seed = number("HANDCRANK_STRESS_SEED").unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_nanos() as u64)
    });
    println!("HANDCRANK_STRESS_SEED={seed} HANDCRANK_STRESS_SECONDS={seconds}");
    let mut random = Random::new(seed);
    limit_of_descriptors();
    World::quiet_panics();
    let world = Arc::new(World::new(Instant::now() + Duration::from_secs(seconds)));
    let watchdog = world.clone().watch();
    let postman = world.clone().run("postman", {
        let mut random = random.fork();
        move |world, part| world.deliver(part, &mut random)
    });
    let joiner = world.clone().run("joiner", World::join_all);

    let multi = Flavour::MultiThread(3).builder().max_blocking_threads(8).build().unwrap();
    let single = Flavour::CurrentThread.builder().max_blocking_threads(4).build().unwrap();
    let mut parts = Vec::new();
    for number in 1..=2 {
        for (name, runtime) in [("helper", &multi), ("solo", &single)] {
            let (handle, mut random) = (runtime.handle().clone(), random.fork());
            let body = move |world: &Arc<World>, part: &Part| {
                while world.goes_on() {
                    block_on_round(world, part, &handle, &mut random);
                }
            };
            parts.push(world.clone().run(format!("{name} {number}"), body));
        }
        let mut random = random.fork();
        let body = move |world: &Arc<World>, part: &Part| {
            while world.goes_on() {
                mayfly(world, part, &mut random);
            }
        };
        parts.push(world.clone().run(format!("mayflies {number}"), body));
    }
    let (handle, mut outside) = (multi.handle().clone(), random.fork());
    parts.push(world.clone().run("outsider", move |world, part| {
        while world.goes_on() {
            outside_round(world, part, &handle, &mut outside);
        }
    }));
    for part in parts {
        part.join().expect("no part panics");
    }

    for (runtime, name) in [(&multi, "multi"), (&single, "single")] {
        assert_eq!(runtime.metrics().num_alive_tasks(), 0, "{name}");
        assert_eq!(runtime.metrics().num_alive_timers(), 0, "{name}");
        assert_eq!(runtime.metrics().io_driver_fd_count(), 0, "{name}");
    }
    drop((multi, single));
    world.no_more_joins();
    joiner.join().expect("the joiner does not panic");
    world.no_more_letters();
    postman.join().expect("the postman does not panic");
    world.end_watch();
    watchdog.join().expect("the watchdog does not panic");
    println!("{}", world.summary());
    world.check();
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Errands on a runtime that stays, spawned from a `block_on` beside others.
fn block_on_round(world: &Arc<World>, part: &Part, handle: &Handle, random: &mut Random) {
    let round = Arc::new(Round::new(world));
    part.step("errands from block_on");
    handle.block_on(async {
        errands::some(&round, random, 24).await;
        part.step("waits until every future is dropped");
        while !round.is_over() {
            time::sleep(Duration::from_millis(1)).await;
        }
    });
    round.check();
    world.rounds_done(round.errands());
}

/// Errands on a runtime that stays, from a thread that is not in it; all of them piled up on one
/// worker, so that the others must steal.
fn outside_round(world: &Arc<World>, part: &Part, handle: &Handle, random: &mut Random) {
    let round = Arc::new(Round::new(world));
    part.step("errands from outside");
    let (pile, inner) = (random.fork(), round.clone());
    let entry = round.entry();
    world.joins.send(handle.spawn(async move {
        let _entry = entry;
        let mut pile = pile;
        errands::some(&inner, &mut pile, 40).await;
    }));
    for _ in 0..random.below(16) {
        let task = handle.spawn(errands::errand(round.clone(), random.fork(), 1));
        errands::settle_outside(&round, random, task);
    }
    part.step("waits until every future is dropped");
    eventually("every future is dropped", || round.is_over());
    round.check();
    world.rounds_done(round.errands());
}

/// A runtime that is made, loaded, and ended in the middle of it.
fn mayfly(world: &Arc<World>, part: &Part, random: &mut Random) {
    let flavour = match random.below(7) {
        0 | 1 => Flavour::CurrentThread,
        2 => Flavour::WithoutHelp(1 + random.below(3)),
        _ => Flavour::MultiThread(1 + random.below(4)),
    };
    part.step(format!("makes a runtime, {flavour:?}"));
    let runtime = flavour
        .builder()
        .max_blocking_threads(1 + random.below(6))
        .thread_keep_alive(Duration::from_micros(random.below(2000) as u64))
        .event_interval(1 + random.below(80) as u32)
        .global_queue_interval(1 + random.below(80) as u32)
        .build()
        .expect("a runtime can be made");
    let round = Arc::new(Round::mortal(world));
    part.step(format!("loads it, {flavour:?}"));
    for _ in 0..random.below(24) {
        let task = runtime.spawn(errands::errand(round.clone(), random.fork(), 0));
        errands::settle_outside(&round, random, task);
    }
    if random.once_in(3) {
        let body = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                errands::some(&round, random, 12).await;
                if random.once_in(8) {
                    errands::panic_on_purpose();
                }
            });
        }));
        drop(body);
    } else if random.once_in(2) {
        let yields = random.below(200);
        runtime.block_on(async {
            for _ in 0..yields {
                task::yield_now().await;
            }
        });
    }
    part.step(format!("ends it, {flavour:?}"));
    end(runtime, &round, random);
    part.step(format!("waits for the last drops, {flavour:?}"));
    eventually("every future is dropped", || round.is_over());
    round.check();
    world.rounds_done(round.errands());
    world.runtime_done();
}

/// Ends a runtime in one of many ways.
fn end(runtime: Runtime, round: &Arc<Round>, random: &mut Random) {
    match random.below(6) {
        0 => runtime.shutdown_background(),
        1 => runtime.shutdown_timeout(Duration::from_hours(1)),
        2 => {
            // While other threads are in `block_on` through a handle.
            let (ended, end) = oneshot::channel();
            let handles = [runtime.handle().clone(), runtime.handle().clone()];
            let [first, second] = handles.map(|handle| {
                let (round, mut random) = (round.clone(), random.fork());
                thread::spawn(move || {
                    handle.block_on(async {
                        for _ in 0..random.below(50) {
                            task::yield_now().await;
                        }
                        let _ = round;
                    });
                    handle
                })
            });
            let waits = runtime.handle().clone();
            let third = thread::spawn(move || waits.block_on(end));
            if random.once_in(2) {
                thread::spawn(move || drop(runtime)).join().expect("the drop does not panic");
            } else {
                drop(runtime);
            }
            ended.send(()).expect("it waits, whatever happens to the runtime");
            third.join().expect("no panic").expect("a message");
            drop((first.join().expect("no panic"), second.join().expect("no panic")));
        }
        _ => {
            drop(runtime);
            assert!(round.is_over(), "the drop of a runtime waits for all: {round:?}");
        }
    }
}
