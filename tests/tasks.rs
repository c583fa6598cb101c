//! Spawning, waiting, panicking and aborting, at every stage of a task's life.

use futures_util::future::{join_all, poll_fn};
use handcrank::net::{TcpListener, UdpSocket};
use handcrank::runtime::{Handle, Runtime};
use handcrank::sync::{Notify, oneshot};
use handcrank::task::{self, AbortHandle, JoinHandle};
use handcrank::time::{Duration, sleep};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;
use tests::{Entry, Flavour, Ledger, Watchdog, block_on_each, on_each, panic_of};

/// Ends once; panics where it is told to.
struct Bomb {
    at: Stage,
    _entry: Entry,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Poll,
    DropOfFuture,
    DropOfOutput,
}

impl Future for Bomb {
    type Output = Shrapnel;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Shrapnel> {
        assert!(self.at != Stage::Poll, "in poll");
        Poll::Ready(Shrapnel(self.at))
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(self.at != Stage::DropOfFuture, "in the future's drop");
    }
}

#[derive(Debug)]
struct Shrapnel(Stage);

impl Drop for Shrapnel {
    fn drop(&mut self) {
        assert!(self.0 != Stage::DropOfOutput, "in the output's drop");
    }
}

/// Occupies every worker with a task that blocks, until the guard is dropped. On a runtime without
/// threads nothing runs meanwhile anyway.
struct Occupied {
    _release: Vec<mpsc::Sender<()>>,
}

fn occupy(flavour: Flavour, runtime: &Runtime) -> Occupied {
    let (began, begun) = mpsc::channel();
    let workers = if flavour.has_threads() { runtime.metrics().num_workers() } else { 0 };
    let release = (0..workers).map(|_| {
        let began = began.clone();
        let (release, released) = mpsc::channel::<()>();
        runtime.spawn(async move {
            began.send(()).unwrap();
            let _ = released.recv();
        });
        release
    });
    let release = release.collect();
    for _ in 0..workers {
        begun.recv().unwrap();
    }
    Occupied { _release: release }
}

/// Counts its polls and never ends.
fn counted(entry: Entry, polls: &Arc<AtomicUsize>) -> impl Future<Output = ()> + use<> {
    let polls = Arc::clone(polls);
    poll_fn(move |_| {
        let _moved_in = &entry;
        polls.fetch_add(1, Relaxed);
        Poll::Pending
    })
}

async fn cancelled<T: std::fmt::Debug>(task: JoinHandle<T>) {
    let id = task.id();
    let error = task.await.unwrap_err();
    assert!(error.is_cancelled() && !error.is_panic());
    assert_eq!(error.to_string(), format!("task {id} was cancelled"));
    assert_eq!(error.id(), id);
    assert!(error.try_into_panic().is_err());
}

#[test]
fn a_million_tasks() {
    const EACH: usize = 1_000_000 / 3;
    for flavour in [Flavour::CurrentThread, Flavour::MultiThread(2)] {
        let _watchdog = Watchdog::new(format!("{flavour:?}"));
        let runtime = flavour.build();
        let (handle, (sent, received)) = (runtime.handle().clone(), oneshot::channel());
        let outside = thread::spawn(move || {
            let tasks: Vec<_> = (0..EACH).map(|n| handle.spawn(async move { n })).collect();
            sent.send(tasks).map_err(drop).unwrap();
        });
        let sum = runtime.block_on(async {
            // From inside of tasks: each spawns a hundred.
            let parents: Vec<_> = (0..EACH / 100)
                .map(|parent| {
                    handcrank::spawn(async move {
                        let children: Vec<_> = (0..100)
                            .map(|child| handcrank::spawn(async move { parent * 100 + child }))
                            .collect();
                        let mut sum = 0;
                        for child in children {
                            sum += child.await.unwrap();
                        }
                        sum
                    })
                })
                .collect();
            let own: Vec<_> = (0..EACH).map(|n| handcrank::spawn(async move { n })).collect();
            let mut sum = 0;
            for task in parents.into_iter().chain(own).chain(received.await.unwrap()) {
                sum += task.await.unwrap();
            }
            sum
        });
        outside.join().unwrap();
        let below = |n: usize| n * (n - 1) / 2;
        assert_eq!(sum, 2 * below(EACH) + below(EACH / 100 * 100));
        assert_eq!(runtime.metrics().num_alive_tasks(), 0);
        let spawned = 2 * EACH + EACH / 100 * 101;
        assert_eq!(runtime.metrics().spawned_tasks_count(), spawned as u64);
    }
}

#[test]
fn a_panic_ends_in_the_handle() {
    block_on_each(|_| async {
        let book = Ledger::new(4);
        let bomb = |at| Bomb { at, _entry: book.entry() };

        let task = handcrank::spawn(bomb(Stage::Poll));
        let id = task.id();
        let error = task.await.unwrap_err();
        assert!(error.is_panic() && !error.is_cancelled());
        assert_eq!(error.to_string(), format!("task {id} panicked with message \"in poll\""));
        let debug = format!("JoinError::Panic(Id({id}), \"in poll\", ...)");
        assert_eq!(format!("{error:?}"), debug);
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "in poll");

        let error = handcrank::spawn(bomb(Stage::DropOfFuture)).await.unwrap_err();
        assert!(error.to_string().ends_with("panicked with message \"in the future's drop\""));

        // Dropped before it was ever polled.
        let task = handcrank::spawn(bomb(Stage::DropOfFuture));
        task.abort();
        let error = task.await.unwrap_err();
        assert!(error.is_panic(), "{error}");

        // With a formatted text, and with a payload that is no text.
        let error = handcrank::spawn(async { panic!("{} and {}", 1, 2) }).await.unwrap_err();
        assert!(error.to_string().ends_with("panicked with message \"1 and 2\""));
        let task = handcrank::spawn(async { std::panic::panic_any(7) });
        let id = task.id();
        let error = task.await.unwrap_err();
        assert_eq!(error.to_string(), format!("task {id} panicked"));
        assert_eq!(*error.into_panic().downcast::<i32>().unwrap(), 7);

        // It did not take anything with it.
        assert_eq!(handcrank::spawn(async { 1 }).await.unwrap(), 1);
        book.check();
        assert_eq!(book.opened(), 3);
    });
}

#[test]
fn a_panic_in_the_drop_of_an_output_that_nobody_wants() {
    block_on_each(|_| async {
        let book = Ledger::new(2);
        // Nobody waits: whoever ran the task drops the output.
        drop(handcrank::spawn(Bomb { at: Stage::DropOfOutput, _entry: book.entry() }));
        while book.dropped() < 1 {
            task::yield_now().await;
        }
        // The handle goes after the end: it drops the output.
        let task = handcrank::spawn(Bomb { at: Stage::DropOfOutput, _entry: book.entry() });
        while !task.is_finished() {
            task::yield_now().await;
        }
        drop(task);
        book.check();
        // Whoever awaits it has it, with all that is in it.
        let task = handcrank::spawn(async { Shrapnel(Stage::DropOfOutput) });
        let output = task.await.unwrap();
        assert_eq!(panic_of(|| drop(output)), "in the output's drop");
        assert_eq!(handcrank::spawn(async { 1 }).await.unwrap(), 1);
    });
}

#[test]
fn a_panic_in_the_root_future_comes_out_of_block_on() {
    on_each(|_, runtime| {
        let book = Ledger::new(1);
        let entry = book.entry();
        let left = runtime.spawn(async move {
            let _entry = entry;
            pending::<()>().await;
        });
        assert_eq!(panic_of(|| runtime.block_on(async { panic!("at the root") })), "at the root");
        // And the runtime goes on, with all that was on it.
        assert_eq!(runtime.block_on(async { handcrank::spawn(async { 5 }).await.unwrap() }), 5);
        assert!(!left.is_finished());
        drop(runtime);
        book.check();
    });
}

#[test]
fn a_panic_in_a_waker_stays_with_whoever_wakes() {
    struct Grumpy;
    impl std::task::Wake for Grumpy {
        fn wake(self: Arc<Self>) {
            panic!("woken");
        }
    }
    on_each(|_, runtime| {
        let (go, gone) = oneshot::channel::<()>();
        let mut task = runtime.spawn(async move { gone.await.unwrap() });
        let waker = Arc::new(Grumpy).into();
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        go.send(()).unwrap();
        // The task's end calls the waker; the worker survives it.
        runtime.block_on(async {
            while !task.is_finished() {
                task::yield_now().await;
            }
            task.await.unwrap();
            assert_eq!(handcrank::spawn(async { 1 }).await.unwrap(), 1);
        });
    });
}

#[test]
fn aborted_before_the_first_poll_and_while_queued() {
    on_each(|flavour, runtime| {
        let (book, polls) = (Ledger::new(2), Arc::new(AtomicUsize::new(0)));

        let busy = occupy(flavour, &runtime);
        let task = runtime.spawn(counted(book.entry(), &polls));
        task.abort();
        task.abort();
        drop(busy);
        runtime.block_on(cancelled(task));
        assert_eq!(polls.load(Relaxed), 0);

        // Polled once, then woken, and in the queue when the abort comes.
        let notify = Arc::new(Notify::new());
        let task = runtime.spawn({
            let (notify, polls, entry) = (notify.clone(), polls.clone(), book.entry());
            async move {
                let _entry = entry;
                loop {
                    polls.fetch_add(1, Relaxed);
                    notify.notified().await;
                }
            }
        });
        runtime.block_on(async {
            while polls.load(Relaxed) < 1 {
                task::yield_now().await;
            }
            // Past the poll in which it began to wait, so that it is not running any more.
            for _ in 0..3 {
                handcrank::spawn(async {}).await.unwrap();
            }
        });
        let busy = occupy(flavour, &runtime);
        notify.notify_one();
        task.abort();
        task.abort();
        drop(busy);
        runtime.block_on(cancelled(task));
        assert!(polls.load(Relaxed) <= 2);
        book.check();
    });
}

#[test]
fn aborted_while_it_runs() {
    on_each(|_, runtime| {
        for ends in [false, true] {
            let (began, begun) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let book = Ledger::new(1);
            let entry = book.entry();
            let task = runtime.spawn(async move {
                let _entry = entry;
                began.send(()).unwrap();
                released.recv().unwrap();
                if !ends {
                    pending::<()>().await;
                }
                9
            });
            let abort = task.abort_handle();
            let aborting = thread::spawn(move || {
                begun.recv().unwrap();
                abort.abort();
                abort.abort();
                assert!(!abort.is_finished(), "a poll is not interrupted");
                release.send(()).unwrap();
            });
            runtime.block_on(async {
                if ends {
                    // The poll that was under way brought it to its end.
                    assert_eq!(task.await.unwrap(), 9);
                } else {
                    cancelled(task).await;
                }
            });
            aborting.join().unwrap();
            book.check();
        }
    });
}

#[test]
fn aborted_while_it_waits() {
    /// Spawns a future that waits, and aborts it once it does.
    async fn abort_waiting<F>(book: &Ledger, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (polled, first_poll) = oneshot::channel();
        let entry = book.entry();
        let task = handcrank::spawn(async move {
            let _entry = entry;
            let mut future = std::pin::pin!(future);
            let mut polled = Some(polled);
            poll_fn(move |cx| {
                assert!(future.as_mut().poll(cx).is_pending(), "it waits for what never comes");
                if let Some(polled) = polled.take() {
                    polled.send(()).unwrap();
                }
                Poll::<()>::Pending
            })
            .await;
        });
        first_poll.await.unwrap();
        task.abort();
        cancelled(task).await;
    }
    block_on_each(|_| async {
        let book = Ledger::new(16);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        abort_waiting(&book, async move { drop(listener.accept().await) }).await;
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        abort_waiting(&book, async move { drop(socket.recv(&mut [0; 8]).await) }).await;
        abort_waiting(&book, sleep(Duration::from_hours(1))).await;
        let (_sender, receiver) = oneshot::channel::<()>();
        abort_waiting(&book, async move { drop(receiver.await) }).await;
        let inner = handcrank::spawn(pending::<()>());
        let abort_inner = inner.abort_handle();
        abort_waiting(&book, async move { drop(inner.await) }).await;
        // The inner task is detached now, not aborted.
        assert!(!abort_inner.is_finished());
        abort_inner.abort();
        let (began, begun) = oneshot::channel();
        let (release, released) = mpsc::channel::<()>();
        let job = task::spawn_blocking(move || {
            began.send(()).unwrap();
            released.recv().is_err()
        });
        begun.await.unwrap();
        let abort_job = job.abort_handle();
        abort_waiting(&book, async move { drop(job.await) }).await;
        abort_job.abort();
        assert!(!abort_job.is_finished(), "a blocking job that has begun is not aborted");
        drop(release);
        book.check();
        let metrics = Handle::current().metrics();
        assert_eq!(metrics.num_alive_timers(), 0);
        assert_eq!(metrics.io_driver_fd_count(), 0);
    });
}

#[test]
fn aborted_after_the_end() {
    block_on_each(|_| async {
        let task = handcrank::spawn(async { String::from("kept") });
        while !task.is_finished() {
            task::yield_now().await;
        }
        task.abort();
        let abort = task.abort_handle();
        abort.abort();
        assert!(abort.is_finished());
        assert_eq!(task.await.unwrap(), "kept");
        // Of a task that is all gone but for this handle.
        abort.abort();
        assert!(abort.clone().is_finished());
    });
}

#[test]
fn aborted_from_its_own_poll() {
    block_on_each(|_| async {
        let book = Ledger::new(2);
        for ends in [false, true] {
            let (own, mine) = oneshot::channel::<AbortHandle>();
            let entry = book.entry();
            let task = handcrank::spawn(async move {
                let _entry = entry;
                mine.await.unwrap().abort();
                if !ends {
                    pending::<()>().await;
                }
                3
            });
            own.send(task.abort_handle()).unwrap();
            if ends {
                assert_eq!(task.await.unwrap(), 3);
            } else {
                cancelled(task).await;
            }
        }
        book.check();
    });
}

#[test]
fn aborted_when_nobody_waits_any_more() {
    block_on_each(|_| async {
        let book = Ledger::new(100);
        let aborts: Vec<_> = (0..100)
            .map(|_| {
                let entry = book.entry();
                let task = handcrank::spawn(async move {
                    let _entry = entry;
                    pending::<()>().await;
                });
                task.abort_handle()
            })
            .collect();
        task::yield_now().await;
        aborts.iter().for_each(AbortHandle::abort);
        while book.dropped() < 100 {
            task::yield_now().await;
        }
        book.check();
        assert!(aborts.iter().all(AbortHandle::is_finished));
    });
}

#[test]
fn abort_from_many_threads_at_once() {
    on_each(|_, runtime| {
        let book = Ledger::new(200);
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let entry = book.entry();
                runtime.spawn(async move {
                    let _entry = entry;
                    // Some end by themselves while they are being aborted.
                    for _ in 0..n {
                        task::yield_now().await;
                    }
                    n
                })
            })
            .collect();
        let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let aborts = aborts.clone();
                thread::spawn(move || aborts.iter().for_each(AbortHandle::abort))
            })
            .collect();
        for (n, outcome) in runtime.block_on(join_all(tasks)).into_iter().enumerate() {
            match outcome {
                Ok(output) => assert_eq!(output, n),
                Err(error) => assert!(error.is_cancelled()),
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
        book.check();
    });
}

#[test]
fn spawned_from_elsewhere() {
    on_each(|_, runtime| {
        let handle = runtime.handle().clone();
        let from_thread = thread::spawn(move || {
            let first = handle.spawn(async { task::try_id().is_some() });
            let _guard = handle.enter();
            (first, handcrank::spawn(async { Handle::current().id() }))
        });
        let (first, second) = from_thread.join().unwrap();
        runtime.block_on(async {
            assert!(first.await.unwrap());
            assert_eq!(second.await.unwrap(), Handle::current().id());
            let nested = handcrank::spawn(async {
                let mine = task::id();
                let inner = handcrank::spawn(async move { (mine, task::id()) });
                let (outer, its_own) = inner.await.unwrap();
                assert_ne!(outer, its_own);
                assert_eq!(outer, task::id());
            });
            nested.await.unwrap();
            assert!(task::try_id().is_none(), "the root future is no task");
        });
    });
}

#[test]
fn spawned_after_the_shutdown() {
    on_each(|_, runtime| {
        let handle = runtime.handle().clone();
        drop(runtime);
        let book = Ledger::new(2);
        let (entry, job) = (book.entry(), book.entry());
        let task = handle.spawn(async move { drop(entry) });
        let job = handle.spawn_blocking(move || drop(job));
        // Dropped at once, not when somebody looks.
        book.check();
        assert!(task.is_finished() && job.is_finished());
        // The handle still runs a future that needs nothing of the runtime.
        handle.block_on(async {
            cancelled(task).await;
            cancelled(job).await;
        });
    });
}

#[test]
fn spawned_by_a_destructor_during_the_shutdown() {
    struct Heir {
        book: Ledger,
        left: usize,
        outcomes: mpsc::Sender<JoinHandle<()>>,
        _entry: Entry,
    }
    impl Drop for Heir {
        fn drop(&mut self) {
            if self.left > 0 {
                let heir = Self {
                    book: self.book.clone(),
                    left: self.left - 1,
                    outcomes: self.outcomes.clone(),
                    _entry: self.book.entry(),
                };
                let task = HANDLE.with_borrow(|handle| {
                    let spawn = |handle: &Handle, heir| handle.spawn(async move { drop(heir) });
                    match handle {
                        Some(handle) => spawn(handle, heir),
                        None => spawn(&Handle::current(), heir),
                    }
                });
                self.outcomes.send(task).unwrap();
            }
        }
    }
    thread_local! {
        // The thread that drops a runtime is in no runtime's context.
        static HANDLE: std::cell::RefCell<Option<Handle>> = const { std::cell::RefCell::new(None) };
    }
    on_each(|_, runtime| {
        let book = Ledger::new(64);
        let (outcomes, tasks) = mpsc::channel();
        for left in 0..4 {
            let (book, outcomes) = (book.clone(), outcomes.clone());
            let heir = Heir { _entry: book.entry(), book, left, outcomes };
            runtime.spawn(async move {
                let _heir = heir;
                pending::<()>().await;
            });
        }
        runtime.block_on(task::yield_now());
        drop(outcomes);
        HANDLE.set(Some(runtime.handle().clone()));
        drop(runtime);
        book.check();
        assert_eq!(book.opened(), 4 + 6, "four tasks, and what they left");
        let handle = HANDLE.take().unwrap();
        for task in tasks {
            handle.block_on(cancelled(task));
        }
    });
}

#[test]
fn outside_of_a_runtime() {
    let text =
        "there is no reactor running, must be called from the context of a Handcrank 1.x runtime";
    assert_eq!(panic_of(|| handcrank::spawn(async {})), text);
    assert_eq!(panic_of(|| task::spawn_blocking(|| ())), text);
    assert_eq!(panic_of(Handle::current), text);
    assert_eq!(panic_of(|| sleep(Duration::ZERO)), text);
    assert!(Handle::try_current().unwrap_err().is_missing_context());
    let std = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    std.set_nonblocking(true).unwrap();
    assert_eq!(panic_of(|| TcpListener::from_std(std)), text);
}

#[test]
fn block_on_inside_of_async_code() {
    const TEXT: &str = "Cannot start a runtime from within a runtime. This happens because a \
                        function (like `block_on`) attempted to block the current thread while \
                        the thread is being used to drive asynchronous tasks. If you are in an \
                        async function, use `.await` on the future instead of blocking on it.";
    on_each(|_, runtime| {
        let handle = runtime.handle().clone();
        let other = Flavour::CurrentThread.build();
        runtime.block_on(async {
            assert_eq!(panic_of(|| handle.block_on(async {})), TEXT);
            assert_eq!(panic_of(|| other.block_on(async {})), TEXT);
            let error = handcrank::spawn({
                let handle = handle.clone();
                async move { handle.block_on(async {}) }
            });
            let payload = error.await.unwrap_err().into_panic();
            assert_eq!(tests::text_of(&*payload), TEXT);
        });
        // And it is allowed again afterwards.
        assert_eq!(runtime.block_on(async { 1 }), 1);
    });
}

#[test]
fn block_on_inside_of_a_blocking_job() {
    block_on_each(|_| async {
        let job = task::spawn_blocking(|| {
            // Of its own runtime, through the handle, while that runtime's thread waits for us;
            // and of a runtime that lives in the job.
            let own = Handle::current().block_on(async {
                sleep(Duration::from_millis(1)).await;
                handcrank::spawn(async { 40 }).await.unwrap()
            });
            let other = Flavour::CurrentThread
                .build()
                .block_on(async { handcrank::spawn(async { 2 }).await.unwrap() });
            own + other
        });
        assert_eq!(job.await.unwrap(), 42);
    });
}

#[test]
fn guards_are_dropped_in_reverse() {
    let (first, second) = (Flavour::CurrentThread.build(), Flavour::MultiThread(1).build());
    {
        let _outer = first.enter();
        assert_eq!(Handle::current().id(), first.handle().id());
        {
            let _inner = second.enter();
            assert_eq!(Handle::current().id(), second.handle().id());
            // `block_on` of another runtime takes over, and gives back.
            first.block_on(async { assert_eq!(Handle::current().id(), first.handle().id()) });
            assert_eq!(Handle::current().id(), second.handle().id());
        }
        assert_eq!(Handle::current().id(), first.handle().id());
    }
    assert!(Handle::try_current().is_err());
    // On a thread of its own: after the panic that thread's context is what it is.
    let text = thread::spawn(move || {
        let outer = first.enter();
        let inner = second.enter();
        let text = panic_of(|| drop(outer));
        drop(inner);
        text
    });
    assert_eq!(
        text.join().unwrap(),
        "`EnterGuard` values dropped out of order. Guards returned by \
         `handcrank::runtime::Handle::enter()` must be dropped in the reverse order as they were \
         acquired."
    );
}

#[test]
fn a_handle_is_awaited_anywhere() {
    on_each(|flavour, runtime| {
        let (go, gone) = oneshot::channel::<u32>();
        let mut task = runtime.spawn(async move { gone.await.unwrap() });
        let other = Flavour::CurrentThread.build();
        // Polled on one runtime, then moved to another, then to a plain thread.
        other.block_on(async {
            assert!(futures_util::poll!(&mut task).is_pending());
        });
        let waiting = thread::spawn(move || other.block_on(task).unwrap());
        go.send(8).unwrap();
        if !flavour.has_threads() {
            // Somebody has to run it.
            runtime.block_on(async {
                while Handle::current().metrics().num_alive_tasks() > 0 {
                    task::yield_now().await;
                }
            });
        }
        assert_eq!(waiting.join().unwrap(), 8);
    });
}
