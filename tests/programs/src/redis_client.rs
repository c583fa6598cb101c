//! The `redis` crate on Handcrank: a connection that many tasks share, and that is made anew when it
//! is lost.
//!
//! The crate takes any stream of `tokio::io`'s traits, and leaves it to us to run the future that drives
//! a connection. It wants `default-features = false, features = ["aio", "tokio-comp"]`; `tokio-comp`
//! compiles Tokio's runtime, which is never started (`aio` alone does not build, and `smol-comp` would
//! start a second reactor). What would look for that runtime, and panic:
//!
//! - A response timeout, and there is one by default. It is turned off here, and Handcrank's is
//!   put around each request instead.
//! - `PubSub::new`, which spawns. With RESP3 messages come over the same connection, and are handed to a
//!   function (`set_push_sender`).
//! - Whatever connects by itself: `Client::get_multiplexed_async_connection` and its kin,
//!   `ConnectionManager`, the cluster client.

use handcrank::net::{TcpStream, UnixStream};
use handcrank::task::AbortHandle;
use handcrank::time::{self, Duration, Instant};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    AsyncConnectionConfig, Cmd, Pipeline, ProtocolVersion, PushInfo, RedisConnectionInfo,
    RedisError, RedisFuture, RedisResult, Value,
};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Where a server is.
#[derive(Clone, Debug)]
pub enum Address {
    /// A socket of the network.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// How patient to be.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For an answer.
    pub answer: Duration,
    /// For a connection: until then it is tried again and again.
    pub connection: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { answer: Duration::from_secs(5), connection: Duration::from_secs(10) }
    }
}

/// A client. Its clones share one connection; `redis::AsyncCommands` and `query_async` work on it.
///
/// A request that fails since the connection is lost is not sent again: it may have been carried out.
/// The next one finds a new connection.
#[derive(Clone, Debug)]
pub struct Redis(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    address: Address,
    patience: Patience,
    pushes: UnboundedSender<PushInfo>,
    /// Held while a connection is made, so that one is, however many want it.
    connected: Mutex<Option<Arc<Connected>>>,
}

/// One connection, and the task that drives it.
#[derive(Debug)]
struct Connected {
    requests: MultiplexedConnection,
    driver: AbortHandle,
}

impl Drop for Connected {
    fn drop(&mut self) {
        // It would go on for as long as there are unanswered requests.
        self.driver.abort();
    }
}

impl Redis {
    /// A client, which connects when it is first asked something; and what the server sends unasked:
    /// the messages of channels that were subscribed to, and news about the connection.
    pub fn new(address: Address, patience: Patience) -> (Self, UnboundedReceiver<PushInfo>) {
        let (pushes, received) = mpsc::unbounded_channel();
        let connected = Mutex::new(None);
        (Self(Arc::new(Shared { address, patience, pushes, connected })), received)
    }

    /// The connection to send a request on.
    async fn connected(&self) -> RedisResult<Arc<Connected>> {
        let mut connected = self.0.connected.lock().await;
        if let Some(connected) = &*connected {
            return Ok(Arc::clone(connected));
        }
        let deadline = Instant::now() + self.0.patience.connection;
        let mut pause = Duration::from_millis(5);
        let fresh = loop {
            match time::timeout_at(deadline, self.connect()).await {
                Ok(Ok(fresh)) => break Arc::new(fresh),
                // The server may be about to come back.
                Ok(Err(error)) if error.is_io_error() && Instant::now() + pause < deadline => {
                    time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(500));
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(too_late()),
            }
        };
        *connected = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    async fn connect(&self) -> RedisResult<Connected> {
        match &self.0.address {
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                // Requests are small, and none may wait for the next to fill a packet.
                stream.set_nodelay(true)?;
                self.greet(stream).await
            }
            Address::Unix(path) => self.greet(UnixStream::connect(path).await?).await,
        }
    }

    async fn greet<S>(&self, stream: S) -> RedisResult<Connected>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let server = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_push_sender(self.0.pushes.clone());
        let (requests, driver) =
            MultiplexedConnection::new_with_config(&server, stream, config).await?;
        let driver = handcrank::spawn(driver).abort_handle();
        Ok(Connected { requests, driver })
    }

    /// Sends a request, and gives the connection up if that shows it to be lost.
    async fn request<T>(
        &self,
        send: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let connected = self.connected().await?;
        let answer = send(connected.requests.clone());
        let answer = match time::timeout(self.0.patience.answer, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(too_late()),
        };
        if answer.as_ref().is_err_and(|error| error.is_unrecoverable_error() || error.is_timeout())
        {
            let mut current = self.0.connected.lock().await;
            // Unless somebody else has been here before, and it is a new one.
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &connected)) {
                *current = None;
            }
        }
        answer
    }

    /// Has the messages of a channel sent to the receiver from [`Redis::new`]. Whoever makes a new
    /// connection has to do it again.
    ///
    /// # Errors
    ///
    /// As of any request.
    pub async fn subscribe(&self, channel: &str) -> RedisResult<()> {
        self.request(async |mut requests| requests.subscribe(channel).await).await
    }

    /// The opposite.
    ///
    /// # Errors
    ///
    /// As of any request.
    pub async fn unsubscribe(&self, channel: &str) -> RedisResult<()> {
        self.request(async |mut requests| requests.unsubscribe(channel).await).await
    }
}

fn too_late() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}

impl ConnectionLike for Redis {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(self.request(async |mut requests| requests.req_packed_command(cmd).await))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(self.request(async move |mut requests| {
            requests.req_packed_commands(pipeline, offset, count).await
        }))
    }

    fn get_db(&self) -> i64 {
        0
    }
}
