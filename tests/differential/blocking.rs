//! Code that blocks: `spawn_blocking` and `block_in_place`.

use super::rt;
use super::setup::{builder, run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::{block_in_place, spawn_blocking, yield_now};
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: a_job_reaches_its_handle, a_job_panics, a_job_that_runs_cannot_be_aborted,
        a_queued_job_can_be_aborted, a_job_may_block_on, a_job_may_drop_a_runtime, a_job_has_an_id,
        a_job_has_no_budget, jobs_beyond_the_limit_wait, a_detached_job_goes_on,
        in_a_job_in_place_just_runs, outside_in_place_just_runs, where_in_place_is_allowed,
        spawn_blocking_outside, the_thread_of_a_job, in_place_with_a_handle_on_another_thread;
    current_thread: in_place_on_the_current_thread;
    multi_thread: in_place_returns, in_place_nested, in_place_panics, in_place_may_block_on,
        in_place_may_drop_a_runtime, in_place_lets_the_queue_go_on, in_place_lets_the_slot_go_on,
        in_place_lets_strangers_go_on, in_place_in_a_root, in_place_borrows, in_place_twice_in_a_poll,
        in_place_and_the_budget, in_place_everywhere_at_once, in_place_keeps_the_task,
        in_place_runs_a_current_thread, in_place_and_timers, in_place_and_an_abort,
        in_place_twice_without_a_worker, in_place_in_a_local_set;
];

fn a_job_reaches_its_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(format!("{:?}", spawn_blocking(|| 6 * 7).await));
        log.note(format!("{:?}", rt::runtime::Handle::current().spawn_blocking(|| 1).await));
    });
    let runtime = runtime(flavour);
    let job = runtime.spawn_blocking(|| "from outside");
    log.note(format!("{:?}", runtime.block_on(job)));
}

fn a_job_panics(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let error = spawn_blocking(|| panic!("boom")).await.unwrap_err();
        log.note(log.without_ids(&error));
        log.note(log.without_ids(&format!("{error:?}")));
        log.note(format!("{} {}", error.is_panic(), error.is_cancelled()));
        // The thread is still good for another.
        log.note(format!("{:?}", spawn_blocking(|| 1).await));
    });
}

fn a_job_that_runs_cannot_be_aborted(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (begins, begun) = mpsc::channel();
        let (send, receive) = mpsc::channel();
        let job = spawn_blocking(move || {
            begins.send(()).unwrap();
            receive.recv().unwrap()
        });
        begun.recv().unwrap();
        job.abort();
        log.note(job.is_finished());
        send.send(5).unwrap();
        log.note(format!("{:?}", job.await));
    });
}

/// A runtime with one thread for jobs, and that one busy until the sender goes.
pub(super) fn with_one_busy_thread(flavour: Flavour) -> (rt::runtime::Runtime, mpsc::Sender<()>) {
    let runtime = builder(flavour).max_blocking_threads(1).build().unwrap();
    let (begins, begun) = mpsc::channel();
    let (send, receive) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        let _ = receive.recv();
    });
    begun.recv().unwrap();
    (runtime, send)
}

fn a_queued_job_can_be_aborted(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let theirs = log.clone();
    let job = runtime.spawn_blocking(move || theirs.note("never runs"));
    job.abort();
    let after = runtime.spawn_blocking(|| 3);
    drop(busy);
    runtime.block_on(async {
        let error = job.await.unwrap_err();
        log.note(format!("{} {}", error.is_cancelled(), log.without_ids(&format!("{error:?}"))));
        log.note(format!("{:?}", after.await));
    });
}

fn a_job_may_block_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = spawn_blocking(|| {
            let handle = rt::runtime::Handle::current();
            let task = handle.spawn(async { 4 });
            handle.block_on(async { task.await.unwrap() + 1 })
        });
        log.note(format!("{:?}", job.await));
    });
}

fn a_job_may_drop_a_runtime(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let job = spawn_blocking(move || {
            let inner = runtime(flavour);
            theirs.note(inner.block_on(async { 2 }));
            theirs.note_panic(|| drop(inner));
        });
        job.await.unwrap();
    });
}

fn a_job_has_an_id(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = spawn_blocking(|| rt::task::id());
        let id = job.id();
        log.note(job.await.unwrap() == id);
    });
}

fn a_job_has_no_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = spawn_blocking(|| (0..1000).all(|_| rt::task::coop::has_budget_remaining()));
        log.note(format!("{:?}", job.await));
    });
}

fn jobs_beyond_the_limit_wait(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let jobs: Vec<_> = (0..5)
        .map(|n| {
            let log = log.clone();
            runtime.spawn_blocking(move || log.note(n))
        })
        .collect();
    log.note("queued");
    drop(busy);
    runtime.block_on(async {
        for job in jobs {
            job.await.unwrap();
        }
    });
}

fn a_detached_job_goes_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = mpsc::channel();
        drop(spawn_blocking(move || send.send(9).unwrap()));
        log.note(spawn_blocking(move || receive.recv().unwrap()).await.unwrap());
    });
}

fn in_a_job_in_place_just_runs(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let here = || thread::current().id();
        let job = spawn_blocking(move || (here(), block_in_place(here)));
        let (outside, inside) = job.await.unwrap();
        log.note(outside == inside);
    });
}

fn outside_in_place_just_runs(flavour: Flavour, log: &Log) {
    log.note(block_in_place(|| 1));
    let runtime = runtime(flavour);
    let _guard = runtime.enter();
    log.note(block_in_place(|| 2));
    log.note_panic(|| block_in_place(|| panic!("mine")));
}

fn where_in_place_is_allowed(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    runtime.block_on(async {
        log.note_panic(|| block_in_place(|| ()));
        let theirs = log.clone();
        rt::spawn(async move { theirs.note_panic(|| block_in_place(|| ())) }).await.unwrap();
    });
    // By the handle it is another thing.
    runtime.handle().block_on(async { log.note_panic(|| block_in_place(|| ())) });
}

fn spawn_blocking_outside(_: Flavour, log: &Log) {
    log.note_panic(|| spawn_blocking(|| ()));
}

fn the_thread_of_a_job(flavour: Flavour, log: &Log) {
    let runtime =
        builder(flavour).thread_name("worker-bee").thread_stack_size(4 << 20).build().unwrap();
    let job = runtime.spawn_blocking(|| thread::current().name().map(str::to_owned));
    log.note(format!("{:?}", runtime.block_on(job)));
}

fn in_place_with_a_handle_on_another_thread(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    thread::scope(|scope| {
        scope.spawn(|| {
            let got = handle.block_on(async {
                block_in_place(|| rt::runtime::Handle::current().block_on(async { 8 }))
            });
            log.note(got);
        });
    });
}

fn in_place_on_the_current_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            theirs.note_panic(|| block_in_place(|| theirs.note("never runs")));
            yield_now().await;
            3
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_returns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async {
            let before = thread::current().id();
            let (inside, here) =
                (block_in_place(|| thread::current().id()), thread::current().id());
            before == inside && inside == here
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_nested(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async { block_in_place(|| block_in_place(|| block_in_place(|| 3))) });
        log.note(format!("{:?}", task.await));
        log.note(block_in_place(|| block_in_place(|| 4)));
    });
}

fn in_place_panics(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async { block_in_place(|| panic!("boom")) });
        log.note(log.without_ids(&task.await.unwrap_err()));
        let theirs = log.clone();
        let task = rt::spawn(async move {
            theirs.note_panic(|| block_in_place(|| panic!("caught")));
            // Back in async code: no blocking here.
            theirs.note_panic(|| rt::runtime::Handle::current().block_on(async {}));
            yield_now().await;
            rt::spawn(async { 1 }).await.unwrap()
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_may_block_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            let handle = rt::runtime::Handle::current();
            theirs.note_panic(|| handle.block_on(async {}));
            let got = block_in_place(|| {
                handle.block_on(async {
                    theirs.note_panic(|| handle.block_on(async {}));
                    rt::spawn(async { yield_now().await }).await.unwrap();
                    // And once more.
                    block_in_place(|| handle.block_on(async { 6 }))
                })
            });
            theirs.note_panic(|| handle.block_on(async {}));
            got
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_may_drop_a_runtime(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            let inner = runtime(flavour);
            theirs.note_panic(|| block_in_place(|| drop(inner)));
            let inner = runtime(flavour);
            theirs.note_panic(|| drop(inner));
        });
        task.await.unwrap();
    });
}

/// One worker, so that somebody else must come.
fn with_one_worker() -> rt::runtime::Runtime {
    let mut builder = rt::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

fn in_place_lets_the_queue_go_on(_: Flavour, log: &Log) {
    with_one_worker().block_on(async {
        let task = rt::spawn(async {
            let (send, receive) = mpsc::channel();
            for n in 0..10 {
                let send = send.clone();
                rt::spawn(async move { send.send(n).unwrap() });
            }
            block_in_place(|| {
                let mut seen: Vec<i32> = (0..10).map(|_| receive.recv().unwrap()).collect();
                seen.sort_unstable();
                seen
            })
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_lets_the_slot_go_on(_: Flavour, log: &Log) {
    with_one_worker().block_on(async {
        let task = rt::spawn(async {
            let (send, receive) = mpsc::channel();
            rt::spawn(async move { send.send("from the slot").unwrap() });
            block_in_place(|| receive.recv())
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_lets_strangers_go_on(_: Flavour, log: &Log) {
    let runtime = with_one_worker();
    let (begins, begun) = mpsc::channel();
    let (send, receive) = mpsc::channel();
    let blocks = runtime.spawn(async move {
        block_in_place(|| {
            begins.send(()).unwrap();
            receive.recv().unwrap()
        })
    });
    begun.recv().unwrap();
    for _ in 0..3 {
        // From here, when all is quiet, too.
        log.note(format!("{:?}", runtime.block_on(runtime.spawn(async { yield_now().await }))));
    }
    let sleeps = runtime.spawn(async { rt::time::sleep(Duration::from_millis(2)).await });
    log.note(format!("{:?}", runtime.block_on(sleeps)));
    log.note(blocks.is_finished());
    send.send(7).unwrap();
    log.note(format!("{:?}", runtime.block_on(blocks)));
}

fn in_place_in_a_root(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = mpsc::channel();
        rt::spawn(async move { send.send(1).unwrap() });
        log.note(block_in_place(|| receive.recv().unwrap()));
        log.note(block_in_place(|| rt::runtime::Handle::current().block_on(async { 2 })));
        yield_now().await;
        log.note(rt::spawn(async { 3 }).await.unwrap());
    });
}

fn in_place_borrows(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async {
            let mut text = String::from("a");
            {
                // Neither 'static nor Send.
                let shared = Rc::new(RefCell::new(&mut text));
                block_in_place(|| shared.borrow_mut().push('b'));
            }
            yield_now().await;
            text
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_twice_in_a_poll(_: Flavour, log: &Log) {
    with_one_worker().block_on(async {
        let task = rt::spawn(async {
            let mut sum = 0;
            for n in 0..20 {
                let task = rt::spawn(async move { n });
                sum += block_in_place(|| rt::runtime::Handle::current().block_on(task)).unwrap();
                if n % 3 == 0 {
                    yield_now().await;
                }
            }
            sum
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_and_the_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            use rt::task::coop::{consume_budget, has_budget_remaining};
            for _ in 0..128 {
                consume_budget().await;
            }
            theirs.note(has_budget_remaining());
            block_in_place(|| theirs.note(has_budget_remaining()));
            theirs.note(has_budget_remaining());
            yield_now().await;
            theirs.note(has_budget_remaining());
        });
        task.await.unwrap();
    });
}

fn in_place_everywhere_at_once(flavour: Flavour, log: &Log) {
    run(flavour, async {
        // More than there are workers, and all have to be in there for any to come out.
        let barrier = std::sync::Arc::new(std::sync::Barrier::new(5));
        let tasks: Vec<_> = (0..4)
            .map(|n| {
                let barrier = barrier.clone();
                rt::spawn(async move {
                    yield_now().await;
                    block_in_place(|| barrier.wait());
                    yield_now().await;
                    n
                })
            })
            .collect();
        // On a thread of its own, as a thread that waits may run tasks on Handcrank.
        let last = thread::spawn(move || barrier.wait());
        for task in tasks {
            log.note(format!("{:?}", task.await));
        }
        last.join().unwrap();
    });
}

fn in_place_keeps_the_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async {
            let before = rt::task::id();
            let inside = block_in_place(rt::task::id);
            let nested = block_in_place(|| {
                rt::runtime::Handle::current().block_on(async { rt::task::try_id() })
            });
            (before == inside, nested.is_some(), before == rt::task::id())
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_runs_a_current_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            block_in_place(|| {
                let inner = runtime(Flavour::CurrentThread);
                inner.block_on(async {
                    theirs.note_panic(|| block_in_place(|| ()));
                    rt::spawn(async { yield_now().await }).await.unwrap();
                });
                theirs.note_panic(|| drop(inner));
            });
            block_in_place(|| 5)
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_and_timers(_: Flavour, log: &Log) {
    with_one_worker().block_on(async {
        let task = rt::spawn(async {
            let (send, receive) = mpsc::channel();
            rt::spawn(async move {
                rt::time::sleep(Duration::from_millis(2)).await;
                send.send("time goes on").unwrap();
            });
            block_in_place(|| receive.recv())
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_and_an_abort(_: Flavour, log: &Log) {
    let runtime = with_one_worker();
    let (begins, begun) = mpsc::channel();
    let (send, receive) = mpsc::channel::<()>();
    let theirs = log.clone();
    let task = runtime.spawn(async move {
        block_in_place(|| {
            begins.send(()).unwrap();
            receive.recv().unwrap();
        });
        theirs.note("the poll goes on to its end");
        pending::<()>().await;
    });
    begun.recv().unwrap();
    task.abort();
    log.note(task.is_finished());
    send.send(()).unwrap();
    log.note(runtime.block_on(task).unwrap_err().is_cancelled());
}

/// The worker is taken over for good, and what the task does in the rest of its poll still works.
fn in_place_twice_without_a_worker(_: Flavour, log: &Log) {
    let runtime = with_one_worker();
    let task = runtime.spawn(async move {
        let (send, receive) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let holds_the_worker = rt::spawn(async move {
            send.send(()).unwrap();
            wait.recv().unwrap();
        });
        block_in_place(|| receive.recv().unwrap());
        let child = rt::spawn(async { 3 });
        block_in_place(|| go.send(()).unwrap());
        holds_the_worker.await.unwrap();
        child.await.unwrap()
    });
    log.note(format!("{:?}", runtime.block_on(task)));
}

fn in_place_in_a_local_set(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = rt::task::LocalSet::new();
    let theirs = log.clone();
    set.block_on(&runtime, async {
        log.note_panic(|| block_in_place(|| ()));
        let task = rt::task::spawn_local(async move {
            theirs.note_panic(|| block_in_place(|| ()));
            theirs.note_panic(|| rt::runtime::Handle::current().block_on(async {}));
        });
        task.await.unwrap();
    });
    // Outside of the set it is allowed again.
    runtime.block_on(async { log.note_panic(|| block_in_place(|| ())) });
}
