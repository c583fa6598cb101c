//! Components and endpoints: what a node serves, found through discovery and reached by message.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::discovery::{Discovery, DiscoveryError, Instance, MemoryDiscovery};
use crate::lease::Lease;
use crate::messaging::{
    ERROR_HEADER, MemoryMessaging, Message, Messaging, MessagingError, Subscription, subject,
};
use crate::runtime::Runtime;
use crate::{BoxError, BoxFuture};

/// A node's place among the others: its runtime, the store, the messages and its lease.
///
/// A clone is another name for the same.
#[derive(Clone)]
pub struct DistributedRuntime {
    inner: Arc<Inner>,
}

struct Inner {
    runtime: Runtime,
    discovery: Arc<dyn Discovery>,
    messaging: Arc<dyn Messaging>,
    lease: Lease,
}

/// Why an endpoint could not be served or reached.
#[derive(Debug)]
#[non_exhaustive]
pub enum DistributedError {
    /// The store failed.
    Discovery(DiscoveryError),
    /// A message failed.
    Messaging(MessagingError),
    /// No instance of the endpoint is known.
    NoInstances(String),
}

impl fmt::Display for DistributedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovery(error) => write!(f, "{error}"),
            Self::Messaging(error) => write!(f, "{error}"),
            Self::NoInstances(endpoint) => write!(f, "no instance serves {endpoint}"),
        }
    }
}

impl std::error::Error for DistributedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Discovery(error) => Some(error),
            Self::Messaging(error) => Some(error),
            Self::NoInstances(_) => None,
        }
    }
}

impl From<DiscoveryError> for DistributedError {
    fn from(error: DiscoveryError) -> Self {
        Self::Discovery(error)
    }
}

impl From<MessagingError> for DistributedError {
    fn from(error: MessagingError) -> Self {
        Self::Messaging(error)
    }
}

impl DistributedRuntime {
    /// Joins the others: gets a lease from `discovery`, with the time and the loss policy of the
    /// runtime's settings, and keeps it alive on the secondary.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn new(
        runtime: Runtime,
        discovery: Arc<dyn Discovery>,
        messaging: Arc<dyn Messaging>,
    ) -> Result<Self, DiscoveryError> {
        let (ttl, policy) = (runtime.config().lease_ttl(), runtime.config().lease_on_loss());
        let lease = Lease::acquire(&runtime, discovery.clone(), ttl, policy).await?;
        Ok(Self { inner: Arc::new(Inner { runtime, discovery, messaging, lease }) })
    }

    /// Joins nobody: a store and a broker of its own, in memory.
    ///
    /// # Errors
    ///
    /// None that the store in memory has.
    pub async fn in_memory(runtime: Runtime) -> Result<Self, DiscoveryError> {
        let (discovery, messaging) = (MemoryDiscovery::new(), MemoryMessaging::new());
        Self::new(runtime, Arc::new(discovery), Arc::new(messaging)).await
    }

    /// Its runtime.
    pub fn runtime(&self) -> &Runtime {
        &self.inner.runtime
    }

    /// Its lease.
    pub fn lease(&self) -> &Lease {
        &self.inner.lease
    }

    /// The store.
    pub fn discovery(&self) -> &Arc<dyn Discovery> {
        &self.inner.discovery
    }

    /// The messages.
    pub fn messaging(&self) -> &Arc<dyn Messaging> {
        &self.inner.messaging
    }

    /// The component `name` in the namespace of the settings. Nothing is created by naming it.
    pub fn component(&self, name: impl Into<String>) -> Component {
        Component { distributed: self.clone(), name: name.into() }
    }
}

/// A group of endpoints that belong together, such as a backend.
#[derive(Clone)]
pub struct Component {
    distributed: DistributedRuntime,
    name: String,
}

impl Component {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The endpoint `name` of this component. Nothing is created by naming it.
    pub fn endpoint(&self, name: impl Into<String>) -> Endpoint {
        Endpoint {
            distributed: self.distributed.clone(),
            component: self.name.clone(),
            name: name.into(),
            turn: Arc::default(),
        }
    }
}

/// Answers the requests of an endpoint.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request, on the primary. An error reaches whoever asked as
    /// [`MessagingError::Remote`].
    fn handle(&self, request: Message) -> BoxFuture<'static, Result<Bytes, BoxError>>;
}

impl<F, Fut> Handler for F
where
    F: Fn(Message) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Bytes, BoxError>> + Send + 'static,
{
    fn handle(&self, request: Message) -> BoxFuture<'static, Result<Bytes, BoxError>> {
        Box::pin(self(request))
    }
}

/// Something that can be asked, on every node that serves it.
#[derive(Clone)]
pub struct Endpoint {
    distributed: DistributedRuntime,
    component: String,
    name: String,
    /// Whose turn it is among the instances.
    turn: Arc<AtomicUsize>,
}

impl Endpoint {
    /// This node's instance of the endpoint, served or not.
    pub fn instance(&self) -> Instance {
        let runtime = self.distributed.runtime();
        Instance {
            namespace: runtime.config().node_namespace(),
            component: self.component.clone(),
            endpoint: self.name.clone(),
            node: runtime.id().to_owned(),
        }
    }

    fn prefix(&self) -> String {
        let key = self.instance().key();
        key.rsplit_once('/').map_or_else(String::new, |(prefix, _)| format!("{prefix}/"))
    }

    /// Serves the endpoint on this node, from now until the shutdown stops admitting; then the
    /// instance withdraws from discovery, and what was begun is drained.
    ///
    /// # Errors
    ///
    /// A component or endpoint whose name is no part of a subject; those of the store.
    pub async fn serve(&self, handler: impl Handler) -> Result<Instance, DistributedError> {
        let instance = self.instance();
        let address = instance.subject();
        subject::check_subject(&address).map_err(MessagingError::from)?;
        // Hear first, then be found: the other way round, the first requests find nobody.
        let requests = self.distributed.messaging().subscribe(&address, None).await?;
        let lease = self.distributed.lease().clone();
        lease.register(instance.clone()).await?;

        let runtime = self.distributed.runtime();
        let admission = runtime.admission_tracker();
        let (token, gone) = (runtime.endpoint_shutdown_token(), instance.clone());
        runtime.secondary().spawn(admission.track_future(async move {
            token.cancelled().await;
            // If the store does not answer, the instance goes with the lease.
            let _ = lease.withdraw(&gone).await;
        }));
        let serving = serve_requests(self.distributed.clone(), requests, Arc::new(handler));
        runtime.primary().spawn(admission.track_future(serving));
        Ok(instance)
    }

    /// The instances that are known now, on all nodes.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn instances(&self) -> Result<Vec<Instance>, DistributedError> {
        Ok(self.distributed.discovery().list(&self.prefix()).await?)
    }

    /// Asks the instance whose turn it is, and waits up to `limit` for its answer.
    ///
    /// # Errors
    ///
    /// No instance, no answer in time, or the handler's own error.
    pub async fn request(
        &self,
        payload: impl Into<Bytes>,
        limit: Duration,
    ) -> Result<Bytes, DistributedError> {
        let instances = self.instances().await?;
        if instances.is_empty() {
            return Err(DistributedError::NoInstances(self.prefix()));
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % instances.len();
        let address = instances[turn].subject();
        let reply = self.distributed.messaging().request(&address, payload.into(), limit).await?;
        Ok(reply.payload)
    }
}

async fn serve_requests(
    distributed: DistributedRuntime,
    mut requests: Subscription,
    handler: Arc<dyn Handler>,
) {
    let runtime = distributed.runtime();
    let token = runtime.endpoint_shutdown_token();
    while let Some(Some(request)) = token.run_until_cancelled(requests.next()).await {
        let entry = runtime.in_flight().enter(format!("message on {}", request.subject));
        let (distributed, handler) = (distributed.clone(), handler.clone());
        let work = async move {
            let reply = request.reply.clone();
            let answer = handler.handle(request).await;
            if let Some(reply) = reply {
                let message = match answer {
                    Ok(payload) => Message::new(reply, payload),
                    Err(error) => {
                        let mut message = Message::new(reply, Bytes::new());
                        message.headers.insert(ERROR_HEADER.to_owned(), error.to_string());
                        message
                    }
                };
                // Whoever asked may have given up, and then nobody is there to be told.
                let _ = distributed.messaging().publish(message).await;
            }
            drop(entry);
        };
        runtime.primary().spawn(runtime.graceful_tracker().track_future(work));
    }
}
