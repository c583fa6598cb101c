//! Tests on real threads. They meet at barriers and channels; none relies on how long a thing takes.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use handcrank_executor::block_on;
use handcrank_task::coop;

use crate::{Config, Pool, SpawnError};

fn pool(max_threads: usize) -> Pool {
    // An idle thread must not leave by itself where a test is about somebody sending it away.
    Pool::new(Config { max_threads, keep_alive: Duration::MAX, ..Config::default() })
}

/// Waits for something that another thread is about to do.
fn until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

/// A job that has begun and runs until the sender is dropped.
fn blocked(
    pool: &Pool,
) -> (Sender<()>, handcrank_task::JoinHandle<()>, &'static Location<'static>) {
    let (release, released) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let job = move || {
        begin.send(()).unwrap();
        let _ = released.recv();
    };
    let (location, handle) = (here(), pool.spawner().spawn_blocking(job).unwrap());
    begun.recv().unwrap();
    (release, handle, location)
}

/// The caller's place.
#[track_caller]
fn here() -> &'static Location<'static> {
    Location::caller()
}

#[test]
fn a_job_runs_elsewhere_and_its_output_comes_back() {
    let pool = pool(4);
    let here = thread::current().id();
    let handle = pool.spawner().spawn_blocking(|| {
        (thread::current().id(), thread::current().name().map(str::to_owned), handcrank_task::id())
    });
    let handle = handle.unwrap();
    let id = handle.id();
    let (there, name, inside) = block_on(handle).unwrap();
    assert_ne!(here, there);
    assert_eq!(name.as_deref(), Some("handcrank-blocking"));
    assert_eq!(id, inside);
    assert_eq!(pool.spawner().metrics().spawned, 1);
}

/// Tells by its drop whether a job had been answered by then.
struct Asks {
    job: mpsc::Receiver<handcrank_task::AbortHandle>,
    answer: Sender<bool>,
}

impl Drop for Asks {
    fn drop(&mut self) {
        let answered = self.job.recv().is_ok_and(|job| job.is_finished());
        let _ = self.answer.send(answered);
    }
}

#[test]
fn what_is_kept_for_a_job_goes_after_the_answer() {
    let pool = pool(1);
    let (release, _running, _) = blocked(&pool);
    let spawn = || {
        let ((tell, job), (answer, answered)) = (mpsc::channel(), mpsc::channel());
        let keep: crate::Keep = Box::new(Asks { job, answer });
        let handle = pool.spawner().spawn_blocking_keeping(|| (), Some(keep)).unwrap();
        tell.send(handle.abort_handle()).unwrap();
        (handle, answered)
    };
    // One that runs, one that is aborted before it could, one that the shutdown drops.
    let (runs, aborted) = (spawn(), spawn());
    aborted.0.abort();
    drop(release);
    assert!(runs.1.recv().unwrap() && aborted.1.recv().unwrap());
    let (release, _running, _) = blocked(&pool);
    let (handle, answered) = spawn();
    let _ = pool.shutdown(Some(Duration::ZERO));
    assert!(answered.recv().unwrap());
    assert!(block_on(handle).unwrap_err().is_cancelled());
    drop(release);
}

#[test]
fn an_idle_thread_is_used_again() {
    let pool = pool(4);
    let spawner = pool.spawner();
    let mut threads = HashSet::new();
    for _ in 0..10 {
        threads
            .insert(block_on(spawner.spawn_blocking(|| thread::current().id()).unwrap()).unwrap());
        until(|| spawner.metrics().idle == 1);
    }
    assert_eq!(threads.len(), 1);
    assert_eq!(spawner.metrics().threads, 1);
}

#[test]
fn two_jobs_do_not_count_on_the_same_idle_thread() {
    let pool = pool(2);
    let spawner = pool.spawner();
    block_on(spawner.spawn_blocking(|| ()).unwrap()).unwrap();
    until(|| spawner.metrics().idle == 1);
    let (open, opened) = mpsc::channel();
    let waits = spawner.spawn_blocking(move || opened.recv().unwrap()).unwrap();
    // Ends only if it gets a thread beside the one that waits for it.
    let opens = spawner.spawn_blocking(move || open.send(7).unwrap()).unwrap();
    assert_eq!(block_on(waits).unwrap(), 7);
    block_on(opens).unwrap();
}

#[test]
fn there_are_as_many_threads_as_jobs_up_to_the_cap() {
    let pool = pool(2);
    let spawner = pool.spawner();
    let both = Arc::new(Barrier::new(3));
    let running: Vec<_> = (0..2)
        .map(|_| {
            let both = Arc::clone(&both);
            spawner.spawn_blocking(move || both.wait()).unwrap()
        })
        .collect();
    let third = spawner.spawn_blocking(|| 3).unwrap();
    let metrics = spawner.metrics();
    assert_eq!(metrics.threads, 2);
    assert!(metrics.queued >= 1, "the third job has nobody to run it");
    both.wait(); // only if both run at the same time
    for job in running {
        block_on(job).unwrap();
    }
    assert_eq!(block_on(third).unwrap(), 3);
}

#[test]
fn a_panic_becomes_an_error_and_the_thread_lives_on() {
    let pool = pool(1);
    let spawner = pool.spawner();
    let before = block_on(spawner.spawn_blocking(|| thread::current().id()).unwrap()).unwrap();
    let error = block_on(spawner.spawn_blocking(|| panic!("in the job")).unwrap()).unwrap_err();
    assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "in the job");

    /// Panics when dropped, as an output that nobody waits for.
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("in the output");
        }
    }
    let (begin, begun) = mpsc::channel::<()>();
    drop(spawner.spawn_blocking(move || begun.recv().map_err(drop).map_or((), drop)).unwrap());
    drop(spawner.spawn_blocking(|| Grenade).unwrap());
    drop(begin);
    let after = block_on(spawner.spawn_blocking(|| thread::current().id()).unwrap()).unwrap();
    assert_eq!(before, after);
    assert_eq!(pool.shutdown(None).threads_left, 0);
}

#[test]
fn a_thread_leaves_when_its_time_is_over() {
    let (stop, stopped) = mpsc::channel();
    let pool = Pool::new(Config {
        keep_alive: Duration::ZERO,
        on_thread_stop: Some(Arc::new(move || stop.send(thread::current().id()).unwrap())),
        ..Config::default()
    });
    let spawner = pool.spawner();
    let ran = block_on(spawner.spawn_blocking(|| thread::current().id()).unwrap()).unwrap();
    assert_eq!(stopped.recv().unwrap(), ran);
    let metrics = spawner.metrics();
    assert_eq!((metrics.threads, metrics.idle), (0, 0));
    let next = block_on(spawner.spawn_blocking(|| thread::current().id()).unwrap()).unwrap();
    assert_ne!(ran, next);
}

#[test]
fn a_leaving_thread_does_not_keep_others_out() {
    let (enter, entered) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = parking(released);
    let pool = Pool::new(Config {
        max_threads: 1,
        keep_alive: Duration::ZERO,
        on_thread_stop: Some(Arc::new(move || {
            enter.send(()).unwrap();
            released();
        })),
        ..Config::default()
    });
    block_on(pool.spawner().spawn_blocking(|| ()).unwrap()).unwrap();
    entered.recv().unwrap();
    // The only thread there may be sits in its hook. A job still finds a thread.
    assert_eq!(block_on(pool.spawner().spawn_blocking(|| 1).unwrap()).unwrap(), 1);
    entered.recv().unwrap();
    assert_eq!(pool.shutdown(Some(Duration::ZERO)).threads_left, 2);
    drop(release);
    assert_eq!(pool.shutdown(None).threads_left, 0);
}

/// Waits for the channel's other end to go, from any number of threads.
fn parking(released: Receiver<()>) -> impl Fn() + Send + Sync {
    let released = std::sync::Mutex::new(released);
    move || {
        let _ = released.lock().unwrap().recv();
    }
}

#[test]
fn no_job_is_stranded_while_threads_come_and_go() {
    for keep_alive in [Duration::ZERO, Duration::from_nanos(1), Duration::from_micros(50)] {
        let pool = Pool::new(Config { max_threads: 3, keep_alive, ..Config::default() });
        let producers: Vec<_> = (0..4)
            .map(|_| {
                let spawner = pool.spawner();
                thread::spawn(move || {
                    for i in 0..300 {
                        assert_eq!(
                            block_on(spawner.spawn_blocking(move || i).unwrap()).unwrap(),
                            i
                        );
                    }
                })
            })
            .collect();
        for producer in producers {
            producer.join().unwrap();
        }
        let metrics = pool.spawner().metrics();
        assert_eq!((metrics.queued, metrics.spawned), (0, 1_200));
        let report = pool.shutdown(None);
        assert_eq!((report.cancelled, report.threads_left), (0, 0));
        assert_eq!(pool.shared.state.lock().calls, 0);
        assert_eq!(pool.shared.state.lock().idle, 0);
    }
}

#[test]
fn a_shutdown_drops_what_has_not_begun_and_names_what_runs() {
    let pool = pool(1);
    let (release, running, location) = blocked(&pool);
    let captured = Arc::new(());
    let queued: Vec<_> = (0..3)
        .map(|_| {
            let captured = Arc::clone(&captured);
            pool.spawner().spawn_blocking(move || drop(captured)).unwrap()
        })
        .collect();

    let report = pool.shutdown(Some(Duration::ZERO));
    assert_eq!((report.cancelled, report.threads_left), (3, 1));
    assert_eq!(Arc::strong_count(&captured), 1);
    for handle in queued {
        assert!(block_on(handle).unwrap_err().is_cancelled());
    }
    let [job] = report.still_running[..] else {
        panic!("one job is running: {report:?}");
    };
    assert_eq!(job.id, running.id());
    assert_eq!((job.location.file(), job.location.line()), (location.file(), location.line()));

    // And nothing more is taken in.
    let late = Arc::clone(&captured);
    let late = pool.spawner().spawn_blocking(move || drop(late)).unwrap();
    assert_eq!(Arc::strong_count(&captured), 1);
    assert!(block_on(late).unwrap_err().is_cancelled());

    // What runs goes on to its end.
    assert!(!running.is_finished());
    drop(release);
    block_on(running).unwrap();
    let report = pool.shutdown(None);
    assert!(report.still_running.is_empty() && report.threads_left == 0);
}

#[test]
fn a_deadline_ends_the_wait() {
    let pool = pool(1);
    let (release, _running, _) = blocked(&pool);
    let report = pool.shutdown(Some(Duration::from_millis(5)));
    assert!(report.waited >= Duration::from_millis(5));
    assert!(report.still_running[0].running_for >= Duration::from_millis(5));
    drop(release);
}

#[test]
fn a_shutdown_joins_the_threads() {
    thread_local! {
        static LAST: Cell<Option<AtDrop>> = const { Cell::new(None) };
    }
    struct AtDrop(Arc<AtomicUsize>);
    impl Drop for AtDrop {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    let pool = pool(4);
    let gone = Arc::new(AtomicUsize::new(0));
    let all = Arc::new(Barrier::new(4));
    for _ in 0..4 {
        let (gone, all) = (Arc::clone(&gone), Arc::clone(&all));
        let job = move || {
            LAST.set(Some(AtDrop(gone)));
            all.wait();
        };
        drop(pool.spawner().spawn_blocking(job).unwrap());
    }
    until(|| pool.spawner().metrics().idle == 4);
    let _ = pool.shutdown(None);
    // Thread locals are dropped at the very end of a thread.
    assert_eq!(gone.load(Ordering::Relaxed), 4);
}

#[test]
fn a_job_can_shut_its_own_pool_down() {
    let pool = pool(2);
    let spawner = pool.spawner();
    let report = spawner.spawn_blocking(move || pool.shutdown(None)).unwrap();
    assert_eq!(block_on(report).unwrap().threads_left, 0);
    let cancelled = spawner.spawn_blocking(|| ()).unwrap();
    assert!(block_on(cancelled).unwrap_err().is_cancelled());
}

#[test]
fn hooks_run_and_their_panics_are_ignored() {
    let starts = Arc::new(AtomicUsize::new(0));
    let stops = Arc::new(AtomicUsize::new(0));
    let hook = |count: &Arc<AtomicUsize>| -> crate::Hook {
        let count = Arc::clone(count);
        Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            panic!("in the hook");
        })
    };
    let pool = Pool::new(Config {
        on_thread_start: Some(hook(&starts)),
        on_thread_stop: Some(hook(&stops)),
        ..Config::default()
    });
    assert_eq!(block_on(pool.spawner().spawn_blocking(|| 1).unwrap()).unwrap(), 1);
    let report = pool.shutdown(None);
    assert_eq!(report.threads_left, 0);
    assert_eq!((starts.load(Ordering::Relaxed), stops.load(Ordering::Relaxed)), (1, 1));
}

#[test]
fn a_thread_name_may_come_from_code_that_uses_the_pool() {
    let slot = Arc::new(handcrank_task::primitives::sync::Mutex::new(None::<crate::Spawner>));
    let named = Arc::new(AtomicUsize::new(0));
    let pool = Pool::new(Config {
        max_threads: 2,
        thread_name: Arc::new({
            let (slot, named) = (Arc::clone(&slot), Arc::clone(&named));
            move || {
                let number = named.fetch_add(1, Ordering::Relaxed);
                if number == 0 {
                    // Taken out: left in, the pool would keep itself alive through its own settings.
                    let spawner = slot.lock().take().unwrap();
                    drop(spawner.spawn_blocking(|| ()).unwrap());
                }
                format!("named-{number}")
            }
        }),
        ..Config::default()
    });
    *slot.lock() = Some(pool.spawner());
    let name = pool.spawner().spawn_blocking(|| thread::current().name().map(str::to_owned));
    assert!(block_on(name.unwrap()).unwrap().unwrap().starts_with("named-"));
    assert_eq!(pool.spawner().metrics().spawned, 2);
}

#[test]
fn without_a_first_thread_there_is_an_error() {
    let pool = Pool::new(Config { stack_size: Some(1 << 46), ..Config::default() });
    let captured = Arc::new(());
    let job = Arc::clone(&captured);
    let error = pool.spawner().spawn_blocking(move || drop(job)).unwrap_err();
    let SpawnError::NoThreads(_) = &error;
    assert!(error.to_string().starts_with("the system refused to start a thread"));
    assert_eq!(Arc::strong_count(&captured), 1);
    let metrics = pool.spawner().metrics();
    assert_eq!((metrics.threads, metrics.queued, metrics.spawned), (0, 0, 0));
    assert_eq!(pool.shutdown(None).threads_left, 0);
}

#[test]
fn an_aborted_job_does_not_begin() {
    let pool = pool(1);
    let (release, running, _) = blocked(&pool);
    let captured = Arc::new(());
    let job = Arc::clone(&captured);
    let aborted = pool.spawner().spawn_blocking(move || drop(job)).unwrap();
    aborted.abort();
    running.abort(); // too late, and without effect
    drop(release);
    assert!(block_on(aborted).unwrap_err().is_cancelled());
    assert_eq!(Arc::strong_count(&captured), 1);
    block_on(running).unwrap();
}

#[test]
fn a_job_has_no_budget_to_spend() {
    let pool = pool(1);
    let job = pool.spawner().spawn_blocking(|| {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        (0..1_000).all(|_| match coop::poll_proceed(&mut cx) {
            std::task::Poll::Ready(unit) => {
                unit.made_progress();
                true
            }
            std::task::Poll::Pending => false,
        })
    });
    assert!(block_on(job.unwrap()).unwrap());
}

#[test]
#[should_panic(expected = "max_threads may not be 0")]
fn a_pool_without_threads_is_refused() {
    drop(pool(0));
}
