use crate::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering, fence};
use crate::cell::UnsafeCell;
use crate::sync::{Arc, Condvar, Mutex};
use crate::{Verdict, explore, model, thread};
use std::time::Duration;

const AWAKE: u8 = 0;
const ASLEEP: u8 = 1;
const CALLED: u8 = 2;

/// A bed, as wrong as it can be: the sleeper looks, and lies down without looking again.
struct Bed {
    state: AtomicU8,
    gate: Mutex<()>,
    bell: Condvar,
}

impl Bed {
    fn new() -> Self {
        Self { state: AtomicU8::new(AWAKE), gate: Mutex::new(()), bell: Condvar::new() }
    }

    fn sleep(&self) {
        if self.state.load(Ordering::Acquire) == CALLED {
            return;
        }
        let mut gate = self.gate.lock();
        self.state.swap(ASLEEP, Ordering::Relaxed);
        self.bell.wait(&mut gate);
    }

    fn call(&self) {
        if self.state.swap(CALLED, Ordering::Release) == ASLEEP {
            drop(self.gate.lock());
            self.bell.notify_one();
        }
    }
}

fn failure(verdict: Verdict) -> (String, String) {
    match verdict {
        Verdict::Fails { interleavings, reason, table } => {
            assert!(interleavings > 0);
            println!("{table}");
            (reason, table.to_string())
        }
        Verdict::Holds { interleavings } => panic!("it holds, in {interleavings} interleavings"),
    }
}

#[test]
fn a_lost_call() {
    let run = || {
        explore(|| {
            let bed = Arc::new(Bed::new());
            let other = thread::spawn({
                let bed = Arc::clone(&bed);
                move || bed.call()
            });
            bed.sleep();
            other.join().unwrap();
        })
    };
    let (reason, table) = failure(run());
    assert!(reason.starts_with("deadlock"), "{reason}");
    assert_eq!(
        table,
        "   │ main                                 │ thread 1
───┼──────────────────────────────────────┼──────────────────────────────────
 1 │ starts thread 1                      │
 2 │ sleep: state.load() → AWAKE          │
 3 │ sleep: gate.lock()                   │
 4 │                                      │ call: state.swap(CALLED) → AWAKE
 5 │                                      │ ends
 6 │ sleep: state.swap(ASLEEP) → CALLED   │
 7 │ sleep: bell.wait: unlocks and sleeps │

deadlock: every thread waits, and none is left to wake it
  main      sleeps in bell.wait, in sleep
  thread 1  has ended
"
    );
    // The same each time.
    assert_eq!(failure(run()).1, table);
}

/// Data behind a flag.
struct Parcel {
    content: UnsafeCell<u32>,
    ready: AtomicBool,
}

fn parcel(publish: Ordering, look: Ordering) -> Verdict {
    explore(move || {
        let parcel =
            Arc::new(Parcel { content: UnsafeCell::new(0), ready: AtomicBool::new(false) });
        let other = thread::spawn({
            let parcel = Arc::clone(&parcel);
            move || {
                parcel.content.with_mut(|_| ());
                parcel.ready.store(true, publish);
            }
        });
        if parcel.ready.load(look) {
            parcel.content.with(|_| ());
        }
        other.join().unwrap();
    })
}

#[test]
fn a_publication_that_publishes_nothing() {
    let (reason, table) = failure(parcel(Ordering::Relaxed, Ordering::Acquire));
    assert_eq!(reason, "data race on content: nothing says that row 6 comes after row 2");
    assert!(table.contains("ready.store(true, Relaxed)"), "{table}");
    assert!(matches!(
        parcel(Ordering::Release, Ordering::Acquire),
        Verdict::Holds { interleavings: 2.. }
    ));
}

#[test]
fn an_old_value_is_marked() {
    let (reason, table) = failure(explore(|| {
        let pair = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let other = thread::spawn({
            let pair = Arc::clone(&pair);
            move || {
                pair.0.store(1, Ordering::Relaxed);
                pair.1.load(Ordering::Relaxed)
            }
        });
        pair.1.store(1, Ordering::Relaxed);
        let mine = pair.0.load(Ordering::Relaxed);
        assert!(mine + other.join().unwrap() > 0, "neither has seen the other");
    }));
    assert_eq!(reason, "panic: neither has seen the other");
    assert!(table.contains("→ 0 (stale: 1 is newer)"), "{table}");
}

#[test]
fn with_fences_one_sees_the_other() {
    model(|| {
        let pair = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let other = thread::spawn({
            let pair = Arc::clone(&pair);
            move || {
                pair.0.store(1, Ordering::Relaxed);
                fence(Ordering::SeqCst);
                pair.1.load(Ordering::Relaxed)
            }
        });
        pair.1.store(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let mine = pair.0.load(Ordering::Relaxed);
        assert!(mine + other.join().unwrap() > 0);
    });
}

struct Hands {
    left: Mutex<u32>,
    right: Mutex<u32>,
}

#[test]
fn two_locks_in_two_orders() {
    let (reason, table) = failure(explore(|| {
        let hands = Arc::new(Hands { left: Mutex::new(0), right: Mutex::new(0) });
        let other = thread::Builder::new()
            .name("other".to_owned())
            .spawn({
                let hands = Arc::clone(&hands);
                move || {
                    let right = hands.right.lock();
                    let left = hands.left.lock();
                    drop((right, left));
                }
            })
            .unwrap();
        let left = hands.left.lock();
        let right = hands.right.lock();
        drop((left, right));
        other.join().unwrap();
    }));
    assert!(reason.starts_with("deadlock"), "{reason}");
    assert_eq!(
        table,
        "   │ main         │ other
───┼──────────────┼────────────────────────────────
 1 │ starts other │
 2 │ left.lock()  │
 3 │              │ right.lock()
 4 │              │ waits for left, which main has

deadlock: every thread waits, and none is left to wake it
  main   waits for right, which other has
  other  waits for left, which main has
"
    );
}

#[test]
fn a_pointer_that_is_never_given_back() {
    let (reason, _) = failure(explore(|| std::mem::forget(Arc::new(1))));
    assert!(reason.starts_with("leak"), "{reason}");
}

#[test]
#[should_panic(expected = "the model fails: panic: on purpose")]
fn a_model_that_fails_panics_where_it_was_asked_for() {
    model(|| panic!("on purpose"));
}

#[test]
fn locks_that_hold() {
    let verdict = explore(|| {
        let count = Arc::new(Mutex::new(0));
        let other = thread::spawn({
            let count = Arc::clone(&count);
            move || *count.lock() += 1
        });
        *count.lock() += 1;
        other.join().unwrap();
        assert_eq!(*count.lock(), 2);
    });
    assert!(matches!(verdict, Verdict::Holds { interleavings: 2.. }), "{verdict:?}");
}

/// Who waits for no time at all gives the lock up all the same, and is told that the time is over.
#[test]
fn a_wait_for_no_time_lets_others_in() {
    let (reason, _) = failure(explore(|| {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || *shared.0.lock() += 1
        });
        let mut count = shared.0.lock();
        let before = *count;
        assert!(shared.1.wait_for(&mut count, Duration::ZERO).timed_out());
        assert_eq!(*count, before, "somebody was here meanwhile");
        drop(count);
        other.join().unwrap();
    }));
    assert!(reason.contains("somebody was here meanwhile"), "{reason}");
}

/// The table in the README is what its example prints.
#[test]
fn the_readme_shows_what_is_printed() {
    struct Letter {
        text: UnsafeCell<&'static str>,
        sent: AtomicBool,
    }
    let verdict = explore(|| {
        let letter = Arc::new(Letter { text: UnsafeCell::new(""), sent: AtomicBool::new(false) });
        let writer = thread::spawn({
            let letter = Arc::clone(&letter);
            move || {
                letter.text.with_mut(|_| ());
                letter.sent.store(true, Ordering::Relaxed);
            }
        });
        if letter.sent.load(Ordering::Relaxed) {
            letter.text.with(|_| ());
        }
        writer.join().unwrap();
    });
    let (_, table) = failure(verdict);
    let readme = include_str!("../README.md");
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(shown.map(str::trim_end), Some(table.trim_end()), "\n{table}");
}

/// One thread looks at a word, and reads if it is 1. The other one writes, and then makes it 1 by looking at
/// it first, which publishes nothing.
fn look_and_exchange(looks_first: bool) {
    let shared = Arc::new((UnsafeCell::new(0), AtomicUsize::new(0)));
    let look = |shared: &(UnsafeCell<i32>, AtomicUsize)| {
        if shared.1.load(Ordering::Acquire) == 1 {
            shared.0.with(|_| ());
        }
    };
    let exchange = |shared: &(UnsafeCell<i32>, AtomicUsize)| {
        shared.0.with_mut(|_| ());
        let now = shared.1.load(Ordering::Relaxed);
        let _ = shared.1.compare_exchange(now, 1, Ordering::Relaxed, Ordering::Relaxed);
    };
    let (here, there): (fn(&_), fn(&_)) =
        if looks_first { (look, exchange) } else { (exchange, look) };
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || there(&shared)
    });
    here(&shared);
    other.join().unwrap();
}

#[test]
fn a_thorough_search_finds_what_loom_leaves_out() {
    let fails = |looks_first: bool, thorough: bool| {
        let mut builder = crate::Builder::new();
        builder.thorough = thorough;
        std::panic::catch_unwind(move || builder.check(move || look_and_exchange(looks_first)))
            .is_err()
    };
    assert!(fails(false, true));
    assert!(fails(true, true));
    // If this fails one day, loom has closed the gap, and `thorough` is not needed any more.
    assert!(!fails(true, false), "loom finds it by itself");
}
