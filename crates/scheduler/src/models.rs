//! The idle protocol, the seats and the shutdown under a model checker.
//!
//! The code that runs here is the real one, down to the parkers; only the queues are stand-ins (see
//! `queue`). Nothing is asserted about sleeping: a wake-up that gets lost leaves every thread
//! asleep, and that the checker reports by itself. So does it if a reference to the scheduler
//! remains, as one would in an entry that was left in a queue, or if two threads sit on one seat.
//!
//! Three threads cannot be explored without a limit. Each model says how many times a thread may be
//! interrupted against its will; switches at a sleep are free. Nearly all known bugs of this kind
//! need one or two.
//!
//! Run with `RUSTFLAGS="--cfg handcrank_loom" cargo test --release -p handcrank-scheduler --lib`.

use crate::driver::Driver;
use crate::idle::Idle;
use crate::{Alone, Config, Handle, Park, Scheduler, block_in_place};
use handcrank_executor::{Parker, yield_now};
use handcrank_task::primitives::atomic::{AtomicUsize, Ordering::SeqCst};
use handcrank_task::primitives::sync::{Arc, Condvar, Mutex};
use handcrank_task::primitives::{model, thread};
use handcrank_task::{Id, JoinHandle};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Explores with at most so many forced switches between threads, in what `watch` surrounds.
fn explore(switches: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = handcrank_task::primitives::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.max_branches = 20_000;
    builder.expect_explicit_explore = true;
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = runs.clone();
    builder.check(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        model();
    });
    eprintln!("{runs:?} executions");
}

/// The part of a model whose interleavings are explored; before and after it, each thread runs
/// until it sleeps. (Where workers meet, the meeting is its end.)
fn watch<R>(f: impl FnOnce() -> R) -> R {
    loom::explore();
    let result = f();
    loom::stop_exploring();
    result
}

/// Nothing is done in passing.
fn config(workers: usize) -> Config {
    Config { global_queue_interval: u32::MAX, event_interval: u32::MAX, ..Config::new(workers) }
}

/// A scheduler whose workers are all asleep, the last of them in the driver.
fn start(workers: usize) -> Scheduler {
    start_on(config(workers), Alone::new())
}

fn start_on(config: Config, park: impl Park) -> Scheduler {
    let scheduler = Scheduler::start(config, park).unwrap();
    wait(spawn(scheduler.handle(), async {})).unwrap();
    scheduler
}

fn solo() -> Scheduler {
    Scheduler::start(Config { threads: false, ..config(1) }, Alone::new()).unwrap()
}

fn spawn<F>(handle: &Handle, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    handle.spawn(future, Id::next())
}

/// Waits without helping.
fn wait<F: Future>(future: F) -> F::Output {
    let parker = Parker::new();
    let waker = Waker::from(parker.unparker());
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => parker.park(),
        }
    }
}

/// Two that wait for each other, threads and all. That they met is all there is to see, so there the
/// exploration ends.
struct Meeting {
    here: Mutex<usize>,
    came: Condvar,
}

impl Meeting {
    fn new() -> Arc<Self> {
        Arc::new(Self { here: Mutex::new(0), came: Condvar::new() })
    }

    fn meet(&self) {
        let mut here = self.here.lock();
        *here += 1;
        self.came.notify_all();
        if *here == 2 {
            loom::stop_exploring();
        }
        while *here < 2 {
            self.came.wait(&mut here);
        }
    }
}

/// Counts its drop.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        assert_eq!(self.0.fetch_add(1, SeqCst), 0, "dropped twice");
    }
}

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

/// A driver with one socket, on which one thing may arrive.
struct Socket {
    line: Mutex<Line>,
    changed: Condvar,
}

#[derive(Default)]
struct Line {
    called: bool,
    arrived: bool,
    reader: Option<Waker>,
}

impl Socket {
    fn new() -> Arc<Self> {
        Arc::new(Self { line: Mutex::new(Line::default()), changed: Condvar::new() })
    }

    fn arrive(&self) {
        self.line.lock().arrived = true;
        self.changed.notify_all();
    }

    /// Arrives by another way than through the driver.
    fn call(&self) {
        let mut line = self.line.lock();
        line.arrived = true;
        let reader = line.reader.take();
        drop(line);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn read(this: &Arc<Self>) -> impl Future<Output = ()> + use<> {
        let socket = this.clone();
        poll_fn(move |cx| {
            let mut line = socket.line.lock();
            if line.arrived {
                return Poll::Ready(());
            }
            line.reader = Some(cx.waker().clone());
            Poll::Pending
        })
    }
}

struct Reactor(Arc<Socket>);

impl Park for Reactor {
    fn turn(&self, timeout: Option<Duration>, woken: &mut Vec<Waker>) {
        let mut line = self.0.line.lock();
        if timeout.is_none() {
            while !line.called && (!line.arrived || line.reader.is_none()) {
                self.0.changed.wait(&mut line);
            }
        }
        line.called = false;
        if line.arrived {
            woken.extend(line.reader.take());
        }
    }

    fn wake(&self) {
        self.0.line.lock().called = true;
        self.0.changed.notify_all();
    }
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

/// Spawns from here and from elsewhere while the scheduler ends: each is run or cancelled, its
/// future dropped once, and nothing is left in a queue.
#[test]
fn spawns_against_the_shutdown() {
    explore(1, || {
        let scheduler = start(1);
        let handle = scheduler.handle().clone();
        let drops = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
        let [ours, theirs] = drops.clone().map(Dropped);
        watch(|| {
            let other = thread::spawn(move || {
                if let Err(error) = wait(spawn(&handle, async move { drop(theirs) })) {
                    assert!(error.is_cancelled());
                }
            });
            let task = spawn(scheduler.handle(), async move {
                let _ours = ours;
                pending::<()>().await;
            });
            drop(scheduler);
            assert!(wait(task).unwrap_err().is_cancelled());
            other.join().unwrap();
        });
        assert!(drops.iter().all(|drops| drops.load(SeqCst) == 1));
    });
}

/// Two seats are retired by two threads: whoever is last touches both desks.
#[test]
fn the_last_seat_is_retired() {
    explore(1, || {
        let scheduler = start(2);
        watch(|| {
            let task = spawn(scheduler.handle(), async {});
            drop(scheduler);
            if let Err(error) = wait(task) {
                assert!(error.is_cancelled());
            }
        });
    });
}

/// A waker is called while the scheduler ends, and pushes its entry late.
#[test]
fn a_late_wake_against_the_shutdown() {
    explore(3, || {
        let scheduler = start(1);
        let socket = Socket::new();
        let task = spawn(scheduler.handle(), Socket::read(&socket));
        wait(spawn(scheduler.handle(), async {})).unwrap();
        watch(|| {
            let other = thread::spawn(move || socket.call());
            drop(scheduler);
            if let Err(error) = wait(task) {
                assert!(error.is_cancelled());
            }
            other.join().unwrap();
        });
    });
}

/// The last that is left of a task, a waker, goes while the scheduler ends: one of the two lets go of
/// the scheduler's memory, and the other does not touch it any more.
#[test]
fn the_last_waker_goes_while_the_scheduler_ends() {
    explore(3, || {
        let scheduler = solo();
        let socket = Socket::new();
        // Made at the seat, and freed elsewhere.
        let (handle, reads) = (scheduler.handle().clone(), Socket::read(&socket));
        let outer = spawn(scheduler.handle(), async move { drop(spawn(&handle, reads)) });
        scheduler.handle().block_on(outer).unwrap();
        scheduler.handle().block_on(yield_now());
        let waker = socket.line.lock().reader.take().unwrap();
        watch(|| {
            let other = thread::spawn(move || drop(waker));
            drop(scheduler);
            other.join().unwrap();
        });
    });
}

/// A task is spawned while the last one goes, and with it the scheduler. It is cancelled, whether it
/// still has a scheduler or not, and is freed after everything else.
#[test]
fn a_spawn_while_the_last_task_goes() {
    explore(3, || {
        let scheduler = solo();
        let handle = scheduler.handle().clone();
        let drops = Arc::new(AtomicUsize::new(0));
        let dropped = Dropped(drops.clone());
        watch(|| {
            let other = thread::spawn(move || {
                let task = spawn(&handle, async move { drop(dropped) });
                drop(handle);
                assert!(wait(task).unwrap_err().is_cancelled());
            });
            drop(scheduler);
            other.join().unwrap();
        });
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// The scheduler ends under a thread in `block_on`, which may be helping.
#[test]
fn a_shutdown_against_a_helper() {
    explore(2, || {
        let scheduler = start(1);
        let handle = scheduler.handle().clone();
        watch(|| {
            let root = thread::spawn(move || {
                if let Err(error) = handle.block_on(spawn(&handle, yield_now())) {
                    assert!(error.is_cancelled());
                }
            });
            drop(scheduler);
            root.join().unwrap();
        });
    });
}

/// Without threads: two in `block_on`, one seat.
#[test]
fn two_threads_share_the_only_seat() {
    explore(3, || {
        let scheduler = solo();
        let handle = scheduler.handle().clone();
        watch(|| {
            let other = thread::spawn(move || handle.block_on(spawn(&handle, async {})).unwrap());
            let handle = scheduler.handle();
            handle.block_on(spawn(handle, async {})).unwrap();
            other.join().unwrap();
        });
    });
}

/// Without threads: a wake from elsewhere, for a task or for the root, meets the sleep.
#[test]
fn a_wake_against_the_sleep_with_the_seat() {
    explore(4, || {
        let (first, second) = (Socket::new(), Socket::new());
        let scheduler = solo();
        let handle = scheduler.handle();
        watch(|| {
            let other = {
                let (first, second) = (first.clone(), second.clone());
                thread::spawn(move || {
                    first.call();
                    second.call();
                })
            };
            handle.block_on(async {
                spawn(handle, Socket::read(&first)).await.unwrap();
                Socket::read(&second).await;
            });
            other.join().unwrap();
        });
    });
}

/// Without threads: the end comes from another thread than the one that holds the seat.
#[test]
fn a_shutdown_against_the_only_seat() {
    explore(4, || {
        let scheduler = solo();
        let handle = scheduler.handle().clone();
        watch(|| {
            let root = thread::spawn(move || {
                if let Err(error) = handle.block_on(spawn(&handle, pending::<()>())) {
                    assert!(error.is_cancelled());
                }
            });
            drop(scheduler);
            root.join().unwrap();
        });
    });
}

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
