//! The cooperative budget.

pub(super) mod leaves;
pub(super) mod sockets;
pub(super) mod units;

use super::{rt, setup};
use crate::harness::{Flavour, Log};
use rt::task::{self, coop};
use setup::run;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Polls what `next` makes until something is pending, or for a thousand times; how many were ready.
fn count<F: Future>(cx: &mut Context<'_>, mut next: impl FnMut() -> F) -> usize {
    for n in 0..1_000 {
        if pin!(next()).poll(cx).is_pending() {
            return n;
        }
    }
    1_000
}

/// The same, in the one poll of a fresh task.
async fn count_in_task<F: Future>(next: impl FnMut() -> F + Send + 'static) -> usize {
    let mut next = next;
    task::spawn(poll_fn(move |cx| Poll::Ready(count(cx, &mut next)))).await.unwrap()
}

/// How many units are left in this poll.
fn left(cx: &mut Context<'_>) -> usize {
    for n in 0..1_000 {
        match coop::poll_proceed(cx) {
            Poll::Ready(unit) => unit.made_progress(),
            Poll::Pending => return n,
        }
    }
    1_000
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Notes how many units are left of the one poll of a fresh task, after `what`.
fn left_after(
    flavour: Flavour,
    log: &Log,
    mut what: impl FnMut(&mut Context<'_>) + Send + 'static,
) {
    let poll = poll_fn(move |cx| {
        what(cx);
        Poll::Ready(left(cx))
    });
    run(flavour, async { log.note(task::spawn(poll).await.unwrap()) });
}
