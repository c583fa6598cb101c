//! Lost: the same parker on an unlucky day, with a watchdog beside it.

use std::future::Future;
use std::mem;
use std::pin::{Pin, pin};
use std::process;
use std::sync::{Arc, Barrier};
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
    /// Where the two threads meet, so that the day is unlucky each time.
    meet: Barrier,
}

impl Parker {
    fn new() -> Self {
        Self { called: Mutex::new(false), bell: Condvar::new(), meet: Barrier::new(2) }
    }

    fn park(&self) {
        // Look.
        if mem::take(&mut *self.called.lock()) {
            return;
        }
        println!("{}  looks: nobody has called", paint::cyan("sleeper "));
        self.meet.wait();
        self.meet.wait();
        println!("{}  goes to sleep", paint::cyan("sleeper "));
        // Then sleep.
        let mut called = self.called.lock();
        self.bell.wait(&mut called);
        *called = false;
    }

    fn unpark(&self) {
        self.meet.wait();
        *self.called.lock() = true;
        self.bell.notify_one();
        println!("{}  has called: the mark is made, the bell has rung", paint::yellow("timer   "));
        self.meet.wait();
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
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(1));
        println!("watchdog  {}", paint::red("after a second, the sleeper still sleeps"));
        process::exit(0);
    });

    let (start, busy) = (Instant::now(), processor_time());
    let polls = block_on(Timer::start(Duration::from_millis(100)));
    let (passed, busy) = (start.elapsed(), processor_time().saturating_sub(busy));

    println!("waited          {passed:.1?}");
    println!("polls           {}", paint::green(polls));
    println!("processor time  {}", paint::green(format!("{busy:.1?}")));
}
