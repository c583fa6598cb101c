use super::{BoxError, Elapsed, Rate, RateLimit, RateLimitLayer, TimeoutLayer};
use crate::testing::run_paused;
use crate::time::{Duration, Instant, sleep};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

const SECOND: Duration = Duration::from_secs(1);

/// Answers after so many seconds as it was asked for.
struct Late;

impl Service<u32> for Late {
    type Response = u32;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<u32, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, seconds: u32) -> Self::Future {
        Box::pin(async move {
            if seconds > 0 {
                sleep(seconds * SECOND).await;
            }
            Ok(seconds)
        })
    }
}

async fn ask<S>(service: &mut S, seconds: u32) -> Result<u32, S::Error>
where
    S: Service<u32, Response = u32>,
{
    poll_fn(|cx| service.poll_ready(cx)).await?;
    service.call(seconds).await
}

#[test]
fn what_is_late_is_an_error() {
    run_paused(async {
        let start = Instant::now();
        let mut service = TimeoutLayer::new(3 * SECOND).layer(Late);
        assert_eq!(ask(&mut service, 2).await.unwrap(), 2);
        assert_eq!(start.elapsed(), 2 * SECOND);
        let error: BoxError = ask(&mut service, 4).await.unwrap_err();
        assert_eq!(start.elapsed(), 5 * SECOND);
        assert!(error.is::<Elapsed>());
        assert_eq!((error.to_string(), format!("{error:?}")), texts());
        // Both at once: the response is there, so it is handed out.
        assert_eq!(ask(&mut service, 3).await.unwrap(), 3);
        let mut endless = TimeoutLayer::new(Duration::MAX).layer(service.into_inner());
        assert_eq!(ask(&mut endless, 100_000).await.unwrap(), 100_000);
    });
}

fn texts() -> (String, String) {
    ("request timed out".to_owned(), "Elapsed(())".to_owned())
}

#[test]
fn no_more_requests_than_the_rate() {
    run_paused(async {
        let start = Instant::now();
        let mut service = RateLimitLayer::new(2, 10 * SECOND).layer(Late);
        let mut answered = Vec::new();
        for wait in [0, 1, 0, 0, 0, 25, 0, 0] {
            sleep(wait * SECOND).await;
            ask(&mut service, 0).await.unwrap();
            answered.push(start.elapsed().as_secs());
        }
        // A period begins with its first request.
        assert_eq!(answered, [0, 1, 10, 10, 20, 45, 45, 55]);
    });
}

#[test]
fn a_request_that_nobody_asked_leave_for() {
    run_paused(async {
        let mut service = RateLimit::new(Late, Rate::new(1, SECOND));
        let waiting = ask(&mut service, 0).await;
        assert_eq!(waiting, Ok(0));
        let call = catch_unwind(AssertUnwindSafe(|| drop(service.call(0))));
        let text = call.unwrap_err();
        let text = text.downcast_ref::<&str>().unwrap();
        assert_eq!(*text, "service not ready; poll_ready must be called first");
        assert_eq!(ask(&mut service, 0).await, Ok(0));
    });
}

#[test]
fn a_rate_of_nothing_is_refused() {
    assert!(catch_unwind(|| Rate::new(0, SECOND)).is_err());
    assert!(catch_unwind(|| Rate::new(1, Duration::ZERO)).is_err());
}

#[test]
fn a_rate_limit_is_made_outside_of_a_runtime() {
    let mut service = RateLimitLayer::new(1, Duration::MAX).layer(Late);
    run_paused(async {
        assert_eq!(ask(&mut service, 0).await, Ok(0));
        let again = crate::time::timeout(1_000_000 * SECOND, ask(&mut service, 0)).await;
        assert!(again.is_err());
    });
}
