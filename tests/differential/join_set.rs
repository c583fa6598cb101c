//! `JoinSet`.

use super::rt::sync::{Notify, oneshot};
use super::rt::task::{self, JoinSet};
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: texts, empty_is_none, outputs_and_ids, panics_and_aborts_are_errors, aborted_never_polled,
        blocking_jobs, on_another_runtime, outside_of_a_runtime, join_all_outputs, join_all_panic,
        join_all_aborted, shutdown_drops_all, shutdown_cut_off, join_next_cut_off, aborts_on_drop,
        detach_lets_go, from_iterator_and_extend, a_set_within_a_set, polled_by_hand,
        the_last_waker_is_woken, runtime_gone_first, finished_stay_until_taken,
        outputs_are_dropped_with_the_set, moved_between_tasks, blocking_job_not_begun;
    current_thread: ends_in_order, abort_order, drop_order, budget, try_is_not_in_the_budget,
        spawn_while_joining, many;
];

/// Says when it goes.
struct Loud(Log, &'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        self.0.note(format!("{} dropped", self.1));
    }
}

/// Counts its wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

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

fn aborted_never_polled(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let (keep, gone) = oneshot::channel::<()>();
        set.spawn(async move {
            let _keep = keep;
            std::future::pending::<()>().await;
        });
        set.abort_all();
        log.note(set.len());
        log.note(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        log.note(format!("{:?}", gone.await));
        log.note(set.len());
    });
}

fn blocking_jobs(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let abort = set.spawn_blocking(task::id);
        let (id, own) = set.join_next_with_id().await.unwrap().unwrap();
        log.note(format!("{} {}", id == own, abort.id() == id));
        set.spawn_blocking_on(|| panic!("job"), &super::rt::runtime::Handle::current());
        let error = set.join_next().await.unwrap().unwrap_err();
        log.note(log.without_ids(&error));
    });
}

fn blocking_job_not_begun(flavour: Flavour, log: &Log) {
    let runtime = super::setup::builder(flavour).max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let mut set = JoinSet::new();
        let (go, wait) = mpsc::channel::<()>();
        set.spawn_blocking(move || {
            let _ = wait.recv();
            "first"
        });
        let second = set.spawn_blocking(|| "second");
        second.abort();
        log.note(second.is_finished());
        go.send(()).unwrap();
        let mut seen = Vec::new();
        while let Some(result) = set.join_next().await {
            seen.push(result.map_err(|error| error.is_cancelled()));
        }
        seen.sort();
        log.note(format!("{seen:?}"));
    });
}

fn on_another_runtime(flavour: Flavour, log: &Log) {
    let other = runtime(Flavour::MultiThread);
    run(flavour, async {
        let mut set = JoinSet::new();
        set.spawn_on(async { super::rt::runtime::Handle::current().id() }, other.handle());
        log.note(set.join_next().await.unwrap().unwrap() == other.handle().id());
    });
}

fn outside_of_a_runtime(_: Flavour, log: &Log) {
    let mut set = JoinSet::new();
    log.note_panic(|| {
        set.spawn(async {});
    });
    log.note(set.len());
    log.note_panic(|| {
        set.spawn_blocking(|| ());
    });
    log.note_panic(|| [async {}].into_iter().collect::<JoinSet<()>>());
    log.note_panic(|| set.extend([async {}]));
    drop(set);
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

fn shutdown_drops_all(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let gone = Arc::new(());
        for n in 0..20 {
            let held = Arc::clone(&gone);
            set.spawn(async move {
                let _held = held;
                match n % 4 {
                    0 => {}
                    1 => panic!("never seen"),
                    2 => task::yield_now().await,
                    _ => std::future::pending().await,
                }
            });
        }
        set.shutdown().await;
        log.note(format!("{} {}", set.len(), Arc::strong_count(&gone)));
        set.spawn(async {});
        log.note(set.join_next().await.unwrap().is_ok());
    });
}

fn shutdown_cut_off(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let (entered, wait) = oneshot::channel();
        let (go, hold) = mpsc::channel::<()>();
        set.spawn_blocking(move || {
            entered.send(()).unwrap();
            let _ = hold.recv();
            5
        });
        wait.await.unwrap();
        {
            let mut shutdown = Box::pin(set.shutdown());
            let mut cx = Context::from_waker(Waker::noop());
            log.note(shutdown.as_mut().poll(&mut cx).is_pending());
        }
        log.note(set.len());
        go.send(()).unwrap();
        // What has begun to block cannot be aborted.
        log.note(format!("{:?}", set.join_next().await.unwrap().ok()));
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

fn aborts_on_drop(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let (keep, gone) = oneshot::channel::<()>();
        let abort = set.spawn(async move {
            let _keep = keep;
            std::future::pending::<()>().await;
        });
        task::yield_now().await;
        drop(set);
        log.note(gone.await.is_err());
        while !abort.is_finished() {
            task::yield_now().await;
        }
        log.note("finished");
    });
}

fn detach_lets_go(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let (send, receive) = oneshot::channel::<u8>();
        let (done, wait) = oneshot::channel();
        set.spawn(async move { done.send(receive.await.unwrap()).unwrap() });
        set.detach_all();
        log.note(format!("{} {:?}", set.len(), set.join_next().await.is_none()));
        drop(set);
        send.send(4).unwrap();
        log.note(wait.await.unwrap());
    });
}

fn from_iterator_and_extend(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set: JoinSet<usize> = (0..3).map(|n| async move { n }).collect();
        set.extend((3..6).map(std::future::ready));
        log.note(set.len());
        let mut all = set.join_all().await;
        all.sort_unstable();
        log.note(format!("{all:?}"));
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
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        let mut set = JoinSet::new();
        let (send, receive) = oneshot::channel::<u8>();
        let abort = set.spawn(async { receive.await.unwrap() });
        log.note(format!("{}", set.poll_join_next(&mut cx).is_pending()));
        log.note(format!("{}", set.poll_join_next_with_id(&mut cx).is_pending()));
        log.note(count.0.load(SeqCst));
        send.send(8).unwrap();
        while !abort.is_finished() || count.0.load(SeqCst) == 0 {
            task::yield_now().await;
        }
        log.note(count.0.load(SeqCst));
        let Poll::Ready(Some(Ok(output))) = set.poll_join_next(&mut cx) else {
            panic!("not ready")
        };
        log.note(output);
        log.note(matches!(set.poll_join_next(&mut cx), Poll::Ready(None)));
        log.note(count.0.load(SeqCst));
    });
}

fn the_last_waker_is_woken(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let counts: [Arc<Count>; 2] = Default::default();
        let wakers = counts.clone().map(Waker::from);
        let mut set = JoinSet::new();
        let (send, receive) = oneshot::channel::<u8>();
        set.spawn(async { receive.await.unwrap() });
        for waker in &wakers {
            let _ = set.poll_join_next(&mut Context::from_waker(waker));
        }
        send.send(8).unwrap();
        while counts[1].0.load(SeqCst) == 0 {
            task::yield_now().await;
        }
        log.note(format!("{:?}", counts.map(|count| count.0.load(SeqCst))));
    });
}

fn runtime_gone_first(flavour: Flavour, log: &Log) {
    let mut set = JoinSet::new();
    let first = runtime(flavour);
    set.spawn_on(std::future::pending::<()>(), first.handle());
    drop(first);
    log.note(set.len());
    run(flavour, async {
        log.note(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        log.note(set.join_next().await.is_none());
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

fn outputs_are_dropped_with_the_set(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let loud = Loud(log.clone(), "output");
        let abort = set.spawn(async move { loud });
        while !abort.is_finished() {
            task::yield_now().await;
        }
        log.note("before");
        drop(set);
        log.note("after");
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

fn abort_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        // Some end and leave their places to later ones.
        for n in 0..4 {
            set.spawn(async move {
                let _: i32 = n;
            });
        }
        while set.join_next().await.is_some() {}
        for name in ["a", "b", "c", "d", "e", "f"] {
            let loud = Loud(log.clone(), name);
            let stays = !matches!(name, "b" | "e");
            set.spawn(async move {
                let _loud = loud;
                if stays {
                    std::future::pending::<()>().await;
                }
            });
        }
        while set.len() > 4 {
            set.join_next().await.unwrap().unwrap();
        }
        for name in ["g", "h"] {
            let loud = Loud(log.clone(), name);
            set.spawn(async move {
                let _loud = loud;
                std::future::pending::<()>().await;
            });
        }
        task::yield_now().await;
        set.abort_all();
        log.note("aborted");
        while set.join_next().await.is_some() {}
    });
}

fn drop_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let (send, receive) = oneshot::channel::<()>();
        let mut receive = Some(receive);
        for name in ["a", "b", "c", "d", "e"] {
            let loud = Loud(log.clone(), name);
            let receive = if name == "a" { receive.take() } else { None };
            set.spawn(async move {
                if let Some(receive) = receive {
                    let _ = receive.await;
                } else if matches!(name, "b" | "d") {
                    std::future::pending::<()>().await;
                }
                loud
            });
        }
        for _ in 0..5 {
            task::yield_now().await;
        }
        drop(send);
        for _ in 0..5 {
            task::yield_now().await;
        }
        drop(set);
        log.note("the set is gone");
        task::yield_now().await;
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
