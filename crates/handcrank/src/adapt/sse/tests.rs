use super::keep_alive;
use crate::testing::{run_paused, run_with};
use crate::time::{Duration, Instant, sleep, timeout};
use futures_core::{FusedStream, Stream};
use futures_util::{StreamExt, stream};
use std::cell::Cell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

const SECOND: Duration = Duration::from_secs(1);

/// An event at each of these seconds.
fn events_at(seconds: &[u32]) -> impl Stream<Item = Result<u32, &'static str>> {
    let start = Instant::now();
    stream::iter(seconds.to_vec()).then(move |at| async move {
        crate::time::sleep_until(start + at * SECOND).await;
        Ok(at)
    })
}

#[test]
fn comments_fill_the_silence_and_only_that() {
    run_paused(async {
        let start = Instant::now();
        let stream = keep_alive(events_at(&[0, 3, 4, 30]), 10 * SECOND, || Err("comment"));
        let seen: Vec<_> = stream.map(|item| (start.elapsed().as_secs(), item)).collect().await;
        // An event puts the comment off, and so does a comment.
        let expected = [
            (0, Ok(0)),
            (3, Ok(3)),
            (4, Ok(4)),
            (14, Err("comment")),
            (24, Err("comment")),
            (30, Ok(30)),
        ];
        assert_eq!(seen, expected);
    });
}

#[test]
fn an_event_goes_before_a_comment_that_is_due_too() {
    run_paused(async {
        let mut stream = pin!(keep_alive(events_at(&[5]), 5 * SECOND, || Err("comment")));
        assert!(crate::testing::poll_once(&mut stream.next()).await.is_pending());
        crate::time::advance(7 * SECOND).await;
        assert_eq!(stream.next().await, Some(Ok(5)));
        assert_eq!(stream.next().await, None);
    });
}

#[test]
fn nothing_follows_the_end() {
    run_paused(async {
        let mut stream = pin!(keep_alive(events_at(&[2]), SECOND, || Err("comment")));
        assert_eq!(stream.next().await, Some(Err("comment")));
        // The second comment and the event are due at the same time.
        assert_eq!(stream.next().await, Some(Ok(2)));
        assert!(!stream.is_terminated());
        assert_eq!(stream.next().await, None);
        assert!(stream.is_terminated());
        assert_eq!(stream.size_hint(), (0, Some(0)));
        sleep(5 * SECOND).await;
        assert_eq!(stream.next().await, None);
    });
}

#[test]
fn a_cancelled_wait_loses_nothing() {
    run_paused(async {
        let start = Instant::now();
        let mut stream = pin!(keep_alive(events_at(&[9, 20]), 8 * SECOND, || Err("comment")));
        for _ in 0..7 {
            assert!(timeout(SECOND, stream.next()).await.is_err());
        }
        // Giving up did not put the comment off.
        assert_eq!(stream.next().await, Some(Err("comment")));
        assert_eq!(start.elapsed(), 8 * SECOND);
        assert_eq!(stream.next().await, Some(Ok(9)));
        assert_eq!(stream.next().await, Some(Err("comment")));
        assert_eq!(start.elapsed(), 17 * SECOND);
    });
}

#[test]
fn an_endless_interval_never_comments() {
    run_paused(async {
        let stream = keep_alive(events_at(&[1, 1_000_000]), Duration::MAX, || Err("comment"));
        assert_eq!(stream.collect::<Vec<_>>().await, [Ok(1), Ok(1_000_000)]);
    });
}

#[test]
fn dropping_it_drops_the_events() {
    struct Tells(Rc<Cell<bool>>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    impl Stream for Tells {
        type Item = u32;
        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
            Poll::Pending
        }
    }
    run_paused(async {
        let dropped = Rc::new(Cell::new(false));
        let mut stream = Box::pin(keep_alive(Tells(Rc::clone(&dropped)), SECOND, || 0));
        assert_eq!(stream.next().await, Some(0));
        drop(stream);
        assert!(dropped.get());
    });
}

#[test]
fn events_that_are_thrown_away_are_silence() {
    // Each poll throws away all that the budget allows.
    let mut builder = crate::runtime::Builder::new_current_thread();
    run_with(builder.enable_all(), async {
        let busy = stream::repeat(()).filter_map(|()| async {
            crate::task::consume_budget().await;
            None::<&str>
        });
        let mut stream = pin!(keep_alive(busy, Duration::from_millis(5), || "comment"));
        assert_eq!(stream.next().await, Some("comment"));
    });
}

#[test]
fn a_runtime_is_needed_only_in_silence() {
    let ready = keep_alive(stream::iter([1, 2]), SECOND, || 0);
    let all = futures_util::FutureExt::now_or_never(ready.collect::<Vec<_>>());
    assert_eq!(all, Some(vec![1, 2]));
    assert_eq!(
        format!("{:?}", keep_alive(stream::iter([1]), SECOND, || 0)),
        "KeepAlive { events: Iter { iter: IntoIter([1]) }, interval: 1s, .. }"
    );
}
