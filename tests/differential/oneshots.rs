//! `oneshot`.

use super::paused::polled;
use super::rt;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::{Bell, Loud};
use rt::sync::oneshot::{self, error::TryRecvError};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: from_task_to_task, blocking, blocking_in_a_runtime, closed_in_a_task;
    current_thread: the_errors_speak, sent_before_and_after, dropped_without_a_value, closed_by_the_receiver,
        closed_after_the_value, tried, terminated, empty, the_sender_sees_the_end, wakes, a_value_is_dropped_once,
        polled_after_the_end, sent_to_nobody, poll_closed_after_send, closed_is_cancelled;
];

fn from_task_to_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = oneshot::channel();
        let task = rt::spawn(receiver);
        rt::spawn(async move { sender.send(String::from("value")) }).await.unwrap().unwrap();
        log.note(format!("{:?}", task.await.unwrap()));
        let (sender, receiver) = oneshot::channel::<u8>();
        let task = rt::spawn(receiver);
        rt::spawn(async move { drop(sender) }).await.unwrap();
        log.note(format!("{:?}", task.await.unwrap()));
    });
}

fn blocking(flavour: Flavour, log: &Log) {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::spawn(move || receiver.blocking_recv());
    run(flavour, async move { sender.send(3).unwrap() });
    log.note(format!("{:?}", thread.join().unwrap()));
    let (sender, receiver) = oneshot::channel::<u8>();
    drop(sender);
    log.note(format!("{:?}", receiver.blocking_recv()));
    run(flavour, async {
        let (sender, receiver) = oneshot::channel();
        let job = rt::task::spawn_blocking(move || receiver.blocking_recv());
        sender.send("to a job").unwrap();
        log.note(format!("{:?}", job.await.unwrap()));
    });
}

fn blocking_in_a_runtime(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = oneshot::channel();
        sender.send(1).unwrap();
        log.note_panic(|| receiver.blocking_recv());
        let inner = log.clone();
        let (sender, receiver) = oneshot::channel();
        rt::spawn(async move { inner.note_panic(|| receiver.blocking_recv()) }).await.unwrap();
        log.note(format!("{:?}", sender.send(2)));
    });
}

fn closed_in_a_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut sender, receiver) = oneshot::channel::<u8>();
        let task = rt::spawn(async move {
            sender.closed().await;
            sender.is_closed()
        });
        rt::spawn(async move { drop(receiver) }).await.unwrap();
        log.note(task.await.unwrap());
    });
}

fn the_errors_speak(_: Flavour, log: &Log) {
    let (sender, mut receiver) = oneshot::channel::<u8>();
    let empty = receiver.try_recv().unwrap_err();
    drop(sender);
    let closed = receiver.try_recv().unwrap_err();
    for error in [empty, closed] {
        log.note(format!("{error} | {error:?} | {error:>16}|"));
    }
    let (sender, receiver) = oneshot::channel::<u8>();
    drop(sender);
    let error = receiver.blocking_recv().unwrap_err();
    log.note(format!("{error} | {error:?} | {:?}", error == error.clone()));
    let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
    log.note(boxed.source().is_none());
}

fn sent_before_and_after(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = oneshot::channel();
        log.note(format!("{:?}", sender.send(1)));
        log.note(format!("{:?}", receiver.await));
        let (sender, mut receiver) = oneshot::channel();
        log.note(polled(&mut receiver).await);
        log.note(format!("{:?}", sender.send(2)));
        log.note(format!("{:?}", receiver.await));
    });
}

fn dropped_without_a_value(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, mut receiver) = oneshot::channel::<u8>();
        log.note(polled(&mut receiver).await);
        drop(sender);
        log.note(format!("{:?}", (&mut receiver).await));
        log.note(format!("{:?} {}", receiver.try_recv(), receiver.is_terminated()));
    });
}

fn closed_by_the_receiver(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, mut receiver) = oneshot::channel();
        receiver.close();
        receiver.close();
        log.note(format!("{} {:?}", sender.is_closed(), sender.send("late")));
        log.note(format!("{:?}", receiver.try_recv()));
        let (sender, mut receiver) = oneshot::channel::<u8>();
        receiver.close();
        // The sender is still there.
        log.note(format!("{:?}", receiver.await));
        drop(sender);
    });
}

fn closed_after_the_value(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for by_poll in [true, false] {
            let (sender, mut receiver) = oneshot::channel();
            sender.send("in time").unwrap();
            receiver.close();
            if by_poll {
                log.note(format!("{:?}", receiver.await));
            } else {
                log.note(format!("{:?} {:?}", receiver.try_recv(), receiver.try_recv()));
            }
        }
    });
}

fn tried(_: Flavour, log: &Log) {
    let (sender, mut receiver) = oneshot::channel();
    log.note(format!("{:?}", receiver.try_recv() == Err(TryRecvError::Empty)));
    sender.send(5).unwrap();
    log.note(format!("{:?} {:?}", receiver.try_recv(), receiver.try_recv()));
    let (sender, mut receiver) = oneshot::channel::<u8>();
    drop(sender);
    log.note(format!("{:?} {:?}", receiver.try_recv(), receiver.try_recv()));
    receiver.close();
    log.note(format!("{:?}", receiver.try_recv()));
}

fn terminated(_: Flavour, log: &Log) {
    let bell = Arc::new(Bell::default());
    let (sender, mut receiver) = oneshot::channel();
    log.note(receiver.is_terminated());
    sender.send(5).unwrap();
    log.note(receiver.is_terminated());
    log.note(format!("{:?} {}", bell.poll(&mut receiver), receiver.is_terminated()));
    let (sender, mut receiver) = oneshot::channel::<u8>();
    receiver.close();
    drop(sender);
    log.note(receiver.is_terminated());
    log.note(format!("{:?} {}", bell.poll(&mut receiver), receiver.is_terminated()));
    let (_sender, mut receiver) = oneshot::channel::<u8>();
    log.note(format!("{:?} {}", receiver.try_recv(), receiver.is_terminated()));
}

fn empty(_: Flavour, log: &Log) {
    let (sender, mut receiver) = oneshot::channel();
    log.note(receiver.is_empty());
    sender.send(5).unwrap();
    log.note(receiver.is_empty());
    receiver.close();
    log.note(receiver.is_empty());
    log.note(format!("{:?} {}", receiver.try_recv(), receiver.is_empty()));
    let (sender, receiver) = oneshot::channel::<u8>();
    drop(sender);
    log.note(receiver.is_empty());
}

fn the_sender_sees_the_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut sender, receiver) = oneshot::channel::<u8>();
        log.note(sender.is_closed());
        log.note(poll_fn(|cx| Poll::Ready(sender.poll_closed(cx).is_ready())).await);
        drop(receiver);
        log.note(sender.is_closed());
        sender.closed().await;
        log.note(poll_fn(|cx| Poll::Ready(sender.poll_closed(cx).is_ready())).await);
        log.note(format!("{:?}", sender.send(9)));
    });
}

fn wakes(_: Flavour, log: &Log) {
    let (bell, other) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    let (sender, mut receiver) = oneshot::channel();
    log.note(format!("{:?} {:?}", bell.poll(&mut receiver), other.poll(&mut receiver)));
    sender.send(1).unwrap();
    log.note(format!("{} {}", bell.rings(), other.rings()));
    log.note(format!("{:?}", bell.poll(&mut receiver)));

    let (mut sender, mut receiver) = oneshot::channel::<u8>();
    let waker = Waker::from(Arc::clone(&bell));
    log.note(format!("{:?}", sender.poll_closed(&mut Context::from_waker(&waker))));
    receiver.close();
    log.note(bell.rings());
    // Whether the end wakes once more is nobody's promise.
    drop(sender);
    drop(receiver);
    let before = bell.rings();

    let (sender, mut receiver) = oneshot::channel::<u8>();
    log.note(format!("{:?}", bell.poll(&mut receiver)));
    drop(sender);
    log.note(bell.rings() - before);
    drop(waker);
    drop(receiver);
    log.note(format!("{} {}", Arc::strong_count(&bell), Arc::strong_count(&other)));
}

fn a_value_is_dropped_once(_: Flavour, log: &Log) {
    let (sender, receiver) = oneshot::channel();
    assert!(sender.send(Loud(log.clone(), "unreceived")).is_ok());
    log.note("sent");
    drop(receiver);
    log.note("and gone");
    let (sender, receiver) = oneshot::channel();
    drop(receiver);
    let back = sender.send(Loud(log.clone(), "refused"));
    log.note(back.is_err());
    drop(back);
    let (sender, mut receiver) = oneshot::channel();
    assert!(sender.send(Loud(log.clone(), "received")).is_ok());
    let received = receiver.try_recv();
    drop(receiver);
    log.note("still there");
    drop(received);
}

fn polled_after_the_end(_: Flavour, log: &Log) {
    let bell = Arc::new(Bell::default());
    let (sender, mut receiver) = oneshot::channel();
    sender.send(1).unwrap();
    log.note(format!("{:?}", bell.poll(&mut receiver)));
    log.note_panic(|| bell.poll(&mut receiver));
    let (sender, mut receiver) = oneshot::channel::<u8>();
    drop(sender);
    log.note(format!("{:?}", receiver.try_recv()));
    log.note_panic(|| bell.poll(&mut receiver));
    log.note_panic(|| receiver.blocking_recv());
}

fn sent_to_nobody(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = oneshot::channel();
        let task = rt::spawn(receiver);
        task.abort();
        log.note(task.await.unwrap_err().is_cancelled());
        log.note(format!("{:?}", sender.send("back")));
    });
}

fn poll_closed_after_send(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut sender, receiver) = oneshot::channel();
        let mut closed = Box::pin(sender.closed());
        log.note(polled(&mut closed).await);
        drop(closed);
        sender.send(1).unwrap();
        log.note(format!("{:?}", receiver.await));
    });
}

fn closed_is_cancelled(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut sender, receiver) = oneshot::channel::<u8>();
        for _ in 0..3 {
            log.note(
                pin!(sender.closed()).poll(&mut Context::from_waker(Waker::noop())).is_ready(),
            );
        }
        drop(receiver);
        sender.closed().await;
        log.note("closed");
    });
}
