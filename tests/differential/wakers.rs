//! Wakers of tasks: what they are equal to, how long they live, whom they wake.

use super::rt::sync::oneshot;
use super::rt::task;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::Bell;
use parking_lot::Mutex;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Wake, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: clones_wake_the_same, the_same_in_every_poll, not_each_others, woken_from_a_thread,
        woken_in_its_own_poll, woken_twice_polled_once, woken_and_ready, woken_after_the_end,
        woken_after_the_runtime, dropped_after_the_runtime, a_waker_does_not_keep_the_future,
        a_task_that_keeps_its_own_waker, by_value_and_by_reference, handle_wakes_the_last_waker,
        handle_keeps_an_equal_waker, handle_lets_its_waker_go, handle_ready_needs_no_waker,
        no_polls_without_a_wake, waker_moved_to_a_job, woken_by_a_destructor, panicking_join_waker,
        sent_from_task_to_task, aborted_and_woken;
];

/// The waker of the task that this is awaited in.
async fn own() -> Waker {
    poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
}

fn clones_wake_the_same(flavour: Flavour, log: &Log) {
    let case = || async {
        let first = own().await;
        let second = first.clone();
        let mut third = Waker::noop().clone();
        third.clone_from(&first);
        format!(
            "{} {} {}",
            first.will_wake(&second),
            third.will_wake(&first),
            first.will_wake(Waker::noop())
        )
    };
    run(flavour, async {
        log.note(case().await);
        log.note(task::spawn(case()).await.unwrap());
    });
}

fn the_same_in_every_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async {
            let first = own().await;
            let mut same = 0;
            for _ in 0..20 {
                task::yield_now().await;
                same += u32::from(own().await.will_wake(&first));
            }
            same
        });
        log.note(task.await.unwrap());
        let first = own().await;
        task::yield_now().await;
        log.note(own().await.will_wake(&first));
    });
}

fn not_each_others(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (first, second) = (task::spawn(own()), task::spawn(own()));
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        log.note(format!("{} {}", first.will_wake(&second), first.will_wake(&own().await)));
    });
}

/// A task that gives its waker out, and is ready when it has been polled `polls` times.
fn polled(polls: usize) -> (task::JoinHandle<usize>, oneshot::Receiver<Waker>, Arc<Bell>) {
    let (send, receive) = oneshot::channel();
    let count = Arc::new(Bell::default());
    let theirs = Arc::clone(&count);
    let mut send = Some(send);
    let task = task::spawn(poll_fn(move |cx| {
        let seen = theirs.0.fetch_add(1, SeqCst) + 1;
        if let Some(send) = send.take() {
            let _ = send.send(cx.waker().clone());
        }
        if seen >= polls { Poll::Ready(seen) } else { Poll::Pending }
    }));
    (task, receive, count)
}

fn woken_from_a_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (task, waker, _) = polled(2);
        let waker = waker.await.unwrap();
        std::thread::spawn(move || waker.wake()).join().unwrap();
        log.note(task.await.unwrap());
    });
}

fn woken_in_its_own_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut polls = 0;
        let task = task::spawn(poll_fn(move |cx| {
            polls += 1;
            match polls {
                1 => cx.waker().wake_by_ref(),
                2 => cx.waker().clone().wake(),
                3 => (0..5).for_each(|_| cx.waker().wake_by_ref()),
                _ => return Poll::Ready(polls),
            }
            Poll::Pending
        }));
        log.note(task.await.unwrap());
    });
}

/// Wakes before the next poll are one.
fn woken_twice_polled_once(_: Flavour, log: &Log) {
    run(Flavour::CurrentThread, async {
        let (task, waker, count) = polled(3);
        let waker = waker.await.unwrap();
        for _ in 0..10 {
            waker.wake_by_ref();
        }
        for _ in 0..5 {
            task::yield_now().await;
        }
        log.note(count.rings());
        waker.wake();
        log.note(task.await.unwrap());
    });
}

fn woken_and_ready(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Ready(5)
        }));
        log.note(task.await.unwrap());
    });
}

fn woken_after_the_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (task, waker, count) = polled(1);
        let waker = waker.await.unwrap();
        log.note(task.await.unwrap());
        waker.wake_by_ref();
        waker.clone().wake();
        waker.wake();
        for _ in 0..5 {
            task::yield_now().await;
        }
        log.note(count.rings());
    });
}

fn woken_after_the_runtime(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let (task, waker, count) = first.block_on(async {
        let (task, waker, count) = polled(9);
        (task, waker.await.unwrap(), count)
    });
    drop(first);
    log.note(task.is_finished());
    waker.wake_by_ref();
    let other = std::thread::spawn(move || waker.wake());
    other.join().unwrap();
    log.note(format!("{} {}", count.rings(), Arc::strong_count(&count)));
}

fn dropped_after_the_runtime(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let waker = first.block_on(async { task::spawn(own()).await.unwrap() });
    let root = first.block_on(own());
    drop(first);
    let (again, root_again) = (waker.clone(), root.clone());
    log.note(format!("{} {}", waker.will_wake(&again), root.will_wake(&root_again)));
    drop((waker, root));
    again.wake();
    root_again.wake();
}

fn a_waker_does_not_keep_the_future(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let held = Arc::new(());
        let theirs = Arc::clone(&held);
        let task = task::spawn(async move {
            let _theirs = theirs;
            own().await
        });
        let waker = task.await.unwrap();
        log.note(Arc::strong_count(&held));
        drop(waker);
    });
}

fn a_task_that_keeps_its_own_waker(flavour: Flavour, log: &Log) {
    let held = Arc::new(());
    let theirs = Arc::clone(&held);
    run(flavour, async {
        let (entered, wait) = oneshot::channel();
        drop(task::spawn(async move {
            let _kept = (theirs, own().await);
            entered.send(()).unwrap();
            pending::<()>().await;
        }));
        wait.await.unwrap();
        log.note(Arc::strong_count(&held));
    });
    log.note(Arc::strong_count(&held));
}

fn by_value_and_by_reference(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for by_value in [false, true] {
            let (task, waker, _) = polled(2);
            let waker = waker.await.unwrap();
            if by_value {
                waker.wake()
            } else {
                waker.wake_by_ref()
            }
            log.note(task.await.unwrap());
        }
    });
}

fn handle_wakes_the_last_waker(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (go, wait) = oneshot::channel::<()>();
        let mut task = task::spawn(async { wait.await.is_ok() });
        let counts: [Arc<Bell>; 3] = Default::default();
        for count in &counts {
            let waker = Waker::from(Arc::clone(count));
            let mut cx = Context::from_waker(&waker);
            assert!(Pin::new(&mut task).poll(&mut cx).is_pending());
        }
        log.note(format!("{:?}", counts.each_ref().map(|count| Arc::strong_count(count) > 1)));
        go.send(()).unwrap();
        while counts[2].rings() == 0 {
            task::yield_now().await;
        }
        log.note(format!("{:?}", counts.each_ref().map(|count| count.rings())));
        log.note(task.await.unwrap());
    });
}

fn handle_keeps_an_equal_waker(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut task = task::spawn(pending::<()>());
        let count = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&count));
        for _ in 0..5 {
            let mut cx = Context::from_waker(&waker);
            assert!(Pin::new(&mut task).poll(&mut cx).is_pending());
            log.note(Arc::strong_count(&count));
        }
        task.abort();
    });
}

fn handle_lets_its_waker_go(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut task = task::spawn(pending::<()>());
        let abort = task.abort_handle();
        let count = Arc::new(Bell::default());
        {
            let waker = Waker::from(Arc::clone(&count));
            let mut cx = Context::from_waker(&waker);
            assert!(Pin::new(&mut task).poll(&mut cx).is_pending());
        }
        log.note(Arc::strong_count(&count));
        drop(task);
        log.note(Arc::strong_count(&count));
        abort.abort();
        while !abort.is_finished() {
            task::yield_now().await;
        }
        log.note(format!("{} {}", count.rings(), Arc::strong_count(&count)));
    });
}

fn handle_ready_needs_no_waker(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut task = task::spawn(async { 5 });
        while !task.is_finished() {
            task::yield_now().await;
        }
        let count = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&count));
        let ready = Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_ready();
        drop(waker);
        log.note(format!("{ready} {} {}", count.rings(), Arc::strong_count(&count)));
    });
}

fn no_polls_without_a_wake(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (task, waker, count) = polled(9);
        let _waker = waker.await.unwrap();
        for _ in 0..20 {
            task::spawn(task::yield_now()).await.unwrap();
        }
        log.note(count.rings());
        task.abort();
        log.note(task.await.is_err());
        log.note(count.rings());
    });
}

fn waker_moved_to_a_job(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let done = Arc::new(Mutex::new(false));
        let mut started = false;
        let seen = poll_fn(|cx| {
            if *done.lock() {
                return Poll::Ready("woken");
            }
            if !std::mem::replace(&mut started, true) {
                let (done, waker) = (Arc::clone(&done), cx.waker().clone());
                drop(task::spawn_blocking(move || {
                    *done.lock() = true;
                    waker.wake();
                }));
            }
            Poll::Pending
        });
        log.note(seen.await);
    });
}

fn woken_by_a_destructor(flavour: Flavour, log: &Log) {
    struct Wakes(Waker);
    impl Drop for Wakes {
        fn drop(&mut self) {
            self.0.wake_by_ref();
        }
    }
    run(flavour, async {
        // Its own, when it is done.
        let task = task::spawn(async {
            let _wakes = Wakes(own().await);
            5
        });
        log.note(task.await.unwrap());
        // Its own, as it is aborted.
        let (entered, wait) = oneshot::channel();
        let task = task::spawn(async {
            let _wakes = Wakes(own().await);
            entered.send(()).unwrap();
            pending::<()>().await;
        });
        wait.await.unwrap();
        task.abort();
        log.note(task.await.is_err());
        // The one who waits, by the output.
        let waker = own().await;
        let task = task::spawn(async { Wakes(waker) });
        drop(task.await);
        log.note("woken");
    });
}

/// A waker that panics is not the task's fault.
fn panicking_join_waker(flavour: Flavour, log: &Log) {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("from a waker");
        }
    }
    run(flavour, async {
        let (go, wait) = oneshot::channel::<()>();
        let mut task = task::spawn(async { wait.await.is_ok() });
        let waker = Waker::from(Arc::new(Panics));
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        go.send(()).unwrap();
        while !task.is_finished() {
            task::yield_now().await;
        }
        log.note(format!("{:?}", task.await.ok()));
        log.note(task::spawn(async { "goes on" }).await.unwrap());
    });
}

fn sent_from_task_to_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (first, waker, _) = polled(2);
        let second = task::spawn(async move { waker.await.unwrap().wake() });
        log.note(first.await.unwrap());
        log.note(second.await.is_ok());
    });
}

fn aborted_and_woken(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (task, waker, count) = polled(2);
        let waker = waker.await.unwrap();
        task.abort();
        waker.wake();
        log.note(task.await.unwrap_err().is_cancelled());
        log.note(count.rings());
    });
}
