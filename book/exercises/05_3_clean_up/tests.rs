use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use exercise::Executor;

/// Runs a test on a thread of its own, as it may hang.
fn in_time<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let running = thread::spawn(move || {
        let _ = sender.send(run());
    });
    match receiver.recv_timeout(Duration::from_secs(5)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs: nothing for five seconds"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(running.join().unwrap_err())
        }
    }
}

/// Counts its drops, and wakes others when it is dropped.
struct Token {
    drops: Arc<AtomicUsize>,
    wakes: Option<Wakers>,
}

/// Wakers that tasks have left here.
type Wakers = Arc<Mutex<Vec<Waker>>>;

impl Token {
    fn new(drops: &Arc<AtomicUsize>) -> Self {
        Self { drops: Arc::clone(drops), wakes: None }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
        if let Some(wakers) = &self.wakes {
            let wakers = wakers.lock().unwrap().clone();
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

/// Leaves its waker and waits for ever.
async fn wait_in(wakers: Wakers, polls: Arc<AtomicUsize>) {
    poll_fn(|cx| {
        polls.fetch_add(1, Ordering::Relaxed);
        wakers.lock().unwrap().push(cx.waker().clone());
        Poll::<()>::Pending
    })
    .await;
}

fn count(number: &AtomicUsize) -> usize {
    number.load(Ordering::Relaxed)
}

/// A task waited for something when the executor was dropped, and its future was not dropped. It is in no
/// queue: its waker knows it, and its waker lies in something that it holds itself.
#[test]
fn a_task_that_waits_is_dropped() {
    let (drops, polls) = (Arc::default(), Arc::default());
    let wakers = Wakers::default();
    let mut executor = Executor::new();
    let token = Token::new(&drops);
    executor.spawn(async move {
        let _token = token;
        wait_in(wakers, polls).await;
    });
    executor.run();
    assert_eq!(count(&drops), 0, "it still waits");
    drop(executor);
    assert_eq!(count(&drops), 1);
}

/// A task was in the queue when the executor was dropped, and its future was not dropped: it has never been
/// polled, or it has been woken. The queue belongs to the part that the tasks share.
#[test]
fn tasks_in_the_queue_are_dropped() {
    let (drops, polls) = (Arc::default(), Arc::default());
    let wakers = Wakers::default();
    let mut executor = Executor::new();
    let (token, waiting) = (Token::new(&drops), Arc::clone(&wakers));
    executor.spawn(async move {
        let _token = token;
        wait_in(waiting, polls).await;
    });
    executor.run();
    wakers.lock().unwrap()[0].wake_by_ref();
    let (token, was_polled) = (Token::new(&drops), Arc::new(AtomicBool::new(false)));
    let polled = Arc::clone(&was_polled);
    executor.spawn(async move {
        polled.store(true, Ordering::Relaxed);
        drop(token);
    });
    drop(executor);
    assert_eq!(count(&drops), 2);
    assert!(!was_polled.load(Ordering::Relaxed), "it was polled by the drop");
}

/// A future whose task had ended was kept until the executor was dropped, or dropped a second time. When
/// a task ends, its future goes at once.
#[test]
fn a_task_that_has_ended_is_not_kept() {
    let drops = Arc::default();
    let mut executor = Executor::new();
    for _ in 0..3 {
        let token = Token::new(&drops);
        executor.spawn(async move { drop(token) });
    }
    executor.run();
    assert_eq!(count(&drops), 3);
    drop(executor);
    assert_eq!(count(&drops), 3);
}

/// Destructors woke tasks while the executor was being dropped, their own and others. That hung, or
/// somebody was left or polled. A destructor is foreign code: no lock that a wake needs may be held
/// while it runs.
#[test]
fn destructors_may_wake() {
    let (drops, polls) = in_time(|| {
        let (drops, polls) = (Arc::default(), Arc::default());
        let wakers = Wakers::default();
        let mut executor = Executor::new();
        for _ in 0..5 {
            let mut token = Token::new(&drops);
            token.wakes = Some(Arc::clone(&wakers));
            let (wakers, polls) = (Arc::clone(&wakers), Arc::clone(&polls));
            executor.spawn(async move {
                let _token = token;
                wait_in(wakers, polls).await;
            });
        }
        executor.run();
        drop(executor);
        (count(&drops), count(&polls))
    });
    assert_eq!(drops, 5);
    assert_eq!(polls, 5, "somebody was polled again");
}

/// A waker was called after the executor had gone, and something happened. There is no queue any more
/// that a task could go to, and no future in it.
#[test]
fn late_wakes_do_nothing() {
    let (drops, polls) = in_time(|| {
        let (drops, polls) = (Arc::default(), Arc::default());
        let wakers = Wakers::default();
        let mut executor = Executor::new();
        let (token, waiting, counted) =
            (Token::new(&drops), Arc::clone(&wakers), Arc::clone(&polls));
        executor.spawn(async move {
            let _token = token;
            wait_in(waiting, counted).await;
        });
        executor.run();
        drop(executor);
        for waker in wakers.lock().unwrap().drain(..) {
            waker.wake_by_ref();
            waker.wake();
        }
        (count(&drops), count(&polls))
    });
    assert_eq!((drops, polls), (1, 1));
}

/// Another thread called wakers while the executor was being dropped, and a future was dropped twice, or
/// never, or the two threads waited for each other.
#[test]
fn wakes_from_another_thread_meet_the_drop() {
    for _ in 0..100 {
        let drops = in_time(|| {
            let (drops, polls) = (Arc::default(), Arc::default());
            let wakers = Wakers::default();
            let mut executor = Executor::new();
            for _ in 0..3 {
                let token = Token::new(&drops);
                let (wakers, polls) = (Arc::clone(&wakers), Arc::clone(&polls));
                executor.spawn(async move {
                    let _token = token;
                    wait_in(wakers, polls).await;
                });
            }
            executor.run();
            let late = wakers.lock().unwrap().clone();
            let waking = thread::spawn(move || late.into_iter().for_each(Waker::wake));
            drop(executor);
            waking.join().unwrap();
            count(&drops)
        });
        assert_eq!(drops, 3);
    }
}
