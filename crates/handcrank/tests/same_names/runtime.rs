//! The runtime, its tasks, and what tasks tell each other.

macro_rules! surface {
    ($name:ident, $runtime:ident, { $($extensions:item)* }) => {
        mod $name {
            use std::any::Any;
            use std::io;
            use std::panic::{RefUnwindSafe, UnwindSafe};
            use std::rc::Rc;
            use std::task::{Context, Poll};
            use $runtime as tokio;
            use tokio::runtime::{
                Builder, EnterGuard, Handle, Id, Runtime, RuntimeFlavor, RuntimeMetrics, TryCurrentError,
            };
            use tokio::task::{self, AbortHandle, JoinError, JoinHandle, JoinSet};
            use tokio::time::Duration;
            $($extensions)*

            #[tokio::main]
            async fn entry() {}

            #[tokio::main(flavor = "current_thread", start_paused = true, name = "the name")]
            async fn with_arguments<T: Clone>(value: &T) -> io::Result<T> {
                Ok(value.clone())
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn attribute() -> io::Result<()> {
                Ok(())
            }

            fn builder() -> io::Result<Runtime> {
                let mut builder: Builder = Builder::new_multi_thread();
                let builder: &mut Builder = builder
                    .worker_threads(2)
                    .max_blocking_threads(4)
                    .thread_keep_alive(Duration::from_secs(1))
                    .thread_name("name")
                    .thread_name(String::from("name"))
                    .thread_name_fn(|| String::from("name"))
                    .thread_stack_size(1 << 20)
                    .name("name")
                    .name(String::from("name"))
                    .on_thread_start(|| ())
                    .on_thread_stop(|| ())
                    .on_thread_park(|| ())
                    .on_thread_unpark(|| ())
                    .enable_all()
                    .enable_io()
                    .enable_time()
                    .event_interval(61)
                    .global_queue_interval(31)
                    .max_io_events_per_tick(1024)
                    .max_io_events_per_busy_tick(8);
                let _: io::Result<Runtime> = Builder::new_current_thread().start_paused(true).build();
                builder.build()
            }

            fn runtime(runtime: Runtime, text: &str) -> io::Result<()> {
                let _: Runtime = Runtime::new()?;
                let _: JoinHandle<u8> = runtime.spawn(async { 1 });
                let _: JoinHandle<u8> = runtime.spawn_blocking(|| 1);
                // Neither `Send` nor `'static`.
                let local = Rc::new(text);
                let _: usize = runtime.block_on(async { local.len() });
                let guard: EnterGuard<'_> = runtime.enter();
                drop(guard);
                let _: &Handle = runtime.handle();
                let _: RuntimeMetrics = runtime.metrics();
                runtime.shutdown_timeout(Duration::from_secs(1));
                Runtime::new()?.shutdown_background();
                Ok(())
            }

            fn handle(text: &str) {
                let handle: Handle = Handle::current();
                let failed: Result<Handle, TryCurrentError> = Handle::try_current();
                let error: TryCurrentError = failed.unwrap_err();
                let _: (bool, bool) = (error.is_missing_context(), error.is_thread_local_destroyed());
                let _: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
                let handle: Handle = handle.clone();
                let _: JoinHandle<u8> = handle.spawn(async { 1 });
                let _: JoinHandle<u8> = handle.spawn_blocking(|| 1);
                let local = Rc::new(text);
                let _: usize = handle.block_on(async { local.len() });
                let _: EnterGuard<'_> = handle.enter();
                let flavor: RuntimeFlavor = handle.runtime_flavor();
                let _ = flavor == RuntimeFlavor::CurrentThread || flavor == RuntimeFlavor::MultiThread;
                let id: Id = handle.id();
                let _: String = format!("{id} {id:?} {handle:?}");
                let _: Option<&str> = handle.name();
                let _: Option<usize> = tokio::runtime::worker_index();
                let metrics: RuntimeMetrics = handle.metrics();
                let _: (usize, usize) = (metrics.num_workers(), metrics.num_alive_tasks());
                let _: usize = metrics.global_queue_depth();
                let _: Duration = metrics.worker_total_busy_duration(0);
                let _: (u64, u64) = (metrics.worker_park_count(0), metrics.worker_park_unpark_count(0));
            }

            async fn tasks(cx: &mut Context<'_>) {
                let handle: JoinHandle<u8> = tokio::spawn(async { 1 });
                let handle: JoinHandle<u8> = task::spawn(async { 1 });
                let _: JoinHandle<u8> = task::spawn_blocking(|| 1);
                let _: () = task::yield_now().await;
                let _: Rc<u8> = task::block_in_place(|| Rc::new(1));
                let _: () = handle.abort();
                let _: bool = handle.is_finished();
                let id: task::Id = handle.id();
                let abort: AbortHandle = handle.abort_handle();
                let abort: AbortHandle = abort.clone();
                let _: () = abort.abort();
                let _: (bool, task::Id) = (abort.is_finished(), abort.id());
                let error: JoinError = handle.await.unwrap_err();
                let _: (bool, bool, task::Id) = (error.is_cancelled(), error.is_panic(), error.id());
                let error: Result<Box<dyn Any + Send + 'static>, JoinError> = error.try_into_panic();
                let error: JoinError = error.unwrap_err();
                let _: fn(JoinError) -> Box<dyn Any + Send + 'static> = JoinError::into_panic;
                let _: io::Error = error.into();
                let _: task::Id = task::id();
                let _: Option<task::Id> = task::try_id();
                let _: String = format!("{id}");
                let _: Rc<u8> = task::unconstrained(async { Rc::new(1) }).await;
                let _: () = task::consume_budget().await;
                let _: bool = task::coop::has_budget_remaining();
                let _: Rc<u8> = task::coop::unconstrained(async { Rc::new(1) }).await;
                let _: Rc<u8> = task::coop::cooperative(async { Rc::new(1) }).await;
                let proceed: Poll<task::coop::RestoreOnPending> = task::coop::poll_proceed(cx);
                if let Poll::Ready(proceed) = proceed {
                    let _: () = proceed.made_progress();
                }
            }

            fn handles_are_safe_to_unwind<T: 'static>() {
                fn check<T: UnwindSafe + RefUnwindSafe + Unpin + Send + Sync>() {}
                check::<JoinHandle<u8>>();
                check::<AbortHandle>();
            }

            async fn join_set(cx: &mut Context<'_>, runtime: &Handle) {
                let mut set: JoinSet<u8> = JoinSet::new();
                let _: AbortHandle = set.spawn(async { 1 });
                let _: AbortHandle = set.spawn_on(async { 1 }, runtime);
                let _: AbortHandle = set.spawn_blocking(|| 1);
                let _: AbortHandle = set.spawn_blocking_on(|| 1, runtime);
                let _: (usize, bool) = (set.len(), set.is_empty());
                let _: Option<Result<u8, JoinError>> = set.join_next().await;
                let _: Option<Result<(task::Id, u8), JoinError>> = set.join_next_with_id().await;
                let _: Option<Result<u8, JoinError>> = set.try_join_next();
                let _: Option<Result<(task::Id, u8), JoinError>> = set.try_join_next_with_id();
                let _: Poll<Option<Result<u8, JoinError>>> = set.poll_join_next(cx);
                let _: Poll<Option<Result<(task::Id, u8), JoinError>>> = set.poll_join_next_with_id(cx);
                let _: () = set.abort_all();
                let _: () = set.detach_all();
                let _: () = set.shutdown().await;
                let _: Vec<u8> = set.join_all().await;
                let set: JoinSet<u8> = [1u8, 2].into_iter().map(|n| async move { n }).collect();
                let _: String = format!("{set:?}");
                let _: JoinSet<u8> = JoinSet::default();
            }

            async fn locals(set: &task::LocalSet) {
                let mut tasks: JoinSet<Rc<u8>> = JoinSet::new();
                let _: AbortHandle = tasks.spawn_local(async { Rc::new(1) });
                let _: AbortHandle = tasks.spawn_local_on(async { Rc::new(1) }, set);
            }

            tokio::task_local! {
                static NUMBER: u32;
                /// With a visibility and another after it.
                pub(super) static TEXT: String
            }

            async fn task_locals() {
                let key: &'static task::LocalKey<u32> = &NUMBER;
                let _: Rc<u8> = key.scope(1, async { Rc::new(1) }).await;
                let _: u8 = key.sync_scope(1, || 1);
                let _: bool = key.with(|number: &u32| *number == 1);
                let result: Result<u32, _> = key.try_with(|number| *number);
                let _: u32 = key.get();
                let _: u32 = key.try_get().unwrap();
                let _: Box<dyn std::error::Error + Send + Sync> = Box::new(result.unwrap_err());
                let mut future: std::pin::Pin<Box<task::futures::TaskLocalFuture<u32, std::future::Ready<u8>>>> =
                    Box::pin(key.scope(1, std::future::ready(1)));
                let _: Option<u32> = future.as_mut().take_value();
            }

            async fn pinned() {
                let one = async { 1 };
                let two = async { 2 };
                tokio::pin!(one, two);
                let _: std::pin::Pin<&mut _> = one.as_mut();
                tokio::pin! {
                    let three = async { 3 };
                    let four = async { 4 };
                }
                let _: (i32, i32, i32, i32) = (one.await, two.await, three.await, four.await);
            }

            async fn notify() {
                let notify: tokio::sync::Notify = tokio::sync::Notify::new();
                static CONST: tokio::sync::Notify = tokio::sync::Notify::const_new();
                let notify = std::sync::Arc::new(notify);
                let owned: tokio::sync::futures::OwnedNotified = notify.clone().notified_owned();
                let _: () = notify.notify_one();
                let _: () = notify.notify_last();
                let _: () = notify.notify_waiters();
                let notified: tokio::sync::futures::Notified<'_> = notify.notified();
                tokio::pin!(notified);
                let _: bool = notified.as_mut().enable();
                let _: () = notified.await;
                let _: () = owned.await;
            }

            async fn oneshot(cx: &mut Context<'_>) {
                use tokio::sync::oneshot::{self, Receiver, Sender};
                let (mut send, mut receive): (Sender<u8>, Receiver<u8>) = oneshot::channel();
                let _: bool = send.is_closed();
                let _: Poll<()> = send.poll_closed(cx);
                let _: () = send.closed().await;
                let _: Result<(), u8> = send.send(1);
                let _: Result<u8, oneshot::error::TryRecvError> = receive.try_recv();
                let _: () = receive.close();
                let _: (bool, bool) = (receive.is_empty(), receive.is_terminated());
                let _: Result<u8, oneshot::error::RecvError> = receive.await;
                let _: fn(Receiver<u8>) -> Result<u8, oneshot::error::RecvError> = Receiver::blocking_recv;
            }
        }
    };
}

surface!(ours, handcrank, {});
surface!(theirs, tokio, {});

/// What is in tokio-util there is in `sync` here.
macro_rules! shutdown {
    ($name:ident, $($sync:ident)::+, $($task:ident)::+) => {
        mod $name {
            use std::rc::Rc;
            use $($sync)::+::{CancellationToken, DropGuard};
            use $($task)::+::TaskTracker;

            async fn token(token: CancellationToken) {
                let _: CancellationToken = CancellationToken::new();
                let _: CancellationToken = CancellationToken::default();
                let child: CancellationToken = token.child_token();
                let _: () = token.cancel();
                let _: bool = token.is_cancelled();
                let _: () = token.cancelled().await;
                let _: () = token.clone().cancelled_owned().await;
                let _: Option<Rc<u8>> = token.run_until_cancelled(async { Rc::new(1) }).await;
                let _: Option<u8> = child.run_until_cancelled_owned(async { 1 }).await;
                let guard: DropGuard = token.drop_guard();
                let _: CancellationToken = guard.disarm();
            }

            async fn tracker(tracker: TaskTracker) {
                let _: TaskTracker = TaskTracker::new();
                let _: u8 = tracker.track_future(async { 1 }).await;
                let token = tracker.token();
                let _: (bool, bool) = (tracker.close(), tracker.reopen());
                let _: (bool, bool, usize) =
                    (tracker.is_closed(), tracker.is_empty(), tracker.len());
                let _: bool = TaskTracker::ptr_eq(&tracker, token.task_tracker());
                let _: () = tracker.wait().await;
            }
        }
    };
}

shutdown!(our_shutdown, handcrank::sync, handcrank::sync);
shutdown!(their_shutdown, tokio_util::sync, tokio_util::task);
