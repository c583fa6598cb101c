//! Server-sent events that do not fall silent.
//!
//! A connection on which nothing moves is closed by proxies, and a client that went away unnoticed
//! shows only at the next write. So a server sends a comment when it had no event for a while.
//! axum's `Sse::keep_alive` does that by tokio's timer and panics without tokio's runtime;
//! [`keep_alive`] does it by ours, for any kind of event.

use crate::time::{self, Duration, Sleep};
use futures_core::{FusedStream, Stream};
use handcrank_task::coop;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Puts an item made by `comment` between those of `events` whenever nothing came for `interval`.
///
/// The time counts from the last item, the first time from the first poll that finds none, and is
/// looked at only when there is no event: comments never come before one. The comments end with the
/// events.
///
/// With axum, which calls the empty comment `Event::DEFAULT_KEEP_ALIVE`:
///
/// ```ignore
/// async fn news() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
///     let beat = || Ok(Event::DEFAULT_KEEP_ALIVE);
///     Sse::new(keep_alive(events(), Duration::from_secs(15), beat))
/// }
/// ```
///
/// # Cancel safety
///
/// Nothing is held back: an item is taken from `events` only to be handed out by the same poll, so
/// a call of `next` may be dropped at any time. Dropping the stream drops `events` and the timer.
///
/// # Panics
///
/// Not here, but when polled outside of a runtime, or in one without timers, while there is no
/// event.
///
/// ```
/// use futures_util::{StreamExt, stream};
/// use handcrank::adapt::sse::keep_alive;
/// use handcrank::time::{Duration, sleep};
///
/// # handcrank::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
/// # .block_on(async {
/// let late = stream::once(async {
///     sleep(Duration::from_secs(40)).await;
///     "data: hello\n\n"
/// });
/// let all: Vec<_> = keep_alive(late, Duration::from_secs(15), || ":\n\n").collect().await;
/// assert_eq!(all, [":\n\n", ":\n\n", "data: hello\n\n"]);
/// # });
/// ```
pub fn keep_alive<S, F>(events: S, interval: Duration, comment: F) -> KeepAlive<S, F>
where
    S: Stream,
    F: FnMut() -> S::Item,
{
    KeepAlive { events, ended: false, interval, comment, silence: None }
}

pin_project! {
    /// The stream that [`keep_alive`] returns.
    #[must_use = "streams do nothing unless polled"]
    pub struct KeepAlive<S, F> {
        #[pin]
        events: S,
        // A stream must not be polled after its end, and no comment may follow it.
        ended: bool,
        interval: Duration,
        comment: F,
        // None before the first poll without an event: until then no runtime is needed.
        #[pin]
        silence: Option<Sleep>,
    }
}

impl<S, F> KeepAlive<S, F> {
    /// The stream inside.
    pub fn get_ref(&self) -> &S {
        &self.events
    }

    /// The stream inside, without the comments.
    pub fn into_inner(self) -> S {
        self.events
    }
}

impl<S: fmt::Debug, F> fmt::Debug for KeepAlive<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("KeepAlive");
        shown.field("events", &self.events).field("interval", &self.interval);
        shown.finish_non_exhaustive()
    }
}

impl<S, F> Stream for KeepAlive<S, F>
where
    S: Stream,
    F: FnMut() -> S::Item,
{
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        let item = match this.events.poll_next(cx) {
            Poll::Ready(None) => {
                *this.ended = true;
                this.silence.set(None);
                return Poll::Ready(None);
            }
            Poll::Ready(event) => event,
            Poll::Pending => {
                if this.silence.is_none() {
                    this.silence.set(Some(time::sleep(*this.interval)));
                }
                let silence = this.silence.as_mut().as_pin_mut().expect("it was just set");
                // With a budget of its own: events that are sorted out one after the other, until
                // the task's budget is spent, are silence to the client all the same.
                ready!(coop::budget(|| silence.poll(cx)));
                Some((this.comment)())
            }
        };
        if let Some(silence) = this.silence.as_pin_mut() {
            // A new sleep knows what becomes of an interval beyond all clocks.
            silence.reset(time::sleep(*this.interval).deadline());
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.ended {
            return (0, Some(0));
        }
        // Any number of comments may come between.
        (self.events.size_hint().0, None)
    }
}

impl<S, F> FusedStream for KeepAlive<S, F>
where
    S: Stream,
    F: FnMut() -> S::Item,
{
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

#[cfg(test)]
mod tests;
