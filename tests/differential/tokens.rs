//! `CancellationToken`.

use super::paused::{millis, paused, polled};
use super::setup::run;
use super::util::CancellationToken;
use super::{rt, util};
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::{Bell, Loud};
use rt::time::{Duration, Instant, sleep};
use std::future::{Future, pending, poll_fn, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: tasks_are_told, cancelled_from_a_thread, many_wait;
    current_thread: cancelled_once, families, a_child_of_a_cancelled_one, the_middle_is_gone, clones_are_one,
        guards, guards_that_borrow, disarmed, run_until, run_until_owned, run_until_ties, run_until_dropped,
        cancelled_owned, a_wait_is_dropped, woken_once, debug, order_of_drops, a_waker_that_cancels,
        in_time;
];

const MS: Duration = Duration::from_millis(1);

fn tasks_are_told(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        let tasks: Vec<_> = (0..5)
            .map(|number| {
                let child = token.child_token();
                rt::spawn(async move {
                    child.cancelled().await;
                    number
                })
            })
            .collect();
        rt::task::yield_now().await;
        token.cancel();
        for task in tasks {
            log.note(task.await.unwrap());
        }
    });
}

fn cancelled_from_a_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        let thread = std::thread::spawn({
            let token = token.clone();
            move || token.cancel()
        });
        token.cancelled().await;
        log.note(token.is_cancelled());
        thread.join().unwrap();
    });
}

fn many_wait(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        let tracker = util::TaskTracker::new();
        for _ in 0..100 {
            tracker.spawn(token.child_token().cancelled_owned());
            tracker.spawn(token.clone().cancelled_owned());
        }
        token.cancel();
        tracker.close();
        tracker.wait().await;
        log.note(tracker.len());
    });
}

fn cancelled_once(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::default();
        log.note(format!(
            "{} {}",
            token.is_cancelled(),
            polled(&mut Box::pin(token.cancelled())).await
        ));
        token.cancel();
        token.cancel();
        log.note(format!(
            "{} {}",
            token.is_cancelled(),
            polled(&mut Box::pin(token.cancelled())).await
        ));
        let mut wait = Box::pin(token.cancelled());
        log.note(format!("{} {}", polled(&mut wait).await, polled(&mut wait).await));
    });
}

/// Which are cancelled.
fn states(tokens: &[&CancellationToken]) -> String {
    tokens.iter().map(|token| if token.is_cancelled() { 'x' } else { '.' }).collect()
}

fn families(_: Flavour, log: &Log) {
    let root = CancellationToken::new();
    let (a, b) = (root.child_token(), root.child_token());
    let (c, d) = (a.child_token(), a.child_token());
    let last = c.child_token();
    let all = [&root, &a, &b, &c, &d, &last];
    log.note(states(&all));
    for cancelled in [&last, &a, &b, &root] {
        cancelled.cancel();
        log.note(states(&all));
    }
}

fn a_child_of_a_cancelled_one(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let root = CancellationToken::new();
        root.cancel();
        let child = root.child_token();
        log.note(child.is_cancelled());
        child.cancelled().await;
        log.note(child.child_token().is_cancelled());
        child.cancel();
    });
}

fn the_middle_is_gone(_: Flavour, log: &Log) {
    let root = CancellationToken::new();
    let middle = root.child_token();
    let leaf = middle.child_token();
    drop(middle);
    log.note(leaf.is_cancelled());
    root.cancel();
    log.note(leaf.is_cancelled());
    let root = CancellationToken::new();
    let leaf = root.child_token().child_token();
    drop(root);
    log.note(leaf.is_cancelled());
    leaf.cancel();
    log.note(leaf.is_cancelled());
}

fn clones_are_one(_: Flavour, log: &Log) {
    let token = CancellationToken::new();
    let clone = token.clone();
    let child = token.child_token();
    log.note(format!(
        "{} {} {}",
        token == clone,
        token == child,
        token == CancellationToken::new()
    ));
    let set: std::collections::HashSet<_> = [token.clone(), clone.clone(), child].into();
    log.note(set.len());
    drop(token);
    clone.cancel();
    log.note(clone.is_cancelled());
}

fn guards(_: Flavour, log: &Log) {
    let token = CancellationToken::new();
    {
        let _guard = token.clone().drop_guard();
        log.note(token.is_cancelled());
    }
    log.note(token.is_cancelled());
    let token = CancellationToken::new();
    let guard = token.clone().drop_guard();
    let child = token.child_token();
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _guard = guard;
        panic!("on the way");
    }));
    log.note(format!("{} {} {}", unwound.is_err(), token.is_cancelled(), child.is_cancelled()));
}

fn guards_that_borrow(_: Flavour, log: &Log) {
    let token = CancellationToken::new();
    {
        let _guard = token.drop_guard_ref();
        log.note(token.is_cancelled());
    }
    log.note(token.is_cancelled());
    let token = CancellationToken::new();
    let same: &CancellationToken = token.drop_guard_ref().disarm();
    log.note(format!("{} {}", *same == token, token.is_cancelled()));
}

fn disarmed(_: Flavour, log: &Log) {
    let token = CancellationToken::new();
    let back: CancellationToken = token.clone().drop_guard().disarm();
    log.note(format!("{} {}", back == token, token.is_cancelled()));
    drop(back.drop_guard());
    log.note(token.is_cancelled());
}

fn run_until(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        log.note(format!("{:?}", token.run_until_cancelled(ready(1)).await));
        let polls = AtomicUsize::new(0);
        let mut cut_off = Box::pin(token.run_until_cancelled(poll_fn(|_| {
            polls.fetch_add(1, SeqCst);
            Poll::<u8>::Pending
        })));
        log.note(polled(&mut cut_off).await);
        token.cancel();
        log.note(format!("{:?} {}", cut_off.await, polls.load(SeqCst)));
        log.note(format!("{:?}", token.run_until_cancelled(ready(2)).await));
    });
}

fn run_until_owned(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        log.note(format!("{:?}", token.clone().run_until_cancelled_owned(ready(1)).await));
        let task = rt::spawn(token.child_token().run_until_cancelled_owned(pending::<u8>()));
        rt::task::yield_now().await;
        token.cancel();
        log.note(format!("{:?}", task.await.unwrap()));
        log.note(format!("{:?}", token.run_until_cancelled_owned(ready(2)).await));
    });
}

fn run_until_ties(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        // The future cancels the token itself, and is ready in the same poll.
        let both = token.run_until_cancelled(async {
            token.cancel();
            7
        });
        log.note(format!("{:?}", both.await));
        let token = CancellationToken::new();
        let neither = token.run_until_cancelled(async {
            token.cancel();
            pending::<u8>().await
        });
        log.note(format!("{:?}", neither.await));
        // Cancelled between the making and the first poll.
        let token = CancellationToken::new();
        let unpolled = token.run_until_cancelled(async { log.note("polled") });
        token.cancel();
        log.note(format!("{:?}", unpolled.await));
    });
}

fn run_until_dropped(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        let loud = Loud(log.clone(), "future");
        let mut cut_off = Box::pin(token.run_until_cancelled(async move {
            let _loud = loud;
            pending::<()>().await;
        }));
        log.note(polled(&mut cut_off).await);
        token.cancel();
        log.note(format!("{:?}", cut_off.as_mut().await));
        log.note("the result is there");
        drop(cut_off);
        let loud = Loud(log.clone(), "unpolled");
        drop(token.run_until_cancelled(async move { drop(loud) }));
        log.note("end");
    });
}

fn cancelled_owned(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        let mut wait = Box::pin(token.child_token().cancelled_owned());
        log.note(polled(&mut wait).await);
        token.cancel();
        wait.await;
        // The wait is the last that holds the token.
        let mut alone = Box::pin(CancellationToken::new().cancelled_owned());
        log.note(polled(&mut alone).await);
    });
}

fn a_wait_is_dropped(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let token = CancellationToken::new();
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        let mut wait = Box::pin(token.cancelled());
        log.note(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        drop(wait);
        drop(waker);
        log.note(Arc::strong_count(&bell));
        token.cancel();
        log.note(bell.rings());
    });
}

fn woken_once(_: Flavour, log: &Log) {
    let token = CancellationToken::new();
    let (bell, other) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    let mut wait = Box::pin(token.cancelled());
    for bell in [&bell, &other] {
        let waker = Waker::from(Arc::clone(bell));
        log.note(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    }
    token.cancel();
    token.cancel();
    log.note(format!("{} {}", bell.rings(), other.rings()));
}

fn debug(_: Flavour, log: &Log) {
    let token = CancellationToken::new();
    log.note(format!("{token:?} {:?}", token.cancelled()));
    log.note(format!("{:?}", token.clone().cancelled_owned()));
    token.cancel();
    log.note(format!("{token:?}"));
}

fn order_of_drops(_: Flavour, log: &Log) {
    // Handles go in any order, and what is left keeps working.
    for last in 0..3 {
        let root = CancellationToken::new();
        let middle = root.child_token();
        let leaf = middle.child_token();
        let mut all = vec![root, middle, leaf];
        let kept = all.remove(last);
        drop(all);
        let child = kept.child_token();
        log.note(states(&[&kept, &child]));
        kept.cancel();
        log.note(states(&[&kept, &child]));
    }
}

/// Cancels another token when it is woken.
struct Cancels(CancellationToken);

impl Wake for Cancels {
    fn wake(self: Arc<Self>) {
        self.0.cancel();
    }
}

fn a_waker_that_cancels(_: Flavour, log: &Log) {
    let root = CancellationToken::new();
    let (child, other) = (root.child_token(), CancellationToken::new());
    let waker = Waker::from(Arc::new(Cancels(root.clone())));
    let mut wait = Box::pin(child.cancelled());
    log.note(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    let waker = Waker::from(Arc::new(Cancels(other.clone())));
    let mut above = Box::pin(root.cancelled());
    log.note(above.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    child.cancel();
    log.note(states(&[&child, &root, &other]));
}

fn in_time(_: Flavour, log: &Log) {
    paused(async {
        let (token, start) = (CancellationToken::new(), Instant::now());
        let canceller = token.clone();
        rt::spawn(async move {
            sleep(MS * 10).await;
            canceller.cancel();
        });
        log.note(format!("{:?}", token.run_until_cancelled(sleep(MS * 5)).await));
        log.note(format!(
            "{:?} {}",
            token.run_until_cancelled(sleep(MS * 50)).await,
            millis(start)
        ));
    });
}
