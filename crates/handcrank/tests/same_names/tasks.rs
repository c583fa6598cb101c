//! `task`.

macro_rules! surface {
    ($name:ident, $runtime:ident) => {
        #[allow(deprecated)]
        mod $name {
            use std::any::Any;
            use std::error::Error;
            use std::fmt::{Debug, Display};
            use std::future::Ready;
            use std::hash::Hash;
            use std::panic::{RefUnwindSafe, UnwindSafe};
            use std::rc::Rc;
            use std::task::{Context, Poll};
            use tokio::runtime::Handle;
            use tokio::task::coop::{self, Coop, RestoreOnPending, Unconstrained};
            use tokio::task::{
                self, AbortHandle, Id, JoinError, JoinHandle, JoinSet, LocalKey, LocalSet,
            };
            use $runtime as tokio;

            tokio::task_local! {
                /// Documented.
                pub static NUMBER: u32;
                static SHARED: Rc<u8>
            }

            async fn tasks() -> Result<(), JoinError> {
                let handle: JoinHandle<u8> = tokio::spawn(async { 1 });
                let handle: JoinHandle<u8> = task::spawn(async { 1 });
                let _: JoinHandle<u8> = task::spawn_blocking(|| 1);
                let abort: AbortHandle = handle.abort_handle();
                let _: (Id, Id, bool, bool) =
                    (handle.id(), abort.id(), handle.is_finished(), abort.is_finished());
                let _: ((), ()) = (handle.abort(), abort.clone().abort());
                let result: Result<u8, JoinError> = handle.await;
                let error: JoinError = result.unwrap_err();
                let _: (bool, bool, Id) = (error.is_cancelled(), error.is_panic(), error.id());
                let error: Result<Box<dyn Any + Send + 'static>, JoinError> =
                    error.try_into_panic();
                let error = error.unwrap_err();
                let _: std::io::Error = error.into();
                let _: fn(JoinError) -> Box<dyn Any + Send + 'static> = JoinError::into_panic;
                let (_, _): (Id, Option<Id>) = (task::id(), task::try_id());
                let _: () = task::yield_now().await;
                Ok(())
            }

            async fn sets(cx: &mut Context<'_>, on: &Handle, local: &LocalSet) {
                let mut set: JoinSet<u8> = JoinSet::new();
                let _: AbortHandle = set.spawn(async { 1 });
                let _: AbortHandle = set.spawn_on(async { 1 }, on);
                let _: AbortHandle = set.spawn_blocking(|| 1);
                let _: AbortHandle = set.spawn_blocking_on(|| 1, on);
                let rc = Rc::new(1);
                let _: AbortHandle = set.spawn_local(async move { *rc });
                let rc = Rc::new(1);
                let _: AbortHandle = set.spawn_local_on(async move { *rc }, local);
                let _: (usize, bool) = (set.len(), set.is_empty());
                let _: Option<Result<u8, JoinError>> = set.join_next().await;
                let _: Option<Result<(Id, u8), JoinError>> = set.join_next_with_id().await;
                let _: Option<Result<u8, JoinError>> = set.try_join_next();
                let _: Option<Result<(Id, u8), JoinError>> = set.try_join_next_with_id();
                let _: Poll<Option<Result<u8, JoinError>>> = set.poll_join_next(cx);
                let _: Poll<Option<Result<(Id, u8), JoinError>>> = set.poll_join_next_with_id(cx);
                let _: ((), (), ()) = (set.abort_all(), set.detach_all(), set.shutdown().await);
                let mut set: JoinSet<u8> = [std::future::ready(1)].into_iter().collect();
                set.extend([async { 1 }]);
                let _: Vec<u8> = set.join_all().await;
                let _: JoinSet<Rc<u8>> = JoinSet::default();
            }

            async fn locals() {
                let key: &'static LocalKey<u32> = &NUMBER;
                let mut future: std::pin::Pin<Box<task::futures::TaskLocalFuture<u32, Ready<u8>>>> =
                    Box::pin(NUMBER.scope(1, std::future::ready(1)));
                let _: u8 = future.as_mut().await;
                let _: Option<u32> = future.as_mut().take_value();
                let _: u8 = NUMBER.sync_scope(1, || 1);
                let _: u8 = NUMBER.with(|n: &u32| 1);
                let looked: Result<u8, _> = NUMBER.try_with(|n: &u32| 1);
                let error: &(dyn Error + Send + Sync) = &looked.unwrap_err();
                let _: u32 = NUMBER.get();
                let _: bool = NUMBER.try_get() == NUMBER.try_get();
                let _: Rc<u8> = SHARED.get();
            }

            async fn budget(cx: &mut Context<'_>) {
                let unit: Poll<RestoreOnPending> = coop::poll_proceed(cx);
                if let Poll::Ready(unit) = unit {
                    let _: () = unit.made_progress();
                    RestoreOnPending::made_progress(&unit);
                }
                let _: bool = coop::has_budget_remaining();
                let cooperative: Coop<Ready<u8>> = coop::cooperative(std::future::ready(1));
                let _: u8 = cooperative.await;
                let free: Unconstrained<Ready<u8>> = coop::unconstrained(std::future::ready(1));
                let _: u8 = free.await;
                let _: task::Unconstrained<Ready<u8>> = task::unconstrained(std::future::ready(1));
                let _: ((), ()) = (coop::consume_budget().await, task::consume_budget().await);
            }

            fn traits() {
                fn safe<T: UnwindSafe + RefUnwindSafe + Unpin + Send + Sync>() {}
                fn shared<T: Unpin + Send + Sync + Debug>() {}
                fn number<T: Copy + Ord + Hash + Display + Debug + Send + Sync>() {}
                safe::<JoinHandle<std::cell::Cell<u8>>>();
                safe::<AbortHandle>();
                shared::<JoinSet<std::cell::Cell<u8>>>();
                shared::<JoinError>();
                shared::<JoinHandle<u8>>();
                shared::<AbortHandle>();
                number::<Id>();
            }
        }
    };
}

surface!(ours, handcrank);
surface!(theirs, tokio);
