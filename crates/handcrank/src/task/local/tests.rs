//! What only shows from inside or is Handcrank's own; the behaviour in `tests/differential/local_set.rs`.

use super::{LocalSet, spawn_local};
use crate::runtime::Builder;
use crate::task::yield_now;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

/// Notes the thread that drops it.
struct Witness(Rc<RefCell<Vec<thread::ThreadId>>>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.borrow_mut().push(thread::current().id());
    }
}

#[test]
fn every_future_is_dropped_once_and_at_home_while_others_wake_and_abort() {
    for round in 0..200 {
        let runtime = Builder::new_current_thread().build().unwrap();
        let drops = Rc::new(RefCell::new(Vec::new()));
        let set = LocalSet::new();
        let handles: Vec<_> = (0..8)
            .map(|_| {
                let witness = Witness(Rc::clone(&drops));
                set.spawn_local(async move {
                    let _witness = witness;
                    std::future::pending::<()>().await;
                })
            })
            .collect();
        if round % 2 == 0 {
            // So that they have slept.
            set.block_on(&runtime, yield_now());
        }
        let aborting = thread::spawn(move || {
            for handle in handles {
                handle.abort();
            }
        });
        if round % 3 == 0 {
            thread::yield_now();
        }
        drop(set);
        aborting.join().unwrap();
        assert_eq!(*drops.borrow(), [thread::current().id(); 8]);
    }
}

#[test]
fn a_set_in_a_thread_local_outlives_the_others() {
    struct InThreadLocal(LocalSet);
    impl Drop for InThreadLocal {
        fn drop(&mut self) {
            assert!(!self.0.id().to_string().is_empty());
        }
    }
    thread_local! {
        static SET: RefCell<Option<InThreadLocal>> = const { RefCell::new(None) };
    }
    thread::spawn(|| {
        // First, so that it is torn down last, when the executor's thread-local is gone.
        SET.with(|slot| *slot.borrow_mut() = Some(InThreadLocal(LocalSet::new())));
        SET.with(|slot| {
            let slot = slot.borrow();
            let set = &slot.as_ref().unwrap().0;
            set.spawn_local(async {
                spawn_local(std::future::pending::<()>());
                std::future::pending::<()>().await;
            });
            let runtime = Builder::new_current_thread().build().unwrap();
            set.block_on(&runtime, yield_now());
        });
    })
    .join()
    .unwrap();
}

#[test]
fn timers_wake_local_tasks_on_both_flavours() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.enable_all().build().unwrap();
        let sum = Rc::new(Cell::new(0));
        LocalSet::new().block_on(&runtime, async {
            let tasks = [3, 2, 1].map(|n| {
                let sum = Rc::clone(&sum);
                spawn_local(async move {
                    crate::time::sleep(Duration::from_millis(n)).await;
                    sum.set(sum.get() + n);
                })
            });
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(sum.get(), 6);
    }
}
