//! What the system knows of this process.

use crate::PATIENCE;
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// The processor time that all threads together have used.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// How many file descriptors are open. `None` on a system that does not say.
pub fn descriptors() -> Option<usize> {
    let folder = if Path::new("/proc/self/fd").exists() { "/proc/self/fd" } else { "/dev/fd" };
    // One of them is the folder itself, which is open while it is read.
    Some(std::fs::read_dir(folder).ok()?.count() - 1)
}

/// How many threads have exactly this name, which must be shorter than 16 bytes. `None` on a
/// system without `/proc`.
///
/// # Panics
///
/// If the name is too long to be told from others.
pub fn threads_named(name: &str) -> Option<usize> {
    assert!(name.len() < 16, "the kernel cuts names off at 15 bytes");
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let named = |folder: &Path| {
        // A thread may end while we look.
        std::fs::read_to_string(folder.join("comm")).is_ok_and(|found| found.trim_end() == name)
    };
    Some(tasks.flatten().filter(|task| named(&task.path())).count())
}

/// Raises the number of descriptors this process may open as far as it goes, and says how far that
/// is.
pub fn limit_of_descriptors() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // A system that does not allow its own maximum keeps what it has.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |limit| limit as usize)
}

/// Waits until `condition` holds: for what another thread, or the kernel, is about to do.
///
/// # Panics
///
/// If that does not happen.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it never came: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

const RERUN: &str = "HANDCRANK_TEST_RERUN";

/// Runs one test of this file in a process of its own, with other variables in its environment.
///
/// # Panics
///
/// If the process cannot be started.
#[track_caller]
pub fn rerun(test: &str, environment: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().expect("this test is a file"))
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(RERUN, test)
        .envs(environment.iter().copied())
        .output()
        .expect("it starts")
}

/// Is this the process made by [`rerun`]?
pub fn was_rerun() -> bool {
    std::env::var_os(RERUN).is_some()
}
