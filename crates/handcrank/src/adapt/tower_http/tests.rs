use super::{RequestBodyTimeoutLayer, ResponseBodyTimeoutLayer, TimeoutError, TimeoutLayer};
use crate::testing::run_paused;
use crate::time::{Duration, Instant, sleep, sleep_until};
use futures_util::{StreamExt, stream};
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Bytes;
use hyper::service::{Service as _, service_fn};
use std::convert::Infallible;
use std::future::Future;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

const SECOND: Duration = Duration::from_secs(1);

/// A function of hyper's, as tower's kind of service.
struct Function<F>(F);

impl<F, B, C, R> Service<Request<B>> for Function<F>
where
    F: Fn(Request<B>) -> R,
    R: Future<Output = Result<Response<C>, Infallible>>,
    B: Body,
    C: Body,
{
    type Response = Response<C>;
    type Error = Infallible;
    type Future = R;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> R {
        service_fn(&self.0).call(request)
    }
}

/// A body with a frame at each of these seconds.
fn frames_at(seconds: &'static [u32]) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
    let start = Instant::now();
    let frames = stream::iter(seconds).then(move |at| async move {
        sleep_until(start + *at * SECOND).await;
        Ok(Frame::data(Bytes::from_static(b"x")))
    });
    StreamBody::new(Box::pin(frames))
}

#[test]
fn what_is_late_is_a_response_of_its_own() {
    run_paused(async {
        let start = Instant::now();
        let slow = Function(async |_: Request<Empty<Bytes>>| {
            sleep(5 * SECOND).await;
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        });
        let status = StatusCode::GATEWAY_TIMEOUT;
        let mut service = TimeoutLayer::with_status_code(status, 4 * SECOND).layer(slow);
        let response = service.call(Request::new(Empty::new())).await.unwrap();
        assert_eq!((response.status(), start.elapsed()), (status, 4 * SECOND));
        // As soon as the deadline, but there: handed out.
        let slow = service.into_inner();
        let mut service = TimeoutLayer::with_status_code(status, 5 * SECOND).layer(slow);
        let response = service.call(Request::new(Empty::new())).await.unwrap();
        assert_eq!((response.status(), start.elapsed()), (StatusCode::OK, 9 * SECOND));
    });
}

#[test]
fn each_frame_of_a_response_has_its_time() {
    run_paused(async {
        let service = Function(async |_: Request<Empty<Bytes>>| {
            Ok(Response::new(frames_at(&[3, 6, 9, 14, 15])))
        });
        let mut service = ResponseBodyTimeoutLayer::new(4 * SECOND).layer(service);
        let response = service.call(Request::new(Empty::new())).await.unwrap();
        let mut body = Box::pin(response.into_body());
        let start = Instant::now();
        for at in [3, 6, 9] {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "x");
            assert_eq!(start.elapsed(), at * SECOND);
        }
        let error = body.frame().await.unwrap().unwrap_err();
        assert!(error.is::<TimeoutError>());
        assert_eq!(error.to_string(), "data was not received within the designated timeout");
        assert_eq!(start.elapsed(), 13 * SECOND);
        // Whoever has more patience goes on; a slow reader is not the body's fault.
        sleep(100 * SECOND).await;
        assert_eq!(body.collect().await.unwrap().to_bytes(), "xx");
    });
}

#[test]
fn each_frame_of_a_request_has_its_time() {
    run_paused(async {
        let service = Function(async |request: Request<super::TimeoutBody<_>>| {
            let status = match request.into_body().collect().await {
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::REQUEST_TIMEOUT,
            };
            Ok(Response::builder().status(status).body(Empty::<Bytes>::new()).unwrap())
        });
        let mut service = RequestBodyTimeoutLayer::new(4 * SECOND).layer(service);
        let response = service.call(Request::new(frames_at(&[1, 5, 9]))).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let start = Instant::now();
        let response = service.call(Request::new(frames_at(&[1, 6]))).await.unwrap();
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(start.elapsed(), 5 * SECOND);
    });
}
