//! Block on: the whole executor, with a parker that loses no call.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rustix::time::{ClockId, clock_gettime};
use steps::paint;

/// Where a thread sleeps until another one calls it.
struct Parker {
    called: Mutex<bool>,
    bell: Condvar,
}

impl Parker {
    fn new() -> Self {
        Self { called: Mutex::new(false), bell: Condvar::new() }
    }

    fn park(&self) {
        let mut called = self.called.lock();
        while !*called {
            self.bell.wait(&mut called);
        }
        *called = false;
    }

    fn unpark(&self) {
        *self.called.lock() = true;
        self.bell.notify_one();
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }
}

/// What a timer and its thread share.
#[derive(Default)]
struct Shared {
    rang: bool,
    waker: Option<Waker>,
}

/// Ready when its thread has slept for the given time.
struct Timer {
    shared: Arc<Mutex<Shared>>,
}

impl Timer {
    fn start(length: Duration) -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                thread::sleep(length);
                let mut shared = shared.lock();
                shared.rang = true;
                let waker = shared.waker.take();
                drop(shared);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        });
        Self { shared }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.shared.lock();
        if shared.rang {
            return Poll::Ready(());
        }
        shared.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Runs a future to its end on this thread, and tells how often it was polled.
fn block_on(future: impl Future) -> u64 {
    let mut future = pin!(future);
    let parker = Arc::new(Parker::new());
    let waker = Waker::from(Arc::clone(&parker));
    let mut cx = Context::from_waker(&waker);
    let mut polls = 1;
    while future.as_mut().poll(&mut cx).is_pending() {
        parker.park();
        polls += 1;
    }
    polls
}

/// How long this thread has kept a processor busy.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a clock that counts up")
}

fn main() {
    let (start, busy) = (Instant::now(), processor_time());
    let polls = block_on(Timer::start(Duration::from_millis(100)));
    let (passed, busy) = (start.elapsed(), processor_time().saturating_sub(busy));

    println!("waited          {passed:.1?}");
    println!("polls           {}", paint::green(polls));
    println!("processor time  {}", paint::green(format!("{busy:.1?}")));

    // Timers of length zero ring before the first poll, after it, or during the park.
    let polls: Vec<_> = (0..2_000).map(|_| block_on(Timer::start(Duration::ZERO))).collect();
    let once = polls.iter().filter(|&&polls| polls == 1).count();
    println!("\ntimers of zero  {}, and all are over", polls.len());
    println!("ready at once   ≈ {once}");
    println!("after a park    ≈ {}", polls.len() - once);
}
