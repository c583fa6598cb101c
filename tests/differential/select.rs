//! `select!`, `join!` and `try_join!`.

use super::rt;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::{self, Future, IntoFuture, Ready, poll_fn};
use std::mem::size_of_val;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: forms_of_branches, biased_goes_down, a_random_start_reaches_all, patterns_that_fail,
        patterns_of_all_kinds, conditions_come_first, else_runs_when_all_are_disabled,
        without_else_it_panics, futures_are_dropped_before_the_handler, futures_are_dropped_in_order,
        control_flow_in_handlers, a_future_by_reference_lives_on, temporaries_live_on,
        into_future_is_accepted, a_spent_budget_polls_none, a_disabled_branch_is_not_polled,
        one_branch_is_enough, sixty_four_branches, nested, outputs_that_are_not_send,
        a_panic_in_a_branch, join_gives_all_in_order, join_polls_in_turns, biased_join_begins_first,
        join_drops_each_future_when_it_is_ready, join_of_none_and_of_one, join_cancelled_halfway,
        try_join_gives_the_first_error, try_join_sees_errors_in_turns, try_join_of_none_and_of_one,
        join_does_not_poll_what_is_ready, join_with_the_budget_spent, timeouts_and_loops;
];

/// Notes its drop.
struct Noted<'a>(&'a Log, &'static str);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.note(format!("{} dropped", self.1));
    }
}

/// Notes each poll, and is ready in the last of them.
async fn polls(log: &Log, name: &'static str, count: u32) -> &'static str {
    let _noted = Noted(log, name);
    let mut left = count;
    poll_fn(|cx| {
        log.note(format!("{name} polled"));
        left -= 1;
        if left == 0 {
            return Poll::Ready(name);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

fn forms_of_branches(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut seen = Vec::new();
        seen.push(rt::select! { x = async { 1 } => x });
        seen.push(rt::select! { x = async { 2 } => x, });
        seen.push(rt::select! { x = async { 3 } => { x } });
        seen.push(rt::select! { x = async { 4 }, if true => { x } });
        seen.push(rt::select! { x = async { 5 } => { x } _ = future::pending::<()>() => { 0 } });
        seen.push(rt::select! { _ = future::pending::<()>() => 0, x = async { 6 } => x });
        seen.push(
            rt::select! { _ = future::pending::<()>(), if false => 0, x = async { 7 } => { x } },
        );
        seen.push(rt::select! { biased; x = async { 8 } => { x }, else => 0 });
        seen.push(rt::select! { x = async { 9 } => { x } else => { 0 } });
        seen.push(rt::select! { x = async { 10 }, if 1 < 2 => x, else => 0, });
        seen.push(rt::select! { else => 11 });
        seen.push(rt::select! { biased; else => 12 });
        let nothing = rt::select! { _ = async {} => {} };
        log.note(format!("{seen:?} {nothing:?}"));
    });
}

fn biased_goes_down(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for _ in 0..20 {
            let first = rt::select! {
                biased;
                _ = future::pending::<()>() => "pending",
                name = polls(log, "a", 2) => name,
                name = polls(log, "b", 1) => name,
                name = polls(log, "c", 1) => name,
            };
            log.note(first);
        }
    });
}

fn a_random_start_reaches_all(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut seen = BTreeSet::new();
        for _ in 0..1_000 {
            seen.insert(rt::select! {
                x = async { 1 } => x,
                x = async { 2 } => x,
                x = async { 3 } => x,
            });
        }
        log.note(format!("{seen:?}"));
        // In a poll the others follow in a circle.
        let mut orders = BTreeSet::new();
        for _ in 0..1_000 {
            let order = Cell::new(0);
            let note = |digit| {
                let order = &order;
                async move {
                    order.set(order.get() * 10 + digit);
                    if order.get() < 100 {
                        future::pending::<()>().await;
                    }
                }
            };
            rt::select! { _ = note(1) => {} _ = note(2) => {} _ = note(3) => {} }
            orders.insert(order.get());
        }
        log.note(format!("{orders:?}"));
    });
}

fn patterns_that_fail(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = rt::select! {
            biased;
            Some(x) = async { log.note("first"); None::<u32> } => x,
            Ok(x) = async { log.note("second"); Err::<u32, _>("no") } => x,
            3 = async { log.note("third"); 4 } => 3,
            x = async { log.note("fourth"); 5 } => x,
        };
        log.note(seen);
        // The others go on, and it is asked no more.
        let seen = rt::select! {
            biased;
            Some(()) = async { polls(log, "fails", 1).await; None } => "failed",
            name = polls(log, "later", 3) => name,
        };
        log.note(seen);
    });
}

fn patterns_of_all_kinds(flavour: Flavour, log: &Log) {
    #[derive(Debug)]
    struct Pair {
        left: String,
        right: Option<String>,
    }
    let pair = || async { Pair { left: "l".into(), right: Some("r".into()) } };
    run(flavour, async {
        rt::select! { mut x = async { 1 } => { x += 1; log.note(x); } }
        rt::select! { (a, _) = async { (1, 2) } => log.note(a) }
        rt::select! { Pair { left, right: Some(right) } = pair() => log.note(left + &right) }
        rt::select! { Pair { mut left, .. } = pair() => { left.push('!'); log.note(left) } }
        rt::select! { ref x = async { String::from("by reference") } => log.note(x) }
        rt::select! { ref mut x = async { 4 } => { *x += 1; log.note(x) } }
        rt::select! { whole @ Pair { .. } = pair() => log.note(format!("{whole:?}")) }
        rt::select! { 1 | 2 = async { 2 } => log.note("one or two") }
        rt::select! { Ok(x) | Err(x) = async { Err::<u8, u8>(7) } => log.note(x) }
        rt::select! { 10..20 = async { 15 } => log.note("teens"), else => log.note("not") }
        rt::select! { [first, .., last] = async { [1, 2, 3] } => log.note(first + last) }
        rt::select! { &x = async { &8 } => log.note(x) }
        rt::select! { Some(mut s) = async { Some(String::new()) } => { s.push('x'); log.note(s) } }
        rt::select! { boxed = async { Box::new(9) } => log.note(*boxed) }
    });
}

fn conditions_come_first(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let yes = |name| {
            log.note(format!("condition {name}"));
            true
        };
        let make = |name| {
            log.note(format!("future {name}"));
            polls(log, name, 1)
        };
        let seen = rt::select! {
            biased;
            x = make("a"), if !yes("a") => x,
            x = make("b"), if yes("b") => x,
            x = make("c"), if yes("c") => x,
        };
        log.note(seen);
    });
}

fn else_runs_when_all_are_disabled(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(rt::select! { x = async { 1 }, if false => x, else => 2 });
        log.note(rt::select! { Some(x) = async { None } => x, else => 3 });
        log.note(rt::select! {
            Some(x) = async { rt::task::yield_now().await; None } => x,
            x = future::pending(), if false => x,
            else => { log.note("else"); rt::task::yield_now().await; 4 }
        });
    });
}

fn without_else_it_panics(flavour: Flavour, log: &Log) {
    log.note_panic(|| {
        run(flavour, async {
            rt::select! { Some(()) = async { None } => {} }
        });
    });
    log.note_panic(|| {
        run(flavour, async {
            rt::select! { _ = future::pending::<()>(), if false => {} }
        });
    });
}

fn futures_are_dropped_before_the_handler(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut text = String::from("t");
        let append = async |text: &mut String| text.push('1');
        rt::select! {
            biased;
            _ = append(&mut text) => { text.push('2'); log.note(&text); }
            _ = polls(log, "other", 1) => {}
        }
        let noted = Noted(log, "captured");
        rt::select! {
            biased;
            _ = async { rt::task::yield_now().await } => log.note("handler"),
            _ = async move { let _noted = noted; future::pending::<()>().await } => {}
        }
    });
}

fn futures_are_dropped_in_order(flavour: Flavour, log: &Log) {
    let held = |name| {
        let noted = Noted(log, name);
        async move {
            let _noted = noted;
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

fn a_spent_budget_polls_none(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn({
            let log = log.clone();
            async move {
                while rt::task::coop::has_budget_remaining() {
                    rt::task::consume_budget().await;
                }
                log.note("spent");
                rt::select! {
                    biased;
                    // Ready, but not asked in a poll without budget.
                    _ = async { log.note(rt::task::coop::has_budget_remaining()) } => {}
                }
            }
        });
        task.await.unwrap();
    });
}

fn a_disabled_branch_is_not_polled(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for _ in 0..20 {
            rt::select! {
                _ = polls(log, "disabled", 1), if false => {}
                name = polls(log, "enabled", 3) => log.note(name),
            }
        }
    });
}

fn one_branch_is_enough(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(rt::select! { name = polls(log, "only", 3) => name });
    });
}

fn sixty_four_branches(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let which = Cell::new(0_u32);
        let is = |n: u32| {
            let which = &which;
            async move {
                if which.get() != n {
                    future::pending::<()>().await;
                }
                n
            }
        };
        for n in [0, 1, 31, 32, 62, 63] {
            which.set(n);
            let x = rt::select! {
                x = is(0) => x, x = is(1) => x, x = is(2) => x, x = is(3) => x,
                x = is(4) => x, x = is(5) => x, x = is(6) => x, x = is(7) => x,
                x = is(8) => x, x = is(9) => x, x = is(10) => x, x = is(11) => x,
                x = is(12) => x, x = is(13) => x, x = is(14) => x, x = is(15) => x,
                x = is(16) => x, x = is(17) => x, x = is(18) => x, x = is(19) => x,
                x = is(20) => x, x = is(21) => x, x = is(22) => x, x = is(23) => x,
                x = is(24) => x, x = is(25) => x, x = is(26) => x, x = is(27) => x,
                x = is(28) => x, x = is(29) => x, x = is(30) => x, x = is(31) => x,
                x = is(32) => x, x = is(33) => x, x = is(34) => x, x = is(35) => x,
                x = is(36) => x, x = is(37) => x, x = is(38) => x, x = is(39) => x,
                x = is(40) => x, x = is(41) => x, x = is(42) => x, x = is(43) => x,
                x = is(44) => x, x = is(45) => x, x = is(46) => x, x = is(47) => x,
                x = is(48) => x, x = is(49) => x, x = is(50) => x, x = is(51) => x,
                x = is(52) => x, x = is(53) => x, x = is(54) => x, x = is(55) => x,
                x = is(56) => x, x = is(57) => x, x = is(58) => x, x = is(59) => x,
                x = is(60) => x, x = is(61) => x, x = is(62) => x, x = is(63) => x,
            };
            log.note(x);
        }
    });
}

fn nested(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let x = rt::select! {
            (x, y) = async {
                rt::join!(async { 1 }, async { rt::select! { x = async { 2 } => x } })
            } => rt::select! { z = async { x + y } => z },
        };
        log.note(x);
        let disabled = 1;
        let output = 2;
        let future = async { 3 };
        // Names that an expansion might use are the caller's here.
        let x = rt::select! { first = future, if disabled == 1 => first + output };
        log.note(x);
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

fn join_gives_all_in_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b, c) = rt::join!(
            async {
                rt::task::yield_now().await;
                1
            },
            async { "two" },
            async { rt::spawn(async { 3.0 }).await.unwrap() },
        );
        log.note(format!("{a} {b} {c}"));
        let c = String::from("borrowed");
        log.note(format!("{:?}", rt::join!(async { c.len() }, async { c.as_str() })));
    });
}

fn join_polls_in_turns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(format!(
            "{:?}",
            rt::join!(polls(log, "a", 5), polls(log, "b", 4), polls(log, "c", 5))
        ));
        let joined = rt::try_join!(async { Ok::<_, ()>(polls(log, "a", 3).await) }, async {
            Ok::<_, ()>(polls(log, "b", 3).await)
        },);
        log.note(format!("{joined:?}"));
    });
}

fn biased_join_begins_first(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let joined = rt::join!(biased; polls(log, "a", 3), polls(log, "b", 2), polls(log, "c", 3));
        log.note(format!("{joined:?}"));
        let joined = rt::try_join!(
            biased;
            async { Ok::<_, ()>(polls(log, "a", 3).await) },
            async { Ok::<_, ()>(polls(log, "b", 3).await) },
        );
        log.note(format!("{joined:?}"));
    });
}

fn join_drops_each_future_when_it_is_ready(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let a = async {
            let _noted = Noted(log, "early");
        };
        rt::join!(a, async {
            rt::task::yield_now().await;
            log.note("late");
        });
    });
}

fn join_of_none_and_of_one(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(format!("{:?} {:?}", rt::join!(), rt::join!(biased;)));
        log.note(format!("{:?} {:?}", rt::join!(async { 1 }), rt::join!(async { 2 },)));
        log.note(format!("{:?}", rt::join!(biased; async { 3 },)));
    });
}

fn join_cancelled_halfway(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let given = |name| async move { Noted(log, name) };
        let joining = async { rt::join!(given("output"), future::pending::<()>(), given("other")) };
        let late = rt::time::timeout(Duration::from_millis(1), joining).await.is_err();
        log.note(late);
    });
}

fn try_join_gives_the_first_error(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let joined = rt::try_join!(
            async {
                polls(log, "a", 3).await;
                Ok::<u32, &str>(1)
            },
            async {
                polls(log, "b", 2).await;
                Err::<u32, &str>("b failed")
            },
            async {
                polls(log, "c", 1).await;
                Ok::<u32, &str>(3)
            },
        );
        log.note(format!("{joined:?}"));
        let joined: Result<(u32, String), String> =
            rt::try_join!(async { Ok(1) }, async { Ok("two".to_owned()) });
        log.note(format!("{joined:?}"));
    });
}

fn try_join_sees_errors_in_turns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let fails = |name, count| async move { Err::<(), _>(polls(log, name, count).await) };
        log.note(format!("{:?}", rt::try_join!(fails("a", 2), fails("b", 2))));
        log.note(format!("{:?}", rt::try_join!(biased; fails("a", 2), fails("b", 2))));
        log.note(format!("{:?}", rt::try_join!(fails("a", 1), fails("b", 1))));
    });
}

fn try_join_of_none_and_of_one(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let none: Result<(), ()> = async {
            rt::try_join!()?;
            Ok(())
        }
        .await;
        log.note(format!("{none:?}"));
        log.note(format!("{:?}", rt::try_join!(async { Ok::<_, ()>(1) })));
        log.note(format!("{:?}", rt::try_join!(async { Err::<(), _>(2) },)));
    });
}

fn join_does_not_poll_what_is_ready(flavour: Flavour, log: &Log) {
    run(flavour, async {
        rt::join!(polls(log, "once", 1), polls(log, "thrice", 3));
    });
}

fn join_with_the_budget_spent(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async {
            let spend = async || {
                for _ in 0..1_000 {
                    rt::task::consume_budget().await;
                }
            };
            rt::join!(spend(), spend());
            "both"
        });
        log.note(task.await.unwrap());
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
