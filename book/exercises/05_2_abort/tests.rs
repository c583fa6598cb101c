use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use exercise::{Aborted, Executor, JoinHandle};

/// Runs a test on a thread of its own, as it may hang.
fn in_time<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let running = thread::spawn(move || {
        let _ = sender.send(run());
    });
    match receiver.recv_timeout(Duration::from_secs(5)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!(
            "`run` has not returned for five seconds: it counts a task as alive that has ended, \
             or waits for a lock"
        ),
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

/// What the handle has now.
fn output<T>(handle: JoinHandle<T>) -> Option<Result<T, Aborted>> {
    match pin!(handle).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Writes down which threads have dropped its tokens.
#[derive(Clone, Default)]
struct Drops(Arc<Mutex<Vec<ThreadId>>>);

struct Token(Drops);

impl Drops {
    fn token(&self) -> Token {
        Token(self.clone())
    }
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().push(thread::current().id());
    }
}

/// The future of an aborted task was not dropped: it waits for something that never happens, and `run`
/// waits for it. An abort has to bring the task back into the queue, marked, so that `run` finds it.
#[test]
fn an_abort_ends_a_task_that_waits_for_ever() {
    in_time(|| {
        let drops = Drops::default();
        let mut executor = Executor::new();
        let token = drops.token();
        let handle = executor.spawn(async move {
            let _token = token;
            pending::<()>().await;
        });
        let handle = executor.spawn(async move {
            handle.abort();
            handle.abort();
            handle
        });
        executor.run();
        assert_eq!(drops.count(), 1, "the future was not dropped, or twice");
        let handle = output(handle).unwrap().unwrap();
        assert_eq!(output(handle), Some(Err(Aborted)));
    });
}

/// The joiner was told `Aborted` while the future was still there. It may hold a lock, a file or a
/// connection that the joiner wants next: tell the joiner when it is dropped, and not before.
#[test]
fn the_joiner_is_told_after_the_drop() {
    in_time(|| {
        let drops = Drops::default();
        let mut executor = Executor::new();
        let token = drops.token();
        let handle = executor.spawn(async move {
            let _token = token;
            // Not for ever, so that `run` returns even if the abort does nothing.
            for _ in 0..100 {
                yield_now().await;
            }
        });
        let told = executor.spawn(async move {
            yield_now().await;
            handle.abort();
            let output = handle.await;
            (output, drops.count())
        });
        executor.run();
        assert_eq!(output(told), Some(Ok((Err(Aborted), 1))));
    });
}

/// `abort` was called on another thread, and the future was not dropped on the executor's. It may hold
/// things that belong to that thread, or be in the middle of a poll there: `abort` may only ask.
#[test]
fn the_executors_thread_drops_the_future() {
    in_time(|| {
        let drops = Drops::default();
        let mut executor = Executor::new();
        let token = drops.token();
        let (asleep, is_asleep) = mpsc::channel();
        let handle = executor.spawn(async move {
            let _token = token;
            asleep.send(()).unwrap();
            pending::<()>().await;
        });
        let aborting = thread::spawn(move || {
            is_asleep.recv().unwrap();
            // Leaves it some time to fall asleep. The test is as true without.
            thread::sleep(Duration::from_millis(20));
            handle.abort();
        });
        executor.run();
        aborting.join().unwrap();
        assert_eq!(*drops.0.lock().unwrap(), [thread::current().id()]);
    });
}

/// A task aborted itself. Either that hung, since `abort` wanted a lock that the poll holds, or the task
/// went on after its next await.
#[test]
fn a_task_aborts_itself() {
    let got_to = in_time(|| {
        let mut executor = Executor::new();
        let own = Arc::new(Mutex::new(None::<JoinHandle<()>>));
        let got_to = Arc::new(AtomicUsize::new(0));
        let (found, noted) = (Arc::clone(&own), Arc::clone(&got_to));
        let handle = executor.spawn(async move {
            let handle = found.lock().unwrap().take();
            handle.expect("it is there before the first poll").abort();
            noted.store(1, Ordering::Relaxed);
            yield_now().await;
            noted.store(2, Ordering::Relaxed);
        });
        *own.lock().unwrap() = Some(handle);
        executor.run();
        got_to.load(Ordering::Relaxed)
    });
    assert_eq!(got_to, 1, "1 is before the await, 2 is after it");
}

/// A task was aborted, and its poll came to the end all the same: the output was there, and was thrown
/// away. What has ended cannot be aborted any more.
#[test]
fn an_output_that_is_there_counts() {
    in_time(|| {
        let mut executor = Executor::new();
        let own = Arc::new(Mutex::new(None::<JoinHandle<u32>>));
        let found = Arc::clone(&own);
        let handle = executor.spawn(async move {
            found.lock().unwrap().as_ref().expect("it is there before the first poll").abort();
            7
        });
        *own.lock().unwrap() = Some(handle);
        let late = executor.spawn(async { 8 });
        executor.run();
        let handle = own.lock().unwrap().take().unwrap();
        assert_eq!(output(handle), Some(Ok(7)), "aborted in its last poll");
        late.abort();
        let mut executor = executor;
        executor.run();
        assert_eq!(output(late), Some(Ok(8)), "aborted after its end");
    });
}

/// A task was aborted before its first poll, and was polled, or not dropped, or its joiner not told.
#[test]
fn a_task_that_was_never_polled() {
    in_time(|| {
        let drops = Drops::default();
        let polls = Arc::new(AtomicUsize::new(0));
        let mut executor = Executor::new();
        let (token, counted) = (drops.token(), Arc::clone(&polls));
        let handle = executor.spawn(async move {
            let _token = token;
            counted.fetch_add(1, Ordering::Relaxed);
        });
        handle.abort();
        executor.run();
        assert_eq!(polls.load(Ordering::Relaxed), 0, "it was polled");
        assert_eq!(drops.count(), 1, "it was not dropped");
        assert_eq!(output(handle), Some(Err(Aborted)));
    });
}

/// A waker outlived the aborted task, and was called. That must do nothing: no poll, no second drop, and no
/// task that is counted as ended twice, which would let `run` return before the others have ended.
#[test]
fn late_wakes_do_nothing() {
    in_time(|| {
        let drops = Drops::default();
        let mut executor = Executor::new();
        let kept = Arc::new(Mutex::new(None::<Waker>));
        let (token, keeping) = (drops.token(), Arc::clone(&kept));
        let handle = executor.spawn(async move {
            let _token = token;
            poll_fn(|cx| {
                keeping.lock().unwrap().replace(cx.waker().clone());
                Poll::<()>::Pending
            })
            .await;
        });
        let other = executor.spawn(async move {
            yield_now().await;
            handle.abort();
            // Aborted, and woken several times before and after.
            for _ in 0..10 {
                let waker = kept.lock().unwrap().clone();
                waker.expect("polled before").wake();
                handle.abort();
                yield_now().await;
            }
            "the end"
        });
        executor.run();
        assert_eq!(drops.count(), 1);
        assert_eq!(output(other), Some(Ok("the end")));
    });
}

/// The handle was dropped, and the task with it. A handle that goes lets its task run on: only `abort`
/// aborts.
#[test]
fn dropping_the_handle_is_no_abort() {
    in_time(|| {
        let ran = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&ran);
        let mut executor = Executor::new();
        drop(executor.spawn(async move {
            yield_now().await;
            counted.fetch_add(1, Ordering::Relaxed);
        }));
        executor.run();
        assert_eq!(ran.load(Ordering::Relaxed), 1);
    });
}
