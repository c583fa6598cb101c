use std::sync::atomic::{AtomicU8, Ordering};

use handcrank::runtime::Handle;
use handcrank::time::{advance, pause, sleep};

use super::*;
use crate::BoxFuture;
use crate::discovery::{MemoryDiscovery, Watch};

const TTL: Duration = Duration::from_secs(10);

/// A store in memory that can fail in the ways a server can.
#[derive(Clone, Default)]
struct Moody {
    store: MemoryDiscovery,
    mood: Arc<AtomicU8>,
}

const WELL: u8 = 0;
const REFUSING: u8 = 1;
const SILENT: u8 = 2;
const SLOW: u8 = 3;

impl Moody {
    fn set(&self, mood: u8) {
        self.mood.store(mood, Ordering::Relaxed);
    }

    async fn answer(&self) -> Result<(), DiscoveryError> {
        match self.mood.load(Ordering::Relaxed) {
            REFUSING => Err(DiscoveryError::Unavailable("refused".into())),
            SILENT => std::future::pending().await,
            SLOW => {
                sleep(Duration::from_secs(2)).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Discovery for Moody {
    fn grant(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, DiscoveryError>> {
        Box::pin(async move {
            self.answer().await?;
            self.store.grant(ttl).await
        })
    }
    fn keep_alive(&self, lease: LeaseId) -> BoxFuture<'_, Result<Duration, DiscoveryError>> {
        Box::pin(async move {
            // The store renews at once; it is the answer that takes its time.
            let answer = self.store.keep_alive(lease).await;
            self.answer().await?;
            answer
        })
    }
    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), DiscoveryError>> {
        self.store.revoke(lease)
    }
    fn put(&self, lease: LeaseId, instance: Instance) -> BoxFuture<'_, Result<(), DiscoveryError>> {
        self.store.put(lease, instance)
    }
    fn remove<'a>(&'a self, instance: &'a Instance) -> BoxFuture<'a, Result<(), DiscoveryError>> {
        self.store.remove(instance)
    }
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Instance>, DiscoveryError>> {
        self.store.list(prefix)
    }
    fn watch<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn Watch>, DiscoveryError>> {
        self.store.watch(prefix)
    }
}

fn here() -> Runtime {
    pause();
    Runtime::from_handles(Handle::current(), None)
}

async fn lease(runtime: &Runtime, store: &Moody, policy: LossPolicy) -> Lease {
    Lease::acquire(runtime, Arc::new(store.clone()), TTL, policy).await.unwrap()
}

fn instance() -> Instance {
    Instance {
        namespace: "ns".into(),
        component: "c".into(),
        endpoint: "e".into(),
        node: "n".into(),
    }
}

#[handcrank::test]
async fn it_is_renewed_at_half_time_for_as_long_as_the_node_lives() {
    let (runtime, store) = (here(), Moody::default());
    let lease = lease(&runtime, &store, LossPolicy::Shutdown).await;
    lease.register(instance()).await.unwrap();
    sleep(Duration::from_secs(61)).await;
    assert_eq!(lease.beats(), 12);
    assert!(lease.is_held());
    assert_eq!(store.list("").await.unwrap(), [instance()]);

    runtime.primary_token().cancel();
    runtime.service_tracker().close();
    runtime.service_tracker().wait().await;
    assert!(!lease.is_held());
    assert_eq!(store.list("").await.unwrap(), [], "given back, not left to expire");
    assert!(!runtime.is_shutting_down());
}

#[handcrank::test]
async fn a_slow_answer_does_not_lengthen_it() {
    let (runtime, store) = (here(), Moody::default());
    let lease = lease(&runtime, &store, LossPolicy::Drain).await;
    store.set(SLOW);
    // Asked at 5 s, answered at 7 s: held until 15 s, not until 17 s.
    sleep(Duration::from_millis(7_100)).await;
    assert_eq!(lease.beats(), 1);
    let remaining = lease.remaining();
    assert!(remaining <= Duration::from_millis(7_900), "{remaining:?}");
    assert!(remaining > Duration::from_millis(7_500), "{remaining:?}");
}

#[handcrank::test]
async fn a_silent_store_is_a_lost_lease_by_the_deadline() {
    let (runtime, store) = (here(), Moody::default());
    let lease = lease(&runtime, &store, LossPolicy::Drain).await;
    sleep(Duration::from_secs(6)).await;
    assert_eq!(lease.beats(), 1);
    store.set(SILENT);
    // Renewed at 5 s, so held until 15 s.
    sleep(Duration::from_millis(8_900)).await;
    assert!(lease.is_held());
    assert!(!runtime.endpoint_shutdown_token().is_cancelled());
    sleep(Duration::from_millis(200)).await;
    assert!(!lease.is_held());
    assert_eq!(lease.losses(), 1);
    assert!(runtime.endpoint_shutdown_token().is_cancelled(), "drains");
    assert!(!runtime.primary_token().is_cancelled(), "but stays up");
}

#[handcrank::test]
async fn a_store_that_refuses_for_a_while_is_asked_again() {
    let (runtime, store) = (here(), Moody::default());
    let lease = lease(&runtime, &store, LossPolicy::Drain).await;
    store.set(REFUSING);
    sleep(Duration::from_secs(9)).await;
    assert!(lease.is_held() && lease.beats() == 0);
    store.set(WELL);
    sleep(Duration::from_mins(1)).await;
    assert!(lease.is_held());
    assert!(lease.beats() > 10);
    assert_eq!(lease.losses(), 0);
}

#[handcrank::test]
async fn an_ended_lease_is_lost_at_the_next_beat() {
    let (runtime, store) = (here(), Moody::default());
    let lease = lease(&runtime, &store, LossPolicy::Drain).await;
    store.revoke(lease.id()).await.unwrap();
    sleep(Duration::from_millis(5_100)).await;
    assert!(!lease.is_held());
    assert!(runtime.endpoint_shutdown_token().is_cancelled());
}

#[handcrank::test]
async fn reacquiring_brings_the_instances_back() {
    let (runtime, store) = (here(), Moody::default());
    let lease = lease(&runtime, &store, LossPolicy::Reacquire).await;
    lease.register(instance()).await.unwrap();
    let first = lease.id();
    store.set(SILENT);
    sleep(Duration::from_secs(21)).await;
    assert!(!lease.is_held());
    store.set(WELL);
    sleep(Duration::from_secs(30)).await;
    assert!(lease.is_held());
    assert_ne!(lease.id(), first);
    assert_eq!(lease.losses(), 1);
    assert_eq!(store.list("").await.unwrap(), [instance()]);
    assert!(!runtime.endpoint_shutdown_token().is_cancelled());
}

#[handcrank::test]
async fn a_stuck_keep_alive_does_not_pass_for_a_held_lease() {
    let (runtime, store) = (here(), Moody::default());
    let lease = lease(&runtime, &store, LossPolicy::Reacquire).await;
    // The clock moves without anybody getting a turn.
    let deadline = Instant::now() + lease.remaining();
    assert!(lease.is_held());
    advance(TTL).await;
    assert!(Instant::now() >= deadline);
    drop(runtime);
}
