//! What the cases about sockets share.

use super::rt;
use super::rt::net::{TcpListener, TcpStream};
use crate::harness::{Flavour, Log};
use futures_util::future::join;
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

/// Notes a result, an error with its kind and texts.
pub(crate) fn tell<T: Debug>(log: &Log, what: &str, result: &io::Result<T>) {
    match result {
        Ok(value) => log.note(format!("{what}: {value:?}")),
        Err(error) => log.note(format!("{what}: {:?}, {error}, {error:?}", error.kind())),
    }
}

/// Two ends of a connection, and what is ready is known to both.
pub(crate) async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) = join(TcpStream::connect(address), listener.accept()).await;
    (client.unwrap(), server.unwrap().0)
}

/// Polls a future once.
pub(crate) async fn once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    let mut future = Some(future);
    poll_fn(|cx| match future.take().expect("once").poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// A runtime without I/O.
pub(crate) fn without_io(flavour: Flavour) -> rt::runtime::Runtime {
    let mut builder = match flavour {
        Flavour::CurrentThread => rt::runtime::Builder::new_current_thread(),
        Flavour::MultiThread => rt::runtime::Builder::new_multi_thread(),
    };
    builder.worker_threads(1).build().unwrap()
}

/// A path that nobody else has, and that is free again in the end.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn new() -> Place {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let side = std::any::type_name::<Place>().replace("::", "-");
        let name = format!("{side}-{}-{number}", std::process::id());
        Place(std::env::temp_dir().join(name))
    }
}

impl AsRef<Path> for Place {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
