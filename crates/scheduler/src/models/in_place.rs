//! Blocking in place: number and seat given away, and taken back or not.

use super::{Dropped, Meeting, config, explore, spawn, start, start_on, wait, watch};
use crate::{Alone, Config, block_in_place};
use handcrank_executor::yield_now;
use handcrank_task::primitives::atomic::{AtomicUsize, Ordering::SeqCst};
use handcrank_task::primitives::sync::Arc;
use std::future::pending;
use std::time::Duration;

/// A task blocks in place until one that comes from elsewhere runs, and there is no other worker. The seat
/// it leaves, and the number, are found by a spare thread.
#[test]
fn a_push_against_a_worker_that_blocks_in_place() {
    explore(2, || {
        let scheduler = start(1);
        let meeting = Meeting::new();
        let other = meeting.clone();
        loom::explore();
        let blocks = spawn(scheduler.handle(), async move { block_in_place(|| meeting.meet()) });
        let meets = spawn(scheduler.handle(), async move { other.meet() });
        wait(blocks).unwrap();
        wait(meets).unwrap();
    });
}

/// A worker takes its seat back while a spare thread comes for it. Whoever has it, what is spawned
/// afterwards is run.
#[test]
fn a_seat_taken_back_against_the_spare_thread() {
    explore(1, || {
        let scheduler = start(1);
        let handle = scheduler.handle().clone();
        watch(|| {
            let task = spawn(scheduler.handle(), async move {
                block_in_place(|| ());
                spawn(&handle, async {}).await.unwrap();
            });
            wait(task).unwrap();
            wait(spawn(scheduler.handle(), async {})).unwrap();
        });
    });
}

/// The thread in `block_on` helps with a task that blocks in place until another has run.
#[test]
fn a_helper_that_blocks_in_place() {
    explore(1, || {
        let scheduler = start(1);
        let handle = scheduler.handle();
        let meeting = Meeting::new();
        let other = meeting.clone();
        loom::explore();
        handle.block_on(async {
            let blocks = spawn(handle, async move { block_in_place(|| meeting.meet()) });
            let meets = spawn(handle, async move { other.meet() });
            blocks.await.unwrap();
            meets.await.unwrap();
        });
    });
}

/// The scheduler ends while a task blocks in place, and while its poll goes on without a seat.
#[test]
fn a_shutdown_against_one_that_blocks_in_place() {
    explore(3, || {
        let scheduler = start(1);
        let drops = Arc::new(AtomicUsize::new(0));
        let dropped = Dropped(drops.clone());
        watch(|| {
            let task = spawn(scheduler.handle(), async move {
                let _dropped = dropped;
                yield_now().await;
                block_in_place(|| ());
                pending::<()>().await;
            });
            drop(scheduler);
            assert!(wait(task).unwrap_err().is_cancelled());
        });
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// A worker blocks when another thread that has blocked before is about to wait for the next vacancy: with
/// `keep_alive`, or with none, and then it is as well about to leave. Either it comes, or another thread
/// does.
fn a_second_vacancy(keep_alive: Duration) {
    explore(1, move || {
        let scheduler = start_on(Config { keep_alive, ..config(1) }, Alone::new());
        let handle = scheduler.handle().clone();
        let meeting = Meeting::new();
        let other = meeting.clone();
        let task = spawn(scheduler.handle(), async move {
            block_in_place(|| meeting.meet());
            // Number and seat are the spare thread's now, which has met us from there.
            let meeting = Meeting::new();
            let other = meeting.clone();
            loom::explore();
            let blocks = spawn(&handle, async move { block_in_place(|| meeting.meet()) });
            let meets = spawn(&handle, async move { other.meet() });
            (blocks, meets)
        });
        let meets = async move {
            // A meeting is the end of an exploration, so there has to be one.
            loom::explore();
            other.meet();
        };
        wait(spawn(scheduler.handle(), meets)).unwrap();
        let (blocks, meets) = wait(task).unwrap();
        wait(blocks).unwrap();
        wait(meets).unwrap();
    });
}

/// Is the thread that waits for a vacancy called for it?
#[test]
fn a_vacancy_against_a_thread_that_begins_to_wait() {
    a_second_vacancy(Duration::MAX);
}

/// And if its time is over just then?
#[test]
fn a_vacancy_against_a_thread_that_stops_waiting() {
    a_second_vacancy(Duration::ZERO);
}
