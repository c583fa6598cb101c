//! Messages by subject: publish and subscribe, queue groups, request and reply.

pub mod memory;
pub mod subject;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use handcrank::time::timeout;

pub use self::memory::MemoryMessaging;
use crate::queue::{Receiver, Sender, queue};
use crate::{BoxError, BoxFuture};

/// The header that marks a reply as a failure; its value says what failed.
pub const ERROR_HEADER: &str = "Handcrank-Error";

/// Messages that a subscription keeps for a reader who is behind; what comes on top is dropped
/// and counted, because a publisher must never wait for a slow reader.
pub const SUBSCRIPTION_CAPACITY: usize = 4096;

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Where it is addressed to: no wildcards.
    pub subject: String,
    /// Where an answer is expected, if one is.
    pub reply: Option<String>,
    /// Facts about the payload.
    pub headers: BTreeMap<String, String>,
    /// The content.
    pub payload: Bytes,
}

impl Message {
    /// A message that expects no answer.
    pub fn new(subject: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self { subject: subject.into(), payload: payload.into(), ..Self::default() }
    }
}

/// Why a message went nowhere.
#[derive(Debug)]
#[non_exhaustive]
pub enum MessagingError {
    /// The subject is not one; says what is wrong with it.
    Subject(subject::SubjectError),
    /// A request found nobody subscribed.
    NoResponders(String),
    /// A request was not answered in time.
    Timeout(Duration),
    /// The one who answered failed, and says this.
    Remote(String),
    /// The server cannot be reached at the moment.
    Unavailable(BoxError),
}

impl fmt::Display for MessagingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(error) => write!(f, "{error}"),
            Self::NoResponders(subject) => write!(f, "nobody answers on {subject:?}"),
            Self::Timeout(after) => write!(f, "no answer within {after:?}"),
            Self::Remote(text) => write!(f, "the responder failed: {text}"),
            Self::Unavailable(source) => write!(f, "messaging is unavailable: {source}"),
        }
    }
}

impl std::error::Error for MessagingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Subject(error) => Some(error),
            Self::Unavailable(source) => Some(&**source),
            _ => None,
        }
    }
}

impl From<subject::SubjectError> for MessagingError {
    fn from(error: subject::SubjectError) -> Self {
        Self::Subject(error)
    }
}

/// A way to send messages.
pub trait Messaging: Send + Sync + 'static {
    /// Sends `message` to every plain subscription that matches, and to one member of every
    /// queue group that does. Returns how many it was handed to; a transport that cannot know
    /// says `None`.
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<Option<usize>, MessagingError>>;

    /// Subscribes to `pattern`, which may hold wildcards: `*` for one part, `>` for one or more
    /// at the end. Members of one `group` share the messages between them.
    fn subscribe<'a>(
        &'a self,
        pattern: &'a str,
        group: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Subscription, MessagingError>>;

    /// Publishes a request and waits for the first reply, up to `limit`.
    ///
    /// Dropping the future gives up on the reply; the request may have been sent.
    fn request<'a>(
        &'a self,
        subject: &'a str,
        payload: Bytes,
        limit: Duration,
    ) -> BoxFuture<'a, Result<Message, MessagingError>> {
        Box::pin(async move {
            let inbox = format!("_INBOX.{}", uuid::Uuid::new_v4().simple());
            let mut replies = self.subscribe(&inbox, None).await?;
            let mut message = Message::new(subject, payload);
            message.reply = Some(inbox);
            if self.publish(message).await? == Some(0) {
                return Err(MessagingError::NoResponders(subject.to_owned()));
            }
            match timeout(limit, replies.next()).await {
                Ok(Some(reply)) => match reply.headers.get(ERROR_HEADER) {
                    Some(error) => Err(MessagingError::Remote(error.clone())),
                    None => Ok(reply),
                },
                Ok(None) => Err(MessagingError::Unavailable("the subscription ended".into())),
                Err(_) => Err(MessagingError::Timeout(limit)),
            }
        })
    }
}

/// The messages of one subscription, in the order in which they were published. Ends when
/// dropped.
pub struct Subscription {
    messages: Receiver<Message>,
    /// Unsubscribes when dropped, whatever that takes for the transport.
    _guard: Box<dyn Send + Sync>,
}

impl Subscription {
    /// A subscription that reads what is put into the returned sender.
    fn new<G: Send + Sync + 'static>(guard: impl FnOnce(Sender<Message>) -> G) -> Self {
        let (sender, messages) = queue(SUBSCRIPTION_CAPACITY);
        Self { messages, _guard: Box::new(guard(sender)) }
    }

    /// The next message; `None` if the transport has ended the subscription. Cancel safe.
    pub async fn next(&mut self) -> Option<Message> {
        self.messages.next().await
    }

    /// How many messages were dropped because the reader was too far behind.
    pub fn dropped(&self) -> u64 {
        self.messages.dropped()
    }
}

impl Stream for Subscription {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.messages.poll_next(cx)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("dropped", &self.dropped()).finish_non_exhaustive()
    }
}
