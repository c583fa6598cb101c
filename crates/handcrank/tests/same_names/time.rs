//! Time, signals, and what tasks tell each other.

macro_rules! surface {
    ($name:ident, $runtime:ident, { $($util:item)* }) => {
        mod $name {
            use std::future::{IntoFuture, Pending, Ready, pending, ready};
            use std::hash::Hash;
            use std::panic::{RefUnwindSafe, UnwindSafe};
            use std::pin::{Pin, pin};
            use std::rc::Rc;
            use std::sync::Arc;
            use std::task::{Context, Poll};
            use std::{error::Error, fmt::Debug, io};
            use $runtime as tokio;
            use tokio::sync::{Notify, oneshot};
            use tokio::task::{JoinHandle, LocalSet};
            use tokio::time::{self, Duration, Instant, MissedTickBehavior};
            $($util)*

            fn send<T: Send>(_: &T) {}
            fn shared<T: Send + Sync>() {}
            fn unpin<T: Unpin>() {}
            fn value<T: Copy + Clone + PartialEq + Eq + Hash + Debug + Send + Sync + Unpin + UnwindSafe + 'static>() {}
            fn error<T: Error + PartialEq + Eq + Debug + Send + Sync + 'static>() {}
            fn unwinds<T: UnwindSafe + RefUnwindSafe>() {}

            fn auto_traits() {
                value::<Instant>();
                value::<tokio::signal::unix::SignalKind>();
                shared::<time::Sleep>();
                shared::<time::Timeout<Ready<()>>>();
                unpin::<time::Interval>();
                shared::<time::Interval>();
                error::<time::error::Elapsed>();
                shared::<MissedTickBehavior>();
                shared::<tokio::signal::unix::Signal>();
                unpin::<tokio::signal::unix::Signal>();
                shared::<oneshot::Sender<std::cell::Cell<u8>>>();
                shared::<oneshot::Receiver<std::cell::Cell<u8>>>();
                unpin::<oneshot::Sender<std::marker::PhantomPinned>>();
                unpin::<oneshot::Receiver<std::marker::PhantomPinned>>();
                error::<oneshot::error::RecvError>();
                error::<oneshot::error::TryRecvError>();
                shared::<Notify>();
                unwinds::<Notify>();
                shared::<tokio::sync::futures::Notified<'static>>();
                shared::<tokio::sync::futures::OwnedNotified>();
                shared::<CancellationToken>();
                unwinds::<CancellationToken>();
                unpin::<CancellationToken>();
                shared::<TaskTracker>();
            }

            /// An async fn has no name to ask about.
            fn futures(ticks: &mut time::Interval, token: &CancellationToken, signal: &mut tokio::signal::unix::Signal) {
                send(&tokio::signal::ctrl_c());
                send(&time::advance(Duration::ZERO));
                send(&ticks.tick());
                send(&signal.recv());
                send(&token.cancelled());
                send(&token.clone().cancelled_owned());
                send(&token.run_until_cancelled(ready(1)));
                send(&token.clone().run_until_cancelled_owned(ready(1)));
                send(&oneshot::channel::<u8>().0.closed());
                // What is not Send is taken, too.
                let _ = token.run_until_cancelled(ready(Rc::new(1)));
                let _ = time::timeout(Duration::ZERO, ready(Rc::new(1)));
            }

            fn instants(now: Instant, std: std::time::Instant) {
                let _: fn() -> Instant = Instant::now;
                let _: fn(std::time::Instant) -> Instant = Instant::from_std;
                let _: fn(Instant) -> std::time::Instant = Instant::into_std;
                let _: fn(&Instant, Instant) -> Duration = Instant::duration_since;
                let _: fn(&Instant, Instant) -> Option<Duration> = Instant::checked_duration_since;
                let _: fn(&Instant, Instant) -> Duration = Instant::saturating_duration_since;
                let _: fn(&Instant) -> Duration = Instant::elapsed;
                let _: fn(&Instant, Duration) -> Option<Instant> = Instant::checked_add;
                let _: fn(&Instant, Duration) -> Option<Instant> = Instant::checked_sub;
                let mut moved: Instant = now + Duration::ZERO;
                moved += Duration::ZERO;
                moved -= Duration::ZERO;
                let _: (Instant, Duration) = (moved - Duration::ZERO, moved - now);
                let _: (Instant, std::time::Instant) = (std.into(), now.into());
            }

            async fn times(cx: &mut Context<'_>) -> io::Result<()> {
                let _: fn(Duration) -> time::Sleep = time::sleep;
                let _: fn(Instant) -> time::Sleep = time::sleep_until;
                let _: fn(&time::Sleep) -> Instant = time::Sleep::deadline;
                let _: fn(&time::Sleep) -> bool = time::Sleep::is_elapsed;
                let _: fn(Pin<&mut time::Sleep>, Instant) = time::Sleep::reset;
                let () = time::sleep(Duration::ZERO).await;

                fn by<T: IntoFuture>(future: T) -> time::Timeout<T::IntoFuture> {
                    time::timeout(Duration::ZERO, future)
                }
                fn until<T: IntoFuture>(future: T) -> time::Timeout<T::IntoFuture> {
                    time::timeout_at(Instant::now(), future)
                }
                let mut limited: time::Timeout<Ready<u8>> = by(ready(1));
                let _: &Ready<u8> = limited.get_ref();
                let _: &mut Ready<u8> = limited.get_mut();
                let _: Ready<u8> = limited.into_inner();
                let outcome: Result<u8, time::error::Elapsed> = until(ready(1)).await;
                let _: io::Error = outcome.unwrap_err().into();

                let _: fn(Duration) -> time::Interval = time::interval;
                let _: fn(Instant, Duration) -> time::Interval = time::interval_at;
                let mut ticks = time::interval(Duration::from_secs(1));
                let _: Instant = ticks.tick().await;
                let _: Poll<Instant> = ticks.poll_tick(cx);
                let _: fn(&mut time::Interval) = time::Interval::reset;
                let _: fn(&mut time::Interval) = time::Interval::reset_immediately;
                let _: fn(&mut time::Interval, Duration) = time::Interval::reset_after;
                let _: fn(&mut time::Interval, Instant) = time::Interval::reset_at;
                let _: fn(&time::Interval) -> Duration = time::Interval::period;
                let _: fn(&time::Interval) -> MissedTickBehavior = time::Interval::missed_tick_behavior;
                let _: fn(&mut time::Interval, MissedTickBehavior) = time::Interval::set_missed_tick_behavior;
                match MissedTickBehavior::default() {
                    MissedTickBehavior::Burst | MissedTickBehavior::Delay | MissedTickBehavior::Skip => {}
                }
                let (_, _): (fn(), fn()) = (time::pause, time::resume);
                let () = time::advance(Duration::ZERO).await;
                Ok(())
            }

            async fn one_shot(cx: &mut Context<'_>) -> Result<(), Box<dyn Error>> {
                let (mut sender, mut receiver): (oneshot::Sender<u8>, oneshot::Receiver<u8>) = oneshot::channel();
                let () = sender.closed().await;
                let _: Poll<()> = sender.poll_closed(cx);
                let _: bool = sender.is_closed();
                let _: Result<(), u8> = sender.send(1);
                let _: Result<u8, oneshot::error::TryRecvError> = receiver.try_recv();
                let _: (bool, bool) = (receiver.is_empty(), receiver.is_terminated());
                let () = receiver.close();
                let _: Result<u8, oneshot::error::RecvError> = (&mut receiver).await;
                let _: u8 = receiver.blocking_recv()?;
                match receiver_error() {
                    oneshot::error::TryRecvError::Empty | oneshot::error::TryRecvError::Closed => {}
                }
                Ok(())
            }

            fn receiver_error() -> oneshot::error::TryRecvError {
                oneshot::channel::<u8>().1.try_recv().unwrap_err()
            }

            static NOTIFY: Notify = Notify::const_new();

            async fn notifications(notify: Arc<Notify>) {
                let _: Notify = Notify::default();
                let notified: tokio::sync::futures::Notified<'_> = notify.notified();
                let mut notified = pin!(notified);
                let _: bool = notified.as_mut().enable();
                let () = notified.await;
                let owned: tokio::sync::futures::OwnedNotified = Arc::clone(&notify).notified_owned();
                let mut owned = pin!(owned);
                let _: bool = owned.as_mut().enable();
                let () = owned.await;
                let (): () = notify.notify_one();
                let (): () = notify.notify_last();
                let (): () = notify.notify_waiters();
                NOTIFY.notified().await;
            }

            async fn tokens(token: CancellationToken) {
                let child: CancellationToken = token.child_token();
                let (): () = child.cancel();
                let _: bool = child.is_cancelled() && child == token.clone();
                let () = token.cancelled().await;
                let () = child.clone().cancelled_owned().await;
                let _: Option<u8> = token.run_until_cancelled(ready(1)).await;
                let _: Option<u8> = child.clone().run_until_cancelled_owned(ready(1)).await;
                let _: &CancellationToken = token.drop_guard_ref().disarm();
                let _: CancellationToken = child.drop_guard().disarm();
                let _ = CancellationToken::default();
            }

            async fn trackers(tracker: TaskTracker, handle: &tokio::runtime::Handle, set: &LocalSet) {
                let _: JoinHandle<u8> = tracker.spawn(async { 1 });
                let _: JoinHandle<u8> = tracker.spawn_on(async { 1 }, handle);
                let _: JoinHandle<Rc<u8>> = tracker.spawn_local(async { Rc::new(1) });
                let _: JoinHandle<Rc<u8>> = tracker.spawn_local_on(async { Rc::new(1) }, set);
                let _: JoinHandle<u8> = tracker.spawn_blocking(|| 1);
                let _: JoinHandle<u8> = tracker.spawn_blocking_on(|| 1, handle);
                let _: Rc<u8> = tracker.track_future(async { Rc::new(1) }).await;
                let token = tracker.token();
                let _: &TaskTracker = token.clone().task_tracker();
                let _: (bool, bool) = (tracker.close(), tracker.reopen());
                let _: (bool, bool, usize) = (tracker.is_closed(), tracker.is_empty(), tracker.len());
                let _: bool = TaskTracker::ptr_eq(&tracker, &tracker.clone());
                let () = tracker.wait().await;
                let _ = TaskTracker::default();
            }

            async fn signals(cx: &mut Context<'_>) -> io::Result<()> {
                use tokio::signal::unix::{Signal, SignalKind, signal};
                let () = tokio::signal::ctrl_c().await?;
                let _: fn(SignalKind) -> io::Result<Signal> = signal;
                let mut listener = signal(SignalKind::terminate())?;
                let _: Option<()> = listener.recv().await;
                let _: Poll<Option<()>> = listener.poll_recv(cx);
                const RAW: SignalKind = SignalKind::from_raw(1);
                const HANGUP: std::ffi::c_int = SignalKind::hangup().as_raw_value();
                let _: std::ffi::c_int = RAW.into();
                let _: SignalKind = HANGUP.into();
                let _ = pending::<()> as fn() -> Pending<()>;
                Ok(())
            }
        }
    };
}

surface!(ours, handcrank, {
    use handcrank::sync::{CancellationToken, TaskTracker};
});
surface!(theirs, tokio, {
    use tokio_util::{sync::CancellationToken, task::TaskTracker};
});
