//! What the builder can be told.

use handcrank::runtime::Builder;
use handcrank::task;
use handcrank::time::{Duration, sleep};
use std::collections::HashSet;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use tests::{
    FLAVOURS, Flavour, Watchdog, eventually, on_each, panic_of, rerun, threads_named, was_rerun,
};

fn this_threads_name() -> Option<String> {
    thread::current().name().map(str::to_owned)
}

#[test]
fn threads_have_names() {
    for flavour in FLAVOURS {
        let _watchdog = Watchdog::new(format!("{flavour:?}"));
        let name = |runtime: &handcrank::runtime::Runtime| {
            // From outside, so that with threads it is a worker that answers.
            let task = runtime.spawn(async { this_threads_name() });
            let job = runtime.spawn_blocking(this_threads_name);
            let other = Flavour::CurrentThread.build();
            if flavour.has_threads() {
                assert_eq!(other.block_on(task).unwrap(), other.block_on(job).unwrap());
            }
            runtime.block_on(runtime.spawn_blocking(this_threads_name)).unwrap()
        };
        assert_eq!(name(&flavour.build()).as_deref(), Some("handcrank-rt-worker"));
        let runtime = flavour.builder().thread_name("miller").build().unwrap();
        assert_eq!(name(&runtime).as_deref(), Some("miller"));
    }
    // Each thread a name of its own.
    let count = AtomicUsize::new(0);
    let mut builder = Flavour::WithoutHelp(3).builder();
    builder.thread_name_fn(move || format!("rt-{}", count.fetch_add(1, Relaxed)));
    let runtime = builder.build().unwrap();
    let all = Arc::new(Barrier::new(3));
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let all = all.clone();
            runtime.spawn(async move {
                all.wait();
                this_threads_name().unwrap()
            })
        })
        .collect();
    let names: HashSet<_> = tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).collect();
    assert_eq!(names, ["rt-0", "rt-1", "rt-2"].map(str::to_owned).into());
}

#[test]
fn every_thread_that_starts_stops() {
    for flavour in FLAVOURS {
        let _watchdog = Watchdog::new(format!("{flavour:?}"));
        let counts: [Arc<AtomicUsize>; 4] = Default::default();
        let hook = |n: usize| {
            let count = counts[n].clone();
            move || {
                count.fetch_add(1, Relaxed);
            }
        };
        let now = || [0, 1, 2, 3].map(|n: usize| counts[n].load(Relaxed));
        let runtime = flavour
            .builder()
            .on_thread_start(hook(0))
            .on_thread_stop(hook(1))
            .on_thread_park(hook(2))
            .on_thread_unpark(hook(3))
            .build()
            .unwrap();
        let workers = if flavour.has_threads() { runtime.metrics().num_workers() } else { 0 };
        eventually("the workers start", || now()[0] == workers);
        runtime.block_on(async {
            task::spawn_blocking(|| ()).await.unwrap();
            // Until somebody slept: on a busy machine, time may have passed before anybody lies down for it.
            while now()[2] == 0 {
                sleep(Duration::from_millis(5)).await;
            }
        });
        assert_eq!(now()[..2], [workers + 1, 0]);
        drop(runtime);
        let [started, stopped, parked, unparked] = now();
        assert_eq!((started, stopped), (workers + 1, workers + 1));
        assert_eq!(parked, unparked);
    }
}

#[test]
fn as_many_tasks_run_at_once_as_there_are_workers() {
    for workers in 1..=8 {
        for flavour in [Flavour::WithoutHelp(workers), Flavour::MultiThread(workers)] {
            let _watchdog = Watchdog::new(format!("{flavour:?}"));
            let runtime = flavour.build();
            assert_eq!(runtime.metrics().num_workers(), workers);
            // They come out only together. Spawned from outside, then from a task, and so piled
            // up on one worker.
            let at_once = |all: Arc<Barrier>| async move {
                all.wait();
            };
            let all = Arc::new(Barrier::new(workers));
            let tasks: Vec<_> = (0..workers).map(|_| runtime.spawn(at_once(all.clone()))).collect();
            for task in tasks {
                runtime.block_on(task).unwrap();
            }
            let piled = runtime.spawn(async move {
                let tasks: Vec<_> =
                    (0..workers).map(|_| handcrank::spawn(at_once(all.clone()))).collect();
                for task in tasks {
                    task.await.unwrap();
                }
            });
            runtime.block_on(piled).unwrap();
        }
    }
}

#[test]
fn never_more_tasks_at_once_than_workers() {
    for workers in 1..=3 {
        let _watchdog = Watchdog::new(workers);
        let runtime = Flavour::MultiThread(workers).build();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        // Also with threads in `block_on` that would like to help.
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    runtime.block_on(async {
                        let tasks: Vec<_> = (0..200)
                            .map(|_| {
                                let (running, most) = (running.clone(), most.clone());
                                handcrank::spawn(async move {
                                    let now = running.fetch_add(1, Relaxed) + 1;
                                    most.fetch_max(now, Relaxed);
                                    thread::yield_now();
                                    running.fetch_sub(1, Relaxed);
                                })
                            })
                            .collect();
                        for task in tasks {
                            task.await.unwrap();
                        }
                    });
                });
            }
        });
        assert!(most.load(Relaxed) <= workers, "{most:?} of {workers}");
    }
}

#[test]
fn the_environment_says_how_many_workers() {
    const VARIABLE: &str = "HANDCRANK_WORKER_THREADS";
    if was_rerun() {
        let runtime = Builder::new_multi_thread().build();
        println!("workers: {}", runtime.unwrap().metrics().num_workers());
        // What the program says is stronger.
        let runtime = Builder::new_multi_thread().worker_threads(2).build();
        assert_eq!(runtime.unwrap().metrics().num_workers(), 2);
        // And one thread is one thread.
        let runtime = Builder::new_current_thread().build();
        assert_eq!(runtime.unwrap().metrics().num_workers(), 1);
        return;
    }
    let run = |value| {
        let output = rerun("the_environment_says_how_many_workers", &[(VARIABLE, value)]);
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        (output.status.success(), said.concat())
    };
    for good in ["1", "3", "5"] {
        let (success, said) = run(good);
        assert!(success && said.contains(&format!("workers: {good}\n")), "{said}");
    }
    for (bad, text) in [
        ("0", "\"HANDCRANK_WORKER_THREADS\" cannot be set to 0"),
        ("many", "must be usize, error: invalid digit found in string, value: many"),
        ("-1", "must be usize, error: invalid digit found in string, value: -1"),
        ("", "must be usize, error: cannot parse integer from empty string, value: "),
    ] {
        let (success, said) = run(bad);
        assert!(!success && said.contains(text), "{said}");
    }
}

#[test]
fn the_cap_on_blocking_threads_is_kept() {
    on_each(|flavour, runtime| {
        drop(runtime);
        const CAP: usize = 3;
        let runtime = flavour.builder().max_blocking_threads(CAP).build().unwrap();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        // They come in threes, only together.
        let three = Arc::new(Barrier::new(CAP));
        let jobs: Vec<_> = (0..5 * CAP)
            .map(|_| {
                let (running, most, three) = (running.clone(), most.clone(), three.clone());
                runtime.spawn_blocking(move || {
                    let now = running.fetch_add(1, Relaxed) + 1;
                    most.fetch_max(now, Relaxed);
                    three.wait();
                    running.fetch_sub(1, Relaxed);
                })
            })
            .collect();
        for job in jobs {
            runtime.block_on(job).unwrap();
        }
        assert_eq!(most.load(Relaxed), CAP);
        assert_eq!(runtime.metrics().num_blocking_threads(), CAP);
    });
}

#[test]
fn blocking_threads_go_when_their_time_is_over() {
    on_each(|flavour, runtime| {
        drop(runtime);
        let (stop, stopped) = mpsc::channel();
        let runtime = flavour
            .builder()
            .thread_keep_alive(Duration::from_millis(5))
            .thread_name_fn(|| "shrinks".to_owned())
            .on_thread_stop(move || {
                let _ = stop.send(());
            })
            .build()
            .unwrap();
        let workers = if flavour.has_threads() { runtime.metrics().num_workers() } else { 0 };
        for _ in 0..2 {
            let all = Arc::new(Barrier::new(4));
            let jobs: Vec<_> = (0..4)
                .map(|_| {
                    let all = all.clone();
                    runtime.spawn_blocking(move || all.wait().is_leader())
                })
                .collect();
            for job in jobs {
                runtime.block_on(job).unwrap();
            }
            for _ in 0..4 {
                stopped.recv().unwrap();
            }
            eventually("they are not counted any more", || {
                runtime.metrics().num_blocking_threads() == 0
            });
            eventually("they are gone", || threads_named("shrinks").unwrap_or(workers) == workers);
        }
        // One that is told to stay stays.
        let runtime = flavour.build();
        runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
        assert_eq!(runtime.metrics().num_blocking_threads(), 1);
    });
}

#[test]
fn the_stack_is_as_large_as_was_asked() {
    #[allow(clippy::large_stack_arrays, reason = "that is the point")]
    fn uses_twelve_mebibytes() -> usize {
        let mut large = [1_u8; 12 << 20];
        black_box(&mut large);
        large.iter().step_by(4096).map(|byte| usize::from(*byte)).sum()
    }
    let _watchdog = Watchdog::new("");
    let mut builder = Flavour::WithoutHelp(1).builder();
    let runtime = builder.thread_stack_size(32 << 20).build().unwrap();
    let task = runtime.spawn(async { uses_twelve_mebibytes() });
    assert_eq!(runtime.block_on(task).unwrap(), 3072);
    let job = runtime.spawn_blocking(uses_twelve_mebibytes);
    assert_eq!(runtime.block_on(job).unwrap(), 3072);
}

#[test]
fn threads_that_the_system_refuses() {
    let _watchdog = Watchdog::new("");
    // More than the address space holds.
    let error = Flavour::MultiThread(2).builder().thread_stack_size(1 << 46).build().unwrap_err();
    assert!(!error.to_string().is_empty());
    // Where only the blocking pool needs threads, it is the first job that hears of it.
    let mut builder = Flavour::CurrentThread.builder();
    let runtime = builder.thread_stack_size(1 << 46).build().unwrap();
    let text = panic_of(|| runtime.spawn_blocking(|| ()));
    assert!(text.starts_with("OS can't spawn worker thread: "), "{text}");
    assert_eq!(runtime.block_on(async { handcrank::spawn(async { 1 }).await.unwrap() }), 1);
}

#[test]
fn settings_that_make_no_sense() {
    let builder = Builder::new_multi_thread;
    let text = panic_of(|| drop(builder().worker_threads(0).build()));
    assert_eq!(text, "Worker threads cannot be set to 0");
    let text = panic_of(|| drop(builder().max_blocking_threads(0).build()));
    assert_eq!(text, "Max blocking threads cannot be set to 0");
    let text = panic_of(|| drop(builder().event_interval(0).build()));
    assert_eq!(text, "event_interval must be greater than 0");
    let text = panic_of(|| drop(builder().global_queue_interval(0).build()));
    assert_eq!(text, "global_queue_interval must be greater than 0");
    let text = panic_of(|| drop(builder().enable_time().start_paused(true).build()));
    assert!(text.contains("requires the `current_thread` Handcrank runtime"), "{text}");
}

#[test]
fn odd_settings_work_all_the_same() {
    for flavour in FLAVOURS {
        for (events, global, at_once) in [(1, 1, 1), (1000, 1000, 2), (2, 61, 4096)] {
            let _watchdog = Watchdog::new(format!("{flavour:?} {events} {global} {at_once}"));
            let runtime = flavour
                .builder()
                .event_interval(events)
                .global_queue_interval(global)
                .max_io_events_per_tick(at_once)
                .max_blocking_threads(1)
                .build()
                .unwrap();
            runtime.block_on(async {
                let tasks: Vec<_> = (0..200)
                    .map(|n| {
                        handcrank::spawn(async move {
                            task::yield_now().await;
                            sleep(Duration::from_micros(n)).await;
                            task::spawn_blocking(move || n).await.unwrap()
                        })
                    })
                    .collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await.unwrap();
                }
                assert_eq!(sum, 19_900);
            });
        }
    }
}

#[test]
fn a_builder_builds_again() {
    let _watchdog = Watchdog::new("");
    let mut builder = Flavour::MultiThread(2).builder();
    let (first, second) = (builder.build().unwrap(), builder.clone().build().unwrap());
    assert_ne!(first.handle().id(), second.handle().id());
    drop(first);
    assert_eq!(second.block_on(async { handcrank::spawn(async { 2 }).await.unwrap() }), 2);
}
