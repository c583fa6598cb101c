//! POST /v1/chat/completions: from a body to an answer, in one piece or token by token.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use handcrank::sync::CancellationToken;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::body::Body;
use super::error::ApiError;
use super::preprocess::{Prepared, prepare};
use super::sse::Chunks;
use crate::engine::{ChatEngine, Context, FinishReason, Output, ResponseStream, next};
use crate::in_flight::Entry;
use crate::metrics::Metrics;
use crate::runtime::Runtime;

/// The models of a node and what it takes to run them.
#[derive(Clone)]
pub(crate) struct Chat {
    pub(super) runtime: Runtime,
    pub(super) metrics: Metrics,
    pub(super) model: String,
    pub(super) engine: Arc<ChatEngine>,
    pub(super) created: u64,
}

/// One generation, from the engine's first word to its last. Dropping it stops the engine.
pub(super) struct Generation {
    pub(super) id: String,
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) prompt_tokens: usize,
    pub(super) completion_tokens: usize,
    pub(super) include_usage: bool,
    pub(super) outputs: ResponseStream<Output>,
    stop: CancellationToken,
    finished: bool,
    begun: Instant,
    metrics: Metrics,
    counter: prometheus_client::metrics::counter::Counter,
    _entry: Entry,
}

pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Chat {
    pub(crate) fn new(runtime: &Runtime, metrics: &Metrics, engine: Arc<ChatEngine>) -> Self {
        Self {
            runtime: runtime.clone(),
            metrics: metrics.clone(),
            model: runtime.config().engine_model(),
            engine,
            created: unix_seconds(),
        }
    }

    /// Answers the request in `body`. `whose` names the client in the shutdown report.
    pub(super) async fn respond(
        &self,
        body: Bytes,
        whose: &str,
    ) -> Result<Response<Body>, ApiError> {
        let begun = Instant::now();
        let (generation, stream) = self.begin(body, whose, begun).await?;
        if !stream {
            let completion = generation.collect().await?;
            return Ok(Body::json(StatusCode::OK, &completion));
        }
        let mut response = Response::new(Body::Streaming(Box::pin(Chunks::new(generation))));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Ok(response)
    }

    /// Answers a request that came as a message: always in one piece.
    pub(crate) async fn complete(&self, body: Bytes, whose: &str) -> Result<Bytes, ApiError> {
        let (generation, _) = self.begin(body, whose, Instant::now()).await?;
        Ok(generation.collect().await?.to_string().into())
    }

    async fn begin(
        &self,
        body: Bytes,
        whose: &str,
        begun: Instant,
    ) -> Result<(Generation, bool), ApiError> {
        let preparing = self.runtime.primary().spawn_blocking(move || prepare(&body));
        let Prepared { generate, stream, include_usage } = match preparing.await {
            Ok(prepared) => prepared?,
            Err(error) if error.is_cancelled() => return Err(ApiError::shut_down()),
            Err(_) => return Err(ApiError::internal("the request made the preprocessor panic")),
        };
        if generate.model != self.model {
            return Err(ApiError::unknown_model(&generate.model, &self.model));
        }
        let id = format!("chatcmpl-{}", uuid::Uuid::new_v4().simple());
        let entry = self.runtime.in_flight().enter(format!("{id} for {whose}"));
        let stop = self.runtime.child_token();
        let (model, prompt_tokens) = (generate.model.clone(), generate.prompt.len());
        let context = Context::new(id.clone(), stop.clone());
        let outputs = self
            .engine
            .generate(generate, context)
            .map_err(|error| ApiError::internal(error.to_string()))?;
        self.metrics.prompt_tokens(&model, prompt_tokens);
        let generation = Generation {
            id,
            created: unix_seconds(),
            counter: self.metrics.completion_tokens(&model),
            model,
            prompt_tokens,
            completion_tokens: 0,
            include_usage,
            outputs,
            stop,
            finished: false,
            begun,
            metrics: self.metrics.clone(),
            _entry: entry,
        };
        Ok((generation, stream))
    }

    /// What GET /v1/models says of one model.
    pub(super) fn model_json(&self) -> Value {
        json!({
            "id": self.model,
            "object": "model",
            "created": self.created,
            "owned_by": self.runtime.config().node_namespace(),
        })
    }
}

impl Generation {
    /// Counts a token.
    pub(super) fn count_token(&mut self) {
        if self.completion_tokens == 0 {
            self.metrics.first_token(&self.model, self.begun.elapsed());
        }
        self.completion_tokens += 1;
        self.counter.inc();
    }

    /// Notes that the engine has had its say, so that its end does not count as cancelled.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    pub(super) fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        })
    }

    /// Waits for all of it. Dropping the future stops the engine.
    async fn collect(mut self) -> Result<Value, ApiError> {
        let mut content = String::new();
        let reason = loop {
            match next(&mut self.outputs).await {
                Some(Ok(Output::Token(token))) => {
                    self.count_token();
                    content.push_str(&token);
                }
                Some(Ok(Output::Finished(reason))) => {
                    self.finish();
                    break finish_word(reason).ok_or_else(ApiError::shut_down)?;
                }
                Some(Err(error)) => {
                    self.finish();
                    return Err(ApiError::internal(error.to_string()));
                }
                None => {
                    self.finish();
                    return Err(ApiError::internal("the engine ended without a reason"));
                }
            }
        };
        Ok(json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": content },
                "finish_reason": reason,
                "logprobs": null,
            }],
            "usage": self.usage(),
        }))
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        // Dropping the outputs ends what the engine does in them; the token reaches what it does
        // elsewhere.
        self.stop.cancel();
        if !self.finished {
            self.metrics.cancelled();
        }
    }
}

/// OpenAI's word for a reason; `None` for a generation that was broken off.
pub(super) fn finish_word(reason: FinishReason) -> Option<&'static str> {
    match reason {
        FinishReason::Stop => Some("stop"),
        FinishReason::Length => Some("length"),
        FinishReason::Cancelled => None,
    }
}
