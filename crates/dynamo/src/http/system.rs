//! The routes of the system server: is the node alive, should it get work, what has it counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::body::Body;
use super::error::ApiError;
use super::server::Routes;
use crate::BoxFuture;
use crate::health::{Health, Status};
use crate::metrics::{CONTENT_TYPE, Metrics};

/// What the secondary answers. Nothing here waits for anything.
pub(crate) struct System {
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
}

impl Routes for System {
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _peer: SocketAddr,
    ) -> BoxFuture<'static, Response<Body>> {
        Box::pin(async move {
            let begun = Instant::now();
            let (route, result) = self.route(&request);
            let response = result.unwrap_or_else(ApiError::into_response);
            self.metrics.request("system", route, response.status().as_u16(), begun.elapsed());
            response
        })
    }
}

impl System {
    fn route(
        &self,
        request: &Request<Incoming>,
    ) -> (&'static str, Result<Response<Body>, ApiError>) {
        let path = request.uri().path();
        let (route, respond): (_, fn(&Self) -> Response<Body>) = match path {
            "/live" => ("/live", Self::live),
            "/health" => ("/health", Self::health),
            "/metrics" => ("/metrics", Self::metrics),
            _ => {
                let there_is = "GET /live, GET /health and GET /metrics";
                return ("other", Err(ApiError::unknown_path(path, there_is)));
            }
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let method = request.method().as_str();
            return (route, Err(ApiError::wrong_method(method, path, "GET, HEAD")));
        }
        (route, Ok(respond(self)))
    }

    /// The process lives: it has just said so. Nothing else belongs here, because whoever asks
    /// kills what does not answer, and a node that drains must not be killed.
    fn live(&self) -> Response<Body> {
        Body::json(StatusCode::OK, &self.health.live_json())
    }

    fn health(&self) -> Response<Body> {
        let (status, body) = self.health.health_json();
        let code = match status {
            Status::Healthy => StatusCode::OK,
            Status::Unhealthy | Status::Draining => StatusCode::SERVICE_UNAVAILABLE,
        };
        Body::json(code, &body)
    }

    fn metrics(&self) -> Response<Body> {
        Body::text(StatusCode::OK, CONTENT_TYPE, self.metrics.encode())
    }
}
