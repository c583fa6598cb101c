//! How long anybody waits, in polls of the others.
//!
//! The scheduler promises no times, but it counts polls, and so do these tests: as long as
//! there is only one seat, its tasks run one after the other, and how many polls of the others come
//! between two events is the same on a busy machine as on an idle one. With two seats the system may
//! stop one thread at any point, with the task in question in its hands, while the other goes on;
//! there most of the rounds must keep the bound, and the rest is the system's.

#[path = "bounds_busy.rs"]
mod busy;

use busy::{
    BETWEEN_TURNS, BUDGET, Busy, ENOUGH, EVENT_INTERVAL, GLOBAL_INTERVAL, Polls, always_ready,
    on_each_kind, seats,
};
use futures_util::future::poll_fn;
use handcrank::net::UdpSocket;
use handcrank::runtime::{Handle, Runtime};
use handcrank::sync::oneshot;
use handcrank::task::{self, JoinHandle};
use handcrank::time::sleep;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::task::Poll;
use std::thread;
use std::time::Duration;
use tests::Flavour;

/// How many polls a task may wait.
enum Bound {
    Always(u64),
    /// In half of the rounds at least: the system has a hand in it.
    Mostly(u64),
}

impl Bound {
    /// As many, where tasks run one at a time.
    fn by_seats(kind: Flavour, polls: u64) -> Self {
        if seats(kind) == 1 { Self::Always(polls) } else { Self::Mostly(polls) }
    }
}

/// Rounds of a task beside busy ones, on each kind of runtime. The task says how many polls it had to
/// wait; `bound` how many it may.
#[track_caller]
fn beside<F>(
    busy: &[Busy],
    rounds: usize,
    waits: impl Fn(Arc<Polls>) -> F,
    bound: impl Fn(Flavour, Busy) -> Bound,
) where
    F: Future<Output = u64> + Send + 'static,
{
    on_each_kind(|kind, runtime| {
        for &busy in busy.iter().filter(|busy| busy.can_be_on(kind)) {
            let (bound, may_fail) = match bound(kind, busy) {
                Bound::Always(bound) => (bound, 0),
                Bound::Mostly(bound) => (bound, rounds / 2),
            };
            let mut failed = 0;
            for _ in 0..rounds {
                let waited = runtime.block_on(async {
                    let polls = Polls::new();
                    busy.start(kind, &polls);
                    let mut waited = handcrank::spawn(waits(polls.clone()));
                    let waited = poll_fn(|cx| {
                        let poll = Pin::new(&mut waited).poll(cx);
                        if busy == Busy::Root && poll.is_pending() && polls.count() {
                            cx.waker().wake_by_ref();
                        }
                        poll
                    });
                    let waited = waited.await.unwrap();
                    polls.over.store(true, SeqCst);
                    // The busy ones may have ended before it came to waiting.
                    if polls.so_far() < ENOUGH { waited } else { ENOUGH }
                });
                failed += usize::from(waited > bound);
                assert!(
                    failed <= may_fail,
                    "{kind:?}, {busy:?}: waited {waited} polls, not {bound}"
                );
            }
        }
    });
}

/// The most polls of others between two of a task that yields.
async fn in_the_queue(polls: Arc<Polls>) -> u64 {
    polls.under_way().await;
    let mut most = 0;
    for _ in 0..20 {
        let then = polls.so_far();
        task::yield_now().await;
        most = most.max(polls.since(then));
    }
    most
}

fn for_the_queue(kind: Flavour, busy: Busy) -> Bound {
    Bound::by_seats(kind, polls_for_the_queue(kind, busy))
}

/// Each task that is before it in the queue, and itself, may let the LIFO slot go first three times.
fn polls_for_the_queue(kind: Flavour, busy: Busy) -> u64 {
    let queue = 4 * (busy.tasks(kind) + 1);
    match (kind, busy) {
        // A turn of the driver comes before those who have yielded.
        (Flavour::CurrentThread, Busy::PingPong | Busy::Chain) => queue + BETWEEN_TURNS,
        (_, Busy::Unending) => queue * BUDGET,
        // Who yields goes to the back, and never through the slot. A second seat counts as well.
        (_, Busy::Yielding) => busy.tasks(kind) * seats(kind) + 1,
        _ => queue,
    }
}

#[test]
fn a_queued_task_beside_tasks_that_wake_each_other() {
    beside(&[Busy::PingPong], 20, in_the_queue, for_the_queue);
}

#[test]
fn a_queued_task_beside_tasks_that_yield() {
    beside(&[Busy::Yielding], 20, in_the_queue, for_the_queue);
}

#[test]
fn a_queued_task_beside_a_chain_of_tasks() {
    beside(&[Busy::Chain], 20, in_the_queue, for_the_queue);
}

#[test]
fn a_queued_task_beside_a_root_that_yields() {
    beside(&[Busy::Root], 20, in_the_queue, for_the_queue);
}

#[test]
fn a_queued_task_beside_futures_that_never_wait() {
    beside(&[Busy::Unending], 20, in_the_queue, for_the_queue);
}

const ALL: [Busy; 4] = [Busy::Yielding, Busy::PingPong, Busy::Chain, Busy::Root];

#[test]
fn a_task_spawned_from_outside() {
    async fn outside(polls: Arc<Polls>) -> u64 {
        polls.under_way().await;
        let handle = Handle::current();
        let come = polls.clone();
        // Until the thread has ended this seat does nothing else.
        let spawn = move || handle.spawn(async move { come.so_far() });
        let task: JoinHandle<u64> = thread::spawn(spawn).join().unwrap();
        let then = polls.so_far();
        task.await.unwrap().saturating_sub(then)
    }
    // It goes first when its time has come. There are two queues to look in from with two seats.
    beside(&ALL, 40, outside, |kind, _| {
        Bound::by_seats(kind, u64::from(GLOBAL_INTERVAL) * seats(kind))
    });
}

/// For what the driver brings: its turn, and the queue.
fn for_the_driver(kind: Flavour, busy: Busy) -> Bound {
    match kind {
        // A worker may be asleep in the driver meanwhile, and the system takes its time to wake it.
        Flavour::MultiThread(_) => Bound::Mostly(ENOUGH / 2),
        _ => Bound::by_seats(
            kind,
            u64::from(EVENT_INTERVAL) + BETWEEN_TURNS + polls_for_the_queue(kind, busy),
        ),
    }
}

#[test]
fn a_socket_that_becomes_ready() {
    async fn socket(polls: Arc<Polls>) -> u64 {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        polls.under_way().await;
        let mut byte = [0];
        let mut received = pin!(socket.recv(&mut byte));
        let mut then = None;
        poll_fn(|cx| {
            if received.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            // Now it waits; and from here on there is something to receive.
            if then.is_none() {
                sender.send_to(b"x", address).unwrap();
                then = Some(polls.so_far());
            }
            Poll::Pending
        })
        .await;
        polls.since(then.expect("nothing to receive at first"))
    }
    beside(&ALL, 20, socket, for_the_driver);
}

#[test]
fn a_timer_that_is_due() {
    async fn timer(polls: Arc<Polls>) -> u64 {
        polls.under_way().await;
        let mut elapsed = pin!(sleep(Duration::from_millis(1)));
        let mut then = None;
        poll_fn(|cx| {
            if elapsed.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            // Now it waits; and when this poll is over it is due.
            if then.is_none() {
                thread::sleep(Duration::from_millis(4));
                then = Some(polls.so_far());
            }
            Poll::Pending
        })
        .await;
        polls.since(then.expect("not due at first"))
    }
    beside(&ALL, 10, timer, for_the_driver);
}

/// Rounds of a root future beside busy tasks. The polls on its own thread count: the others do not
/// keep it from going on.
#[track_caller]
fn root_beside_busy_tasks<F: Future<Output = u64>>(waits: impl Fn(Arc<Polls>) -> F) {
    on_each_kind(|kind, runtime| {
        for busy in ALL.into_iter().filter(|&busy| busy != Busy::Root) {
            for _ in 0..20 {
                let waited = runtime.block_on(async {
                    let polls = Polls::new();
                    busy.start(kind, &polls);
                    let waited = waits(polls.clone()).await;
                    polls.over.store(true, SeqCst);
                    waited
                });
                let bound = u64::from(EVENT_INTERVAL);
                assert!(waited <= bound, "{kind:?}, {busy:?}: waited {waited} polls, not {bound}");
            }
        }
    });
}

#[test]
fn a_root_that_yields() {
    root_beside_busy_tasks(async |polls| {
        let mut most = 0;
        for _ in 0..20 {
            let then = polls.here.load(SeqCst);
            task::yield_now().await;
            most = most.max(polls.here.load(SeqCst) - then);
        }
        most
    });
}

#[test]
fn a_root_that_is_woken() {
    root_beside_busy_tasks(async |polls| {
        let mut most = 0;
        for _ in 0..5 {
            let (send, receive) = oneshot::channel();
            let wakes = polls.clone();
            handcrank::spawn(async move {
                wakes.under_way().await;
                let _ = send.send(wakes.here.load(SeqCst));
            });
            let then = receive.await.unwrap();
            most = most.max(polls.here.load(SeqCst) - then);
        }
        most
    });
}

#[test]
fn a_poll_has_a_budget() {
    /// The most that a poll of a future which never waits comes to.
    async fn most_in_a_poll() -> u64 {
        let (done, mut most) = (AtomicU64::new(0), 0);
        let mut unending = pin!(async {
            while done.load(SeqCst) < 10 * BUDGET {
                always_ready().await;
                done.fetch_add(1, SeqCst);
            }
        });
        poll_fn(|cx| {
            let before = done.load(SeqCst);
            let poll = unending.as_mut().poll(cx);
            most = most.max(done.load(SeqCst) - before);
            poll
        })
        .await;
        most
    }
    on_each_kind(|kind, runtime| {
        runtime.block_on(async {
            assert_eq!(most_in_a_poll().await, BUDGET, "{kind:?}: the root");
            let task = handcrank::spawn(most_in_a_poll()).await.unwrap();
            assert_eq!(task, BUDGET, "{kind:?}: a task");
        });
    });
}

#[test]
fn tasks_that_yield_have_their_shares() {
    const TASKS: usize = 12;
    const TURNS: u64 = 5000;
    /// How many turns the last has had when the first has had [`TURNS`].
    fn last(runtime: &Runtime) -> u64 {
        let turns: Arc<Vec<_>> = Arc::new((0..TASKS).map(|_| AtomicU64::new(0)).collect());
        let over = Arc::new(AtomicBool::new(false));
        let yields = async |n: usize, turns: Arc<Vec<AtomicU64>>, over: Arc<AtomicBool>| {
            while turns[n].fetch_add(1, SeqCst) < TURNS && !over.load(SeqCst) {
                task::yield_now().await;
            }
            over.store(true, SeqCst);
        };
        let all = turns.clone();
        // From one poll of a task, so that on a single seat none begins before all are there.
        let spawned = runtime.spawn(async move {
            let spawn = |n| handcrank::spawn(yields(n, all.clone(), over.clone()));
            (0..TASKS).map(spawn).collect::<Vec<_>>()
        });
        runtime.block_on(async {
            for task in spawned.await.unwrap() {
                task.await.unwrap();
            }
        });
        turns.iter().map(|turns| turns.load(SeqCst)).min().unwrap()
    }
    on_each_kind(|kind, runtime| {
        let lasts: Vec<_> = (0..5).map(|_| last(&runtime)).collect();
        if seats(kind) == 1 {
            // They begin one by one, but then go in turn.
            assert!(lasts.iter().all(|&turns| turns >= TURNS * 9 / 10), "{kind:?}: {lasts:?}");
        } else {
            // A seat that always has something to do takes nothing from the others, so one may have
            // more tasks than another; and the system may have kept it waiting.
            let most = *lasts.iter().max().unwrap();
            assert!(most >= TURNS / (2 * TASKS as u64), "{kind:?}: {lasts:?}");
        }
    });
}
