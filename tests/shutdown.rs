//! The end of a runtime: every future dropped once, every thread joined, nothing left open.
//!
//! The tests of this file run one at a time, because some count what belongs to the whole process.

use handcrank::net::{TcpListener, TcpStream, UdpSocket};
use handcrank::runtime::{Handle, Runtime, RuntimeMetrics};
use handcrank::sync::{Notify, oneshot};
use handcrank::task::{self, JoinHandle};
use handcrank::time::{Duration, Instant, sleep};
use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use tests::{
    Flavour, Ledger, Watchdog, alone, block_on_each, descriptors, eventually, on_each, panic_of,
    threads_named,
};

/// Loads a runtime with tasks that wait for everything there is to wait for.
fn load(runtime: &Runtime, book: &Ledger) -> Vec<JoinHandle<()>> {
    let notify = Arc::new(Notify::new());
    let mut tasks = Vec::new();
    for n in 0..20 {
        let mut wait = |future: Pin<Box<dyn Future<Output = ()> + Send>>| {
            let entry = book.entry();
            tasks.push(runtime.spawn(async move {
                let _entry = entry;
                future.await;
            }));
        };
        wait(Box::pin(sleep_for(Duration::from_hours(1))));
        wait(Box::pin(sleep_for(Duration::from_secs(n))));
        wait(Box::pin(pending()));
        wait(Box::pin({
            let notify = notify.clone();
            async move { notify.notified().await }
        }));
        // An error only in a poll that is under way when the runtime ends.
        wait(Box::pin(async { drop(wait_for_stream().await) }));
        wait(Box::pin(async { drop(wait_for_datagram().await) }));
        wait(Box::pin(async {
            loop {
                task::yield_now().await;
            }
        }));
        let inner = book.entry();
        wait(Box::pin(async move {
            let inner = handcrank::spawn(async move {
                let _entry = inner;
                pending::<()>().await;
            });
            inner.await.unwrap();
        }));
        let inner = book.entry();
        wait(Box::pin(async move {
            let job = task::spawn_blocking(move || drop(inner));
            job.await.unwrap();
            pending::<()>().await;
        }));
    }
    // Until the tasks wait in earnest: four sockets in each of twenty rounds, and so on.
    let waits = |now: RuntimeMetrics| {
        let (sockets, timers) = (now.io_driver_fd_count(), now.num_alive_timers());
        sockets >= 80 && timers >= 20 && now.num_blocking_threads() > 0
    };
    runtime.block_on(async {
        while !waits(runtime.metrics()) {
            sleep(Duration::from_millis(1)).await;
        }
    });
    tasks
}

async fn wait_for_stream() -> io::Result<usize> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let _client = TcpStream::connect(listener.local_addr()?).await?;
    let (mut stream, _) = listener.accept().await?;
    stream.read(&mut [0]).await
}

async fn wait_for_datagram() -> io::Result<usize> {
    UdpSocket::bind("127.0.0.1:0").await?.recv(&mut [0]).await
}

/// A sleep made on the runtime, not where this is called.
async fn sleep_for(duration: Duration) {
    sleep(duration).await;
}

#[track_caller]
fn all_cancelled(tasks: Vec<JoinHandle<()>>) {
    let other = Flavour::CurrentThread.build();
    for task in tasks {
        assert!(task.is_finished());
        if let Err(error) = other.block_on(task) {
            assert!(error.is_cancelled(), "{error}");
        }
    }
}

#[test]
fn a_loaded_runtime_drops_every_future_once_and_joins_its_threads() {
    let _alone = alone();
    let before = descriptors();
    on_each(|flavour, runtime| {
        drop(runtime);
        let runtime = flavour.builder().thread_name("loaded").build().unwrap();
        let book = Ledger::new(1000);
        let tasks = load(&runtime, &book);
        if threads_named("loaded").is_some() {
            let workers = if flavour.has_threads() { runtime.metrics().num_workers() } else { 0 };
            // A thread names itself, so its name comes a moment after it.
            eventually("the workers and at least one for blocking jobs are there", || {
                threads_named("loaded").is_some_and(|threads| threads > workers)
            });
        }
        drop(runtime);
        book.check();
        assert_eq!(threads_named("loaded").unwrap_or(0), 0, "all threads are gone");
        all_cancelled(tasks);
    });
    assert_eq!(descriptors(), before);
}

#[test]
fn futures_are_dropped_in_their_tasks_name() {
    struct Asks(mpsc::Sender<bool>);
    impl Drop for Asks {
        fn drop(&mut self) {
            let _ = self.0.send(task::try_id().is_some());
        }
    }
    let _alone = alone();
    on_each(|_, runtime| {
        let (answer, answers) = mpsc::channel();
        for _ in 0..10 {
            let asks = Asks(answer.clone());
            runtime.spawn(async move {
                let _asks = asks;
                pending::<()>().await;
            });
        }
        runtime.block_on(task::yield_now());
        drop((runtime, answer));
        assert_eq!(answers.iter().filter(|is_task| *is_task).count(), 10);
    });
}

#[test]
fn a_shutdown_with_a_limit_gives_up_on_what_blocks() {
    let _alone = alone();
    on_each(|flavour, runtime| {
        drop(runtime);
        let runtime = flavour.builder().thread_name("limited").build().unwrap();
        let book = Ledger::new(1000);
        let (release, released) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel();
        let (ended, end) = mpsc::channel();
        runtime.spawn_blocking(move || {
            began.send(()).unwrap();
            let _ = released.recv();
            ended.send(()).unwrap();
        });
        begun.recv().unwrap();
        let entry = book.entry();
        let task = runtime.spawn(async move {
            let _entry = entry;
            pending::<()>().await;
        });
        let started = Instant::now();
        runtime.shutdown_timeout(Duration::from_millis(50));
        assert!(started.elapsed() >= Duration::from_millis(50), "the job still runs");
        // Everything else is over, though.
        book.check();
        all_cancelled(vec![task]);
        drop(release);
        end.recv().unwrap();
        eventually("its thread ends", || threads_named("limited").unwrap_or(0) == 0);
    });
}

#[test]
fn a_shutdown_with_a_limit_ends_early_if_it_can() {
    let _alone = alone();
    on_each(|_, runtime| {
        let book = Ledger::new(1000);
        let tasks = load(&runtime, &book);
        // If it waited for the limit, the watchdog would say so.
        runtime.shutdown_timeout(Duration::from_hours(1));
        book.check();
        all_cancelled(tasks);
    });
}

#[test]
fn a_shutdown_in_the_background_waits_for_nothing() {
    let _alone = alone();
    on_each(|flavour, runtime| {
        drop(runtime);
        let runtime = flavour.builder().thread_name("behind").build().unwrap();
        let book = Ledger::new(1000);
        let tasks = load(&runtime, &book);
        let (release, released) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel();
        let blocked = {
            let entry = book.entry();
            let job = move || {
                let _entry = entry;
                began.send(()).unwrap();
                let _ = released.recv();
            };
            // A task that blocks its worker, where there are workers; else a blocking job.
            if flavour.has_threads() {
                runtime.spawn(async move { job() })
            } else {
                runtime.spawn_blocking(job)
            }
        };
        begun.recv().unwrap();
        runtime.shutdown_background();
        assert!(!blocked.is_finished());
        drop(release);
        eventually("the rest is dropped by whoever comes last", || {
            book.dropped() == book.opened() && tasks.iter().all(JoinHandle::is_finished)
        });
        book.check();
        all_cancelled(tasks);
        eventually("the threads end", || threads_named("behind").unwrap_or(0) == 0);
    });
}

#[test]
fn a_runtime_is_not_dropped_in_async_code() {
    const TEXT: &str = "Cannot drop a runtime in a context where blocking is not allowed. This \
                        happens when a runtime is dropped from within an asynchronous context.";
    let _alone = alone();
    block_on_each(|flavour| async move {
        let book = Ledger::new(2);
        let inner = flavour.build();
        let task = inner.spawn({
            let entry = book.entry();
            async move {
                let _entry = entry;
                pending::<()>().await;
            }
        });
        assert_eq!(panic_of(|| drop(inner)), TEXT);
        // It ends all the same.
        assert!(task.await.unwrap_err().is_cancelled());
        while book.dropped() < 1 {
            task::yield_now().await;
        }
        book.check();
        // On a thread that may block it is fine, and so are the ways that do not wait.
        let inner = flavour.build();
        task::spawn_blocking(move || drop(inner)).await.unwrap();
        flavour.build().shutdown_background();
    });
}

#[test]
fn a_task_may_end_its_own_runtime_in_the_background() {
    let _alone = alone();
    on_each(|_, runtime| {
        let runtime = Arc::new(runtime);
        let handle = runtime.handle().clone();
        let book = Ledger::new(2);
        let (entry, own) = (book.entry(), runtime.clone());
        let task = handle.spawn(async move {
            let _entry = entry;
            let runtime = loop {
                // Until the other pointer is gone.
                match Arc::strong_count(&own) {
                    1 => break Arc::into_inner(own).unwrap(),
                    _ => task::yield_now().await,
                }
            };
            runtime.shutdown_background();
            sleep_for(Duration::from_hours(1)).await;
        });
        drop(runtime);
        // On a runtime without threads this is what runs it.
        let other = Flavour::CurrentThread.build();
        let outcome = thread::spawn(move || other.block_on(task));
        handle.block_on(async {
            while book.dropped() < 1 {
                // The timers and the tasks of this runtime are over at some point: only yield.
                task::yield_now().await;
            }
        });
        // Its poll went on for a moment after the end had begun, and a timer says so by a panic.
        let error = outcome.join().unwrap().unwrap_err();
        assert!(error.is_cancelled() || error.to_string().contains("it is being shutdown"));
        book.check();
    });
}

#[test]
fn blocking_jobs_that_wait_for_the_runtime_are_told() {
    let _alone = alone();
    on_each(|_, runtime| {
        let (began, begun) = mpsc::channel();
        let mut jobs = Vec::new();
        let mut wait = |future: Pin<Box<dyn Future<Output = String> + Send>>| {
            let began = began.clone();
            jobs.push(runtime.spawn_blocking(move || {
                Handle::current().block_on(async move {
                    let mut future = future;
                    let mut polled = Some(began);
                    poll_fn(move |cx| {
                        let poll = future.as_mut().poll(cx);
                        if let Some(polled) = polled.take() {
                            polled.send(()).unwrap();
                        }
                        poll
                    })
                    .await
                })
            }));
        };
        wait(Box::pin(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.accept().await.unwrap_err().to_string()
        }));
        wait(Box::pin(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            socket.recv(&mut [0]).await.unwrap_err().to_string()
        }));
        wait(Box::pin(async {
            let task = handcrank::spawn(pending::<()>());
            let error = task.await.unwrap_err();
            assert!(error.is_cancelled());
            String::from("cancelled")
        }));
        wait(Box::pin(async {
            sleep_for(Duration::from_hours(1)).await;
            String::from("slept")
        }));
        for _ in 0..4 {
            begun.recv().unwrap();
        }
        // If a job were not told, this would wait for ever.
        drop(runtime);
        let other = Flavour::CurrentThread.build();
        let mut texts = jobs.into_iter().map(|job| other.block_on(job));
        let text = "A Handcrank 1.x context was found, but it is being shutdown.";
        assert_eq!(texts.next().unwrap().unwrap(), text);
        assert_eq!(texts.next().unwrap().unwrap(), text);
        assert_eq!(texts.next().unwrap().unwrap(), "cancelled");
        assert!(texts.next().unwrap().unwrap_err().to_string().contains(text));
    });
}

#[test]
fn runtimes_come_and_go_and_leave_nothing() {
    let _alone = alone();
    let _watchdog = Watchdog::new("runtimes in a loop");
    let book = Ledger::new(100_000);
    let before = descriptors();
    for round in 0..100 {
        let flavour = match round % 4 {
            0 => Flavour::CurrentThread,
            1 => Flavour::WithoutHelp(2),
            workers => Flavour::MultiThread(workers),
        };
        let runtime = flavour.builder().thread_name("come and go").build().unwrap();
        for _ in 0..20 {
            let entry = book.entry();
            runtime.spawn(async move {
                let _entry = entry;
                drop(wait_for_datagram().await);
            });
        }
        if round % 3 == 0 {
            runtime.spawn_blocking(|| ());
            runtime.block_on(task::yield_now());
        }
        drop(runtime);
        book.check();
    }
    assert_eq!(descriptors(), before);
    assert_eq!(threads_named("come and go").unwrap_or(0), 0);
}

#[test]
fn wakers_and_handles_outlive_the_runtime() {
    let _alone = alone();
    on_each(|_, runtime| {
        let (book, kept) = (Ledger::new(8), Arc::new(parking_lot::Mutex::new(Vec::new())));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (entry, kept) = (book.entry(), kept.clone());
                runtime.spawn(poll_fn(move |cx| {
                    let _moved_in = &entry;
                    kept.lock().push(cx.waker().clone());
                    Poll::<()>::Pending
                }))
            })
            .collect();
        let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        runtime.block_on(async {
            while kept.lock().len() < 4 {
                task::yield_now().await;
            }
        });
        let handle = runtime.handle().clone();
        let root = runtime.block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
        drop(runtime);
        book.check();
        root.wake_by_ref();
        root.wake();
        for waker in kept.lock().drain(..) {
            waker.wake_by_ref();
            waker.wake_by_ref();
        }
        for abort in aborts {
            abort.abort();
            assert!(abort.is_finished());
        }
        all_cancelled(tasks);
        assert_eq!(handle.metrics().num_alive_tasks(), 0);
        assert!(!format!("{handle:?}").is_empty());
        let guard = handle.enter();
        assert!(handcrank::spawn(async {}).is_finished());
        drop(guard);
        // A socket cannot be had any more, and says why; a timer panics, as it returns nothing.
        let error = handle.block_on(async { UdpSocket::bind("127.0.0.1:0").await.unwrap_err() });
        assert!(error.to_string().ends_with("it is being shutdown."), "{error}");
        let text = panic_of(|| handle.block_on(sleep_for(Duration::from_millis(1))));
        assert!(text.ends_with("it is being shutdown."), "{text}");
    });
}

#[test]
fn sockets_and_timers_outlive_the_runtime() {
    let _alone = alone();
    let before = descriptors();
    on_each(|_, runtime| {
        let (listener, stream, mut timer) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let mut timer = Box::pin(sleep(Duration::from_hours(1)));
            assert!(futures_util::poll!(&mut timer).is_pending());
            (listener, stream, timer)
        });
        drop(runtime);
        let other = Flavour::CurrentThread.build();
        let mut stream = stream;
        let error = other.block_on(stream.read(&mut [0])).unwrap_err();
        assert!(error.to_string().ends_with("it is being shutdown."), "{error}");
        let error = other.block_on(listener.accept()).unwrap_err();
        assert!(error.to_string().ends_with("it is being shutdown."), "{error}");
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(panic_of(|| timer.as_mut().poll(cx)).ends_with("it is being shutdown."));
        drop((timer, stream, listener));
    });
    assert_eq!(descriptors(), before);
}

#[test]
fn dropped_while_other_threads_are_in_block_on() {
    let _alone = alone();
    on_each(|_, runtime| {
        for _ in 0..3 {
            let runtime = if runtime.metrics().num_workers() == 1 {
                Flavour::CurrentThread.build()
            } else {
                Flavour::MultiThread(2).build()
            };
            let book = Ledger::new(1000);
            let began = Arc::new(AtomicUsize::new(0));
            let (sends, receives): (Vec<_>, Vec<_>) =
                (0..3).map(|_| oneshot::channel::<u32>()).unzip();
            let threads: Vec<_> = receives
                .into_iter()
                .map(|receive| {
                    let (handle, began) = (runtime.handle().clone(), began.clone());
                    let entry = book.entry();
                    thread::spawn(move || {
                        handle.block_on(async move {
                            let task = handcrank::spawn(async move {
                                let _entry = entry;
                                pending::<()>().await;
                            });
                            began.fetch_add(1, Relaxed);
                            // The task goes with the runtime. What comes from elsewhere still
                            // arrives: this thread is not the runtime's.
                            let error = task.await.unwrap_err();
                            assert!(error.is_cancelled());
                            receive.await.unwrap()
                        })
                    })
                })
                .collect();
            eventually("all are in block_on", || began.load(Relaxed) == 3);
            let dropping = thread::spawn(move || drop(runtime));
            dropping.join().unwrap();
            book.check();
            for (number, send) in sends.into_iter().enumerate() {
                send.send(number as u32).unwrap();
            }
            for (number, thread) in threads.into_iter().enumerate() {
                assert_eq!(thread.join().unwrap(), number as u32);
            }
        }
    });
}

#[test]
fn a_poll_under_way_comes_to_its_end() {
    let _alone = alone();
    on_each(|flavour, runtime| {
        if !flavour.has_threads() {
            return;
        }
        let (began, begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let ended = Arc::new(AtomicBool::new(false));
        let task = runtime.spawn({
            let ended = ended.clone();
            async move {
                began.send(()).unwrap();
                released.recv().unwrap();
                ended.store(true, Relaxed);
                6
            }
        });
        begun.recv().unwrap();
        let dropping = thread::spawn(move || drop(runtime));
        release.send(()).unwrap();
        dropping.join().unwrap();
        assert!(ended.load(Relaxed));
        assert_eq!(Flavour::CurrentThread.build().block_on(task).unwrap(), 6);
    });
}

#[test]
fn a_waker_of_one_runtime_called_by_the_end_of_another() {
    /// Spawns on the first runtime when the second one's end wakes it.
    struct Spawns {
        handle: Handle,
        entry: parking_lot::Mutex<Option<tests::Entry>>,
    }
    impl Wake for Spawns {
        fn wake(self: Arc<Self>) {
            let entry = self.entry.lock().take();
            self.handle.spawn(async move { drop(entry) });
        }
    }
    let _alone = alone();
    on_each(|flavour, first| {
        let second = flavour.build();
        let book = Ledger::new(1);
        let entry = parking_lot::Mutex::new(Some(book.entry()));
        let waker = Arc::new(Spawns { handle: first.handle().clone(), entry }).into();
        let mut task = second.spawn(pending::<()>());
        assert!(pin!(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(second);
        first.block_on(async {
            while book.dropped() < 1 {
                task::yield_now().await;
            }
        });
        book.check();
    });
}
