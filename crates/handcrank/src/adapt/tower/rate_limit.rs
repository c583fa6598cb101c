//! A limit on how many requests a service takes in a time.

use crate::time::{self, Duration, Instant, Sleep};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// So many requests in so much time.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    num: u64,
    per: Duration,
}

impl Rate {
    /// `num` requests `per` so much time.
    ///
    /// # Panics
    ///
    /// If either is zero.
    pub const fn new(num: u64, per: Duration) -> Self {
        assert!(num > 0);
        assert!(!per.is_zero());
        Rate { num, per }
    }
}

/// Puts a [`RateLimit`] around services.
#[derive(Debug, Clone)]
pub struct RateLimitLayer {
    rate: Rate,
}

impl RateLimitLayer {
    /// `num` requests `per` so much time.
    ///
    /// # Panics
    ///
    /// If either is zero.
    pub const fn new(num: u64, per: Duration) -> Self {
        RateLimitLayer { rate: Rate::new(num, per) }
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, service: S) -> Self::Service {
        RateLimit::new(service, self.rate)
    }
}

/// A service that is ready for a number of requests, and then not before a time has passed since
/// the first of them.
///
/// It needs a runtime with timers when it has reached the limit, not to be made. As tower's it is
/// not `Clone`: one limit for several callers takes tower's `Buffer` around it.
///
/// # Panics
///
/// [`call`](Service::call) panics if [`poll_ready`](Service::poll_ready) did not say that the service
/// is ready, once the limit is reached.
#[derive(Debug)]
pub struct RateLimit<S> {
    inner: S,
    rate: Rate,
    state: State,
}

#[derive(Debug)]
enum State {
    /// `left` more requests may come in the period that began at `since`.
    Open { since: Instant, left: u64 },
    /// The limit is reached; the sleep ends with the period.
    Limited(Pin<Box<Sleep>>),
}

impl<S> RateLimit<S> {
    /// `inner`, for no more requests than `rate` says.
    pub fn new(inner: S, rate: Rate) -> Self {
        // A period begins with its first request.
        RateLimit { inner, rate, state: State::Open { since: Instant::now(), left: rate.num } }
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

impl<S, Request> Service<Request> for RateLimit<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if let State::Limited(end) = &mut self.state {
            ready!(end.as_mut().poll(cx));
            self.state = State::Open { since: Instant::now(), left: self.rate.num };
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let State::Open { since, left } = &mut self.state else {
            panic!("service not ready; poll_ready must be called first")
        };
        let mut passed = since.elapsed();
        if passed >= self.rate.per || *left == self.rate.num {
            (*since, *left, passed) = (Instant::now(), self.rate.num, Duration::ZERO);
        }
        *left -= 1;
        if *left == 0 {
            let rest = self.rate.per.saturating_sub(passed);
            self.state = State::Limited(Box::pin(time::sleep(rest)));
        }
        self.inner.call(request)
    }
}
