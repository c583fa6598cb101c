//! What is left of a runtime that has ended.

use super::rt;
use super::setup::{run, runtime};
use super::{Noted, outcome, stays};
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::{Handle, is_rt_shutdown_err};
use rt::task::yield_now;
use std::future::{Future, pending, poll_fn};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: spawn_after, spawn_blocking_after, block_on_after, enter_after, metrics_after, timers_after,
        sleep_over_the_end, sockets_after, accept_over_the_end, wakers_after;
];

/// The handle of a runtime that has ended.
fn ended(flavour: Flavour) -> Handle {
    runtime(flavour).handle().clone()
}

fn spawn_after(flavour: Flavour, log: &Log) {
    let handle = ended(flavour);
    let noted = Noted(log.clone(), "dropped");
    let task = handle.spawn(async move { drop(noted) });
    log.note(task.is_finished());
    log.note(outcome(log, task));
    let _guard = handle.enter();
    log.note(outcome(log, rt::spawn(async {})));
}

fn spawn_blocking_after(flavour: Flavour, log: &Log) {
    let handle = ended(flavour);
    let noted = Noted(log.clone(), "dropped");
    let theirs = log.clone();
    let job = handle.spawn_blocking(move || {
        let _noted = noted;
        theirs.note("never runs");
    });
    log.note(outcome(log, job));
}

fn block_on_after(flavour: Flavour, log: &Log) {
    let handle = ended(flavour);
    log.note(handle.block_on(async { 1 }));
    log.note(handle.block_on(async {
        let task = rt::spawn(async {});
        task.await.unwrap_err().is_cancelled()
    }));
    log.note(handle.block_on(async { Handle::current().id() == handle.id() }));
}

fn enter_after(flavour: Flavour, log: &Log) {
    let handle = ended(flavour);
    let guard = handle.enter();
    log.note(Handle::try_current().is_ok());
    drop(guard);
    log.note(Handle::try_current().is_ok());
}

fn metrics_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let metrics = runtime.metrics();
    let _tasks = [stays(&runtime, ()), stays(&runtime, ())];
    log.note(metrics.num_alive_tasks());
    drop(runtime);
    log.note(metrics.num_alive_tasks());
    log.note(metrics.global_queue_depth());
}

fn timers_after(flavour: Flavour, log: &Log) {
    let handle = ended(flavour);
    log.note_text(|| {
        handle.block_on(async { rt::time::sleep(Duration::from_secs(1)).await });
    });
    log.note_text(|| {
        let _ = handle
            .block_on(async { rt::time::timeout(Duration::from_secs(1), pending::<()>()).await });
    });
}

fn sleep_over_the_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    let (begins, begun) = mpsc::channel();
    let theirs = log.clone();
    let sleeper = thread::spawn(move || {
        theirs.note_text(|| {
            handle.block_on(async {
                let mut sleep = Box::pin(rt::time::sleep(Duration::from_secs(1000)));
                poll_fn(|cx| {
                    let poll = sleep.as_mut().poll(cx);
                    let _ = begins.send(());
                    poll
                })
                .await;
            });
        });
    });
    begun.recv().unwrap();
    drop(runtime);
    sleeper.join().unwrap();
}

fn sockets_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let listener = runtime.block_on(rt::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let handle = runtime.handle().clone();
    drop(runtime);
    let error = run(flavour, async { listener.accept().await }).unwrap_err();
    log.note(&error);
    log.note(format!("{:?} {}", error.kind(), is_rt_shutdown_err(&error)));
    let error =
        handle.block_on(async { rt::net::TcpListener::bind("127.0.0.1:0").await }).unwrap_err();
    log.note(&error);
    log.note(is_rt_shutdown_err(&error));
    log.note(is_rt_shutdown_err(&std::io::Error::other("something else")));
}

fn accept_over_the_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let listener = runtime.block_on(rt::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let handle = runtime.handle().clone();
    let (begins, begun) = mpsc::channel();
    let waits = thread::spawn(move || {
        handle.block_on(async {
            poll_fn(|cx| {
                let poll = listener.poll_accept(cx);
                let _ = begins.send(());
                poll
            })
            .await
            .map(drop)
        })
    });
    begun.recv().unwrap();
    drop(runtime);
    let error = waits.join().unwrap().unwrap_err();
    log.note(is_rt_shutdown_err(&error));
}

fn wakers_after(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let kept = Arc::new(Mutex::new(None));
    let theirs = kept.clone();
    let task = runtime.spawn(poll_fn(move |cx| {
        *theirs.lock().unwrap() = Some(cx.waker().clone());
        Poll::<()>::Pending
    }));
    runtime.block_on(async {
        while kept.lock().unwrap().is_none() {
            yield_now().await;
        }
    });
    drop(runtime);
    let waker = kept.lock().unwrap().take().unwrap();
    waker.wake_by_ref();
    waker.clone().wake();
    log.note(outcome(log, task));
    waker.wake();
    log.note("still here");
}
