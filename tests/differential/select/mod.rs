//! `select!`, `join!` and `try_join!`.

pub(super) mod branches;
pub(super) mod futures;
pub(super) mod joins;

use super::{rt, setup};
use crate::harness::Log;
use crate::observers::Loud;
use std::future::poll_fn;
use std::task::Poll;

/// Notes each poll, and is ready in the last of them.
async fn polls(log: &Log, name: &'static str, count: u32) -> &'static str {
    let _loud = Loud(log.clone(), name);
    let mut left = count;
    poll_fn(|cx| {
        log.note(format!("{name} polled"));
        left -= 1;
        if left == 0 {
            return Poll::Ready(name);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}
