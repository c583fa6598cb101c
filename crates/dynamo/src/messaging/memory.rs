//! Messaging inside one process: needs no server.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::subject::{check_pattern, check_subject, matches};
use super::{Message, Messaging, MessagingError, Subscription};
use crate::BoxFuture;
use crate::queue::Sender;

/// A broker in memory. A clone is another name for the same broker, so several nodes of one
/// process can share it.
///
/// Matching goes through all subscriptions: a node has tens of them, not thousands.
#[derive(Clone, Default)]
pub struct MemoryMessaging {
    broker: Arc<Mutex<Broker>>,
}

#[derive(Default)]
struct Broker {
    last: u64,
    subscribers: BTreeMap<u64, Subscriber>,
    /// Which member of a group is next, by group.
    turns: BTreeMap<String, usize>,
}

struct Subscriber {
    pattern: String,
    group: Option<String>,
    sender: Sender<Message>,
}

impl MemoryMessaging {
    /// A broker without subscriptions.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many subscriptions there are.
    pub fn subscriptions(&self) -> usize {
        self.broker.lock().subscribers.len()
    }
}

impl Broker {
    /// Who gets a message on `subject`: every plain subscriber, and of each group the member
    /// whose turn it is.
    fn receivers(&mut self, subject: &str) -> Vec<Sender<Message>> {
        let mut groups: BTreeMap<&str, Vec<&Sender<Message>>> = BTreeMap::new();
        let mut chosen = Vec::new();
        for there in self.subscribers.values() {
            if matches(&there.pattern, subject) {
                match &there.group {
                    Some(group) => groups.entry(group).or_default().push(&there.sender),
                    None => chosen.push(there.sender.clone()),
                }
            }
        }
        for (group, members) in groups {
            let turn = self.turns.entry(group.to_owned()).or_default();
            chosen.push(members[*turn % members.len()].clone());
            *turn = turn.wrapping_add(1);
        }
        chosen
    }
}

impl Messaging for MemoryMessaging {
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<Option<usize>, MessagingError>> {
        Box::pin(async move {
            check_subject(&message.subject)?;
            if let Some(reply) = &message.reply {
                check_subject(reply)?;
            }
            let receivers = self.broker.lock().receivers(&message.subject);
            // Handing over wakes readers, so the broker is unlocked by now. One publisher's
            // messages stay in order; those of two publishers have none anyway.
            let handed = receivers.iter().filter(|sender| sender.push(message.clone())).count();
            Ok(Some(handed))
        })
    }

    fn subscribe<'a>(
        &'a self,
        pattern: &'a str,
        group: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Subscription, MessagingError>> {
        Box::pin(async move {
            check_pattern(pattern)?;
            Ok(Subscription::new(|sender| {
                let mut broker = self.broker.lock();
                broker.last += 1;
                let id = broker.last;
                let (pattern, group) = (pattern.to_owned(), group.map(str::to_owned));
                broker.subscribers.insert(id, Subscriber { pattern, group, sender });
                Unsubscribe { id, broker: Arc::downgrade(&self.broker) }
            }))
        })
    }
}

struct Unsubscribe {
    id: u64,
    /// Weak, so that a subscription that is kept does not keep the broker.
    broker: Weak<Mutex<Broker>>,
}

impl Drop for Unsubscribe {
    fn drop(&mut self) {
        if let Some(broker) = self.broker.upgrade() {
            let gone = broker.lock().subscribers.remove(&self.id);
            drop(gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::super::{ERROR_HEADER, SUBSCRIPTION_CAPACITY};
    use super::*;

    async fn publish(broker: &MemoryMessaging, subject: &str, payload: &'static str) -> usize {
        broker.publish(Message::new(subject, payload)).await.unwrap().unwrap()
    }

    #[handcrank::test]
    async fn everyone_who_matches_gets_it_in_order() {
        let broker = MemoryMessaging::new();
        let mut exact = broker.subscribe("a.b", None).await.unwrap();
        let mut wild = broker.subscribe("a.>", None).await.unwrap();
        assert_eq!(publish(&broker, "a.b", "1").await, 2);
        assert_eq!(publish(&broker, "a.c", "2").await, 1);
        assert_eq!(publish(&broker, "b", "3").await, 0);
        assert_eq!(exact.next().await.unwrap().payload, "1");
        assert_eq!(wild.next().await.unwrap().payload, "1");
        assert_eq!(wild.next().await.unwrap().payload, "2");
        drop((exact, wild));
        assert_eq!(broker.subscriptions(), 0);
        assert_eq!(publish(&broker, "a.b", "4").await, 0);
    }

    #[handcrank::test]
    async fn a_group_shares_and_takes_turns() {
        let broker = MemoryMessaging::new();
        let mut one = broker.subscribe("work", Some("g")).await.unwrap();
        let mut two = broker.subscribe("work", Some("g")).await.unwrap();
        let mut all = broker.subscribe("*", None).await.unwrap();
        for payload in ["1", "2", "3", "4"] {
            assert_eq!(publish(&broker, "work", payload).await, 2);
        }
        let mut seen = Vec::new();
        for subscription in [&mut one, &mut two] {
            for _ in 0..2 {
                seen.push(subscription.next().await.unwrap().payload);
            }
        }
        seen.sort();
        assert_eq!(seen, ["1", "2", "3", "4"]);
        for payload in ["1", "2", "3", "4"] {
            assert_eq!(all.next().await.unwrap().payload, payload);
        }
        drop(one);
        for _ in 0..3 {
            assert_eq!(publish(&broker, "work", "5").await, 2, "the one who is left gets all");
        }
    }

    #[handcrank::test]
    async fn a_request_is_answered_or_says_why_not() {
        let broker = MemoryMessaging::new();
        let limit = Duration::from_mins(1);
        let nobody = broker.request("ask", Bytes::new(), limit).await;
        assert!(matches!(nobody, Err(MessagingError::NoResponders(subject)) if subject == "ask"));

        let mut asked = broker.subscribe("ask", None).await.unwrap();
        let responder = broker.clone();
        handcrank::spawn(async move {
            while let Some(message) = asked.next().await {
                let mut reply = Message::new(message.reply.unwrap(), message.payload.clone());
                if message.payload == "fail" {
                    reply.headers.insert(ERROR_HEADER.to_owned(), "as asked".to_owned());
                }
                responder.publish(reply).await.unwrap();
            }
        });
        let reply = broker.request("ask", "hello".into(), limit).await.unwrap();
        assert_eq!(reply.payload, "hello");
        let failed = broker.request("ask", "fail".into(), limit).await;
        assert!(matches!(failed, Err(MessagingError::Remote(text)) if text == "as asked"));
        assert_eq!(broker.subscriptions(), 1, "inboxes are gone");
    }

    #[handcrank::test]
    async fn an_unanswered_request_times_out() {
        handcrank::time::pause();
        let broker = MemoryMessaging::new();
        let _asked = broker.subscribe("ask", None).await.unwrap();
        let silent = broker.request("ask", Bytes::new(), Duration::from_secs(5)).await;
        assert!(matches!(silent, Err(MessagingError::Timeout(_))));
    }

    #[handcrank::test]
    async fn a_slow_reader_loses_messages_and_can_tell() {
        let broker = MemoryMessaging::new();
        let mut slow = broker.subscribe("s", None).await.unwrap();
        for _ in 0..SUBSCRIPTION_CAPACITY + 2 {
            publish(&broker, "s", "x").await;
        }
        assert_eq!(slow.dropped(), 2);
        assert!(slow.next().await.is_some());
    }

    #[handcrank::test]
    async fn wildcards_cannot_be_published_to() {
        let broker = MemoryMessaging::new();
        let error = broker.publish(Message::new("a.*", "")).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"a.*\" is no subject: wildcards are for subscriptions only"
        );
    }
}
