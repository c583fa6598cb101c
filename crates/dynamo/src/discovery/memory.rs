//! Discovery inside one process: needs no server, forgets everything when it goes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use handcrank::time::{Instant, sleep_until};
use parking_lot::Mutex;

use super::{Discovery, DiscoveryError, Event, Instance, LeaseId, Watch};
use crate::BoxFuture;
use crate::queue::{Receiver, Sender, queue};
use crate::wait::{First, first_of};

/// Events that a watch may lag behind before it ends.
const WATCH_CAPACITY: usize = 1024;

/// A store in memory. A clone is another name for the same store, so several nodes of one process
/// can share it.
///
/// There is no task that lets leases expire: whoever looks at the store first ends those whose
/// time is up, and a watch sleeps until the next one's.
#[derive(Clone, Default)]
pub struct MemoryDiscovery {
    store: Arc<Mutex<Store>>,
}

#[derive(Default)]
struct Store {
    last_lease: u64,
    leases: BTreeMap<LeaseId, Grant>,
    instances: BTreeMap<String, (LeaseId, Instance)>,
    watches: Vec<(String, Sender<Event>)>,
}

struct Grant {
    ttl: Duration,
    expires: Instant,
}

impl MemoryDiscovery {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `f` on the store as it is now: without what has expired.
    fn with<R>(&self, f: impl FnOnce(&mut Store) -> R) -> R {
        let mut store = self.store.lock();
        store.expire(Instant::now());
        f(&mut store)
    }
}

impl Store {
    fn expire(&mut self, now: Instant) {
        let due = self.leases.iter().filter(|(_, grant)| grant.expires <= now);
        let due: Vec<LeaseId> = due.map(|(id, _)| *id).collect();
        for lease in due {
            self.end(lease);
        }
    }

    fn end(&mut self, lease: LeaseId) {
        self.leases.remove(&lease);
        let keys = self.instances.iter().filter(|(_, (owner, _))| *owner == lease);
        let keys: Vec<String> = keys.map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some((_, instance)) = self.instances.remove(key) {
            self.tell(key, &Event::Removed(instance));
        }
    }

    fn tell(&mut self, key: &str, event: &Event) {
        // A watch that is full has missed something: its sender goes, and with it the watch ends,
        // so that the watcher starts afresh instead of believing what is no longer so.
        self.watches.retain(|(prefix, sender)| {
            if key.starts_with(prefix.as_str()) {
                sender.push(event.clone())
            } else {
                !sender.is_closed()
            }
        });
    }

    fn next_expiry(&self) -> Option<Instant> {
        self.leases.values().map(|grant| grant.expires).min()
    }
}

impl Discovery for MemoryDiscovery {
    fn grant(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, DiscoveryError>> {
        Box::pin(async move {
            Ok(self.with(|store| {
                store.last_lease += 1;
                let id = LeaseId(store.last_lease);
                store.leases.insert(id, Grant { ttl, expires: Instant::now() + ttl });
                id
            }))
        })
    }

    fn keep_alive(&self, lease: LeaseId) -> BoxFuture<'_, Result<Duration, DiscoveryError>> {
        Box::pin(async move {
            self.with(|store| match store.leases.get_mut(&lease) {
                Some(grant) => {
                    grant.expires = Instant::now() + grant.ttl;
                    Ok(grant.ttl)
                }
                None => Err(DiscoveryError::LeaseGone(lease)),
            })
        })
    }

    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), DiscoveryError>> {
        Box::pin(async move {
            self.with(|store| store.end(lease));
            Ok(())
        })
    }

    fn put(&self, lease: LeaseId, instance: Instance) -> BoxFuture<'_, Result<(), DiscoveryError>> {
        Box::pin(async move {
            self.with(|store| {
                if !store.leases.contains_key(&lease) {
                    return Err(DiscoveryError::LeaseGone(lease));
                }
                let key = instance.key();
                store.instances.insert(key.clone(), (lease, instance.clone()));
                store.tell(&key, &Event::Put(instance));
                Ok(())
            })
        })
    }

    fn remove<'a>(&'a self, instance: &'a Instance) -> BoxFuture<'a, Result<(), DiscoveryError>> {
        Box::pin(async move {
            self.with(|store| store.remove(&instance.key()));
            Ok(())
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Instance>, DiscoveryError>> {
        Box::pin(async move {
            Ok(self.with(|store| {
                let all = store.instances.iter().filter(|(key, _)| key.starts_with(prefix));
                all.map(|(_, (_, instance))| instance.clone()).collect()
            }))
        })
    }

    fn watch<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn Watch>, DiscoveryError>> {
        Box::pin(async move {
            let events = self.with(|store| {
                let known = store.instances.iter().filter(|(key, _)| key.starts_with(prefix));
                let known: Vec<_> = known.map(|(_, (_, instance))| instance.clone()).collect();
                let (sender, receiver) = queue(WATCH_CAPACITY + known.len());
                for instance in known {
                    sender.push(Event::Put(instance));
                }
                store.watches.push((prefix.to_owned(), sender));
                receiver
            });
            Ok(Box::new(MemoryWatch { discovery: self.clone(), events }) as Box<dyn Watch>)
        })
    }
}

struct MemoryWatch {
    discovery: MemoryDiscovery,
    events: Receiver<Event>,
}

impl Watch for MemoryWatch {
    fn next(&mut self) -> BoxFuture<'_, Option<Event>> {
        Box::pin(async move {
            loop {
                // A lease granted from now on can only end after every event that tells of it.
                let Some(expiry) = self.discovery.with(|store| store.next_expiry()) else {
                    return self.events.next().await;
                };
                match first_of(self.events.next(), sleep_until(expiry)).await {
                    First::Left(event) => return event,
                    First::Right(()) => {}
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use handcrank::time::{advance, pause};

    use super::*;

    fn instance(node: &str) -> Instance {
        Instance {
            namespace: "ns".into(),
            component: "echo".into(),
            endpoint: "generate".into(),
            node: node.into(),
        }
    }

    #[handcrank::test]
    async fn an_instance_lives_as_long_as_its_lease() {
        pause();
        let store = MemoryDiscovery::new();
        let lease = store.grant(Duration::from_secs(10)).await.unwrap();
        store.put(lease, instance("a")).await.unwrap();
        let mut watch = store.watch("ns/").await.unwrap();
        assert_eq!(watch.next().await, Some(Event::Put(instance("a"))));

        advance(Duration::from_secs(9)).await;
        assert_eq!(store.keep_alive(lease).await.unwrap(), Duration::from_secs(10));
        advance(Duration::from_secs(9)).await;
        assert_eq!(store.list("ns/echo").await.unwrap(), [instance("a")]);
        assert_eq!(store.list("other").await.unwrap(), []);

        // Nobody renews; the watch itself finds out.
        assert_eq!(watch.next().await, Some(Event::Removed(instance("a"))));
        assert!(matches!(store.keep_alive(lease).await, Err(DiscoveryError::LeaseGone(_))));
        assert!(matches!(store.put(lease, instance("b")).await, Err(DiscoveryError::LeaseGone(_))));
    }

    #[handcrank::test]
    async fn revoking_and_removing_are_seen_by_watches() {
        let store = MemoryDiscovery::new();
        let mut watch = store.watch("ns/echo/").await.unwrap();
        let lease = store.grant(Duration::from_secs(10)).await.unwrap();
        store.put(lease, instance("a")).await.unwrap();
        store.put(lease, instance("b")).await.unwrap();
        store.remove(&instance("a")).await.unwrap();
        store.revoke(lease).await.unwrap();
        store.revoke(lease).await.unwrap();
        let mut events = Vec::new();
        for _ in 0..4 {
            events.extend(watch.next().await);
        }
        use Event::{Put, Removed};
        let (a, b) = (instance("a"), instance("b"));
        assert_eq!(events, [Put(a.clone()), Put(b.clone()), Removed(a), Removed(b)]);
    }

    #[handcrank::test]
    async fn a_watch_that_fell_behind_ends() {
        let store = MemoryDiscovery::new();
        let mut watch = store.watch("").await.unwrap();
        let lease = store.grant(Duration::from_secs(10)).await.unwrap();
        for n in 0..=WATCH_CAPACITY {
            store.put(lease, instance(&n.to_string())).await.unwrap();
        }
        for _ in 0..WATCH_CAPACITY {
            assert!(watch.next().await.is_some());
        }
        assert_eq!(watch.next().await, None);
    }
}
