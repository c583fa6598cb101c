//! Tasks that are always ready, and the count of their polls.

use handcrank::runtime::Runtime;
use handcrank::sync::{Notify, oneshot};
use handcrank::task;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread::{self, ThreadId};
use tests::{Flavour, Watchdog};

pub(crate) const EVENT_INTERVAL: u32 = 61;
pub(crate) const GLOBAL_INTERVAL: u32 = 31;
/// How many leaf futures a poll may see to their end.
pub(crate) const BUDGET: u64 = 128;
/// More polls than a turn of the driver may be put off by: those within 10 µs, and a few for the
/// queue. (A poll that counts takes more than 10 ns on any machine.)
pub(crate) const BETWEEN_TURNS: u64 = 2000;
/// The busy tasks of a round end after so many polls, whoever waits for them: a scheduler that
/// starves somebody is to fail, not to hang.
pub(crate) const ENOUGH: u64 = 200_000;

const KINDS: [Flavour; 5] = [
    Flavour::CurrentThread,
    Flavour::MultiThread(1),
    Flavour::WithoutHelp(1),
    Flavour::MultiThread(2),
    Flavour::WithoutHelp(2),
];

pub(crate) fn seats(kind: Flavour) -> u64 {
    match kind {
        Flavour::CurrentThread => 1,
        Flavour::MultiThread(workers) | Flavour::WithoutHelp(workers) => workers as u64,
    }
}

pub(crate) fn on_each_kind(test: impl Fn(Flavour, Runtime)) {
    for kind in KINDS {
        let _watchdog = Watchdog::new(format!("{kind:?}"));
        let mut builder = kind.builder();
        builder.event_interval(EVENT_INTERVAL).global_queue_interval(GLOBAL_INTERVAL);
        test(kind, builder.build().expect("a runtime can be made"));
    }
}

/// The polls of a round's busy tasks.
pub(crate) struct Polls {
    all: AtomicU64,
    /// Those on the thread that made this.
    pub(crate) here: AtomicU64,
    thread: ThreadId,
    pub(crate) over: AtomicBool,
}

impl Polls {
    pub(crate) fn new() -> Arc<Self> {
        let (all, here) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { all, here, thread: thread::current().id(), over: AtomicBool::new(false) })
    }

    /// Counts one. Is the round still on?
    pub(crate) fn count(&self) -> bool {
        if thread::current().id() == self.thread {
            self.here.fetch_add(1, SeqCst);
        }
        self.all.fetch_add(1, SeqCst) < ENOUGH && !self.over.load(SeqCst)
    }

    pub(crate) fn so_far(&self) -> u64 {
        self.all.load(SeqCst)
    }

    pub(crate) fn since(&self, then: u64) -> u64 {
        // With two seats, what was waited for may have come before it was waited for.
        self.so_far().saturating_sub(then)
    }

    /// Comes back when the others are under way.
    pub(crate) async fn under_way(&self) {
        while self.so_far() < 200 {
            task::yield_now().await;
        }
    }
}

/// What tasks are always ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Busy {
    /// Three for every seat that yield.
    Yielding,
    /// A pair for every seat that wake each other.
    PingPong,
    /// One for every seat that spawns its successor.
    Chain,
    /// One for every seat whose future is never pending by itself. Each time that it goes on counts as
    /// a poll.
    Unending,
    /// No task, but the root, which yields.
    Root,
}

impl Busy {
    /// With threads, the root has one of its own, which no task waits for.
    pub(crate) fn can_be_on(self, kind: Flavour) -> bool {
        self != Self::Root || kind == Flavour::CurrentThread
    }

    /// How many of them there are.
    pub(crate) fn tasks(self, kind: Flavour) -> u64 {
        match self {
            Self::Yielding => 3 * seats(kind),
            Self::PingPong => 2 * seats(kind),
            Self::Chain | Self::Unending => seats(kind),
            Self::Root => 0,
        }
    }

    pub(crate) fn start(self, kind: Flavour, polls: &Arc<Polls>) {
        let tasks = self.tasks(kind);
        match self {
            Self::Yielding => {
                for _ in 0..tasks {
                    let polls = polls.clone();
                    handcrank::spawn(async move {
                        while polls.count() {
                            task::yield_now().await;
                        }
                    });
                }
            }
            Self::PingPong => {
                for _ in 0..tasks / 2 {
                    let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
                    for (wake, wait) in [(ping.clone(), pong.clone()), (pong, ping.clone())] {
                        let polls = polls.clone();
                        handcrank::spawn(async move {
                            let mut on = true;
                            while on {
                                wait.notified().await;
                                on = polls.count();
                                wake.notify_one();
                            }
                        });
                    }
                    ping.notify_one();
                }
            }
            Self::Chain => {
                fn link(polls: Arc<Polls>) {
                    handcrank::spawn(async move {
                        if polls.count() {
                            link(polls);
                        }
                    });
                }
                (0..tasks).for_each(|_| link(polls.clone()));
            }
            // The root's own business.
            Self::Root => {}
            Self::Unending => {
                for _ in 0..tasks {
                    let polls = polls.clone();
                    handcrank::spawn(async move {
                        while polls.count() {
                            always_ready().await;
                        }
                    });
                }
            }
        }
    }
}

/// A receive that need not wait.
pub(crate) async fn always_ready() {
    let (send, receive) = oneshot::channel();
    send.send(()).unwrap();
    receive.await.unwrap();
}
