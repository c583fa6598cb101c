//! Which layers of tower and tower-http work on Handcrank, which panic, and what stands in for
//! those: the tables of `handcrank::adapt::{tower, tower_http}`, row by row.
//!
//! `cargo test -p programs --features layers --test layers`

use bytes::Bytes;
use futures_util::future::{BoxFuture, Ready, join_all, ready};
use handcrank::adapt;
use handcrank::time::{Duration, Instant, sleep};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use tower::buffer::Buffer;
use tower::discover::ServiceList;
use tower::hedge::{Hedge, Policy as HedgePolicy};
use tower::load::{CompleteOnResponse, PeakEwma, PendingRequestsDiscover};
use tower::retry::backoff::{Backoff, ExponentialBackoffMaker, MakeBackoff};
use tower::retry::budget::{Budget, TpsBudget};
use tower::retry::{Policy as RetryPolicy, Retry};
use tower::spawn_ready::SpawnReady;
use tower::util::rng::HasherRng;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

const SECOND: Duration = Duration::from_secs(1);

/// What tokio says when its runtime is asked for and not there.
#[track_caller]
fn wants_tokio<F>(what: &str, test: impl FnOnce() -> F + Send + 'static) -> impl Future<Output = ()>
where
    F: Future + Send,
{
    let what = what.to_owned();
    async move {
        let task = handcrank::spawn(async move {
            test().await;
        });
        let panic = task.await.expect_err(&what).into_panic();
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        assert!(text.contains("there is no reactor running"), "{what}: {text}");
    }
}

async fn echo(number: u32) -> Result<u32, Infallible> {
    Ok(number)
}

/// Ready after its second poll.
#[derive(Clone, Default)]
struct Shy {
    asked: usize,
}

impl Service<u32> for Shy {
    type Response = u32;
    type Error = BoxError;
    type Future = Ready<Result<u32, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.asked += 1;
        if self.asked.is_multiple_of(2) {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn call(&mut self, number: u32) -> Self::Future {
        ready(Ok(number))
    }
}

#[derive(Clone)]
struct Always;

impl HedgePolicy<u32> for Always {
    fn clone_request(&self, request: &u32) -> Option<u32> {
        Some(*request)
    }

    fn can_retry(&self, _: &u32) -> bool {
        true
    }
}

#[handcrank::test]
async fn what_panics_in_tower() {
    wants_tokio("Timeout", || ServiceBuilder::new().timeout(SECOND).service_fn(echo).oneshot(1))
        .await;
    wants_tokio("RateLimit", async || {
        ServiceBuilder::new().rate_limit(1, SECOND).service_fn(echo);
    })
    .await;
    wants_tokio("Buffer::new", async || {
        let _ = Buffer::<u32, _>::new(service_fn(echo), 1);
    })
    .await;
    wants_tokio("BufferLayer", async || {
        let _ = ServiceBuilder::new().buffer::<u32>(1).service(service_fn(echo));
    })
    .await;
    wants_tokio("SpawnReady", || SpawnReady::new(Shy::default()).oneshot(1)).await;
    wants_tokio("Hedge", || {
        Hedge::new_with_mock_latencies(service_fn(echo), Always, 1, 0.5, SECOND, &[5, 5]).oneshot(1)
    })
    .await;
    wants_tokio("ExponentialBackoff", || {
        ExponentialBackoffMaker::default().make_backoff().next_backoff()
    })
    .await;
}

#[handcrank::test(start_paused = true)]
async fn what_stands_in_for_it() {
    let start = Instant::now();
    let slow = service_fn(async |seconds: u32| {
        sleep(seconds * SECOND).await;
        Ok::<_, Infallible>(seconds)
    });
    let mut limited = ServiceBuilder::new()
        .layer(adapt::tower::RateLimitLayer::new(1, 10 * SECOND))
        .layer(adapt::tower::TimeoutLayer::new(3 * SECOND))
        .service(slow);
    assert_eq!(limited.ready().await.unwrap().call(2).await.unwrap(), 2);
    let late = limited.ready().await.unwrap().call(4).await.unwrap_err();
    assert!(late.is::<adapt::tower::Elapsed>());
    assert_eq!(start.elapsed(), 13 * SECOND);

    // One limit for many callers; and a worker that waits for a service that is not ready.
    let (shared, worker) = Buffer::pair(limited, 4);
    let worker = handcrank::spawn(worker);
    let calls = (0..3).map(|_| shared.clone().oneshot(0));
    assert!(join_all(calls).await.into_iter().all(|answer| answer.is_ok()));
    assert_eq!(start.elapsed(), 40 * SECOND);
    drop(shared);
    worker.await.unwrap();
    let (shy, worker) = Buffer::pair(Shy::default(), 1);
    handcrank::spawn(worker);
    assert_eq!(shy.oneshot(7).await.unwrap(), 7);
}

/// Tries again after a second, three times, as the budget allows.
#[derive(Clone)]
struct Patient {
    tries: usize,
    budget: Arc<TpsBudget>,
}

impl RetryPolicy<u32, u32, BoxError> for Patient {
    type Future = BoxFuture<'static, ()>;

    fn retry(&mut self, _: &mut u32, got: &mut Result<u32, BoxError>) -> Option<Self::Future> {
        if got.is_ok() {
            self.budget.deposit();
            return None;
        }
        self.tries = self.tries.checked_sub(1)?;
        self.budget.withdraw().then(|| -> Self::Future { Box::pin(sleep(SECOND)) })
    }

    fn clone_request(&mut self, request: &u32) -> Option<u32> {
        Some(*request)
    }
}

#[handcrank::test(start_paused = true)]
async fn what_works_in_tower_as_it_is() {
    let start = Instant::now();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let fails_twice = service_fn(move |number: u32| {
        let call = counted.fetch_add(1, Relaxed);
        ready(if call < 2 { Err(BoxError::from("not yet")) } else { Ok(number) })
    });
    let policy = Patient { tries: 3, budget: Arc::new(TpsBudget::default()) };
    assert_eq!(Retry::new(policy, fails_twice).oneshot(5).await.unwrap(), 5);
    assert_eq!((calls.load(Relaxed), start.elapsed()), (3, 2 * SECOND));

    let busy = service_fn(async |number: u32| {
        sleep(SECOND).await;
        Ok::<_, Infallible>(number)
    });
    let start = Instant::now();
    let two_at_once = ServiceBuilder::new().concurrency_limit(2).service(busy);
    let calls = (0..6).map(|number| two_at_once.clone().oneshot(number));
    assert_eq!(join_all(calls).await.len(), 6);
    assert_eq!(start.elapsed(), 3 * SECOND);
    let mut sheds = ServiceBuilder::new().load_shed().concurrency_limit(1).service(busy);
    let first = sheds.ready().await.unwrap().call(1);
    let second = sheds.ready().await.unwrap().call(2);
    assert!(second.await.unwrap_err().is::<tower::load_shed::error::Overloaded>());
    assert_eq!(first.await.unwrap(), 1);

    let odd = |number: u32| if number % 2 == 1 { Ok(number) } else { Err(BoxError::from("even")) };
    let filtered = ServiceBuilder::new().filter(odd).service_fn(echo);
    assert!(filtered.clone().oneshot(1).await.is_ok() && filtered.oneshot(2).await.is_err());
    let done = CompleteOnResponse::default();
    let measured = PeakEwma::new(service_fn(echo), SECOND, 1000.0, done);
    assert_eq!(measured.oneshot(1).await.unwrap(), 1);
    let services = ServiceList::new([service_fn(echo), service_fn(echo)]);
    let loads = PendingRequestsDiscover::new(services, CompleteOnResponse::default());
    let balance = tower::balance::p2c::Balance::from_rng(loads, HasherRng::default());
    assert_eq!(balance.oneshot(3).await.unwrap(), 3);
}

type Answer = Result<Response<Full<Bytes>>, Infallible>;

async fn hello(request: Request<Full<Bytes>>) -> Answer {
    Ok(Response::new(request.into_body()))
}

fn ask() -> Request<Full<Bytes>> {
    Request::new(Full::from("hello"))
}

#[handcrank::test]
async fn what_panics_in_tower_http() {
    use tower_http::timeout::{
        RequestBodyDeadlineLayer, RequestBodyTimeoutLayer, ResponseBodyDeadlineLayer,
        ResponseBodyTimeoutLayer, TimeoutLayer,
    };
    let status = StatusCode::REQUEST_TIMEOUT;
    wants_tokio("TimeoutLayer", move || {
        let layer = TimeoutLayer::with_status_code(status, SECOND);
        ServiceBuilder::new().layer(layer).service_fn(hello).oneshot(ask())
    })
    .await;
    wants_tokio("ResponseBodyTimeoutLayer", async || {
        let layer = ResponseBodyTimeoutLayer::new(SECOND);
        let answer = ServiceBuilder::new().layer(layer).service_fn(hello).oneshot(ask()).await;
        answer.unwrap().into_body().collect().await
    })
    .await;
    wants_tokio("ResponseBodyDeadlineLayer", || {
        let layer = ResponseBodyDeadlineLayer::new(SECOND);
        ServiceBuilder::new().layer(layer).service_fn(hello).oneshot(ask())
    })
    .await;
    wants_tokio("RequestBodyTimeoutLayer", || {
        let reads = service_fn(async |request: Request<tower_http::timeout::TimeoutBody<_>>| {
            let _ = request.into_body().collect().await;
            Ok::<_, Infallible>(Response::new(()))
        });
        let layer = RequestBodyTimeoutLayer::new(SECOND);
        ServiceBuilder::new().layer(layer).service(reads).oneshot(ask())
    })
    .await;
    wants_tokio("RequestBodyDeadlineLayer", || {
        let ignores = service_fn(async |_: Request<tower_http::timeout::DeadlineBody<_>>| {
            Ok::<_, Infallible>(Response::new(()))
        });
        let layer = RequestBodyDeadlineLayer::new(SECOND);
        ServiceBuilder::new().layer(layer).service(ignores).oneshot(ask())
    })
    .await;
    wants_tokio("ServeDir", || {
        let folder = tower_http::services::ServeDir::new(env!("CARGO_MANIFEST_DIR"));
        folder.oneshot(Request::get("/Cargo.toml").body(Empty::<Bytes>::new()).unwrap())
    })
    .await;
    wants_tokio("run_emitter", || {
        let (_, counter) = tower_http::metrics::InFlightRequestsLayer::pair();
        counter.run_emitter(SECOND, |_| ready(()))
    })
    .await;
}

#[handcrank::test(start_paused = true)]
async fn what_stands_in_for_that() {
    use adapt::tower_http::{RequestBodyTimeoutLayer, ResponseBodyTimeoutLayer, TimeoutLayer};
    let status = StatusCode::REQUEST_TIMEOUT;
    let (in_flight, counter) = tower_http::metrics::InFlightRequestsLayer::pair();
    let seen = counter.clone();
    let slow = service_fn(move |request: Request<adapt::tower_http::TimeoutBody<_>>| {
        assert_eq!(seen.get(), 1);
        async move {
            let body: Bytes = request.into_body().collect().await?.to_bytes();
            sleep(body.len() as u32 * SECOND).await;
            Ok::<_, BoxError>(Response::new(Full::new(body)))
        }
    });
    let service = ServiceBuilder::new()
        .layer(in_flight)
        .layer(TimeoutLayer::with_status_code(status, 5 * SECOND))
        .service(slow);
    let service =
        ServiceBuilder::new().layer(RequestBodyTimeoutLayer::new(SECOND)).service(service);
    let answer = service.clone().oneshot(Request::new(Full::<Bytes>::from("four"))).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    drop(answer);
    let late = service.oneshot(Request::new(Full::<Bytes>::from("longer"))).await.unwrap();
    assert_eq!(late.status(), status);
    drop(late);
    assert_eq!(counter.get(), 0);
    let layer = ResponseBodyTimeoutLayer::new(SECOND);
    let answer = ServiceBuilder::new().layer(layer).service_fn(hello).oneshot(ask()).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello");
}
