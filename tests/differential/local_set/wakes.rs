//! Who wakes local tasks, and who waits for whom meanwhile.

use super::rt;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::{LocalSet, spawn_local, yield_now};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: a_busy_set_lets_others_go_on, others_let_a_set_go_on, tasks_have_a_budget_each,
        woken_from_another_thread, woken_by_timers, woken_by_io_and_channels,
        wakes_while_the_set_is_not_driven, spawn_while_the_set_sleeps, woken_in_order;
];

fn a_busy_set_lets_others_go_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = LocalSet::new();
    set.spawn_local(async {
        loop {
            yield_now().await;
        }
    });
    let output = set.block_on(&runtime, async {
        let (one, two) = rt::join!(rt::spawn(async { 1 }), async {
            rt::time::sleep(Duration::from_millis(1)).await;
            2
        });
        one.unwrap() + two
    });
    log.note(output);
}

fn others_let_a_set_go_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let busy = runtime.spawn(async {
        loop {
            yield_now().await;
        }
    });
    let set = LocalSet::new();
    let output = set.block_on(&runtime, async {
        let mut sum = 0;
        for n in 0..100 {
            sum += spawn_local(async move { n }).await.unwrap();
        }
        sum
    });
    busy.abort();
    log.note(output);
}

fn tasks_have_a_budget_each(flavour: Flavour, log: &Log) {
    async fn spend(log: Log, name: &'static str) {
        let mut spent = 0;
        while rt::task::coop::has_budget_remaining() {
            rt::task::consume_budget().await;
            spent += 1;
        }
        log.note(format!("{name} {spent}"));
        rt::task::consume_budget().await;
        log.note("again");
    }
    run(flavour, async {
        let set = LocalSet::new();
        set.spawn_local(spend(log.clone(), "a"));
        set.spawn_local(spend(log.clone(), "b"));
        set.await;
    });
}

fn woken_from_another_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let home = thread::current().id();
        let (sender, receiver) = rt::sync::oneshot::channel();
        let (ready, begin) = std::sync::mpsc::channel();
        let waking = thread::spawn(move || {
            begin.recv().unwrap();
            sender.send(5).unwrap();
        });
        let task = set.spawn_local(async move {
            let mut receiver = receiver;
            // It sleeps when it is woken: the thread begins in the first poll.
            let mut ready = Some(ready);
            let got = poll_fn(|cx| {
                let polled = Pin::new(&mut receiver).poll(cx);
                if let Some(ready) = ready.take() {
                    ready.send(()).unwrap();
                }
                polled
            })
            .await;
            (got, thread::current().id() == home)
        });
        log.note(format!("{:?}", set.run_until(task).await.unwrap()));
        waking.join().unwrap();
        for _ in 0..200 {
            let (sender, receiver) = rt::sync::oneshot::channel();
            let task = set.spawn_local(receiver);
            let waking = thread::spawn(move || sender.send(1).is_ok());
            assert_eq!(set.run_until(task).await.unwrap(), Ok(1));
            assert!(waking.join().unwrap());
        }
    });
}

fn woken_by_timers(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    LocalSet::new().block_on(&runtime, async {
        let tasks: Vec<_> = [3, 2, 1]
            .map(|n| {
                spawn_local(async move {
                    rt::time::sleep(Duration::from_millis(n)).await;
                    n
                })
            })
            .into_iter()
            .collect();
        for task in tasks {
            log.note(format!("{:?}", task.await));
        }
        let mut interval = rt::time::interval(Duration::from_millis(1));
        let counted = spawn_local(async move {
            for _ in 0..3 {
                interval.tick().await;
            }
            3
        });
        log.note(counted.await.unwrap());
    });
}

fn woken_by_io_and_channels(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    LocalSet::new().block_on(&runtime, async {
        let one = rt::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let two = rt::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = one.local_addr().unwrap();
        let receiving = spawn_local(async move {
            let mut buffer = [0; 8];
            let (len, _) = one.recv_from(&mut buffer).await.unwrap();
            buffer[..len].to_vec()
        });
        yield_now().await;
        spawn_local(async move { two.send_to(b"hello", address).await.unwrap() });
        log.note(format!("{:?}", receiving.await.unwrap()));
        let notify = Rc::new(rt::sync::Notify::new());
        let waiting: Vec<_> = (0..3)
            .map(|n| {
                let (notify, log) = (Rc::clone(&notify), log.clone());
                spawn_local(async move {
                    notify.notified().await;
                    log.note(n);
                })
            })
            .collect();
        yield_now().await;
        notify.notify_waiters();
        for task in waiting {
            task.await.unwrap();
        }
    });
}

fn wakes_while_the_set_is_not_driven(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let notify = Rc::new(rt::sync::Notify::new());
        let theirs = Rc::clone(&notify);
        let noted = log.clone();
        set.spawn_local(async move {
            noted.note("begins");
            theirs.notified().await;
            noted.note("woken");
        });
        set.run_until(yield_now()).await;
        notify.notify_one();
        // What is spawned later runs later.
        let noted = log.clone();
        set.spawn_local(async move { noted.note("spawned after the wake") });
        log.note("not driven");
        yield_now().await;
        log.note("still not driven");
        set.await;
    });
}

fn spawn_while_the_set_sleeps(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let (sender, receiver) = rt::sync::oneshot::channel::<()>();
        rt::join!(
            async {
                set.run_until(receiver).await.unwrap();
                log.note("main is ready");
            },
            async {
                for _ in 0..5 {
                    yield_now().await;
                }
                set.spawn_local(async move { sender.send(()).unwrap() });
            }
        );
    });
}

fn woken_in_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let notifies = Rc::new(std::array::from_fn::<_, 4, _>(|_| rt::sync::Notify::new()));
        for n in 0..4 {
            let (notifies, log) = (Rc::clone(&notifies), log.clone());
            set.spawn_local(async move {
                notifies[n].notified().await;
                log.note(n);
            });
        }
        set.run_until(yield_now()).await;
        for n in [2, 0, 3, 1] {
            notifies[n].notify_one();
        }
        set.await;
    });
}
