//! `LocalSet` and `spawn_local`.

use super::rt;
use super::setup::{builder, run, runtime};
use crate::harness::{Case, Flavour, Log, cases, message};
use rt::task::{LocalSet, spawn_local, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: run_until_runs_tasks, block_on_runs_tasks, awaiting_the_set_runs_all,
        an_empty_set_is_ready, tasks_begin_in_the_order_of_their_spawns, spawn_from_a_local_task,
        spawn_local_outside_panics, spawn_local_in_a_spawned_task_panics,
        spawn_local_in_a_blocking_job_panics, spawned_tasks_are_not_in_the_set,
        enter_names_the_set, guards_nest, enter_outside_of_a_runtime,
        run_until_leaves_tasks_for_later, run_until_cancelled, run_until_with_a_ready_future,
        sixty_one_tasks_a_poll, a_busy_set_lets_others_go_on, others_let_a_set_go_on,
        tasks_have_a_budget_each, woken_from_another_thread, woken_by_timers, woken_by_io_and_channels,
        wakes_while_the_set_is_not_driven, spawn_while_the_set_sleeps, woken_in_order,
        abort_before_the_first_poll, abort_from_a_neighbour, abort_from_another_thread,
        abort_of_an_ended_task, abort_itself, aborted_while_the_set_is_not_driven,
        dropping_the_set_drops_all_tasks_once, the_order_of_drops, dropping_the_set_allows_no_blocking_in_place, handles_outlive_the_set,
        wakers_outlive_the_set, a_destructor_spawns_and_wakes, spawn_after_the_set_is_gone,
        the_set_dropped_by_its_own_task, a_panic_goes_to_the_handle, a_panic_in_run_until,
        a_panic_in_a_destructor, nested_sets, two_sets_in_turns, a_set_in_a_local_task_of_another,
        ids_and_names, debug_texts, poll_counts, a_set_polled_by_hand, block_on_within_panics,
        a_set_is_used_again, a_task_moves_its_output, local_futures_are_dropped_when_ready,
        one_set_on_two_runtimes, the_runtime_goes_first;
];

/// Notes its drop, and whether that is where it was made.
struct Noted {
    log: Log,
    name: &'static str,
    home: thread::ThreadId,
}

impl Noted {
    fn new(log: &Log, name: &'static str) -> Self {
        Self { log: log.clone(), name, home: thread::current().id() }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let at_home = self.home == thread::current().id();
        self.log.note(format!("{} dropped, at home: {at_home}", self.name));
    }
}

/// Never ready, and notes its drop.
async fn held(noted: Noted) {
    let _noted = noted;
    pending::<()>().await;
}

/// Notes the text of a panic. The line is left out: Handcrank always blames the caller, where Tokio, in
/// the context of a runtime, blames itself.
fn note_text<T>(log: &Log, f: impl FnOnce() -> T) {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => log.note("no panic"),
        Err(payload) => log.note(message(&*payload)),
    }
}

/// Counts wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn run_until_runs_tasks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let text = Rc::new(RefCell::new(String::new()));
        let output = set
            .run_until(async {
                let own = Rc::clone(&text);
                let task = spawn_local(async move {
                    own.borrow_mut().push_str("task");
                    7
                });
                text.borrow_mut().push_str("main ");
                task.await
            })
            .await;
        log.note(format!("{output:?} {}", text.borrow()));
    });
}

fn block_on_runs_tasks(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = LocalSet::default();
    let home = thread::current().id();
    let before = set.spawn_local(async move { thread::current().id() == home });
    let output = set.block_on(&runtime, async {
        let inner = spawn_local(async move { thread::current().id() == home });
        (before.await.unwrap(), inner.await.unwrap())
    });
    log.note(format!("{output:?}"));
}

fn awaiting_the_set_runs_all(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        for n in [3_u64, 1, 2] {
            let log = log.clone();
            set.spawn_local(async move {
                for _ in 0..n {
                    yield_now().await;
                }
                log.note(n);
                if n == 3 {
                    spawn_local(async move { log.note("late") });
                }
            });
        }
        set.await;
        log.note("all");
    });
}

fn an_empty_set_is_ready(flavour: Flavour, log: &Log) {
    run(flavour, async {
        LocalSet::new().await;
        let mut set = LocalSet::new();
        (&mut set).await;
        (&mut set).await;
        set.spawn_local(async {});
        (&mut set).await;
        log.note("ready");
    });
}

fn tasks_begin_in_the_order_of_their_spawns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let notify = Rc::new(rt::sync::Notify::new());
        let note = |name: &'static str| {
            let (log, notify) = (log.clone(), Rc::clone(&notify));
            async move {
                log.note(name);
                notify.notified().await;
                log.note(format!("{name} again"));
            }
        };
        set.spawn_local(note("a"));
        set.spawn_local(note("b"));
        set.run_until(async {
            log.note("main");
            spawn_local(note("c"));
            let last = set.spawn_local(note("d"));
            yield_now().await;
            log.note("main again");
            notify.notify_waiters();
            last.await.unwrap();
        })
        .await;
    });
}

fn spawn_from_a_local_task(flavour: Flavour, log: &Log) {
    fn deeper(log: Log, depth: u32) -> Pin<Box<dyn Future<Output = u32>>> {
        Box::pin(async move {
            log.note(depth);
            if depth == 5 { depth } else { spawn_local(deeper(log, depth + 1)).await.unwrap() * 2 }
        })
    }
    run(flavour, async {
        let set = LocalSet::new();
        log.note(set.run_until(async { spawn_local(deeper(log.clone(), 0)).await.unwrap() }).await);
    });
}

fn spawn_local_outside_panics(flavour: Flavour, log: &Log) {
    log.note_panic(|| spawn_local(async {}));
    run(flavour, async {
        note_text(log, || spawn_local(async {}));
        let set = LocalSet::new();
        set.run_until(async {}).await;
        note_text(log, || spawn_local(async {}));
        drop(set.enter());
        note_text(log, || spawn_local(async {}));
    });
    let runtime = runtime(flavour);
    let _guard = runtime.enter();
    note_text(log, || spawn_local(async {}));
}

fn spawn_local_in_a_spawned_task_panics(flavour: Flavour, log: &Log) {
    let theirs = log.clone();
    let runtime = runtime(flavour);
    // Polled by nobody but the runtime: not within the set that happens to run on the same thread.
    LocalSet::new().block_on(&runtime, async move {
        let task = rt::spawn(async move { note_text(&theirs, || spawn_local(async {})) });
        task.await.unwrap();
    });
}

fn spawn_local_in_a_blocking_job_panics(flavour: Flavour, log: &Log) {
    let theirs = log.clone();
    let runtime = runtime(flavour);
    LocalSet::new().block_on(&runtime, async move {
        let job = move || note_text(&theirs, || spawn_local(async {}));
        rt::task::spawn_blocking(job).await.unwrap();
    });
}

fn spawned_tasks_are_not_in_the_set(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = rt::sync::oneshot::channel::<()>();
        let set = LocalSet::new();
        let task = set.run_until(async { rt::spawn(receiver) }).await;
        drop(set);
        sender.send(()).unwrap();
        log.note(format!("{:?}", task.await));
    });
}

fn enter_names_the_set(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = LocalSet::new();
    let task = {
        let _guard = set.enter();
        let log = log.clone();
        spawn_local(async move { log.note("runs") })
    };
    log.note("not yet");
    set.block_on(&runtime, task).unwrap();
}

fn guards_nest(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (one, two) = (LocalSet::new(), LocalSet::new());
    let note = |name: &'static str| {
        let log = log.clone();
        async move { log.note(name) }
    };
    let first = one.enter();
    spawn_local(note("one"));
    let second = two.enter();
    spawn_local(note("two"));
    drop(second);
    spawn_local(note("one again"));
    drop(first);
    log.note_panic(|| spawn_local(async {}));
    runtime.block_on(two);
    runtime.block_on(one);
    // Inside of a set that runs, the guard counts.
    let (outer, inner) = (LocalSet::new(), LocalSet::new());
    outer.block_on(&runtime, async {
        {
            let _guard = inner.enter();
            spawn_local(note("inner"));
        }
        spawn_local(note("outer"));
        yield_now().await;
        log.note("and then");
        inner.await;
    });
}

fn enter_outside_of_a_runtime(flavour: Flavour, log: &Log) {
    let set = LocalSet::new();
    let _guard = set.enter();
    let task = spawn_local(async { rt::runtime::Handle::try_current().is_ok() });
    log.note(task.is_finished());
    log.note(runtime(flavour).block_on(set.run_until(task)).unwrap());
}

fn run_until_leaves_tasks_for_later(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let (sender, receiver) = rt::sync::oneshot::channel::<()>();
        let task = set
            .run_until(async {
                let task = spawn_local(async { receiver.await.is_ok() });
                yield_now().await;
                task
            })
            .await;
        log.note(task.is_finished());
        sender.send(()).unwrap();
        yield_now().await;
        log.note(task.is_finished());
        log.note(format!("{:?}", set.run_until(task).await));
    });
}

fn run_until_cancelled(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let noted = Noted::new(log, "task");
        let (sender, receiver) = rt::sync::oneshot::channel();
        let task = set.spawn_local(async move {
            let _noted = noted;
            receiver.await
        });
        let main = held(Noted::new(log, "main"));
        let late = rt::time::timeout(Duration::from_millis(1), set.run_until(main)).await;
        log.note(format!("{late:?} {}", task.is_finished()));
        sender.send("ended").unwrap();
        log.note(format!("{:?}", set.run_until(task).await));
    });
}

fn run_until_with_a_ready_future(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let theirs = log.clone();
        set.spawn_local(async move { theirs.note("task") });
        set.run_until(async { log.note("main") }).await;
        log.note("after");
        set.run_until(yield_now()).await;
    });
}

fn sixty_one_tasks_a_poll(_: Flavour, log: &Log) {
    for count in [0, 1, 60, 61, 62, 122, 123, 200] {
        let mut set = LocalSet::new();
        let ran = Rc::new(Cell::new(0));
        for _ in 0..count {
            let ran = Rc::clone(&ran);
            set.spawn_local(async move { ran.set(ran.get() + 1) });
        }
        let wakes = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let mut seen = Vec::new();
        loop {
            let polled = Pin::new(&mut set).poll(&mut Context::from_waker(&waker));
            seen.push((ran.get(), wakes.0.swap(0, SeqCst)));
            if polled.is_ready() {
                break;
            }
        }
        log.note(format!("{count}: {seen:?}"));
    }
}

fn a_busy_set_lets_others_go_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = LocalSet::new();
    set.spawn_local(async {
        loop {
            yield_now().await;
        }
    });
    let output = set.block_on(&runtime, async {
        let (one, two) = rt::join!(rt::spawn(async { 1 }), async {
            rt::time::sleep(Duration::from_millis(1)).await;
            2
        });
        one.unwrap() + two
    });
    log.note(output);
}

fn others_let_a_set_go_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let busy = runtime.spawn(async {
        loop {
            yield_now().await;
        }
    });
    let set = LocalSet::new();
    let output = set.block_on(&runtime, async {
        let mut sum = 0;
        for n in 0..100 {
            sum += spawn_local(async move { n }).await.unwrap();
        }
        sum
    });
    busy.abort();
    log.note(output);
}

fn tasks_have_a_budget_each(flavour: Flavour, log: &Log) {
    async fn spend(log: Log, name: &'static str) {
        let mut spent = 0;
        while rt::task::coop::has_budget_remaining() {
            rt::task::consume_budget().await;
            spent += 1;
        }
        log.note(format!("{name} {spent}"));
        rt::task::consume_budget().await;
        log.note("again");
    }
    run(flavour, async {
        let set = LocalSet::new();
        set.spawn_local(spend(log.clone(), "a"));
        set.spawn_local(spend(log.clone(), "b"));
        set.await;
    });
}

fn woken_from_another_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let home = thread::current().id();
        let (sender, receiver) = rt::sync::oneshot::channel();
        let (ready, begin) = std::sync::mpsc::channel();
        let waking = thread::spawn(move || {
            begin.recv().unwrap();
            sender.send(5).unwrap();
        });
        let task = set.spawn_local(async move {
            let mut receiver = receiver;
            // It sleeps when it is woken: the thread begins in the first poll.
            let mut ready = Some(ready);
            let got = poll_fn(|cx| {
                let polled = Pin::new(&mut receiver).poll(cx);
                if let Some(ready) = ready.take() {
                    ready.send(()).unwrap();
                }
                polled
            })
            .await;
            (got, thread::current().id() == home)
        });
        log.note(format!("{:?}", set.run_until(task).await.unwrap()));
        waking.join().unwrap();
        for _ in 0..200 {
            let (sender, receiver) = rt::sync::oneshot::channel();
            let task = set.spawn_local(receiver);
            let waking = thread::spawn(move || sender.send(1).is_ok());
            assert_eq!(set.run_until(task).await.unwrap(), Ok(1));
            assert!(waking.join().unwrap());
        }
    });
}

fn woken_by_timers(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    LocalSet::new().block_on(&runtime, async {
        let tasks: Vec<_> = [3, 2, 1]
            .map(|n| {
                spawn_local(async move {
                    rt::time::sleep(Duration::from_millis(n)).await;
                    n
                })
            })
            .into_iter()
            .collect();
        for task in tasks {
            log.note(format!("{:?}", task.await));
        }
        let mut interval = rt::time::interval(Duration::from_millis(1));
        let counted = spawn_local(async move {
            for _ in 0..3 {
                interval.tick().await;
            }
            3
        });
        log.note(counted.await.unwrap());
    });
}

fn woken_by_io_and_channels(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    LocalSet::new().block_on(&runtime, async {
        let one = rt::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let two = rt::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = one.local_addr().unwrap();
        let receiving = spawn_local(async move {
            let mut buffer = [0; 8];
            let (len, _) = one.recv_from(&mut buffer).await.unwrap();
            buffer[..len].to_vec()
        });
        yield_now().await;
        spawn_local(async move { two.send_to(b"hello", address).await.unwrap() });
        log.note(format!("{:?}", receiving.await.unwrap()));
        let notify = Rc::new(rt::sync::Notify::new());
        let waiting: Vec<_> = (0..3)
            .map(|n| {
                let (notify, log) = (Rc::clone(&notify), log.clone());
                spawn_local(async move {
                    notify.notified().await;
                    log.note(n);
                })
            })
            .collect();
        yield_now().await;
        notify.notify_waiters();
        for task in waiting {
            task.await.unwrap();
        }
    });
}

fn wakes_while_the_set_is_not_driven(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let notify = Rc::new(rt::sync::Notify::new());
        let theirs = Rc::clone(&notify);
        let noted = log.clone();
        set.spawn_local(async move {
            noted.note("begins");
            theirs.notified().await;
            noted.note("woken");
        });
        set.run_until(yield_now()).await;
        notify.notify_one();
        // What is spawned later runs later.
        let noted = log.clone();
        set.spawn_local(async move { noted.note("spawned after the wake") });
        log.note("not driven");
        yield_now().await;
        log.note("still not driven");
        set.await;
    });
}

fn spawn_while_the_set_sleeps(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let (sender, receiver) = rt::sync::oneshot::channel::<()>();
        rt::join!(
            async {
                set.run_until(receiver).await.unwrap();
                log.note("main is ready");
            },
            async {
                for _ in 0..5 {
                    yield_now().await;
                }
                set.spawn_local(async move { sender.send(()).unwrap() });
            }
        );
    });
}

fn woken_in_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let notifies = Rc::new(std::array::from_fn::<_, 4, _>(|_| rt::sync::Notify::new()));
        for n in 0..4 {
            let (notifies, log) = (Rc::clone(&notifies), log.clone());
            set.spawn_local(async move {
                notifies[n].notified().await;
                log.note(n);
            });
        }
        set.run_until(yield_now()).await;
        for n in [2, 0, 3, 1] {
            notifies[n].notify_one();
        }
        set.await;
    });
}

fn abort_before_the_first_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(held(Noted::new(log, "task")));
        task.abort();
        log.note(task.is_finished());
        let error = set.run_until(task).await.unwrap_err();
        log.note(format!("{} {}", error.is_cancelled(), log.without_ids(&error)));
        log.note(log.without_ids(&format!("{error:?}")));
    });
}

fn abort_from_a_neighbour(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(held(Noted::new(log, "victim")));
        let abort = task.abort_handle();
        let theirs = log.clone();
        set.spawn_local(async move {
            theirs.note("aborts");
            abort.abort();
            abort.abort();
            theirs.note(abort.is_finished());
            yield_now().await;
            theirs.note(abort.is_finished());
        });
        log.note(set.run_until(task).await.unwrap_err().is_cancelled());
        set.await;
    });
}

fn abort_from_another_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        for polled in [true, false] {
            let task = set.spawn_local(held(Noted::new(log, "task")));
            if polled {
                set.run_until(yield_now()).await;
            }
            let abort = task.abort_handle();
            thread::spawn(move || abort.abort()).join().unwrap();
            log.note("aborted, and not dropped there");
            log.note(set.run_until(task).await.unwrap_err().is_cancelled());
        }
    });
}

fn abort_of_an_ended_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(async { 1 });
        set.run_until(yield_now()).await;
        task.abort();
        log.note(format!("{} {:?}", task.is_finished(), task.await));
    });
}

fn abort_itself(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let slot = Rc::new(RefCell::new(None::<rt::task::AbortHandle>));
        let (own, theirs) = (Rc::clone(&slot), log.clone());
        let task = set.spawn_local(async move {
            let _noted = Noted::new(&theirs, "own");
            own.borrow().as_ref().unwrap().abort();
            theirs.note("goes on until it waits");
            yield_now().await;
            theirs.note("never");
        });
        *slot.borrow_mut() = Some(task.abort_handle());
        log.note(set.run_until(task).await.unwrap_err().is_cancelled());
    });
}

fn aborted_while_the_set_is_not_driven(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(held(Noted::new(log, "task")));
        set.run_until(yield_now()).await;
        task.abort();
        yield_now().await;
        log.note(task.is_finished());
        set.await;
        log.note(task.is_finished());
    });
}

fn dropping_the_set_drops_all_tasks_once(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let slept = set.spawn_local(held(Noted::new(log, "slept")));
        set.run_until(yield_now()).await;
        let fresh = set.spawn_local(held(Noted::new(log, "fresh")));
        drop(set);
        log.note("the set is gone");
        for task in [slept, fresh] {
            log.note(task.is_finished());
            log.note(task.await.unwrap_err().is_cancelled());
        }
    });
}

fn dropping_the_set_allows_no_blocking_in_place(flavour: Flavour, log: &Log) {
    struct Blocks(Log, bool);
    impl Drop for Blocks {
        fn drop(&mut self) {
            if self.1 {
                self.0.note_panic(|| rt::task::block_in_place(|| ()));
            } else {
                rt::task::block_in_place(|| ());
            }
        }
    }
    run(flavour, async {
        for caught in [true, false] {
            let set = LocalSet::new();
            let blocks = Blocks(log.clone(), caught);
            let task = set.spawn_local(async move {
                let _blocks = blocks;
                pending::<()>().await;
            });
            set.run_until(yield_now()).await;
            drop(set);
            log.note(task.await.unwrap_err().is_panic());
        }
    });
}

fn the_order_of_drops(flavour: Flavour, log: &Log) {
    // Which task goes first is nobody's promise; that each goes before the set's drop returns is.
    let runtime = runtime(flavour);
    let set = LocalSet::new();
    let dropped = Rc::new(Cell::new(0));
    struct Add(Rc<Cell<u32>>);
    impl Drop for Add {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    for _ in 0..100 {
        let add = Add(Rc::clone(&dropped));
        set.spawn_local(async move {
            let _add = add;
            pending::<()>().await;
        });
    }
    // Some have slept, and some have not.
    set.block_on(&runtime, async {
        let mut polled = false;
        poll_fn(|cx| {
            if polled {
                return Poll::Ready(());
            }
            polled = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    });
    log.note(dropped.get());
    drop(set);
    log.note(dropped.get());
}

fn handles_outlive_the_set(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (done, waiting, abort) = {
            let set = LocalSet::new();
            let done = set.spawn_local(async { String::from("output") });
            let waiting = set.spawn_local(pending::<()>());
            set.run_until(yield_now()).await;
            let abort = waiting.abort_handle();
            (done, waiting, abort)
        };
        log.note(format!("{} {}", done.is_finished(), waiting.is_finished()));
        abort.abort();
        log.note(format!("{:?}", done.await));
        log.note(waiting.await.unwrap_err().is_cancelled());
    });
}

fn wakers_outlive_the_set(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let slot = Rc::new(RefCell::new(None::<Waker>));
        let set = LocalSet::new();
        let (own, noted) = (Rc::clone(&slot), Noted::new(log, "task"));
        set.spawn_local(poll_fn(move |cx| {
            let _noted = &noted;
            *own.borrow_mut() = Some(cx.waker().clone());
            Poll::<()>::Pending
        }));
        set.run_until(yield_now()).await;
        drop(set);
        let waker = slot.take().unwrap();
        waker.wake_by_ref();
        thread::spawn(move || {
            waker.wake_by_ref();
            waker.wake();
        })
        .join()
        .unwrap();
        log.note("woken");
    });
}

fn a_destructor_spawns_and_wakes(flavour: Flavour, log: &Log) {
    struct Spawns(Log, Rc<rt::sync::Notify>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            self.1.notify_waiters();
            let inner = Noted::new(&self.0, "spawned by the destructor");
            let task = spawn_local(held(inner));
            self.0.note(format!("finished: {}", task.is_finished()));
        }
    }
    run(flavour, async {
        let set = LocalSet::new();
        let notify = Rc::new(rt::sync::Notify::new());
        let spawns = Spawns(log.clone(), Rc::clone(&notify));
        let waits = Rc::clone(&notify);
        set.spawn_local(async move { waits.notified().await });
        set.spawn_local(async move {
            let _spawns = spawns;
            pending::<()>().await;
        });
        set.run_until(yield_now()).await;
        drop(set);
        log.note("the set is gone");
    });
}

fn spawn_after_the_set_is_gone(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let guard = set.enter();
        drop(set);
        let task = spawn_local(held(Noted::new(log, "late")));
        log.note(task.is_finished());
        drop(guard);
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

fn the_set_dropped_by_its_own_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = Rc::new(RefCell::new(Some(LocalSet::new())));
        let (own, theirs) = (Rc::clone(&set), log.clone());
        let driven = set.borrow_mut().take().unwrap();
        let task = driven.spawn_local(async move {
            let _noted = Noted::new(&theirs, "task");
            drop(own.take());
            yield_now().await;
            theirs.note("goes on");
        });
        // Another one goes from within.
        let other = LocalSet::new();
        let held = other.spawn_local(held(Noted::new(log, "of the other")));
        *set.borrow_mut() = Some(other);
        driven.run_until(task).await.unwrap();
        log.note(held.await.unwrap_err().is_cancelled());
    });
}

fn a_panic_goes_to_the_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let noted = Noted::new(log, "panicking");
        let task = set.spawn_local(async move {
            let _noted = noted;
            panic!("boom")
        });
        let theirs = log.clone();
        set.spawn_local(async move { theirs.note("the next one runs") });
        let error = set.run_until(task).await.unwrap_err();
        log.note(format!("{} {}", error.is_panic(), log.without_ids(&error)));
        set.await;
    });
}

fn a_panic_in_run_until(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = LocalSet::new();
    let task = set.spawn_local(async { 1 });
    log.note_panic(|| set.block_on(&runtime, async { panic!("boom") }));
    log.note_panic(|| spawn_local(async {}));
    log.note(format!("{:?}", set.block_on(&runtime, task)));
}

fn a_panic_in_a_destructor(flavour: Flavour, log: &Log) {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(async {
            let _bomb = Bomb;
            pending::<()>().await;
        });
        let other = set.spawn_local(held(Noted::new(log, "other")));
        set.run_until(yield_now()).await;
        drop(set);
        let error = task.await.unwrap_err();
        log.note(format!("{} {}", error.is_panic(), log.without_ids(&error)));
        log.note(other.await.unwrap_err().is_cancelled());
    });
}

fn nested_sets(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (outer, inner) = (LocalSet::new(), LocalSet::new());
        let note = |name: &'static str| {
            let log = log.clone();
            async move { log.note(name) }
        };
        outer
            .run_until(async {
                spawn_local(note("outer"));
                inner
                    .run_until(async {
                        spawn_local(note("inner")).await.unwrap();
                        log.note("inner done");
                    })
                    .await;
                spawn_local(note("outer again")).await.unwrap();
            })
            .await;
    });
}

fn two_sets_in_turns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (one, two) = (LocalSet::new(), LocalSet::new());
        let (there, back) = (Rc::new(rt::sync::Notify::new()), Rc::new(rt::sync::Notify::new()));
        let (there2, back2) = (Rc::clone(&there), Rc::clone(&back));
        let log2 = log.clone();
        let ping = one.spawn_local(async move {
            for _ in 0..3 {
                there.notify_one();
                back.notified().await;
                log2.note("ping");
            }
        });
        let log2 = log.clone();
        let pong = two.spawn_local(async move {
            for _ in 0..3 {
                there2.notified().await;
                log2.note("pong");
                back2.notify_one();
            }
        });
        let (ping, pong) = rt::join!(one.run_until(ping), two.run_until(pong));
        log.note(format!("{ping:?} {pong:?}"));
    });
}

fn a_set_in_a_local_task_of_another(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let outer = LocalSet::new();
        let task = outer.spawn_local(async {
            let inner = LocalSet::new();
            let sum = inner
                .run_until(async {
                    let mut sum = 0;
                    for n in 0..10 {
                        sum += spawn_local(async move {
                            yield_now().await;
                            n
                        })
                        .await
                        .unwrap();
                    }
                    sum
                })
                .await;
            spawn_local(async move { sum + 1 }).await.unwrap()
        });
        log.note(format!("{:?}", outer.run_until(task).await));
    });
}

fn ids_and_names(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(async { (rt::task::id(), rt::task::try_id().is_some()) });
        let id = task.id();
        let (inside, some) = set.run_until(task).await.unwrap();
        log.note(format!("{} {some}", inside == id));
        // The future of `run_until` is no task.
        set.run_until(async { log.note(format!("{:?}", rt::task::try_id())) }).await;
        let other = LocalSet::new();
        log.note(format!("{} {}", set.id() == set.id(), set.id() == other.id()));
        log.note(log.without_ids(&set.id()));
        log.note(log.without_ids(&format!("{:?}", set.id())));
    });
}

fn debug_texts(_: Flavour, log: &Log) {
    let set = LocalSet::new();
    log.note(format!("{set:?} {:?}", set.enter()));
    log.note(format!("{:?}", LocalSet::default()));
}

fn poll_counts(_: Flavour, log: &Log) {
    // Who is woken when, with a waker that counts.
    let mut set = LocalSet::new();
    let wakes = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let (sender, receiver) = rt::sync::oneshot::channel::<u8>();
    let task = set.spawn_local(receiver);
    log.note(format!("{:?}", Pin::new(&mut set).poll(&mut cx)));
    log.note(wakes.0.swap(0, SeqCst));
    sender.send(3).unwrap();
    log.note(format!("woken: {}", wakes.0.swap(0, SeqCst) > 0));
    log.note(format!("{:?}", Pin::new(&mut set).poll(&mut cx)));
    log.note(format!("{} {}", task.is_finished(), wakes.0.swap(0, SeqCst)));
    // A spawn wakes who has polled last.
    let _guard = set.enter();
    spawn_local(pending::<()>());
    drop(_guard);
    log.note(format!("{:?}", Pin::new(&mut set).poll(&mut cx)));
    set.spawn_local(async {});
    log.note(format!("woken: {}", wakes.0.swap(0, SeqCst) > 0));
}

fn a_set_polled_by_hand(flavour: Flavour, log: &Log) {
    let set = LocalSet::new();
    let theirs = log.clone();
    set.spawn_local(async move {
        theirs.note(rt::runtime::Handle::try_current().is_ok());
        yield_now().await;
        theirs.note("second poll");
    });
    let mut driving = pin!(set.run_until(pending::<()>()));
    for _ in 0..3 {
        log.note(format!("{:?}", driving.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
    }
    drop(driving);
    let _ = flavour;
}

fn block_on_within_panics(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    let theirs = log.clone();
    LocalSet::new().block_on(&runtime, async {
        let task = spawn_local(async move { theirs.note_panic(|| handle.block_on(async {})) });
        task.await.unwrap();
        note_text(log, || LocalSet::new().block_on(&runtime, async {}));
    });
}

fn a_set_is_used_again(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let mut set = LocalSet::new();
    for n in 0..3 {
        let theirs = log.clone();
        set.spawn_local(async move {
            yield_now().await;
            theirs.note(n);
        });
        runtime.block_on(&mut set);
        log.note(set.block_on(&runtime, async { spawn_local(async { 1 }).await.unwrap() }));
    }
}

fn a_task_moves_its_output(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(async { Rc::new(5) });
        log.note(format!("{:?}", set.run_until(task).await));
        // An output that nobody takes goes with the handle, or with the task.
        let noted = Noted::new(log, "kept by the handle");
        let task = set.spawn_local(async move { noted });
        set.run_until(yield_now()).await;
        log.note("ended");
        drop(task);
        let noted = Noted::new(log, "nobody's");
        drop(set.spawn_local(async move { noted }));
        set.run_until(yield_now()).await;
        log.note("the end");
    });
}

fn local_futures_are_dropped_when_ready(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let noted = Noted::new(log, "captured");
        let task = set.spawn_local(async move {
            let _noted = noted;
            yield_now().await;
            1
        });
        let waiting = async {
            while !task.is_finished() {
                yield_now().await;
            }
            log.note("finished");
        };
        set.run_until(waiting).await;
        log.note(format!("{:?}", task.await));
    });
}

fn one_set_on_two_runtimes(flavour: Flavour, log: &Log) {
    let (one, two) = (runtime(flavour), builder(flavour).build().unwrap());
    let set = LocalSet::new();
    let current = || rt::runtime::Handle::current().id();
    let (first, second) = (one.handle().id(), two.handle().id());
    set.block_on(&one, async {
        log.note(spawn_local(async move { current() == first }).await.unwrap());
    });
    let task = set.spawn_local(async move {
        rt::time::sleep(Duration::from_millis(1)).await;
        current() == second
    });
    log.note(set.block_on(&two, task).unwrap());
}

fn the_runtime_goes_first(flavour: Flavour, log: &Log) {
    let set = LocalSet::new();
    let first = runtime(flavour);
    let (sender, receiver) = rt::sync::oneshot::channel();
    let task = set.block_on(&first, async {
        let task = spawn_local(receiver);
        yield_now().await;
        task
    });
    drop(first);
    log.note(task.is_finished());
    sender.send(7).unwrap();
    log.note(format!("{:?}", set.block_on(&runtime(flavour), task)));
}
