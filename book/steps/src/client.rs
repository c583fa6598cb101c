//! A small HTTP client whose futures are written by hand, and so have names.
//!
//! One connection, one request at a time, answers with a `content-length`. What an `async fn` returns
//! has a type without a name; [`Get`] and [`Json`] can be put into a field.

use futures_io::{AsyncRead, AsyncWrite};
use handcrank::net::TcpStream;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A connection on which nothing is under way.
pub struct Client {
    connection: Connection,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// If nobody listens there.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        Ok(Self { connection: Connection { stream, received: Vec::new() } })
    }

    /// Asks for `path`. Nothing is sent before the future is polled.
    pub fn get(self, path: &str) -> Get {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        Get { unsent: request.into_bytes(), connection: Some(self.connection) }
    }
}

/// Sends a request, then waits for the head of the answer.
pub struct Get {
    unsent: Vec<u8>,
    // None once it has gone into the response.
    connection: Option<Connection>,
}

impl Future for Get {
    type Output = io::Result<Response>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let connection = this.connection.as_mut().expect("polled after its end");
        while !this.unsent.is_empty() {
            let stream = Pin::new(&mut connection.stream);
            let sent = ready!(stream.poll_write(cx, &this.unsent))?;
            this.unsent.drain(..sent);
        }
        loop {
            if let Some(length) = connection.take_head()? {
                let connection = this.connection.take().expect("it was there");
                return Poll::Ready(Ok(Response { connection, length }));
            }
            ready!(connection.poll_receive(cx))?;
        }
    }
}

/// An answer whose head has arrived.
pub struct Response {
    connection: Connection,
    length: usize,
}

impl Response {
    /// Waits for the body and reads it as JSON.
    pub fn json<T: DeserializeOwned>(self) -> Json<T> {
        Json { response: self, data: PhantomData }
    }
}

/// Waits for the body of an answer.
pub struct Json<T> {
    response: Response,
    data: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Future for Json<T> {
    type Output = io::Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Response { connection, length } = &mut self.get_mut().response;
        while connection.received.len() < *length {
            ready!(connection.poll_receive(cx))?;
        }
        Poll::Ready(
            serde_json::from_slice(&connection.received[..*length]).map_err(io::Error::from),
        )
    }
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Appends what arrives next to what has been received.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut piece = [0; 1024];
        match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))? {
            0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            read => {
                self.received.extend_from_slice(&piece[..read]);
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Takes the head off what has been received, if it is whole. Says how long the body is.
    fn take_head(&mut self) -> io::Result<Option<usize>> {
        let Some(end) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&self.received[..end]).to_ascii_lowercase();
        self.received.drain(..end + 4);
        if !head.starts_with("http/1.1 200 ") {
            return Err(io::Error::other("not the answer that was hoped for"));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length = length.and_then(|length| length.trim().parse().ok());
        length.map(Some).ok_or_else(|| io::Error::other("an answer without a length"))
    }
}
