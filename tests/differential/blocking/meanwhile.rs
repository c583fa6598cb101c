//! `block_in_place`: the others go on meanwhile.

use super::rt;
use super::setup::run;
use super::with_one_worker;
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::{block_in_place, yield_now};
use std::future::pending;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    multi_thread: in_place_lets_the_queue_go_on, in_place_lets_the_slot_go_on,
        in_place_lets_strangers_go_on, in_place_in_a_root, in_place_twice_in_a_poll,
        in_place_everywhere_at_once, in_place_and_timers, in_place_and_an_abort,
        in_place_twice_without_a_worker;
];

fn in_place_lets_the_queue_go_on(_: Flavour, log: &Log) {
    with_one_worker().block_on(async {
        let task = rt::spawn(async {
            let (send, receive) = mpsc::channel();
            for n in 0..10 {
                let send = send.clone();
                rt::spawn(async move { send.send(n).unwrap() });
            }
            block_in_place(|| {
                let mut seen: Vec<i32> = (0..10).map(|_| receive.recv().unwrap()).collect();
                seen.sort_unstable();
                seen
            })
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_lets_the_slot_go_on(_: Flavour, log: &Log) {
    with_one_worker().block_on(async {
        let task = rt::spawn(async {
            let (send, receive) = mpsc::channel();
            rt::spawn(async move { send.send("from the slot").unwrap() });
            block_in_place(|| receive.recv())
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_lets_strangers_go_on(_: Flavour, log: &Log) {
    let runtime = with_one_worker();
    let (begins, begun) = mpsc::channel();
    let (send, receive) = mpsc::channel();
    let blocks = runtime.spawn(async move {
        block_in_place(|| {
            begins.send(()).unwrap();
            receive.recv().unwrap()
        })
    });
    begun.recv().unwrap();
    for _ in 0..3 {
        // From here, when all is quiet, too.
        log.note(format!("{:?}", runtime.block_on(runtime.spawn(async { yield_now().await }))));
    }
    let sleeps = runtime.spawn(async { rt::time::sleep(Duration::from_millis(2)).await });
    log.note(format!("{:?}", runtime.block_on(sleeps)));
    log.note(blocks.is_finished());
    send.send(7).unwrap();
    log.note(format!("{:?}", runtime.block_on(blocks)));
}

fn in_place_in_a_root(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = mpsc::channel();
        rt::spawn(async move { send.send(1).unwrap() });
        log.note(block_in_place(|| receive.recv().unwrap()));
        log.note(block_in_place(|| rt::runtime::Handle::current().block_on(async { 2 })));
        yield_now().await;
        log.note(rt::spawn(async { 3 }).await.unwrap());
    });
}

fn in_place_twice_in_a_poll(_: Flavour, log: &Log) {
    with_one_worker().block_on(async {
        let task = rt::spawn(async {
            let mut sum = 0;
            for n in 0..20 {
                let task = rt::spawn(async move { n });
                sum += block_in_place(|| rt::runtime::Handle::current().block_on(task)).unwrap();
                if n % 3 == 0 {
                    yield_now().await;
                }
            }
            sum
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_everywhere_at_once(flavour: Flavour, log: &Log) {
    run(flavour, async {
        // More than there are workers, and all have to be in there for any to come out.
        let barrier = std::sync::Arc::new(std::sync::Barrier::new(5));
        let tasks: Vec<_> = (0..4)
            .map(|n| {
                let barrier = barrier.clone();
                rt::spawn(async move {
                    yield_now().await;
                    block_in_place(|| barrier.wait());
                    yield_now().await;
                    n
                })
            })
            .collect();
        // On a thread of its own, as a thread that waits may run tasks on Handcrank.
        let last = thread::spawn(move || barrier.wait());
        for task in tasks {
            log.note(format!("{:?}", task.await));
        }
        last.join().unwrap();
    });
}

fn in_place_and_timers(_: Flavour, log: &Log) {
    with_one_worker().block_on(async {
        let task = rt::spawn(async {
            let (send, receive) = mpsc::channel();
            rt::spawn(async move {
                rt::time::sleep(Duration::from_millis(2)).await;
                send.send("time goes on").unwrap();
            });
            block_in_place(|| receive.recv())
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_and_an_abort(_: Flavour, log: &Log) {
    let runtime = with_one_worker();
    let (begins, begun) = mpsc::channel();
    let (send, receive) = mpsc::channel::<()>();
    let theirs = log.clone();
    let task = runtime.spawn(async move {
        block_in_place(|| {
            begins.send(()).unwrap();
            receive.recv().unwrap();
        });
        theirs.note("the poll goes on to its end");
        pending::<()>().await;
    });
    begun.recv().unwrap();
    task.abort();
    log.note(task.is_finished());
    send.send(()).unwrap();
    log.note(runtime.block_on(task).unwrap_err().is_cancelled());
}

/// The worker is taken over for good, and what the task does in the rest of its poll still works.
fn in_place_twice_without_a_worker(_: Flavour, log: &Log) {
    let runtime = with_one_worker();
    let task = runtime.spawn(async move {
        let (send, receive) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let holds_the_worker = rt::spawn(async move {
            send.send(()).unwrap();
            wait.recv().unwrap();
        });
        block_in_place(|| receive.recv().unwrap());
        let child = rt::spawn(async { 3 });
        block_in_place(|| go.send(()).unwrap());
        holds_the_worker.await.unwrap();
        child.await.unwrap()
    });
    log.note(format!("{:?}", runtime.block_on(task)));
}
