//! A limit on how long a response may take; more is a response with a status of its own.

use crate::time::{self, Duration};
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// Puts a [`Timeout`] around services.
#[derive(Debug, Clone, Copy)]
pub struct TimeoutLayer {
    status: StatusCode,
    timeout: Duration,
}

impl TimeoutLayer {
    /// A response may take as long as `timeout`, and is answered with `status` otherwise.
    pub fn with_status_code(status: StatusCode, timeout: Duration) -> Self {
        TimeoutLayer { status, timeout }
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Timeout::with_status_code(inner, self.status, self.timeout)
    }
}

/// A service that answers with a status and an empty body if a response takes too long.
///
/// The time counts from the call, and ends with the response's head: how long the body may take is
/// for [`ResponseBodyTimeout`](super::ResponseBodyTimeout) to say. What is late is dropped. What is
/// ready is handed out, however late. Calling it outside of a runtime, or in one without timers,
/// panics.
#[derive(Debug, Clone, Copy)]
pub struct Timeout<S> {
    inner: S,
    status: StatusCode,
    timeout: Duration,
}

impl<S> Timeout<S> {
    /// A response of `inner` may take as long as `timeout`, and is answered with `status`
    /// otherwise.
    pub fn with_status_code(inner: S, status: StatusCode, timeout: Duration) -> Self {
        Timeout { inner, status, timeout }
    }

    /// The service inside.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service inside.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service, without the limit.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, C> Service<Request<B>> for Timeout<S>
where
    S: Service<Request<B>, Response = Response<C>>,
    C: Default,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let response = time::timeout(self.timeout, self.inner.call(request));
        ResponseFuture { response, status: self.status }
    }
}

pin_project! {
    /// The response of a [`Timeout`].
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        response: time::Timeout<F>,
        status: StatusCode,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Poll::Ready(ready!(this.response.poll(cx)).unwrap_or_else(|_| {
            let mut late = Response::new(B::default());
            *late.status_mut() = *this.status;
            Ok(late)
        }))
    }
}
