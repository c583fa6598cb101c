//! Tasks that run again and again: because they yield, or because another wakes them.

use super::done::done;
use crate::{Cost, Flavor, Round, Runtime};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::oneshot;

/// Tasks that yield.
pub(crate) const YIELDING: u64 = 200;
/// Exchanges a pass: three tasks and two one-shot channels each.
pub(crate) const PINGS: u64 = 1_000;
/// Turns a pass, each of them one wake.
pub(crate) const TURNS: u64 = 1_000;

/// How often each of so many tasks yields: seldom, if there are many.
const fn yields_each(tasks: u64) -> u64 {
    let share = 200_000 / tasks;
    if share > 4 { share } else { 4 }
}

/// Yields a pass.
pub(crate) const fn yields(tasks: u64) -> u64 {
    tasks * yields_each(tasks)
}

/// So many tasks, all of them alive and ready all the time.
pub(crate) fn yield_many<R: Runtime>(flavor: Flavor, tasks: u64) -> Round {
    let runtime = R::start(flavor);
    let (done, wait) = done(flavor);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                done.expect(tasks);
                for _ in 0..tasks {
                    let done = done.clone();
                    runtime.detach_on(async move {
                        for _ in 0..yields_each(tasks) {
                            R::yield_now().await;
                        }
                        done.one();
                    });
                }
                runtime.block_on(wait.last());
            }
        })
    })
}

/// Many pairs of tasks; one of each asks, the other answers.
pub(crate) fn ping_pong<R: Runtime>(flavor: Flavor) -> Round {
    let runtime = R::start(flavor);
    let (done, wait) = done(flavor);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                done.expect(PINGS);
                let done = done.clone();
                runtime.block_on(async {
                    R::detach(async move {
                        for _ in 0..PINGS {
                            let done = done.clone();
                            R::detach(async move {
                                exchange::<R>().await;
                                done.one();
                            });
                        }
                    });
                    wait.last().await;
                });
            }
        })
    })
}

async fn exchange<R: Runtime>() {
    let (ping, pinged) = oneshot::channel();
    let (pong, ponged) = oneshot::channel();
    R::detach(async move {
        pinged.await.unwrap();
        pong.send(()).unwrap();
    });
    ping.send(()).unwrap();
    ponged.await.unwrap();
}

/// Two tasks that wake each other in turn.
pub(crate) fn wake_pair<R: Runtime>(flavor: Flavor) -> Round {
    let runtime = R::start(flavor);
    Box::new(move |passes| {
        Cost::of(|| {
            let turns = passes * TURNS;
            let table = Arc::new(Table::default());
            let handles = [0, 1].map(|side| {
                let table = table.clone();
                runtime.spawn_on(async move {
                    for turn in (side..turns).step_by(2) {
                        poll_fn(|cx| table.poll_turn(turn, cx)).await;
                        table.next();
                    }
                })
            });
            runtime.block_on(async {
                for handle in handles {
                    handle.await.unwrap();
                }
            });
            assert_eq!(table.seat().turn, turns);
        })
    })
}

/// Whose turn it is, and who waits for his.
#[derive(Default)]
struct Table(Mutex<Seat>);

#[derive(Default)]
struct Seat {
    turn: u64,
    waiting: Option<Waker>,
}

impl Table {
    fn seat(&self) -> MutexGuard<'_, Seat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_turn(&self, turn: u64, cx: &mut Context<'_>) -> Poll<()> {
        let mut seat = self.seat();
        if seat.turn == turn {
            return Poll::Ready(());
        }
        // The other side is at its turn and waits for nobody, so the place is free.
        seat.waiting = Some(cx.waker().clone());
        Poll::Pending
    }

    fn next(&self) {
        let waiting = {
            let mut seat = self.seat();
            seat.turn += 1;
            seat.waiting.take()
        };
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}
