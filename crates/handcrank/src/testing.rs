//! A runtime for one future, for the tests of the surface.

use crate::runtime::Builder;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// Runs a future on a runtime of its own on this thread.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    run_with(Builder::new_current_thread().enable_all(), future)
}

/// As [`run`], with a clock that stands still.
pub(crate) fn run_paused<F: Future>(future: F) -> F::Output {
    run_with(Builder::new_current_thread().enable_all().start_paused(true), future)
}

pub(crate) fn run_with<F: Future>(builder: &mut Builder, future: F) -> F::Output {
    builder.build().unwrap().block_on(future)
}

/// Polls a future once.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}
