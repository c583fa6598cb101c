use super::*;
use handcrank_task::primitives::sync::Arc;
use handcrank_task::primitives::{atomic::AtomicUsize, cell::UnsafeCell, model, thread};

/// Work that is published by the call alone: the checker objects if `park` returns without
/// having seen the writes of whoever called.
struct Work(UnsafeCell<u32>);

impl Work {
    fn bring(&self) {
        self.0.with_mut(|_| ());
    }
    fn take(&self) {
        self.0.with(|_| ());
    }
}

#[test]
fn a_call_is_never_lost() {
    model(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let work = Arc::new(Work(UnsafeCell::new(0)));
        let caller = thread::spawn({
            let work = Arc::clone(&work);
            move || {
                work.bring();
                unparker.unpark();
            }
        });
        parker.park();
        work.take();
        caller.join().unwrap();
    });
}

/// Work that is seen only by one who has heard the call: it is counted without any ordering.
#[test]
fn a_second_call_brings_its_work_along() {
    model(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let brought = Arc::new(AtomicUsize::new(0));
        let caller = thread::spawn({
            let brought = Arc::clone(&brought);
            move || {
                for count in 1..=2 {
                    brought.store(count, Ordering::Relaxed);
                    unparker.unpark();
                }
            }
        });
        while brought.load(Ordering::Relaxed) != 2 {
            parker.park();
        }
        caller.join().unwrap();
    });
}

#[test]
fn two_callers_are_both_seen() {
    // Three threads in all: two forced switches are as deep as the search goes in seconds.
    let mut model = handcrank_task::primitives::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let parker = Parker::new();
        let brought = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let (unparker, brought) = (parker.unparker(), Arc::clone(&brought));
                thread::spawn(move || {
                    brought.fetch_add(1, Ordering::Relaxed);
                    unparker.unpark();
                })
            })
            .collect();
        // A worker's loop: look, sleep, look again. It ends only if no call is lost, although
        // the two calls may count as one.
        while brought.load(Ordering::Relaxed) != 2 {
            parker.park();
        }
        for caller in callers {
            caller.join().unwrap();
        }
    });
}

#[test]
fn a_call_outlives_giving_up() {
    // Loom has no clock, so the steps of `park_timeout` are taken by hand, and the limit
    // passes at every point there is.
    model(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let work = Arc::new(Work(UnsafeCell::new(0)));
        let caller = thread::spawn({
            let work = Arc::clone(&work);
            move || {
                work.bring();
                unparker.unpark();
            }
        });
        let gate = parker.inner.gate.lock();
        let notified = !parker.inner.start_park() || parker.inner.give_up();
        drop(gate);
        if !notified {
            parker.park();
        }
        work.take();
        caller.join().unwrap();
    });
}
