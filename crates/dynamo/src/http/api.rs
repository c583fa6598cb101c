//! The routes of the node's own server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::json;

use super::body::{self, Body};
pub(crate) use super::chat::Chat;
use super::error::ApiError;
use super::server::Routes;
use crate::BoxFuture;
use crate::metrics::Metrics;

const COMPLETIONS: &str = "/v1/chat/completions";
const MODELS: &str = "/v1/models";

/// The OpenAI-compatible interface.
pub(crate) struct Api {
    pub(crate) chat: Chat,
    pub(crate) metrics: Metrics,
    /// Longest body in bytes.
    pub(crate) body_limit: usize,
    /// Longest time for a body to arrive.
    pub(crate) body_timeout: Duration,
}

impl Routes for Api {
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> BoxFuture<'static, Response<Body>> {
        Box::pin(async move {
            let begun = Instant::now();
            let path = request.uri().path();
            // The metrics must not grow with what strangers think up.
            let route = match path {
                COMPLETIONS => COMPLETIONS,
                MODELS => MODELS,
                _ if path.starts_with("/v1/models/") => "/v1/models/{model}",
                _ => "other",
            };
            let response = match self.route(request, peer).await {
                Ok(response) => response,
                Err(error) => error.into_response(),
            };
            self.metrics.request("node", route, response.status().as_u16(), begun.elapsed());
            response
        })
    }
}

impl Api {
    async fn route(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, ApiError> {
        let path = request.uri().path().to_owned();
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        let wrong_method =
            |allow| Err(ApiError::wrong_method(request.method().as_str(), &path, allow));
        match path.as_str() {
            COMPLETIONS if request.method() != Method::POST => wrong_method("POST"),
            COMPLETIONS => self.completions(request, peer).await,
            MODELS if !is_get => wrong_method("GET, HEAD"),
            MODELS => {
                let list = json!({ "object": "list", "data": [self.chat.model_json()] });
                Ok(Body::json(StatusCode::OK, &list))
            }
            _ => match path.strip_prefix("/v1/models/") {
                Some(_) if !is_get => wrong_method("GET, HEAD"),
                Some(model) if model == self.chat.model => {
                    Ok(Body::json(StatusCode::OK, &self.chat.model_json()))
                }
                Some(model) => Err(ApiError::unknown_model(model, &self.chat.model)),
                None => {
                    let there_is = "POST /v1/chat/completions and GET /v1/models";
                    Err(ApiError::unknown_path(&path, there_is))
                }
            },
        }
    }

    async fn completions(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, ApiError> {
        // A connection that was accepted in time may bring its request too late.
        if self.chat.runtime.endpoint_shutdown_token().is_cancelled() {
            return Err(ApiError::draining());
        }
        check_content(request.headers())?;
        let (head, incoming) = request.into_parts();
        let body = body::read(&head.headers, incoming, self.body_limit, self.body_timeout).await?;
        self.chat.respond(body, &peer.to_string()).await
    }
}

fn check_content(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| {
        headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let content_type = text(header::CONTENT_TYPE);
    let essence = content_type.as_deref().map(|t| t.split(';').next().unwrap_or_default().trim());
    if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Err(ApiError::wrong_content_type(content_type.as_deref()));
    }
    match text(header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.eq_ignore_ascii_case("identity") => {
            Err(ApiError::encoded_body(&encoding))
        }
        _ => Ok(()),
    }
}
