//! A limit on how long a body may say nothing.

use super::super::tower::BoxError;
use crate::time::{self, Duration, Sleep};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

pin_project! {
    /// A body that fails with [`TimeoutError`] if a frame is too long in coming.
    ///
    /// The time counts from the first poll that finds no frame, and from there anew for each: a
    /// reader that is slow itself is not the body's fault. Polling it outside of a runtime panics.
    #[derive(Debug)]
    pub struct TimeoutBody<B> {
        timeout: Duration,
        // Of the frame that is being waited for.
        #[pin]
        limit: Option<Sleep>,
        #[pin]
        body: B,
    }
}

impl<B> TimeoutBody<B> {
    /// Each frame of `body` may take as long as `timeout`.
    pub fn new(timeout: Duration, body: B) -> Self {
        TimeoutBody { timeout, limit: None, body }
    }
}

impl<B> Body for TimeoutBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let mut this = self.project();
        if let Poll::Ready(frame) = this.body.poll_frame(cx) {
            this.limit.set(None);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if this.limit.is_none() {
            this.limit.set(Some(time::sleep(*this.timeout)));
        }
        ready!(this.limit.as_mut().as_pin_mut().expect("it was just set").poll(cx));
        // Asked again, it waits as long again.
        this.limit.set(None);
        Poll::Ready(Some(Err(Box::new(TimeoutError(())))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The next frame of a [`TimeoutBody`] took longer than allowed.
#[derive(Debug)]
pub struct TimeoutError(());

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data was not received within the designated timeout")
    }
}

impl std::error::Error for TimeoutError {}

/// A layer and its service, both made of a duration alone.
macro_rules! body_timeout {
    ($Service:ident, $Layer:ident, $whose:literal) => {
        #[doc = concat!("Puts a [`", stringify!($Service), "`] around services.")]
        #[derive(Debug, Clone)]
        pub struct $Layer {
            timeout: Duration,
        }

        impl $Layer {
            /// Each frame may take as long as `timeout`.
            pub fn new(timeout: Duration) -> Self {
                $Layer { timeout }
            }
        }

        impl<S> Layer<S> for $Layer {
            type Service = $Service<S>;

            fn layer(&self, inner: S) -> Self::Service {
                $Service::new(inner, self.timeout)
            }
        }

        #[doc = concat!("A service whose ", $whose, " are [`TimeoutBody`]s.")]
        #[derive(Debug, Clone)]
        pub struct $Service<S> {
            inner: S,
            timeout: Duration,
        }

        impl<S> $Service<S> {
            /// `inner`, with bodies of which each frame may take as long as `timeout`.
            pub fn new(inner: S, timeout: Duration) -> Self {
                $Service { inner, timeout }
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
    };
}

body_timeout!(RequestBodyTimeout, RequestBodyTimeoutLayer, "requests' bodies");
body_timeout!(ResponseBodyTimeout, ResponseBodyTimeoutLayer, "responses' bodies");

impl<S, B> Service<Request<B>> for RequestBodyTimeout<S>
where
    S: Service<Request<TimeoutBody<B>>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.inner.call(request.map(|body| TimeoutBody::new(self.timeout, body)))
    }
}

impl<S, B, C> Service<Request<B>> for ResponseBodyTimeout<S>
where
    S: Service<Request<B>, Response = Response<C>>,
{
    type Response = Response<TimeoutBody<C>>;
    type Error = S::Error;
    type Future = ResponseBodyTimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ResponseBodyTimeoutFuture { inner: self.inner.call(request), timeout: self.timeout }
    }
}

pin_project! {
    /// The response of a [`ResponseBodyTimeout`].
    #[derive(Debug)]
    pub struct ResponseBodyTimeoutFuture<F> {
        #[pin]
        inner: F,
        timeout: Duration,
    }
}

impl<F, B, E> Future for ResponseBodyTimeoutFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<TimeoutBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        Poll::Ready(Ok(response.map(|body| TimeoutBody::new(*this.timeout, body))))
    }
}
