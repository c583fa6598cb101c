//! The composition: contexts, ends, figures. The parts have tests of their own.

use super::{Builder, Handle, Runtime, RuntimeFlavor};
use crate::time::{self, Duration};
use crate::{spawn, task};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};

fn both() -> [Runtime; 2] {
    [
        Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap(),
        Builder::new_current_thread().enable_all().build().unwrap(),
    ]
}

fn panic_text<R>(f: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).err().expect("no panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn the_context_is_where_code_runs() {
    let outside = "there is no reactor running, must be called from the context of a Handcrank";
    assert!(panic_text(|| spawn(async {})).starts_with(outside));
    assert!(panic_text(Handle::current).starts_with(outside));
    let error = Handle::try_current().unwrap_err();
    assert!(error.is_missing_context() && !error.is_thread_local_destroyed());
    assert_eq!(format!("{error:?}"), "TryCurrentError { kind: NoContext }");
    for runtime in both() {
        let id = runtime.handle().id();
        let seen = runtime.block_on(async {
            let in_task = spawn(async { Handle::current().id() });
            let in_job = task::spawn_blocking(|| Handle::current().id());
            [Handle::current().id(), in_task.await.unwrap(), in_job.await.unwrap()]
        });
        assert_eq!(seen, [id; 3]);
        assert!(Handle::try_current().is_err());
        let _guard = runtime.enter();
        assert_eq!(Handle::current().id(), id);
    }
}

#[test]
fn guards_nest_and_want_their_order() {
    let [a, b] = both();
    {
        let _a = a.enter();
        {
            let _b = b.enter();
            assert_eq!(Handle::current().id(), b.handle().id());
        }
        assert_eq!(Handle::current().id(), a.handle().id());
    }
    let (first, second) = (a.enter(), b.enter());
    assert!(panic_text(|| drop(first)).contains("dropped out of order"));
    drop(second);
}

#[test]
fn a_runtime_within_a_runtime() {
    for runtime in both() {
        let handle = runtime.handle().clone();
        let text = "Cannot start a runtime from within a runtime.";
        runtime.block_on(async {
            assert!(panic_text(|| handle.block_on(async {})).starts_with(text));
            let inner = handle.clone();
            let nested = spawn(async move { panic_text(|| inner.block_on(async {})) });
            assert!(nested.await.unwrap().starts_with(text));
            // A blocking job may.
            let job = task::spawn_blocking(move || handle.block_on(async { 5 }));
            assert_eq!(job.await.unwrap(), 5);
            // Making one is fine, dropping it is not: that waits.
            let small = Builder::new_current_thread().build().unwrap();
            assert!(panic_text(|| drop(small)).starts_with("Cannot drop a runtime in a context"));
            Builder::new_multi_thread().worker_threads(1).build().unwrap().shutdown_background();
        });
    }
}

#[test]
fn a_blocking_job_that_waits_for_the_reactor_learns_of_its_end() {
    for runtime in both() {
        let handle = runtime.handle().clone();
        let (begun, wait) = mpsc::channel();
        let job = runtime.spawn_blocking(move || {
            handle.block_on(async {
                begun.send(()).unwrap();
                time::sleep(Duration::from_hours(1)).await;
            });
        });
        wait.recv().unwrap();
        drop(runtime);
        let error = handcrank_executor::block_on(job).unwrap_err();
        assert!(error.is_panic(), "{error}");
    }
}

#[test]
fn shutdown_with_a_limit_leaves_what_is_stuck() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (entered, go) = (Arc::new(Barrier::new(3)), Arc::new(Barrier::new(3)));
    let wait = [Arc::clone(&entered), Arc::clone(&go)];
    let stuck = runtime.spawn({
        let [entered, go] = wait.clone();
        async move {
            entered.wait();
            go.wait();
            std::future::pending::<()>().await;
        }
    });
    let [inner_entered, inner_go] = wait;
    let job = runtime.spawn_blocking(move || {
        inner_entered.wait();
        inner_go.wait();
        3
    });
    entered.wait();
    runtime.shutdown_timeout(Duration::from_millis(20));
    assert!(!stuck.is_finished() && !job.is_finished());
    go.wait();
    assert!(handcrank_executor::block_on(stuck).unwrap_err().is_cancelled());
    assert_eq!(handcrank_executor::block_on(job).unwrap(), 3);
}

#[test]
fn the_figures_add_up() {
    for runtime in both() {
        assert_eq!(runtime.metrics().num_alive_tasks(), 0);
        runtime.block_on(async {
            let tasks: Vec<_> = (0..100).map(|_| spawn(time::sleep(Duration::ZERO))).collect();
            for task in tasks {
                task.await.unwrap();
            }
            task::spawn_blocking(|| ()).await.unwrap();
        });
        let metrics = runtime.metrics();
        let workers = 0..metrics.num_workers();
        assert_eq!(metrics.spawned_tasks_count(), 100);
        assert_eq!((metrics.num_alive_tasks(), metrics.num_alive_timers()), (0, 0));
        assert!(workers.clone().map(|n| metrics.worker_poll_count(n)).sum::<u64>() >= 100);
        // What a worker did is counted at the latest when it lies down.
        while workers.clone().all(|n| metrics.worker_total_busy_duration(n).is_zero()) {
            std::thread::yield_now();
        }
        assert_eq!((metrics.num_blocking_threads(), metrics.blocking_queue_depth()), (1, 0));
        assert!(panic_text(|| metrics.worker_poll_count(9)).starts_with("there is no worker 9"));
    }
    assert_eq!(
        both().map(|runtime| runtime.handle().runtime_flavor()),
        [RuntimeFlavor::MultiThread, RuntimeFlavor::CurrentThread,]
    );
}

#[test]
fn hooks_run_around_the_threads() {
    let counts: [Arc<AtomicUsize>; 2] = Default::default();
    let [started, stopped] = counts.clone();
    let runtime = Builder::new_multi_thread()
        .worker_threads(3)
        .on_thread_start(move || {
            started.fetch_add(1, SeqCst);
        })
        .on_thread_stop(move || {
            stopped.fetch_add(1, SeqCst);
        })
        .name("mill")
        .build()
        .unwrap();
    assert_eq!(runtime.handle().name(), Some("mill"));
    runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
    drop(runtime);
    assert_eq!(counts.map(|count| count.load(SeqCst)), [4, 4]);
}

#[test]
fn the_clock_stops_only_where_one_thread_runs_all() {
    let [many, _] = both();
    let text = many.block_on(async { panic_text(time::pause) });
    assert!(text.starts_with("`time::pause()` requires the `current_thread`"), "{text}");
    assert!(panic_text(time::pause).starts_with("time cannot be frozen from outside"));
    assert!(
        panic_text(|| Builder::new_multi_thread().start_paused(true).build())
            .contains("requires the `current_thread` Handcrank runtime")
    );
}

#[test]
fn advance_fires_what_it_passes_also_from_a_task() {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let task = spawn(async {
            let sleeper = spawn(time::sleep(Duration::from_secs(5)));
            task::yield_now().await;
            time::advance(Duration::from_secs(6)).await;
            task::yield_now().await;
            sleeper.is_finished()
        });
        assert!(task.await.unwrap());
    });
}

#[test]
fn a_guard_that_waits_for_the_end_of_its_block_does_not_hold_the_runtime() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let _guard = runtime.enter();
    runtime.shutdown_background();
    assert!(Handle::try_current().is_ok());
}

#[test]
fn metrics_are_a_view_and_not_a_picture() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let metrics = runtime.metrics();
    assert_eq!(metrics.spawned_tasks_count(), 0);
    runtime.block_on(runtime.spawn(async {})).unwrap();
    assert_eq!(metrics.spawned_tasks_count(), 1);
    drop(runtime);
    assert_eq!(metrics.spawned_tasks_count(), 1, "readable after the end");
}

#[test]
fn what_a_runtimes_end_drops_finds_itself_in_the_runtime() {
    struct Ask(mpsc::Sender<bool>);
    impl Drop for Ask {
        fn drop(&mut self) {
            let _ = self.0.send(Handle::try_current().is_ok());
        }
    }
    let (answer, answers) = mpsc::channel();
    let runtime = Builder::new_current_thread().build().unwrap();
    for slept in [false, true] {
        let ask = Ask(answer.clone());
        runtime.spawn(async move {
            let _ask = ask;
            std::future::pending::<()>().await;
        });
        if !slept {
            runtime.block_on(task::yield_now());
        }
    }
    drop((runtime, answer));
    assert_eq!(answers.iter().collect::<Vec<_>>(), [true, true]);
}

#[test]
fn a_hook_before_sleep_may_spawn() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let (send, receive) = crate::sync::oneshot::channel();
        let send = std::sync::Mutex::new(Some(send));
        let runtime = builder
            .on_thread_park(move || {
                if let Some(send) = send.lock().unwrap().take() {
                    spawn(async move { send.send(7).unwrap() });
                }
            })
            .build()
            .unwrap();
        assert_eq!(runtime.block_on(receive), Ok(7));
    }
}

#[test]
fn a_poll_that_blocks_its_thread_is_an_overrun() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.worker_threads(1).build().unwrap();
        let metrics = runtime.metrics();
        let nap = async { std::thread::sleep(Duration::from_millis(20)) };
        runtime.block_on(runtime.spawn(nap)).unwrap();
        // Counted when the thread looks up, which may be after the task has been seen to end.
        drop(runtime);
        assert!(metrics.worker_overrun_count(0) > 0);
    }
}
