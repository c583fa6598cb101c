//! A generation as server-sent events: one chunk per token.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use serde_json::{Value, json};

use super::chat::{Generation, finish_word};
use super::error::ApiError;
use crate::engine::Output;

/// Where the stream of events stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Says at once who speaks, before the engine has said a word.
    Role,
    Tokens,
    Usage,
    Done,
    Ended,
}

/// The body of a streamed completion. Dropping it stops the engine: that is how a client that
/// goes away is noticed.
pub(super) struct Chunks {
    generation: Generation,
    stage: Stage,
}

impl Chunks {
    pub(super) fn new(generation: Generation) -> Self {
        Self { generation, stage: Stage::Role }
    }

    fn chunk(&self, delta: &Value, finish_reason: Option<&str>) -> Bytes {
        let mut chunk = self.envelope();
        chunk["choices"] = json!([{
            "index": 0,
            "delta": delta,
            "finish_reason": finish_reason,
            "logprobs": null,
        }]);
        // With usage asked for, every chunk has the field, and the last one has the numbers.
        if self.generation.include_usage {
            chunk["usage"] = Value::Null;
        }
        event(&chunk)
    }

    fn envelope(&self) -> Value {
        json!({
            "id": self.generation.id,
            "object": "chat.completion.chunk",
            "created": self.generation.created,
            "model": self.generation.model,
            "choices": [],
        })
    }

    /// What comes after an item of the engine, and the stage that follows.
    fn on_output(&mut self, output: Option<Result<Output, crate::EngineError>>) -> Bytes {
        let failed = match output {
            Some(Ok(Output::Token(token))) => {
                self.generation.count_token();
                return self.chunk(&json!({ "content": token }), None);
            }
            Some(Ok(Output::Finished(reason))) => match finish_word(reason) {
                Some(word) => {
                    self.generation.finish();
                    self.stage =
                        if self.generation.include_usage { Stage::Usage } else { Stage::Done };
                    return self.chunk(&json!({}), Some(word));
                }
                None => ApiError::shut_down(),
            },
            Some(Err(error)) => ApiError::internal(error.to_string()),
            None => ApiError::internal("the engine ended without a reason"),
        };
        // The status has long been sent; the error is the last event, and no `[DONE]` follows it,
        // so that nobody takes half an answer for a whole one.
        self.generation.finish();
        self.stage = Stage::Ended;
        event(&failed.to_json())
    }
}

fn event(value: &Value) -> Bytes {
    format!("data: {value}\n\n").into()
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        let bytes = match this.stage {
            Stage::Role => {
                this.stage = Stage::Tokens;
                this.chunk(&json!({ "role": "assistant", "content": "" }), None)
            }
            Stage::Tokens => {
                let output = ready!(this.generation.outputs.as_mut().poll_next(cx));
                this.on_output(output)
            }
            Stage::Usage => {
                this.stage = Stage::Done;
                let mut chunk = this.envelope();
                chunk["usage"] = this.generation.usage();
                event(&chunk)
            }
            Stage::Done => {
                this.stage = Stage::Ended;
                Bytes::from_static(b"data: [DONE]\n\n")
            }
            Stage::Ended => return Poll::Ready(None),
        };
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.stage == Stage::Ended
    }
}
