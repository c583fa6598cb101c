//! `task_local!`.

use super::rt;
use super::rt::task::{self, futures::TaskLocalFuture};
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use std::cell::Cell;
use std::future::{Future, poll_fn, ready};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: outside_of_a_scope, within_a_scope, scopes_nest, sync_scopes, sync_scope_panics,
        panic_in_a_poll_puts_back, with_panics_inside, not_inherited, follows_the_task,
        neighbours_have_their_own, borrowed_slot, borrowed_slot_in_a_future, two_keys, take_value,
        take_value_too_early, polled_after_the_end, dropped_within, dropped_before_its_first_poll,
        destructor_after_the_end, value_dropped_when, texts, value_need_not_be_send,
        in_block_on_and_blocking_jobs, many_in_one_macro, moved_between_polls, nested_same_future,
        aborted_task_has_it_while_dropped, drop_in_another_scope, get_needs_clone;
];

rt::task_local! {
    static NUMBER: u32;
    static TEXT: String
}

rt::task_local! {
    /// Documented and public.
    #[allow(dead_code)]
    pub(crate) static LOUD: Loud;
    static SHARED: Rc<Cell<u32>>;
}

rt::task_local! {}

/// Says when it goes, and what the number is then.
pub(crate) struct Loud(Log, &'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        self.0.note(format!("{} dropped, {:?}", self.1, NUMBER.try_get()));
    }
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn outside_of_a_scope(flavour: Flavour, log: &Log) {
    log.note_panic(|| NUMBER.get());
    log.note_panic(|| NUMBER.with(|n| *n));
    let error = NUMBER.try_get().unwrap_err();
    log.note(format!("{error} {error:?} {error:>30} {}", error == TEXT.try_get().unwrap_err()));
    log.note(format!("{:?}", NUMBER.try_with(|n| *n)));
    run(flavour, async {
        log.note_panic(|| NUMBER.get());
        log.note(format!("{:?}", task::spawn(async { NUMBER.try_get() }).await));
    });
}

fn within_a_scope(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = NUMBER.scope(5, async {
            let before = NUMBER.get();
            task::yield_now().await;
            (before, NUMBER.with(|n| n + 1), NUMBER.try_with(|n| n + 2).unwrap())
        });
        log.note(format!("{:?}", seen.await));
        log.note(format!("{:?}", NUMBER.try_get()));
        let task = task::spawn(NUMBER.scope(6, async {
            task::yield_now().await;
            NUMBER.get()
        }));
        log.note(format!("{:?}", task.await));
    });
}

fn scopes_nest(flavour: Flavour, log: &Log) {
    run(
        flavour,
        NUMBER.scope(1, async {
            log.note(NUMBER.get());
            NUMBER
                .scope(2, async {
                    log.note(NUMBER.get());
                    task::yield_now().await;
                    NUMBER.sync_scope(3, || log.note(NUMBER.get()));
                    log.note(NUMBER.get());
                })
                .await;
            log.note(NUMBER.get());
            task::yield_now().await;
            log.note(NUMBER.get());
        }),
    );
    log.note(format!("{:?}", NUMBER.try_get()));
}

fn sync_scopes(_: Flavour, log: &Log) {
    let seen = NUMBER.sync_scope(1, || NUMBER.sync_scope(2, || NUMBER.get()) + NUMBER.get());
    log.note(seen);
    log.note(format!("{:?}", NUMBER.try_get()));
}

fn sync_scope_panics(_: Flavour, log: &Log) {
    NUMBER.sync_scope(1, || {
        log.note_panic(|| NUMBER.sync_scope(2, || panic!("inside {}", NUMBER.get())));
        log.note(NUMBER.get());
    });
    log.note(format!("{:?}", NUMBER.try_get()));
}

fn panic_in_a_poll_puts_back(flavour: Flavour, log: &Log) {
    run(flavour, async {
        NUMBER
            .scope(1, async {
                let mut inner =
                    Box::pin(NUMBER.scope(2, async { panic!("inside {}", NUMBER.get()) }));
                log.note_panic(|| {
                    let _: Poll<()> = inner.as_mut().poll(&mut noop());
                });
                log.note(NUMBER.get());
                log.note(format!("{:?}", inner.as_mut().take_value()));
            })
            .await;
    });
}

fn with_panics_inside(_: Flavour, log: &Log) {
    NUMBER.sync_scope(1, || {
        log.note_panic(|| NUMBER.with(|_| panic!("looked")));
        // The look is over.
        log.note(NUMBER.sync_scope(2, || NUMBER.get()));
    });
}

fn not_inherited(flavour: Flavour, log: &Log) {
    run(
        flavour,
        NUMBER.scope(1, async {
            let task = task::spawn(async { NUMBER.try_get() });
            log.note(format!("{:?}", task.await));
            let task = task::spawn(NUMBER.scope(NUMBER.get() + 1, async { NUMBER.try_get() }));
            log.note(format!("{:?}", task.await));
        }),
    );
}

fn follows_the_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(NUMBER.scope(9, async {
            let mut sum = 0;
            for _ in 0..100 {
                sum += NUMBER.get();
                task::yield_now().await;
            }
            sum
        }));
        log.note(format!("{:?}", task.await));
    });
}

fn neighbours_have_their_own(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tasks: Vec<_> = (0..10)
            .map(|n| {
                task::spawn(NUMBER.scope(n, async move {
                    for _ in 0..50 {
                        assert_eq!(NUMBER.get(), n);
                        task::yield_now().await;
                    }
                    NUMBER.get()
                }))
            })
            .collect();
        for task in tasks {
            log.note(task.await.unwrap());
        }
    });
}

fn borrowed_slot(_: Flavour, log: &Log) {
    NUMBER.sync_scope(1, || {
        NUMBER.with(|_| {
            log.note_panic(|| NUMBER.sync_scope(2, || ()));
            // To look twice is no harm.
            log.note(NUMBER.get());
            // Another key is another slot.
            TEXT.sync_scope("other".to_owned(), || log.note(TEXT.get()));
        });
    });
}

fn borrowed_slot_in_a_future(_: Flavour, log: &Log) {
    let loud = Loud(log.clone(), "future");
    NUMBER.sync_scope(1, || {
        NUMBER.with(|_| {
            let mut inner = Box::pin(NUMBER.scope(2, async move {
                let _loud = loud;
            }));
            log.note_panic(|| {
                let _ = inner.as_mut().poll(&mut noop());
            });
            // Cannot be given its value; it goes all the same.
            drop(inner);
        });
    });
}

fn two_keys(flavour: Flavour, log: &Log) {
    run(
        flavour,
        NUMBER.scope(
            4,
            TEXT.scope("four".to_owned(), async {
                task::yield_now().await;
                log.note(format!("{} {}", NUMBER.get(), TEXT.get()));
            }),
        ),
    );
}

fn take_value(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut future = Box::pin(TEXT.scope("mine".to_owned(), async { TEXT.get() }));
        log.note(future.as_mut().await);
        log.note(format!("{:?}", future.as_mut().take_value()));
        log.note(format!("{:?}", future.as_mut().take_value()));
        log.note(format!("{future:?}"));
    });
}

fn take_value_too_early(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut future = Box::pin(NUMBER.scope(1, async { NUMBER.try_get() }));
        log.note(format!("{:?}", future.as_mut().take_value()));
        log.note(format!("{:?}", future.await));
        // Nor does it see the one around it.
        let mut future = Box::pin(NUMBER.scope(1, async { NUMBER.try_get() }));
        future.as_mut().take_value();
        log.note(format!("{:?}", NUMBER.scope(2, future).await));
    });
}

fn polled_after_the_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut future = Box::pin(NUMBER.scope(1, ready(())));
        log.note(format!("{:?}", future.as_mut().poll(&mut noop())));
        log.note_panic(|| future.as_mut().poll(&mut noop()));
        log.note(format!("{:?}", future.as_mut().take_value()));
    });
}

fn dropped_within(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud(log.clone(), "future");
        let mut future = Box::pin(NUMBER.scope(3, async move {
            let _loud = loud;
            std::future::pending::<()>().await;
        }));
        log.note(future.as_mut().poll(&mut noop()).is_pending());
        drop(future);
        log.note(format!("{:?}", NUMBER.try_get()));
    });
}

fn dropped_before_its_first_poll(_: Flavour, log: &Log) {
    let loud = Loud(log.clone(), "future");
    drop(NUMBER.scope(3, async move { drop(loud) }));
}

fn destructor_after_the_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud(log.clone(), "future");
        let mut held = Some(loud);
        let inner = poll_fn(move |_| {
            let _held = &mut held;
            Poll::Ready(())
        });
        let mut future = pin!(NUMBER.scope(3, inner));
        future.as_mut().await;
        // It went with the value in place, before the poll returned.
        log.note("ended");
    });
}

fn value_dropped_when(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let future = LOUD.scope(Loud(log.clone(), "value"), async { log.note("inside") });
        future.await;
        log.note("after");
        LOUD.sync_scope(Loud(log.clone(), "value"), || log.note("inside"));
        log.note("after");
        let future = LOUD.scope(Loud(log.clone(), "value"), async { log.note("never") });
        log.note("made");
        drop(future);
        let mut future = Box::pin(LOUD.scope(Loud(log.clone(), "value"), async {}));
        future.as_mut().await;
        log.note("ended");
        drop(future);
    });
}

fn texts(_: Flavour, log: &Log) {
    let future: TaskLocalFuture<u32, _> = NUMBER.scope(7, ready(()));
    log.note(format!("{future:?} {future:#?} {NUMBER:?} {NUMBER:>20?}"));
}

fn value_need_not_be_send(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let count = Rc::new(Cell::new(1));
        SHARED
            .scope(Rc::clone(&count), async {
                task::yield_now().await;
                SHARED.with(|count| count.set(count.get() + 1));
                SHARED.get().set(SHARED.get().get() * 10);
            })
            .await;
        log.note(format!("{} {}", count.get(), Rc::strong_count(&count)));
    });
}

fn in_block_on_and_blocking_jobs(flavour: Flavour, log: &Log) {
    NUMBER.sync_scope(1, || {
        run(flavour, async {
            log.note(format!("{:?}", NUMBER.try_get()));
            let job = task::spawn_blocking(|| NUMBER.try_get());
            log.note(format!("{:?}", job.await));
            let job = task::spawn_blocking(|| NUMBER.sync_scope(3, || NUMBER.get()));
            log.note(format!("{:?}", job.await));
        });
    });
}

fn many_in_one_macro(_: Flavour, log: &Log) {
    rt::task_local! {
        static A: u8;
        static B: Vec<u8>;
        static C: (u8, &'static str);
    }
    let seen = A.sync_scope(1, || {
        B.sync_scope(vec![2], || {
            C.sync_scope((3, "c"), || format!("{} {:?} {:?}", A.get(), B.get(), C.get()))
        })
    });
    log.note(seen);
}

fn moved_between_polls(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut polls = 0;
        let mut future = Box::pin(NUMBER.scope(
            5,
            poll_fn(move |_| {
                polls += 1;
                if polls == 3 { Poll::Ready(NUMBER.get()) } else { Poll::Pending }
            }),
        ));
        log.note(future.as_mut().poll(&mut noop()).is_pending());
        // Within another scope it sees its own.
        NUMBER.sync_scope(6, || {
            log.note(future.as_mut().poll(&mut noop()).is_pending());
            log.note(NUMBER.get());
        });
        let other = std::thread::spawn(move || format!("{:?}", future.as_mut().poll(&mut noop())));
        log.note(other.join().unwrap());
    });
}

fn nested_same_future(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = NUMBER.scope(2, async { NUMBER.get() });
        let outer = NUMBER.scope(1, async { (NUMBER.get(), inner.await, NUMBER.get()) });
        log.note(format!("{:?}", outer.await));
    });
}

fn aborted_task_has_it_while_dropped(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud(log.clone(), "future");
        let task = task::spawn(NUMBER.scope(8, async move {
            let _loud = loud;
            std::future::pending::<()>().await;
        }));
        task::yield_now().await;
        task.abort();
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

fn drop_in_another_scope(_: Flavour, log: &Log) {
    let loud = Loud(log.clone(), "future");
    let mut future = Box::pin(NUMBER.scope(1, async move {
        let _loud = loud;
        std::future::pending::<()>().await;
    }));
    assert!(future.as_mut().poll(&mut noop()).is_pending());
    NUMBER.sync_scope(2, || {
        drop(future);
        log.note(NUMBER.get());
    });
}

fn get_needs_clone(_: Flavour, log: &Log) {
    LOUD.sync_scope(Loud(log.clone(), "value"), || log.note(LOUD.with(|loud| loud.1)));
}
