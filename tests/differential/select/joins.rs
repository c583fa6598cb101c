//! `join!` and `try_join!`.

use super::polls;
use super::rt;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::Loud;
use std::future;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: join_gives_all_in_order, join_polls_in_turns, biased_join_begins_first,
        join_drops_each_future_when_it_is_ready, join_of_none_and_of_one, join_cancelled_halfway,
        try_join_gives_the_first_error, try_join_sees_errors_in_turns, try_join_of_none_and_of_one,
        join_does_not_poll_what_is_ready, join_with_the_budget_spent;
];

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
            let _loud = Loud(log.clone(), "early");
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
        let given = |name| async move { Loud(log.clone(), name) };
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
