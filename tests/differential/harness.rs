//! What runs the cases and compares their logs.

use libtest_mimic::{Arguments, Failed, Trial};
use parking_lot::Mutex;
use std::any::Any;
use std::cell::RefCell;
use std::fmt::{self, Display, Write};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a case may take on one side.
const PATIENCE: Duration = Duration::from_mins(1);

/// The kinds of runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// Everything on the thread in `block_on`.
    CurrentThread,
    /// Workers.
    MultiThread,
}

impl Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CurrentThread => "current thread",
            Self::MultiThread => "multi thread",
        })
    }
}

/// One program, and the flavours on which it makes sense.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) flavours: &'static [Flavour],
    pub(crate) run: fn(Flavour, &Log),
}

/// Cases of one file, under its name.
pub(crate) type Area = (&'static str, &'static [Case]);

/// `cases![both: a, b; current_thread: c; multi_thread: d]`: the list of a file's cases.
macro_rules! cases {
    ($($which:ident: $($name:ident),+ $(,)?);* $(;)?) => { &[$($(
        crate::harness::Case {
            name: stringify!($name),
            flavours: crate::harness::flavours::$which,
            run: $name,
        },
    )+)*] };
}
pub(crate) use cases;

/// The words of [`cases!`].
#[allow(non_upper_case_globals)]
pub(crate) mod flavours {
    use super::Flavour::{self, CurrentThread, MultiThread};

    pub(crate) const both: &[Flavour] = &[CurrentThread, MultiThread];
    pub(crate) const current_thread: &[Flavour] = &[CurrentThread];
    pub(crate) const multi_thread: &[Flavour] = &[MultiThread];
}

/// What a case has seen, line by line. Clones write to the same log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Notes a line.
    pub(crate) fn note(&self, line: impl Display) {
        self.0.lock().push(line.to_string());
    }

    /// Runs `f`; if it panics, notes the message and the line that the panic blames.
    pub(crate) fn note_panic<T>(&self, f: impl FnOnce() -> T) {
        BLAMED.take();
        match catch_unwind(AssertUnwindSafe(f)) {
            Ok(_) => self.note("no panic"),
            Err(payload) => {
                let place = BLAMED.take().unwrap_or_default();
                self.note(format!("panic: {} ({place})", message(&*payload)));
            }
        }
    }

    /// The same without the line: for panics where Tokio blames one of its own, and Handcrank the caller's.
    pub(crate) fn note_text<T>(&self, f: impl FnOnce() -> T) {
        match catch_unwind(AssertUnwindSafe(f)) {
            Ok(_) => self.note("no panic"),
            Err(payload) => self.note(message(&*payload)),
        }
    }

    /// A text without its task ids, which are nobody's promise.
    #[allow(clippy::unused_self)] // Reads well where it is called.
    pub(crate) fn without_ids(&self, text: &impl Display) -> String {
        let mut clean = String::new();
        let mut digits = false;
        for letter in text.to_string().chars() {
            if letter.is_ascii_digit() {
                if !digits {
                    clean.push('#');
                }
                digits = true;
            } else {
                digits = false;
                clean.push(letter);
            }
        }
        clean
    }

    /// The lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().clone()
    }
}

thread_local! {
    /// The place that this thread's last panic blames.
    static BLAMED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Where a panic points: a line of the cases' file, or merely that it lies elsewhere, in the runtime.
fn place(location: Option<&Location<'_>>) -> String {
    let Some(location) = location else { return "nowhere".to_owned() };
    if location.file().contains("differential") {
        let file = location.file().rsplit('/').next().unwrap_or_default();
        format!("{file}:{}", location.line())
    } else {
        "not at the caller".to_owned()
    }
}

/// The text of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "no text".to_owned()
    }
}

/// Signals come to the whole process: held by the cases that raise some, as they run side by side.
pub(crate) static SIGNALS: Mutex<()> = Mutex::new(());

/// Compares all cases.
pub(crate) fn main(tokio: &[Area], handcrank: &[Area], deliberate: &[(&str, &str)]) -> ExitCode {
    let arguments = Arguments::from_args();
    // Panics are what many cases are about. Their texts are in the logs.
    std::panic::set_hook(Box::new(|info| BLAMED.set(Some(place(info.location())))));
    let mut trials = Vec::new();
    let mut unknown: Vec<&str> = deliberate.iter().map(|(name, _)| *name).collect();
    for ((area, theirs), (_, ours)) in tokio.iter().zip(handcrank) {
        for (theirs, ours) in theirs.iter().zip(*ours) {
            for &flavour in theirs.flavours {
                let name = format!("{area}::{} ({flavour})", theirs.name);
                let reason = deliberate.iter().find(|(listed, _)| *listed == name);
                unknown.retain(|listed| *listed != name);
                let differs = reason.map(|(_, reason)| (*reason).to_owned());
                let (theirs, ours) = (theirs.run, ours.run);
                let title = name.clone();
                trials.push(Trial::test(name, move || {
                    compare(&title, flavour, theirs, ours, differs.as_deref())
                }));
            }
        }
    }
    assert!(unknown.is_empty(), "deliberate.rs names cases that do not exist: {unknown:?}");
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn compare(
    title: &str,
    flavour: Flavour,
    theirs: fn(Flavour, &Log),
    ours: fn(Flavour, &Log),
    differs: Option<&str>,
) -> Result<(), Failed> {
    let expected = observe("tokio", flavour, theirs);
    let seen = observe("handcrank", flavour, ours);
    if std::env::var_os("HANDCRANK_SHOW").is_some() {
        eprintln!("{title}\n{}", side_by_side(&expected, &seen));
    }
    match (expected == seen, differs) {
        // Both may fail alike, and then the case is at fault: it has seen less than it is there for.
        (true, None) if expected.last().is_some_and(|line| line.starts_with(FAULT)) => {
            Err(side_by_side(&expected, &seen).into())
        }
        (true, None) | (false, Some(_)) => Ok(()),
        (true, Some(reason)) => {
            Err(format!("equal, although deliberate.rs says that it differs: {reason}").into())
        }
        (false, None) => Err(side_by_side(&expected, &seen).into()),
    }
}

/// How the last line of a case begins that did not come to its end.
const FAULT: &str = "the case";

/// Runs one side on a thread of its own, as a case that hangs should not take the others along.
fn observe(side: &str, flavour: Flavour, case: fn(Flavour, &Log)) -> Vec<String> {
    let log = Log::default();
    let (done, wait) = mpsc::channel();
    let theirs = log.clone();
    let runner = thread::Builder::new().name(format!("{side} case"));
    let runner = runner.spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| case(flavour, &theirs)));
        let _ = done.send(outcome.map_err(|payload| message(&*payload)));
    });
    runner.expect("a thread");
    match wait.recv_timeout(PATIENCE) {
        Ok(Ok(())) => {}
        Ok(Err(text)) => log.note(format!("{FAULT} panicked: {text}")),
        Err(_) => log.note(format!("{FAULT} hangs: not done after {PATIENCE:?}")),
    }
    log.lines().into_iter().map(|line| nameless(&line)).collect()
}

/// A line with the runtime's name taken out.
fn nameless(line: &str) -> String {
    ["Handcrank", "handcrank", "Tokio", "tokio"]
        .iter()
        .fold(line.to_owned(), |line, name| line.replace(name, "RUNTIME"))
}

fn side_by_side(expected: &[String], seen: &[String]) -> String {
    let mut text = String::new();
    for at in 0..expected.len().max(seen.len()) {
        let (theirs, ours) = (expected.get(at), seen.get(at));
        let missing = "(no line)".to_owned();
        let (left, right) = (theirs.unwrap_or(&missing), ours.unwrap_or(&missing));
        let _ = if left == right {
            writeln!(text, "    both       {left}")
        } else {
            writeln!(text, "  ≠ tokio      {left}\n  ≠ handcrank  {right}")
        };
    }
    text
}
