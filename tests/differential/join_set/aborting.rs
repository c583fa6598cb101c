//! Tasks cut off, let go, or outlived.

use super::rt::sync::oneshot;
use super::rt::task::{self, JoinSet};
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::Loud;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: aborted_never_polled, shutdown_drops_all, shutdown_cut_off, aborts_on_drop, detach_lets_go,
        runtime_gone_first, outputs_are_dropped_with_the_set;
    current_thread: abort_order, drop_order;
];

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
