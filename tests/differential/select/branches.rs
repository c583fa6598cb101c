//! `select!`: which branch is taken.

use super::polls;
use super::rt;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::future;

pub(crate) const CASES: &[Case] = cases![
    both: forms_of_branches, biased_goes_down, a_random_start_reaches_all, patterns_that_fail,
        patterns_of_all_kinds, conditions_come_first, else_runs_when_all_are_disabled,
        without_else_it_panics, a_spent_budget_polls_none, a_disabled_branch_is_not_polled,
        one_branch_is_enough, sixty_four_branches, nested;
];

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
