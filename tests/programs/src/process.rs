//! A program that runs, and does not outlive the test that started it.

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what must happen. Nothing depends on it but how soon a failure shows.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// What a server prints when it is ready, before its address.
const READY: &str = "listening on ";

/// A running program. Dropped, it is killed.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    /// Starts a program, whose standard output becomes [`Program::line`]s.
    ///
    /// `executable` is `env!("CARGO_BIN_EXE_name")`, which Cargo sets for a test in `tests/`.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[track_caller]
    pub fn start(executable: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(executable);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("{executable} does not start: {error}"),
        };
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, lines) = mpsc::channel();
        // Ends with the program, or when nobody listens any more.
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|l| sender.send(l)));
        Self { child, lines }
    }

    /// Starts a server, and waits until it says `listening on ` and an address.
    ///
    /// # Panics
    ///
    /// If it does not start, or ends before it listens.
    #[track_caller]
    pub fn serve(executable: &str, arguments: &[&str]) -> (Self, SocketAddr) {
        let program = Self::start(executable, arguments);
        loop {
            let line = program.line().unwrap_or_else(|| panic!("{executable} ended at once"));
            if let Some(address) = line.strip_prefix(READY) {
                let address = address.trim().parse().expect("an address");
                return (program, address);
            }
        }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints; `None` if it has ended.
    ///
    /// # Panics
    ///
    /// If none comes within [`PATIENCE`].
    #[track_caller]
    pub fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("it prints nothing"),
        }
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// If it was waited for already.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.id().cast_signed()).expect("a process");
        kill_process(id, signal).expect("it was not waited for yet");
    }

    /// Ctrl-C.
    ///
    /// # Panics
    ///
    /// If it was waited for already.
    #[track_caller]
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Waits until it ends by itself: how, and what it still printed.
    ///
    /// # Panics
    ///
    /// If it does not end within [`PATIENCE`].
    #[track_caller]
    pub fn end(mut self) -> (ExitStatus, Vec<String>) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(1));
        };
        (status, std::iter::from_fn(|| self.line()).collect())
    }

    /// The names of its threads. `None` on a system without `/proc`.
    pub fn threads(&self) -> Option<Vec<String>> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.id())).ok()?;
        // A thread may end while we look.
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm"));
        Some(tasks.flatten().flat_map(name).map(|name| name.trim_end().to_owned()).collect())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Nothing to do if it has ended: a child that was waited for is not killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
