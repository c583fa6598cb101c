//! Each test counts polls: a task writes a letter down whenever it is polled.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use exercise::Priority::{High, Low};
use exercise::{Executor, HIGH_IN_A_ROW};

/// Who was polled, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn note(&self, name: &str) {
        self.0.lock().unwrap().push_str(name);
    }
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// Runs what could hang on a thread of its own.
fn in_time<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let running = thread::spawn(move || {
        let _ = sender.send(run());
    });
    match receiver.recv_timeout(Duration::from_secs(10)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("`run` has not returned for ten seconds"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(running.join().unwrap_err())
        }
    }
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Writes its name down in each of `polls` polls.
fn busy(log: &Log, name: &'static str, polls: usize) -> impl Future<Output = ()> + Send + 'static {
    let log = log.clone();
    async move {
        log.note(name);
        for _ in 1..polls {
            yield_now().await;
            log.note(name);
        }
    }
}

/// A low task ran although a high one was ready. `next` has to look for a high task first, wherever the
/// low ones stand in line.
#[test]
fn high_tasks_go_first() {
    let log = Log::default();
    let mut executor = Executor::new();
    executor.spawn(Low, busy(&log, "l", 1));
    executor.spawn(High, busy(&log, "h", 1));
    executor.spawn(Low, busy(&log, "m", 1));
    executor.spawn(High, busy(&log, "i", 1));
    executor.run();
    assert_eq!(log.text(), "hilm");
}

/// Two tasks of the same priority did not take turns. A task that yields goes behind the others of
/// its priority: put it in at the back, take from the front.
#[test]
fn equals_take_turns() {
    for priority in [High, Low] {
        let log = Log::default();
        let mut executor = Executor::new();
        executor.spawn(priority, busy(&log, "a", 3));
        executor.spawn(priority, busy(&log, "b", 3));
        executor.run();
        assert_eq!(log.text(), "ababab");
    }
}

/// A high task yielded again and again, waiting for a low one to do something, and the low one never had
/// its turn: it starved. Taking from the low queue only when the high one is empty is not enough, since a
/// task that yields is back in its queue before you look.
#[test]
fn a_busy_high_task_does_not_starve_a_low_one() {
    let mut executor = Executor::new();
    let low_has_run = Arc::new(AtomicBool::new(false));
    let polls = Arc::new(AtomicUsize::new(0));
    let (seen, counted) = (Arc::clone(&low_has_run), Arc::clone(&polls));
    executor.spawn(High, async move {
        // Gives up in the end, so that the test does.
        while !seen.load(Ordering::Relaxed) && counted.fetch_add(1, Ordering::Relaxed) < 10_000 {
            yield_now().await;
        }
    });
    executor.spawn(Low, async move { low_has_run.store(true, Ordering::Relaxed) });
    executor.run();
    let polls = polls.load(Ordering::Relaxed);
    assert!(polls <= HIGH_IN_A_ROW, "the low task had to wait for {polls} polls");
}

/// With one busy task of each priority, the low one gets one poll after every `HIGH_IN_A_ROW` of the
/// high one: not more, or high means nothing, and not fewer.
#[test]
fn the_low_one_gets_its_share() {
    let log = Log::default();
    let mut executor = Executor::new();
    executor.spawn(Low, busy(&log, "l", 5));
    executor.spawn(High, busy(&log, "h", 5 * HIGH_IN_A_ROW));
    executor.run();
    let round = "h".repeat(HIGH_IN_A_ROW) + "l";
    assert_eq!(log.text(), round.repeat(5));
}

/// While high tasks had the thread for themselves, turns of low ones were saved up, or the count went on.
/// It counts only what a low task that is ready has to watch: begin anew when there is none.
#[test]
fn turns_are_not_saved_up() {
    let log = Log::default();
    let mut executor = Executor::new();
    let sleeping = Arc::new(Mutex::new(Vec::<Waker>::new()));
    for name in ["l", "m"] {
        let (log, sleeping) = (log.clone(), Arc::clone(&sleeping));
        executor.spawn(Low, async move {
            let mut asked = false;
            poll_fn(|cx| {
                if asked {
                    return Poll::Ready(());
                }
                asked = true;
                sleeping.lock().unwrap().push(cx.waker().clone());
                Poll::Pending
            })
            .await;
            log.note(name);
        });
    }
    executor.spawn(High, {
        let log = log.clone();
        async move {
            // Until both sleep, or would have slept, and then for a while alone.
            let (mut polls, mut alone) = (0, 0);
            while alone < 10 * HIGH_IN_A_ROW + 3 && polls < 10_000 {
                yield_now().await;
                polls += 1;
                alone += usize::from(sleeping.lock().unwrap().len() == 2);
            }
            sleeping.lock().unwrap().drain(..).for_each(Waker::wake);
            for _ in 0..3 * HIGH_IN_A_ROW {
                yield_now().await;
                log.note("h");
            }
        }
    });
    in_time(move || {
        // The executor belongs to the thread that made it. Nobody wakes it from elsewhere here, so
        // it never sleeps.
        executor.run();
    });
    let row = "h".repeat(HIGH_IN_A_ROW);
    assert_eq!(log.text(), format!("{row}l{row}m{row}"));
}

/// A task that had slept came back with another priority. Which queue a wake chooses depends on the
/// task, and the waker has nothing but the task: the priority has to be in there.
#[test]
fn a_wake_keeps_the_priority() {
    let log = Log::default();
    let mut executor = Executor::new();
    let sleeping = Arc::new(Mutex::new(Vec::<Waker>::new()));
    for (priority, name) in [(High, "h"), (Low, "l")] {
        let (log, sleeping) = (log.clone(), Arc::clone(&sleeping));
        executor.spawn(priority, async move {
            let mut asked = false;
            poll_fn(|cx| {
                if asked {
                    return Poll::Ready(());
                }
                asked = true;
                sleeping.lock().unwrap().push(cx.waker().clone());
                Poll::Pending
            })
            .await;
            log.note(name);
        });
    }
    executor.spawn(Low, async move {
        for _ in 0..10_000 {
            yield_now().await;
            if sleeping.lock().unwrap().len() == 2 {
                break;
            }
        }
        // The low one is woken first, and is behind all the same.
        while let Some(waker) = sleeping.lock().unwrap().pop() {
            waker.wake();
        }
    });
    in_time(move || executor.run());
    assert_eq!(log.text(), "hl");
}

/// The executor slept while a task was ready. A wake has to unpark the thread whichever queue it chooses.
#[test]
fn another_thread_ends_the_sleep() {
    let polls = in_time(|| {
        let mut executor = Executor::new();
        let polls = Arc::new(AtomicUsize::new(0));
        for priority in [High, Low] {
            let polls = Arc::clone(&polls);
            executor.spawn(priority, async move {
                let mut left = 3;
                poll_fn(|cx| {
                    polls.fetch_add(1, Ordering::Relaxed);
                    if left == 0 {
                        return Poll::Ready(());
                    }
                    left -= 1;
                    let waker = cx.waker().clone();
                    thread::spawn(move || {
                        thread::sleep(Duration::from_millis(5));
                        waker.wake();
                    });
                    Poll::Pending
                })
                .await;
            });
        }
        executor.run();
        polls.load(Ordering::Relaxed)
    });
    assert_eq!(polls, 2 * 4, "each task is polled once, and once for each wake");
}
