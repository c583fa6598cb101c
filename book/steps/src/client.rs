//! A small HTTP client whose futures are written by hand, and so have names.
//!
//! One connection, one request at a time, answers with a `content-length`. What an `async fn` returns
//! has a type without a name; [`Get`] and [`Json`] can be put into a field.

use crate::log;
use handcrank::net::TcpStream;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A connection.
pub struct Client {
    stream: TcpStream,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// If nobody listens there.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(address).await? })
    }

    /// Asks for `path`. Nothing is sent before the future is polled.
    pub fn get(&self, path: &str) -> Get<'_> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        Get { client: self, unsent: request.into_bytes(), received: Vec::new() }
    }

    /// Sends from the front of `unsent`, and takes away what has been sent.
    fn poll_send(&self, cx: &mut Context<'_>, unsent: &mut Vec<u8>) -> Poll<io::Result<()>> {
        loop {
            match self.stream.try_write(unsent) {
                Ok(sent) => {
                    unsent.drain(..sent);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.stream.poll_write_ready(cx))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Appends what arrives next to `received`.
    fn poll_receive(&self, cx: &mut Context<'_>, received: &mut Vec<u8>) -> Poll<io::Result<()>> {
        let mut piece = [0; 1024];
        loop {
            match self.stream.try_read(&mut piece) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Ok(read) => {
                    received.extend_from_slice(&piece[..read]);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.stream.poll_read_ready(cx))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// Sends a request, then waits for the head of the answer.
pub struct Get<'a> {
    client: &'a Client,
    unsent: Vec<u8>,
    received: Vec<u8>,
}

impl<'a> Future for Get<'a> {
    type Output = io::Result<Response<'a>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { client, unsent, received } = self.get_mut();
        while !unsent.is_empty() {
            ready!(client.poll_send(cx, unsent))?;
            if unsent.is_empty() {
                log::note("request sent");
            }
        }
        loop {
            if let Some(length) = take_head(received)? {
                let received = std::mem::take(received);
                return Poll::Ready(Ok(Response { client, received, length }));
            }
            ready!(client.poll_receive(cx, received))?;
        }
    }
}

/// An answer whose head has arrived.
#[derive(Clone)]
pub struct Response<'a> {
    client: &'a Client,
    received: Vec<u8>,
    length: usize,
}

impl<'a> Response<'a> {
    /// Waits for the body and reads it as JSON.
    pub fn json<T: DeserializeOwned>(self) -> Json<'a, T> {
        Json { response: self, data: PhantomData }
    }
}

/// Waits for the body of an answer.
pub struct Json<'a, T> {
    response: Response<'a>,
    data: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Future for Json<'_, T> {
    type Output = io::Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Response { client, received, length } = &mut self.get_mut().response;
        while received.len() < *length {
            ready!(client.poll_receive(cx, received))?;
        }
        Poll::Ready(serde_json::from_slice(&received[..*length]).map_err(io::Error::from))
    }
}

/// Takes the head off what has been received, if it is whole. Says how long the body is.
fn take_head(received: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
    received.drain(..end + 4);
    if !head.starts_with("http/1.1 200 ") {
        return Err(io::Error::other("this is no answer"));
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok());
    length.map(Some).ok_or_else(|| io::Error::other("an answer without a length"))
}
