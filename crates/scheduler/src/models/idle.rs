//! Sleeping and waking: is a push, a batch or an event ever missed?

use super::socket::{Reactor, Socket};
use super::{Meeting, config, explore, spawn, start, start_on, wait, watch};
use crate::driver::Driver;
use crate::idle::Idle;
use crate::{Alone, Config, Scheduler};
use handcrank_executor::yield_now;
use handcrank_task::primitives::sync::Arc;
use handcrank_task::primitives::{model, thread};

/// Does a worker that lies down miss what is pushed just then?
#[test]
fn a_push_against_a_worker_that_lies_down() {
    explore(3, || {
        let scheduler = start(1);
        watch(|| {
            let first = spawn(scheduler.handle(), async {});
            wait(spawn(scheduler.handle(), async {})).unwrap();
            wait(first).unwrap();
        });
    });
}

/// Two tasks that need two threads: does the second worker come, although the first was already on
/// its way when the second task was pushed?
#[test]
fn two_pushes_want_two_workers() {
    explore(1, || {
        let scheduler = start(2);
        let meeting = Meeting::new();
        loom::explore();
        let tasks = [meeting.clone(), meeting]
            .map(|meeting| spawn(scheduler.handle(), async move { meeting.meet() }));
        for task in tasks {
            wait(task).unwrap();
        }
    });
}

/// A worker that is not searching takes two tasks from outside at once, while the other one, whom
/// nobody called, lies down and may see neither: they have left one queue and are not in the next.
#[test]
fn a_batch_on_its_way_against_a_worker_that_lies_down() {
    explore(2, || {
        let scheduler = Scheduler::new(config(2), Alone::new());
        let meeting = Meeting::new();
        let tasks = [meeting.clone(), meeting]
            .map(|meeting| spawn(scheduler.handle(), async move { meeting.meet() }));
        loom::explore();
        scheduler.start_threads(None).unwrap();
        for task in tasks {
            wait(task).unwrap();
        }
    });
}

/// A task spawns another and yields to it, and that one blocks until the first goes on.
#[test]
fn a_yield_to_a_task_that_blocks() {
    explore(1, || {
        let scheduler = start(2);
        let handle = scheduler.handle().clone();
        wait(spawn(&handle.clone(), async move {
            let meeting = Meeting::new();
            let other = meeting.clone();
            loom::explore();
            let blocks = spawn(&handle, async move { other.meet() });
            yield_now().await;
            meeting.meet();
            blocks.await.unwrap();
        }))
        .unwrap();
    });
}

/// `block_on` helps from the only seat and leaves it with a task in it, while the worker, who
/// found no seat, lies down.
#[test]
fn a_helper_leaves_while_the_worker_lies_down() {
    explore(2, || {
        let scheduler = start(1);
        let handle = scheduler.handle();
        watch(|| {
            let mut second = None;
            handle.block_on(async {
                let first = spawn(handle, async {});
                second = Some(spawn(handle, async {}));
                first.await.unwrap();
            });
            wait(second.unwrap()).unwrap();
        });
    });
}

/// `block_on` has the driver in passing while the worker lies down, and then goes away. Is anybody
/// left who hears the socket?
#[test]
fn a_helper_hands_the_driver_over() {
    explore(3, || {
        let socket = Socket::new();
        let config = Config { event_interval: 1, ..config(1) };
        let scheduler = start_on(config, Reactor(socket.clone()));
        let handle = scheduler.handle();
        let reader = spawn(handle, Socket::read(&socket));
        watch(|| handle.block_on(spawn(handle, async {})).unwrap());
        socket.arrive();
        wait(reader).unwrap();
    });
}

/// The driver's sleeper gets up for its socket at the moment when somebody claims it for a push.
#[test]
fn an_event_against_a_push() {
    explore(1, || {
        let socket = Socket::new();
        let scheduler = start_on(config(1), Reactor(socket.clone()));
        let reader = spawn(scheduler.handle(), Socket::read(&socket));
        watch(|| {
            let arrives = thread::spawn(move || socket.arrive());
            wait(spawn(scheduler.handle(), async {})).unwrap();
            wait(reader).unwrap();
            arrives.join().unwrap();
        });
    });
}

/// A sleeper gets up by itself and ends its search before its claimer has counted it. It must still
/// be told that it was the last, or it would not look for what was left to it.
#[test]
fn a_search_that_ends_before_it_is_counted() {
    model(|| {
        let idle = Arc::new((Idle::new(1, 1), Driver::new(Box::new(Alone::new()))));
        // A stray call: the sleep will end at once.
        idle.0.call(0, &idle.1);
        let worker = {
            let idle = idle.clone();
            thread::spawn(move || {
                let (idle, driver) = &*idle;
                idle.announce(0, false);
                idle.sleep(0, driver, &mut Vec::new());
                if !idle.retract(0) {
                    assert!(idle.end_search(), "nobody else searches");
                }
            })
        };
        idle.0.wake_one(&idle.1);
        worker.join().unwrap();
        // Back at nothing: of one seat, one may search, and not two.
        assert!(idle.0.try_search() && !idle.0.try_search());
    });
}
