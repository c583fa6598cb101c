//! Blocking calls on a bounded number of threads.

use std::sync::Mutex;
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
    let threads = threads.min(jobs.len());
    let queue = Mutex::new(jobs.into_iter().enumerate());
    // A function of its own: in the head of a `while let` the guard would live until the end of the
    // loop's body, and the jobs would run one after the other.
    let next = || queue.lock().expect("nobody panics with the lock held").next();
    let mut results = thread::scope(|scope| {
        let work = || {
            let mut results = Vec::new();
            let mut panicked = None;
            while let Some((number, job)) = next() {
                // A thread outlives a job that panics, or the jobs after it would stay undone.
                match std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)) {
                    Ok(result) => results.push((number, result)),
                    Err(payload) => panicked = Some(payload),
                }
            }
            match panicked {
                Some(payload) => Err(payload),
                None => Ok(results),
            }
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        // All are joined before the first panic goes on.
        let ended: Vec<_> = running.into_iter().map(|thread| thread.join().flatten()).collect();
        let mut all = Vec::new();
        for results in ended {
            all.extend(results.unwrap_or_else(|payload| std::panic::resume_unwind(payload)));
        }
        all
    });
    results.sort_unstable_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}
