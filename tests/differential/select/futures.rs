//! `select!`: what becomes of the futures, and what handlers may do.

use super::polls;
use super::rt;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::Loud;
use std::future::{self, Future, IntoFuture, Ready};
use std::mem::size_of_val;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: futures_are_dropped_before_the_handler, futures_are_dropped_in_order, control_flow_in_handlers,
        a_future_by_reference_lives_on, temporaries_live_on, into_future_is_accepted,
        outputs_that_are_not_send, a_panic_in_a_branch, timeouts_and_loops;
];

fn futures_are_dropped_before_the_handler(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut text = String::from("t");
        let append = async |text: &mut String| text.push('1');
        rt::select! {
            biased;
            _ = append(&mut text) => { text.push('2'); log.note(&text); }
            _ = polls(log, "other", 1) => {}
        }
        let loud = Loud(log.clone(), "captured");
        rt::select! {
            biased;
            _ = async { rt::task::yield_now().await } => log.note("handler"),
            _ = async move { let _loud = loud; future::pending::<()>().await } => {}
        }
    });
}

fn futures_are_dropped_in_order(flavour: Flavour, log: &Log) {
    let held = |name| {
        let loud = Loud(log.clone(), name);
        async move {
            let _loud = loud;
            future::pending::<()>().await;
        }
    };
    run(flavour, async {
        rt::select! {
            biased;
            _ = held("a") => {}
            _ = held("b"), if false => {}
            _ = rt::task::yield_now() => log.note("ready"),
            _ = held("c") => {}
        }
        // Dropped from outside.
        let mut selecting = Box::pin(async {
            rt::select! { _ = held("d") => {} _ = held("e") => {} }
        });
        let first = selecting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        log.note(format!("{first:?}"));
        drop(selecting);
        let mut joining = Box::pin(async { rt::join!(held("f"), async {}, held("g")) });
        let first = joining.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        log.note(format!("{first:?}"));
        drop(joining);
    });
}

fn control_flow_in_handlers(flavour: Flavour, log: &Log) {
    async fn question(log: &Log) -> Result<u32, &'static str> {
        rt::select! {
            x = async { Ok::<u32, &str>(1) } => log.note(x?),
        }
        let made = |fails: bool| if fails { Err("in the future") } else { Ok(async { 2 }) };
        rt::select! { x = made(false)? => log.note(x) }
        rt::select! { _ = async {} => Err("in the handler")? }
        rt::select! { x = made(true)? => Ok(x) }
    }
    async fn leave() -> u32 {
        loop {
            rt::select! { x = async { 5 } => return x }
        }
    }
    run(flavour, async {
        log.note(format!("{:?}", question(log).await));
        log.note(leave().await);
        let mut left = 5;
        let broken = 'outer: loop {
            loop {
                left -= 1;
                rt::select! {
                    _ = async {}, if left > 2 => continue,
                    _ = async {}, if left == 2 => continue 'outer,
                    else => break 'outer left,
                }
            }
        };
        log.note(broken);
        let awaited =
            rt::select! { x = async { 1 } => rt::spawn(async move { x + 1 }).await.unwrap() };
        log.note(awaited);
    });
}

fn a_future_by_reference_lives_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut long = pin!(polls(log, "long", 4));
        for _ in 0..3 {
            rt::select! {
                biased;
                name = &mut long => log.note(name),
                _ = async {} => log.note("short"),
            }
        }
        log.note(long.await);
        let (sender, mut receiver) = rt::sync::oneshot::channel();
        rt::select! {
            biased;
            _ = &mut receiver => log.note("too early"),
            _ = async {} => { let _ = sender.send(3); }
        }
        log.note(format!("{:?}", receiver.await));
    });
}

fn temporaries_live_on(flavour: Flavour, log: &Log) {
    async fn length(text: &str) -> usize {
        rt::task::yield_now().await;
        text.len()
    }
    run(flavour, async {
        let mut own = pin!(length(""));
        log.note(rt::select! { n = &mut own => n });
        log.note(rt::select! { n = &mut future::ready(4) => n });
        log.note(rt::select! { n = &mut Box::pin(rt::task::yield_now()) => format!("{n:?}") });
        // A guard that the future does not need is gone before the wait.
        let lock = parking_lot::Mutex::new(5);
        let free = rt::select! {
            n = future::ready(*lock.lock()) => (n, lock.try_lock().is_some()),
        };
        log.note(format!("{free:?}"));
        let free = rt::select! {
            biased;
            n = { let n = *lock.lock(); async move { rt::task::yield_now().await; n } } => n,
            _ = async { log.note(lock.try_lock().is_some()); future::pending::<()>().await } => 0,
        };
        log.note(free);
    });
}

fn into_future_is_accepted(flavour: Flavour, log: &Log) {
    struct Request(u32);
    impl IntoFuture for Request {
        type Output = u32;
        type IntoFuture = Ready<u32>;
        fn into_future(self) -> Ready<u32> {
            future::ready(self.0)
        }
    }
    run(flavour, async {
        log.note(rt::select! { x = Request(1) => x });
        log.note(format!("{:?}", rt::join!(Request(2), async { 3 })));
    });
}

fn outputs_that_are_not_send(flavour: Flavour, log: &Log) {
    fn is_send<T: Send>(future: T) -> T {
        future
    }
    struct Local;
    impl Future for Local {
        type Output = Rc<u32>;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Rc<u32>> {
            Poll::Ready(Rc::new(1))
        }
    }
    run(flavour, async {
        let output = is_send(async {
            rt::select! { x = Local => *x + 1, _ = future::pending::<()>() => 0 }
        });
        log.note(output.await);
    });
}

fn a_panic_in_a_branch(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let log = log.clone();
        let error = rt::spawn(async move {
            rt::select! {
                biased;
                _ = polls(&log, "before", 2) => {}
                _ = async { assert!(log.lines().is_empty(), "boom") } => {}
                _ = polls(&log, "after", 2) => {}
            }
        });
        assert!(error.await.unwrap_err().is_panic());
    });
}

fn timeouts_and_loops(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (stop, mut stopped) = rt::sync::oneshot::channel();
        let (notify, other) = (rt::sync::Notify::new(), rt::sync::Notify::new());
        let mut stop = Some(stop);
        let mut rounds = 0;
        notify.notify_one();
        loop {
            rt::select! {
                biased;
                _ = &mut stopped => break,
                () = other.notified() => log.note("never"),
                () = notify.notified() => {
                    rounds += 1;
                    notify.notify_one();
                    if rounds == 3 {
                        let _ = stop.take().unwrap().send(());
                    }
                }
            }
        }
        log.note(rounds);
        let sleep = rt::time::sleep(Duration::from_millis(2));
        rt::pin!(sleep);
        let which = rt::select! {
            () = &mut sleep => "slept",
            () = rt::time::sleep(Duration::from_secs(60)) => "overslept",
        };
        log.note(which);
        // The frame is not larger than it must be.
        let big = [1_u8; 1_000];
        let selecting = async {
            rt::select! { _ = async { let b = big; rt::task::yield_now().await; b[0] } => {} }
        };
        log.note(size_of_val(&selecting) < 4_500);
        selecting.await;
    });
}
