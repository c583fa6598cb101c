//! What comes out of a set, and when.

use super::rt::sync::{Notify, oneshot};
use super::rt::task::{self, JoinSet};
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::{Bell, Loud};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: texts, empty_is_none, outputs_and_ids, panics_and_aborts_are_errors, join_all_outputs,
        join_all_panic, join_all_aborted, join_next_cut_off, a_set_within_a_set, polled_by_hand,
        the_last_waker_is_woken, finished_stay_until_taken, moved_between_tasks;
    current_thread: ends_in_order, budget, try_is_not_in_the_budget, spawn_while_joining, many;
];

fn texts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::<u8>::default();
        log.note(format!("{set:?} {:#?}", JoinSet::<()>::new()));
        set.spawn(async { 1 });
        log.note(format!("{set:?} {} {}", set.len(), set.is_empty()));
        let abort = set.spawn(async { 2 });
        log.note(log.without_ids(&format!("{abort:?} {:#?}", abort.clone())));
    });
}

fn empty_is_none(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::<u8>::new();
        log.note(format!("{:?} {:?}", set.join_next().await, set.join_next_with_id().await));
        log.note(format!("{:?} {:?}", set.try_join_next(), set.try_join_next_with_id()));
        set.abort_all();
        set.detach_all();
        set.shutdown().await;
        let mut cx = Context::from_waker(Waker::noop());
        log.note(format!("{:?}", set.poll_join_next(&mut cx)));
        log.note(format!("{:?}", set.poll_join_next_with_id(&mut cx)));
        log.note(format!("{} {:?}", set.len(), set.join_all().await));
    });
}

fn outputs_and_ids(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let first = set.spawn(async { task::id() });
        let (id, own) = set.join_next_with_id().await.unwrap().unwrap();
        log.note(format!("{} {} {}", id == own, id == first.id(), first.is_finished()));
        let second = set.spawn(async { panic!("second") });
        let error = set.join_next_with_id().await.unwrap().unwrap_err();
        log.note(format!("{} {}", error.is_panic(), error.id() == second.id()));
        let third = set.spawn(std::future::pending());
        third.abort();
        let error = set.join_next_with_id().await.unwrap().unwrap_err();
        log.note(format!("{} {}", error.is_cancelled(), error.id() == third.id()));
        set.spawn(async { task::id() });
        while set.len() == 1 {
            if let Some(result) = set.try_join_next_with_id() {
                let (id, own) = result.unwrap();
                log.note(id == own);
            }
            task::yield_now().await;
        }
        log.note(set.is_empty());
    });
}

fn panics_and_aborts_are_errors(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::<()>::new();
        set.spawn(async { panic!("one {}", 1) });
        let error = set.join_next().await.unwrap().unwrap_err();
        log.note(log.without_ids(&format!("{error} {error:?}")));
        set.spawn(async { std::panic::panic_any(7_u8) });
        let error = set.join_next().await.unwrap().unwrap_err();
        log.note(log.without_ids(&format!("{error} {error:?}")));
        log.note(format!("{:?}", error.into_panic().downcast_ref::<u8>()));
        set.spawn(std::future::pending()).abort();
        let error = set.join_next().await.unwrap().unwrap_err();
        log.note(log.without_ids(&format!("{error} {error:?}")));
        log.note(error.try_into_panic().unwrap_err().is_cancelled());
    });
}

fn join_all_outputs(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set: JoinSet<u32> = (0..10).map(|n| async move { n }).collect();
        set.spawn(async {
            task::yield_now().await;
            99
        });
        let mut outputs = set.join_all().await;
        outputs.sort_unstable();
        log.note(format!("{outputs:?}"));
    });
}

fn join_all_panic(flavour: Flavour, log: &Log) {
    let inner = log.clone();
    let (seen, wait) = oneshot::channel::<()>();
    run(flavour, async move {
        let other = task::spawn(async move {
            let mut set = JoinSet::new();
            let loud = (Loud(inner, "the other"), seen);
            set.spawn(async move {
                let _loud = loud;
                std::future::pending::<()>().await;
            });
            task::yield_now().await;
            set.spawn(async { panic!("in the set") });
            set.join_all().await;
        });
        let error = other.await.unwrap_err();
        log.note(wait.await.is_err());
        log.note(log.without_ids(&error));
    });
}

fn join_all_aborted(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let other = task::spawn(async {
            let mut set = JoinSet::new();
            set.spawn(std::future::pending::<()>()).abort();
            set.join_all().await;
        });
        log.note(log.without_ids(&other.await.unwrap_err()));
    });
}

fn join_next_cut_off(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let (send, receive) = oneshot::channel::<u8>();
        set.spawn(async { receive.await.unwrap() });
        for _ in 0..3 {
            let mut next = Box::pin(set.join_next());
            let mut cx = Context::from_waker(Waker::noop());
            log.note(next.as_mut().poll(&mut cx).is_pending());
        }
        send.send(3).unwrap();
        log.note(format!("{:?}", set.join_next().await.unwrap().ok()));
    });
}

fn a_set_within_a_set(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut outer = JoinSet::new();
        for n in 0..4_u32 {
            outer.spawn(async move {
                let mut inner = JoinSet::new();
                (0..4).for_each(|m| {
                    inner.spawn(async move { n * m });
                });
                inner.join_all().await.into_iter().sum::<u32>()
            });
        }
        log.note(outer.join_all().await.into_iter().sum::<u32>());
    });
}

fn polled_by_hand(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let count = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        let mut set = JoinSet::new();
        let (send, receive) = oneshot::channel::<u8>();
        let abort = set.spawn(async { receive.await.unwrap() });
        log.note(format!("{}", set.poll_join_next(&mut cx).is_pending()));
        log.note(format!("{}", set.poll_join_next_with_id(&mut cx).is_pending()));
        log.note(count.rings());
        send.send(8).unwrap();
        while !abort.is_finished() || count.rings() == 0 {
            task::yield_now().await;
        }
        log.note(count.rings());
        let Poll::Ready(Some(Ok(output))) = set.poll_join_next(&mut cx) else {
            panic!("not ready")
        };
        log.note(output);
        log.note(matches!(set.poll_join_next(&mut cx), Poll::Ready(None)));
        log.note(count.rings());
    });
}

fn the_last_waker_is_woken(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let counts: [Arc<Bell>; 2] = Default::default();
        let wakers = counts.clone().map(Waker::from);
        let mut set = JoinSet::new();
        let (send, receive) = oneshot::channel::<u8>();
        set.spawn(async { receive.await.unwrap() });
        for waker in &wakers {
            let _ = set.poll_join_next(&mut Context::from_waker(waker));
        }
        send.send(8).unwrap();
        while counts[1].rings() == 0 {
            task::yield_now().await;
        }
        log.note(format!("{:?}", counts.map(|count| count.rings())));
    });
}

fn finished_stay_until_taken(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let aborts: Vec<_> = (0..5).map(|n| set.spawn(async move { n })).collect();
        while !aborts.iter().all(super::rt::task::AbortHandle::is_finished) {
            task::yield_now().await;
        }
        log.note(set.len());
        // What has ended has ended.
        set.abort_all();
        let mut all = Vec::new();
        while let Some(result) = set.join_next().await {
            all.push(result.unwrap());
        }
        all.sort_unstable();
        log.note(format!("{all:?} {}", set.len()));
    });
}

fn moved_between_tasks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let notify = Arc::new(Notify::new());
        let theirs = Arc::clone(&notify);
        set.spawn(async move { theirs.notified().await });
        let mut cx = Context::from_waker(Waker::noop());
        log.note(set.poll_join_next(&mut cx).is_pending());
        let other = task::spawn(async move { set.join_next().await.unwrap().is_ok() });
        notify.notify_one();
        log.note(other.await.unwrap());
    });
}

fn ends_in_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        for n in 0..6_u32 {
            set.spawn(async move {
                for _ in 0..(n * 7) % 5 {
                    task::yield_now().await;
                }
                n
            });
        }
        while let Some(result) = set.join_next().await {
            log.note(result.unwrap());
        }
    });
}

/// How many are joined until the set says "pending".
fn budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let aborts: Vec<_> = (0..300).map(|n| set.spawn(async move { n })).collect();
        while !aborts.iter().all(super::rt::task::AbortHandle::is_finished) {
            task::yield_now().await;
        }
        task::yield_now().await;
        let mut joined: Vec<Vec<i32>> = vec![Vec::new()];
        std::future::poll_fn(|cx| {
            loop {
                match set.poll_join_next(cx) {
                    Poll::Ready(Some(result)) => joined.last_mut().unwrap().push(result.unwrap()),
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => {
                        joined.push(Vec::new());
                        return Poll::Pending;
                    }
                }
            }
        })
        .await;
        joined.iter().for_each(|turn| log.note(format!("{} {turn:?}", turn.len())));
    });
}

fn try_is_not_in_the_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set: JoinSet<()> = (0..300).map(|_| async {}).collect();
        for _ in 0..20 {
            task::yield_now().await;
        }
        let mut joined = 0;
        while set.try_join_next().is_some() {
            joined += 1;
        }
        log.note(format!("{joined} {}", task::coop::has_budget_remaining()));
    });
}

fn spawn_while_joining(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        set.spawn(async { 1_u32 });
        while let Some(result) = set.join_next().await {
            let n = result.unwrap();
            log.note(n);
            if n < 16 {
                set.spawn(async move { n * 2 });
                set.spawn(async move { n * 2 + 1 });
            }
        }
    });
}

fn many(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let notify = Arc::new(Notify::new());
        for n in 0..5_000_u64 {
            let notify = Arc::clone(&notify);
            set.spawn(async move {
                if n % 3 == 0 {
                    notify.notified().await;
                }
                n
            });
        }
        let (mut sum, mut count) = (0, 0);
        while let Some(result) = set.join_next().await {
            sum += result.unwrap();
            count += 1;
            if set.len() == 1_667 {
                notify.notify_waiters();
            }
        }
        log.note(format!("{sum} {count}"));
    });
}
