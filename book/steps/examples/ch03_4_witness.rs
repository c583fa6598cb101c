//! Witness: the checker tries every order of the two threads, and shows the one that fails.

use std::mem;

use handcrank_witness::sync::{Arc, Condvar, Mutex};
use handcrank_witness::{Verdict, explore, thread};
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
        // Look.
        if mem::take(&mut *self.called.lock()) {
            return;
        }
        // Then sleep.
        let mut called = self.called.lock();
        self.bell.wait(&mut called);
        *called = false;
    }

    fn unpark(&self) {
        *self.called.lock() = true;
        self.bell.notify_one();
    }
}

/// All that is left of the program: one thread parks, and another one calls it.
fn park_and_call() {
    let parker = Arc::new(Parker::new());
    let caller = thread::spawn({
        let parker = Arc::clone(&parker);
        move || parker.unpark()
    });
    parker.park();
    caller.join().unwrap();
}

fn main() {
    match explore(park_and_call) {
        Verdict::Holds { interleavings } => {
            println!("{} in all {interleavings} interleavings", paint::green("holds"));
        }
        Verdict::Fails { interleavings, reason, table } => {
            println!("{} in interleaving {interleavings}: {reason}\n", paint::red("fails"));
            print!("{table}");
        }
    }
}
