//! Tasks that run again and again: because they yield, or because another wakes them.

use crate::{Cost, Round, Runtime, THREADS};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::oneshot;

const YIELDING_TASKS: u64 = 200;
const YIELDS_EACH: u64 = 1_000;

/// Yields a pass.
pub(crate) const YIELDS: u64 = YIELDING_TASKS * YIELDS_EACH;
/// Exchanges a pass: three tasks and two one-shot channels each.
pub(crate) const PINGS: u64 = 1_000;
/// Turns a pass, each of them one wake.
pub(crate) const TURNS: u64 = 1_000;

/// A few hundred tasks, all of them ready all the time.
pub(crate) fn yield_many<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
    let (done, wait) = mpsc::sync_channel(YIELDING_TASKS as usize);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                for _ in 0..YIELDING_TASKS {
                    let done = done.clone();
                    runtime.detach_on(async move {
                        for _ in 0..YIELDS_EACH {
                            R::yield_now().await;
                        }
                        done.send(()).unwrap();
                    });
                }
                for _ in 0..YIELDING_TASKS {
                    wait.recv().unwrap();
                }
            }
        })
    })
}

/// Many pairs of tasks; one of each asks, the other answers.
pub(crate) fn ping_pong<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
    let (done, wait) = mpsc::sync_channel(1);
    let left = Arc::new(AtomicU64::new(0));
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                left.store(PINGS, Relaxed);
                let (left, done) = (left.clone(), done.clone());
                runtime.block_on(async {
                    R::detach(async move {
                        for _ in 0..PINGS {
                            let (left, done) = (left.clone(), done.clone());
                            R::detach(async move {
                                exchange::<R>().await;
                                if left.fetch_sub(1, Relaxed) == 1 {
                                    done.send(()).unwrap();
                                }
                            });
                        }
                    });
                    wait.recv().unwrap();
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
pub(crate) fn wake_pair<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
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
    fn seat(&self) -> std::sync::MutexGuard<'_, Seat> {
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
