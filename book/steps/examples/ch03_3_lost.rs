//! Lost: the same parker on an unlucky day, with a watchdog beside it.

use std::future::Future;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
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

fn main() {
    let (done, finished) = mpsc::channel();
    thread::spawn(move || done.send(block_on(Timer::start(Duration::from_millis(100)))));
    match finished.recv_timeout(Duration::from_secs(1)) {
        Ok(polls) => println!("watchdog  sees the future ready, after {polls} polls"),
        Err(_) => {
            println!("watchdog  {}", paint::red("one second later, the sleeper still sleeps"));
        }
    }
}
