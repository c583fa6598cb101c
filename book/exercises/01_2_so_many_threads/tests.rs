//! Jobs that count each other.

use exercise::run_all;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// How long a job waits for others, and how long a test waits for all jobs.
const PATIENCE: Duration = Duration::from_secs(4);
const LONG: Duration = Duration::from_secs(30);

/// Runs the jobs beside this thread, and gives up on them after some seconds.
fn all<T: Send + 'static>(jobs: Vec<Job<T>>, threads: usize) -> Vec<T> {
    let (done, wait) = mpsc::channel();
    thread::spawn(move || done.send(run_all(jobs, threads)));
    match wait.recv_timeout(LONG) {
        Ok(results) => results,
        Err(RecvTimeoutError::Timeout) => panic!("`run_all` has not returned after {LONG:?}"),
        Err(RecvTimeoutError::Disconnected) => panic!("`run_all` panicked, as said above"),
    }
}

/// A number that one can wait for.
#[derive(Default)]
struct Count {
    number: Mutex<usize>,
    changed: Condvar,
}

impl Count {
    fn add_one(&self) {
        *self.number.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    /// Returns whether the number was reached in time.
    fn reaches(&self, wanted: usize) -> bool {
        let number = self.number.lock().unwrap();
        let waited = self.changed.wait_timeout_while(number, PATIENCE, |n| *n < wanted);
        !waited.unwrap().1.timed_out()
    }
}

/// The first job's result has to come first, whichever job ended first.
#[test]
fn results_come_in_the_order_of_the_jobs() {
    for threads in [1, 3, 100] {
        let jobs: Vec<Job<usize>> = (0..50)
            .map(|n| -> Job<usize> {
                Box::new(move || {
                    thread::sleep(Duration::from_millis(if n % 7 == 0 { 5 } else { 0 }));
                    n
                })
            })
            .collect();
        assert_eq!(all(jobs, threads), (0..50).collect::<Vec<_>>());
    }
}

/// More jobs ran at once than there may be threads. Start the threads first, and let each of them
/// take one job after the other.
#[test]
fn never_more_than_so_many() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let jobs = (0..60)
        .map(|_| -> Job<()> {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            Box::new(move || {
                most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                thread::sleep(Duration::from_millis(3));
                running.fetch_sub(1, SeqCst);
            })
        })
        .collect();
    all(jobs, 4);
    assert!(most.load(SeqCst) <= 4, "{} jobs ran at once", most.load(SeqCst));
}

/// Four jobs that wait for each other need four threads at work at the same time. If they run one
/// after the other, look at how long the lock on your queue is held: in `while let Some(job) =
/// queue.lock().unwrap().next()`, the guard lives as long as the loop's body.
#[test]
fn all_threads_work() {
    let here = Arc::new(Count::default());
    let jobs = (0..4)
        .map(|_| -> Job<bool> {
            let here = Arc::clone(&here);
            Box::new(move || {
                here.add_one();
                here.reaches(4)
            })
        })
        .collect();
    assert_eq!(all(jobs, 4), [true; 4], "whether each job met the other three");
}

/// One job was waiting for all others to be done, and some never were: they had been given to its
/// thread in advance, or no other thread worked meanwhile (then see `all_threads_work` first). A
/// thread that is free should take whatever job is next.
#[test]
fn a_free_thread_takes_the_next_job() {
    let done = Arc::new(Count::default());
    let mut jobs: Vec<Job<bool>> = Vec::new();
    let others = Arc::clone(&done);
    jobs.push(Box::new(move || others.reaches(20)));
    for _ in 0..20 {
        let done = Arc::clone(&done);
        jobs.push(Box::new(move || {
            done.add_one();
            true
        }));
    }
    assert!(all(jobs, 2)[0], "whether the long job saw the end of all others");
}

/// A job's panic has to reach the caller of `run_all`, and the other jobs have to run all the same,
/// also with a single thread. So a thread has to survive it: `std::panic::catch_unwind` keeps a panic, and
/// `resume_unwind` lets it go on when all jobs have ended.
#[test]
fn a_panic_reaches_the_caller_after_the_other_jobs() {
    let done = Arc::new(AtomicUsize::new(0));
    let jobs = (0..10)
        .map(|n| -> Job<()> {
            let done = Arc::clone(&done);
            Box::new(move || {
                assert!(n != 3, "this panic is part of the test");
                done.fetch_add(1, SeqCst);
            })
        })
        .collect::<Vec<_>>();
    let (ended, wait) = mpsc::channel();
    thread::spawn(move || ended.send(catch_unwind(AssertUnwindSafe(|| run_all(jobs, 1))).is_err()));
    let panicked = wait.recv_timeout(LONG).expect("`run_all` did not return in time");
    assert!(panicked, "nobody heard of the panic");
    assert_eq!(done.load(SeqCst), 9, "jobs that ran");
}

/// No jobs, no results.
#[test]
fn nothing_to_do() {
    assert_eq!(all(Vec::<Job<u8>>::new(), 4), []);
}
