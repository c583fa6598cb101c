//! A generation as server-sent events: one chunk per token.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use serde_json::Value;

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
    /// What every chunk begins with.
    head: String,
    /// What every chunk but the one with the usage ends with.
    tail: &'static str,
}

impl Chunks {
    pub(super) fn new(generation: Generation) -> Self {
        let quoted = |text: &str| Value::from(text).to_string();
        let head = format!(
            r#"data: {{"id":{},"object":"chat.completion.chunk","created":{},"model":{},"#,
            quoted(&generation.id),
            generation.created,
            quoted(&generation.model),
        );
        // With usage asked for, every chunk has the field, and the last one has the numbers.
        let tail = if generation.include_usage { ",\"usage\":null}\n\n" } else { "}\n\n" };
        Self { generation, stage: Stage::Role, head, tail }
    }

    /// Written by hand: of a chunk only the delta changes, and there is one for every token.
    fn chunk(&self, delta: &str, finish_reason: &str) -> Bytes {
        let Self { head, tail, .. } = self;
        format!(
            r#"{head}"choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish_reason}}}]{tail}"#
        )
        .into()
    }

    /// What comes after an item of the engine, and the stage that follows.
    fn on_output(&mut self, output: Option<Result<Output, crate::EngineError>>) -> Bytes {
        let failed = match output {
            Some(Ok(Output::Token(token))) => {
                self.generation.count_token();
                let token = Value::from(token);
                return self.chunk(&format!(r#"{{"content":{token}}}"#), "null");
            }
            Some(Ok(Output::Finished(reason))) => match finish_word(reason) {
                Some(word) => {
                    self.generation.finish();
                    self.stage =
                        if self.generation.include_usage { Stage::Usage } else { Stage::Done };
                    return self.chunk("{}", &Value::from(word).to_string());
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
        format!("data: {}\n\n", failed.to_json()).into()
    }
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
                this.chunk(r#"{"role":"assistant","content":""}"#, "null")
            }
            Stage::Tokens => {
                let output = ready!(this.generation.outputs.as_mut().poll_next(cx));
                this.on_output(output)
            }
            Stage::Usage => {
                this.stage = Stage::Done;
                let (head, usage) = (&this.head, this.generation.usage());
                format!("{head}\"choices\":[],\"usage\":{usage}}}\n\n").into()
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
