//! The cooperative budget.

use super::rt;
use super::rt::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixStream};
use super::rt::sync::{Notify, oneshot};
use super::rt::task::{self, coop};
use super::rt::time::{self, Duration, Instant};
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
// Handcrank's streams have methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: proceed_until_pending, restored_without_progress, restore_erases, progress_twice,
        has_budget_remaining, none_outside, block_on_has_a_budget, a_blocking_job_has_none,
        block_on_in_a_blocking_job, consume_budget, consume_budget_dropped, cooperative_counts,
        cooperative_pending_is_free, unconstrained_is_free, unconstrained_nests, fresh_every_poll,
        inner_block_on_does_not_spend, pending_wakes, sleeps, pending_sleep_is_free, intervals,
        timeouts, timeout_over_a_greedy_future, timeout_without_budget, join_handles,
        pending_join_handle_is_free, oneshots, notifies, pending_leaves_are_free, tcp_reads, tcp_writes,
        tcp_peeks, tcp_accepts, tcp_readiness, udp, unix, unix_datagrams, async_io, yields_are_free,
        spawned_in_the_same_poll;
    current_thread: neighbours_get_their_turn;
];

/// Polls what `next` makes until something is pending, or for a thousand times; how many were ready.
fn count<F: Future>(cx: &mut Context<'_>, mut next: impl FnMut() -> F) -> usize {
    for n in 0..1_000 {
        if pin!(next()).poll(cx).is_pending() {
            return n;
        }
    }
    1_000
}

/// The same, in the one poll of a fresh task.
async fn count_in_task<F: Future>(next: impl FnMut() -> F + Send + 'static) -> usize {
    let mut next = next;
    task::spawn(poll_fn(move |cx| Poll::Ready(count(cx, &mut next)))).await.unwrap()
}

/// How many units are left in this poll.
fn left(cx: &mut Context<'_>) -> usize {
    for n in 0..1_000 {
        match coop::poll_proceed(cx) {
            Poll::Ready(unit) => unit.made_progress(),
            Poll::Pending => return n,
        }
    }
    1_000
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn proceed_until_pending(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(task::spawn(poll_fn(|cx| Poll::Ready(left(cx)))).await.unwrap());
    });
}

fn restored_without_progress(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            for _ in 0..200 {
                drop(coop::poll_proceed(cx));
            }
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

/// A unit that is not spent puts back what was there when it was taken, whatever happened since.
fn restore_erases(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            let Poll::Ready(unit) = coop::poll_proceed(cx) else { panic!("no unit") };
            for _ in 0..50 {
                coop::poll_proceed(cx).map(|unit| unit.made_progress()).is_ready();
            }
            drop(unit);
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

fn progress_twice(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            let Poll::Ready(unit) = coop::poll_proceed(cx) else { panic!("no unit") };
            unit.made_progress();
            unit.made_progress();
            drop(unit);
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

fn has_budget_remaining(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            let mut spent = 0;
            while coop::has_budget_remaining() {
                coop::poll_proceed(cx).map(|unit| unit.made_progress()).is_ready();
                spent += 1;
            }
            Poll::Ready((spent, coop::poll_proceed(cx).is_pending()))
        }));
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn none_outside(flavour: Flavour, log: &Log) {
    log.note(format!("{} {}", coop::has_budget_remaining(), left(&mut noop())));
    let runtime = runtime(flavour);
    let _guard = runtime.enter();
    log.note(format!("{} {}", coop::has_budget_remaining(), left(&mut noop())));
}

fn block_on_has_a_budget(flavour: Flavour, log: &Log) {
    log.note(run(flavour, poll_fn(|cx| Poll::Ready(left(cx)))));
    log.note(left(&mut noop()));
}

fn a_blocking_job_has_none(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(task::spawn_blocking(|| left(&mut noop())).await.unwrap());
        log.note(task::spawn_blocking(coop::has_budget_remaining).await.unwrap());
    });
}

fn block_on_in_a_blocking_job(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn_blocking(|| {
            let handle = rt::runtime::Handle::current();
            let inner = handle.block_on(poll_fn(|cx| Poll::Ready(left(cx))));
            (inner, left(&mut noop()))
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn consume_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(count_in_task(task::consume_budget).await);
        log.note(count_in_task(coop::consume_budget).await);
        for _ in 0..1_000 {
            task::consume_budget().await;
        }
        log.note("done");
    });
}

fn consume_budget_dropped(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            drop(task::consume_budget());
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

fn cooperative_counts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(count_in_task(|| coop::cooperative(ready(1))).await);
        // Around something that counts itself, it counts twice.
        log.note(count_in_task(|| coop::cooperative(coop::consume_budget())).await);
        log.note(coop::cooperative(async { 5 }).await);
        let mut sum = 0;
        for _ in 0..1_000 {
            sum += coop::cooperative(ready(1)).await;
        }
        log.note(sum);
    });
}

fn cooperative_pending_is_free(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            let mut never = pin!(coop::cooperative(std::future::pending::<()>()));
            for _ in 0..200 {
                assert!(never.as_mut().poll(cx).is_pending());
            }
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

fn unconstrained_is_free(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(count_in_task(|| coop::unconstrained(coop::consume_budget())).await);
        let seen = task::spawn(async {
            let free = task::unconstrained(poll_fn(|cx| Poll::Ready(left(cx)))).await;
            (free, poll_fn(|cx| Poll::Ready(left(cx))).await)
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn unconstrained_nests(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(async {
            let inner =
                task::unconstrained(task::unconstrained(async { coop::has_budget_remaining() }));
            let seen = inner.await;
            // With nothing left, it still goes on in there.
            poll_fn(|cx| Poll::Ready(left(cx))).await;
            let none = coop::has_budget_remaining();
            let free = task::unconstrained(async { coop::has_budget_remaining() }).await;
            (seen, none, free, coop::has_budget_remaining())
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn fresh_every_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(async {
            let first = poll_fn(|cx| Poll::Ready(left(cx))).await;
            let none = poll_fn(|cx| Poll::Ready(left(cx))).await;
            task::yield_now().await;
            (first, none, poll_fn(|cx| Poll::Ready(left(cx))).await)
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

/// A runtime polled by another thread's job spends its own.
fn inner_block_on_does_not_spend(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(move |cx| {
            let other =
                std::thread::spawn(move || run(flavour, poll_fn(|cx| Poll::Ready(left(cx)))));
            Poll::Ready((other.join().unwrap(), left(cx)))
        }));
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

/// Who is sent away for want of budget is woken, without having registered anywhere.
fn pending_wakes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            if polls > 3 {
                Poll::Ready(())
            } else {
                left(cx);
                Poll::Pending
            }
        })
        .await;
        log.note(polls);
        let seen = task::spawn(async {
            let mut polls = 0;
            poll_fn(|cx| {
                polls += 1;
                if polls > 3 {
                    Poll::Ready(())
                } else {
                    left(cx);
                    Poll::Pending
                }
            })
            .await;
            polls
        });
        log.note(seen.await.unwrap());
    });
}

fn sleeps(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let past = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        log.note(count_in_task(move || time::sleep_until(past)).await);
        let seen = task::spawn(poll_fn(move |cx| {
            let mut sleep = pin!(time::sleep(Duration::from_hours(1)));
            let ready = (0..1_000).take_while(|_| {
                sleep.as_mut().reset(past);
                sleep.as_mut().poll(cx).is_ready()
            });
            Poll::Ready(ready.count())
        }));
        log.note(seen.await.unwrap());
    });
}

fn pending_sleep_is_free(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            let mut sleep = pin!(time::sleep(Duration::from_hours(1)));
            for _ in 0..200 {
                assert!(sleep.as_mut().poll(cx).is_pending());
            }
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

fn intervals(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let start = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        let mut ticks = time::interval_at(start, Duration::from_micros(50));
        let seen = task::spawn(poll_fn(move |cx| {
            Poll::Ready((0..300).take_while(|_| ticks.poll_tick(cx).is_ready()).count())
        }));
        log.note(seen.await.unwrap());
    });
}

fn timeouts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let hour = Duration::from_hours(1);
        log.note(count_in_task(move || time::timeout(hour, ready(()))).await);
        log.note(count_in_task(move || time::timeout(hour, coop::consume_budget())).await);
        let past = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        let never = std::future::pending::<()>;
        log.note(count_in_task(move || time::timeout_at(past, never())).await);
    });
}

/// The deadline is looked at also when the future inside has spent everything.
fn timeout_over_a_greedy_future(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let greedy = async {
            loop {
                task::consume_budget().await;
            }
        };
        let result: Result<(), _> = time::timeout(Duration::from_millis(5), greedy).await;
        log.note(format!("{result:?}"));
        let past = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        let seen = task::spawn(async move {
            let greedy = poll_fn(|cx| {
                left(cx);
                Poll::<()>::Pending
            });
            let mut timeout = Box::pin(time::timeout_at(past, greedy));
            poll_fn(|cx| {
                let polled = timeout.as_mut().poll(cx);
                Poll::Ready((format!("{polled:?}"), coop::has_budget_remaining()))
            })
            .await
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

/// With nothing left from the start, even a deadline that has passed has to wait for the next poll.
fn timeout_without_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let past = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        let seen = task::spawn(async move {
            let mut timeout = Box::pin(time::timeout_at(past, std::future::pending::<()>()));
            let first = poll_fn(|cx| {
                left(cx);
                Poll::Ready(timeout.as_mut().poll(cx).is_pending())
            })
            .await;
            task::yield_now().await;
            (first, timeout.await.is_err())
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn join_handles(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tasks: Vec<_> = (0..300).map(|_| task::spawn(async {})).collect();
        while !tasks.iter().all(task::JoinHandle::is_finished) {
            task::yield_now().await;
        }
        let mut tasks = tasks.into_iter();
        log.note(count_in_task(move || tasks.next().unwrap()).await);
    });
}

fn pending_join_handle_is_free(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            let mut never = task::spawn(std::future::pending::<()>());
            for _ in 0..200 {
                assert!(Pin::new(&mut never).poll(cx).is_pending());
            }
            never.abort();
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

fn oneshots(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(
            count_in_task(|| {
                let (send, receive) = oneshot::channel();
                send.send(1).unwrap();
                receive
            })
            .await,
        );
        // An error is progress, too.
        log.note(count_in_task(|| oneshot::channel::<()>().1).await);
        log.note(
            count_in_task(|| async {
                let (mut send, receive) = oneshot::channel::<()>();
                drop(receive);
                send.closed().await;
            })
            .await,
        );
    });
}

fn notifies(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(
            count_in_task(|| async {
                let notify = Notify::new();
                notify.notify_one();
                notify.notified().await;
            })
            .await,
        );
        log.note(
            count_in_task(|| async {
                let notify = Notify::new();
                let notified = notify.notified();
                notify.notify_waiters();
                notified.await;
            })
            .await,
        );
    });
}

fn pending_leaves_are_free(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            let notify = Notify::new();
            let (mut send, mut receive) = oneshot::channel::<()>();
            let mut notified = pin!(notify.notified());
            for _ in 0..200 {
                assert!(notified.as_mut().poll(cx).is_pending());
                assert!(Pin::new(&mut receive).poll(cx).is_pending());
                assert!(send.poll_closed(cx).is_pending());
            }
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

/// Two ends that know each other.
async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = (TcpStream::connect(address), listener.accept());
    let (near, far) = futures_util::future::join(near, far).await;
    (near.unwrap(), far.unwrap().0)
}

fn tcp_reads(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, mut far) = tcp().await;
        near.write_all(&[7; 2_000]).await.unwrap();
        far.readable().await.unwrap();
        let mut byte = [0];
        let seen = poll_fn(|cx| {
            let mut reads = 0;
            while reads < 1_000 && pin!(far.read(&mut byte)).poll(cx).is_ready() {
                reads += 1;
            }
            Poll::Ready(reads)
        });
        task::yield_now().await;
        log.note(seen.await);
    });
}

fn tcp_writes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, _far) = tcp().await;
        near.writable().await.unwrap();
        task::yield_now().await;
        let seen = poll_fn(|cx| {
            let mut writes = 0;
            while writes < 1_000 && pin!(near.write(&[1])).poll(cx).is_ready() {
                writes += 1;
            }
            Poll::Ready(writes)
        });
        log.note(seen.await);
    });
}

fn tcp_peeks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, far) = tcp().await;
        near.write_all(&[7; 100]).await.unwrap();
        far.readable().await.unwrap();
        task::yield_now().await;
        let mut buffer = [0; 4];
        let seen = poll_fn(|cx| {
            let mut peeks = 0;
            while peeks < 1_000 && pin!(far.peek(&mut buffer)).poll(cx).is_ready() {
                peeks += 1;
            }
            Poll::Ready(peeks)
        });
        log.note(seen.await);
    });
}

fn tcp_accepts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // Not more than the system's queue takes.
        let _peers: Vec<_> =
            (0..100).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        let _first = listener.accept().await.unwrap();
        task::yield_now().await;
        let seen = poll_fn(|cx| {
            let mut accepts = 0;
            while let Poll::Ready(accepted) = listener.poll_accept(cx) {
                accepted.unwrap();
                accepts += 1;
            }
            Poll::Ready((accepts, left(cx)))
        });
        log.note(format!("{:?}", seen.await));
    });
}

fn tcp_readiness(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, far) = tcp().await;
        near.write_all(&[7; 100]).await.unwrap();
        far.readable().await.unwrap();
        task::yield_now().await;
        log.note(poll_fn(|cx| Poll::Ready(count(cx, || far.readable()))).await);
        task::yield_now().await;
        log.note(poll_fn(|cx| Poll::Ready(count(cx, || far.writable()))).await);
        task::yield_now().await;
        log.note(
            poll_fn(|cx| Poll::Ready(count(cx, || far.ready(rt::io::Interest::READABLE)))).await,
        );
        task::yield_now().await;
        let poll_ready = |cx: &mut Context<'_>| {
            (0..1_000).take_while(|_| far.poll_read_ready(cx).is_ready()).count()
        };
        log.note(poll_fn(|cx| Poll::Ready(poll_ready(cx))).await);
        task::yield_now().await;
        let poll_ready = |cx: &mut Context<'_>| {
            (0..1_000).take_while(|_| far.poll_write_ready(cx).is_ready()).count()
        };
        log.note(poll_fn(|cx| Poll::Ready(poll_ready(cx))).await);
    });
}

fn udp(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let near = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let far = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = far.local_addr().unwrap();
        near.connect(address).await.unwrap();
        near.writable().await.unwrap();
        task::yield_now().await;
        log.note(poll_fn(|cx| Poll::Ready(count(cx, || near.send(b"x")))).await);
        far.readable().await.unwrap();
        task::yield_now().await;
        let mut buffer = [0; 4];
        let seen = poll_fn(|cx| {
            let mut peeks = 0;
            while peeks < 1_000 && pin!(far.peek_from(&mut buffer)).poll(cx).is_ready() {
                peeks += 1;
            }
            Poll::Ready(peeks)
        });
        log.note(seen.await);
        task::yield_now().await;
        let seen = poll_fn(|cx| {
            let mut received = 0;
            while received < 50 && pin!(far.recv_from(&mut buffer)).poll(cx).is_ready() {
                received += 1;
            }
            Poll::Ready((received, left(cx)))
        });
        log.note(format!("{:?}", seen.await));
        task::yield_now().await;
        let seen = poll_fn(|cx| {
            let sent = (0..50).filter(|_| pin!(near.send_to(b"x", address)).poll(cx).is_ready());
            let sent = sent.count();
            Poll::Ready((sent, left(cx)))
        });
        log.note(format!("{:?}", seen.await));
    });
}

fn unix(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        near.write_all(&[7; 500]).await.unwrap();
        far.readable().await.unwrap();
        task::yield_now().await;
        let mut byte = [0];
        let seen = poll_fn(|cx| {
            let mut reads = 0;
            while reads < 400 && pin!(far.read(&mut byte)).poll(cx).is_ready() {
                reads += 1;
            }
            Poll::Ready(reads)
        });
        log.note(seen.await);
        task::yield_now().await;
        let seen = poll_fn(|cx| {
            let mut writes = 0;
            while writes < 400 && pin!(near.write(&[1])).poll(cx).is_ready() {
                writes += 1;
            }
            Poll::Ready(writes)
        });
        log.note(seen.await);
    });
}

fn unix_datagrams(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (near, far) = UnixDatagram::pair().unwrap();
        near.writable().await.unwrap();
        task::yield_now().await;
        let mut buffer = [0; 4];
        let seen = poll_fn(|cx| {
            let mut both = 0;
            // Few at a time, as the system queues hardly any.
            while both < 1_000 {
                if pin!(near.send(b"x")).poll(cx).is_pending() {
                    break;
                }
                both += 1;
                if far.try_recv(&mut buffer).is_err() {
                    break;
                }
            }
            Poll::Ready(both)
        });
        let _ = seen.await;
        near.send(b"y").await.unwrap();
        far.readable().await.unwrap();
        task::yield_now().await;
        let seen = poll_fn(|cx| {
            let received = pin!(far.recv(&mut buffer)).poll(cx).is_ready();
            Poll::Ready((received, left(cx)))
        });
        log.note(format!("{:?}", seen.await));
    });
}

fn async_io(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (near, _far) = tcp().await;
        near.writable().await.unwrap();
        task::yield_now().await;
        let writable = rt::io::Interest::WRITABLE;
        log.note(poll_fn(|cx| Poll::Ready(count(cx, || near.async_io(writable, || Ok(()))))).await);
        task::yield_now().await;
        let seen = poll_fn(|cx| {
            (0..200).for_each(|_| near.try_io(writable, || Ok(())).unwrap());
            Poll::Ready(left(cx))
        });
        log.note(seen.await);
    });
}

fn yields_are_free(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            for _ in 0..200 {
                assert!(pin!(task::yield_now()).poll(cx).is_pending());
            }
            Poll::Ready(left(cx))
        }));
        log.note(seen.await.unwrap());
    });
}

fn spawned_in_the_same_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(async {
            poll_fn(|cx| Poll::Ready(left(cx))).await;
            // The child has a budget of its own.
            task::spawn(poll_fn(|cx| Poll::Ready(left(cx)))).await.unwrap()
        });
        log.note(seen.await.unwrap());
    });
}

/// One that is always ready does not keep the thread for itself.
fn neighbours_get_their_turn(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let greedy = task::spawn(async move {
            for n in 0..300 {
                if n % 100 == 0 {
                    theirs.note(format!("greedy {n}"));
                }
                task::consume_budget().await;
            }
        });
        let theirs = log.clone();
        let modest = task::spawn(async move { theirs.note("modest") });
        greedy.await.unwrap();
        modest.await.unwrap();
    });
}
