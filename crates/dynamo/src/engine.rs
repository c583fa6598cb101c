//! Engines: a request and a context go in, a stream of answers comes out.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use handcrank::sync::CancellationToken;
use handcrank::time::{Instant, Sleep, sleep};

use crate::config::RuntimeConfig;
use crate::{BoxError, BoxFuture};

/// What an engine knows of the request besides its content.
#[derive(Clone, Debug)]
pub struct Context {
    id: String,
    stop: CancellationToken,
}

impl Context {
    /// The context of the request `id`. Cancelling `stop` asks the engine to stop.
    pub fn new(id: impl Into<String>, stop: CancellationToken) -> Self {
        Self { id: id.into(), stop }
    }

    /// The request's id, as the client sees it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Cancelled when nobody wants the answer any more: the client is gone, or the node ends. An
    /// engine that does not look at it works for nobody.
    pub fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// Asks the engine to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

/// Why an engine could not go on.
#[derive(Debug)]
pub struct EngineError(BoxError);

impl EngineError {
    /// Wraps whatever went wrong.
    pub fn new(source: impl Into<BoxError>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engine failed: {}", self.0)
    }
}

impl std::error::Error for EngineError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// A stream of answers. Dropping it ends the work behind it.
pub type ResponseStream<T> = Pin<Box<dyn Stream<Item = Result<T, EngineError>> + Send>>;

/// Turns a request into a stream of answers.
pub trait AsyncEngine<Request, Response>: Send + Sync + 'static {
    /// Begins the work. Must return at once: what takes time belongs into the stream, where it
    /// can be dropped.
    ///
    /// # Errors
    ///
    /// A request that the engine refuses.
    fn generate(
        &self,
        request: Request,
        context: Context,
    ) -> Result<ResponseStream<Response>, EngineError>;
}

/// A chat request as an engine sees it: validated, templated, in tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generate {
    /// The model it was addressed to.
    pub model: String,
    /// The whole conversation, by the model's template.
    pub prompt: Vec<String>,
    /// The last user message.
    pub last_user: Vec<String>,
    /// The most tokens to answer with.
    pub max_tokens: Option<usize>,
}

/// One thing that a chat engine says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The next token.
    Token(String),
    /// The end, and why. Nothing comes after it.
    Finished(FinishReason),
}

/// Why an engine stopped talking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It had said all.
    Stop,
    /// It had said as much as it may.
    Length,
    /// It was asked to stop.
    Cancelled,
}

/// An engine that can chat.
pub type ChatEngine = dyn AsyncEngine<Generate, Output>;

/// Says the last user message back, one token after each delay. Stops within one wake-up when it
/// is asked to.
#[derive(Clone, Debug)]
pub struct EchoEngine {
    delay: Duration,
}

impl EchoEngine {
    /// An echo that takes `delay` for each token; zero is allowed.
    pub fn new(delay: Duration) -> Self {
        Self { delay }
    }

    /// An echo with the delay of the settings.
    pub fn from_config(config: &RuntimeConfig) -> Self {
        Self::new(config.engine_token_delay())
    }
}

impl AsyncEngine<Generate, Output> for EchoEngine {
    fn generate(
        &self,
        request: Generate,
        context: Context,
    ) -> Result<ResponseStream<Output>, EngineError> {
        let stop = context.stop;
        Ok(Box::pin(Echo {
            tokens: request.last_user.into(),
            left: request.max_tokens.unwrap_or(usize::MAX),
            delay: self.delay,
            pause: None,
            stopped: Box::pin(async move { stop.cancelled().await }),
            finished: false,
        }))
    }
}

struct Echo {
    tokens: VecDeque<String>,
    /// How many tokens it may still say.
    left: usize,
    delay: Duration,
    /// The pause before the next token; made when the first one is asked for, so that the delay
    /// counts from there.
    pause: Option<Pin<Box<Sleep>>>,
    stopped: BoxFuture<'static, ()>,
    finished: bool,
}

impl Echo {
    fn finish(&mut self, reason: FinishReason) -> Poll<Option<Result<Output, EngineError>>> {
        self.finished = true;
        Poll::Ready(Some(Ok(Output::Finished(reason))))
    }
}

impl Stream for Echo {
    type Item = Result<Output, EngineError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.finished {
            return Poll::Ready(None);
        }
        if this.stopped.as_mut().poll(cx).is_ready() {
            return this.finish(FinishReason::Cancelled);
        }
        if this.tokens.is_empty() {
            return this.finish(FinishReason::Stop);
        }
        if this.left == 0 {
            return this.finish(FinishReason::Length);
        }
        if !this.delay.is_zero() {
            let pause = this.pause.get_or_insert_with(|| Box::pin(sleep(this.delay)));
            ready!(pause.as_mut().poll(cx));
            pause.as_mut().reset(Instant::now() + this.delay);
        }
        this.left -= 1;
        Poll::Ready(this.tokens.pop_front().map(|token| Ok(Output::Token(token))))
    }
}

/// Waits for the stream's next item. Cancel safe.
pub(crate) async fn next<T>(stream: &mut ResponseStream<T>) -> Option<Result<T, EngineError>> {
    std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_millis(10);

    fn echo(text: &str, max_tokens: Option<usize>) -> (ResponseStream<Output>, Context) {
        let context = Context::new("test", CancellationToken::new());
        let last_user = text.split_inclusive(' ').map(str::to_owned).collect();
        let request = Generate { last_user, max_tokens, ..Generate::default() };
        (EchoEngine::new(DELAY).generate(request, context.clone()).unwrap(), context)
    }

    async fn all(mut stream: ResponseStream<Output>) -> Vec<Output> {
        let mut out = Vec::new();
        while let Some(item) = next(&mut stream).await {
            out.push(item.unwrap());
        }
        out
    }

    #[handcrank::test]
    async fn one_token_per_delay_and_then_the_reason() {
        handcrank::time::pause();
        let begun = Instant::now();
        let (stream, _context) = echo("a b c", None);
        let token = |text: &str| Output::Token(text.to_owned());
        let finished = Output::Finished(FinishReason::Stop);
        assert_eq!(all(stream).await, [token("a "), token("b "), token("c"), finished]);
        assert!(begun.elapsed() >= 3 * DELAY, "{:?}", begun.elapsed());
        assert!(begun.elapsed() < 4 * DELAY, "{:?}", begun.elapsed());
    }

    #[handcrank::test]
    async fn it_says_no_more_than_it_may() {
        handcrank::time::pause();
        let (stream, _context) = echo("a b c", Some(2));
        let out = all(stream).await;
        assert_eq!(out.len(), 3);
        assert_eq!(out[2], Output::Finished(FinishReason::Length));
        let (stream, _context) = echo("a b c", Some(3));
        assert_eq!(all(stream).await[3], Output::Finished(FinishReason::Stop));
    }

    #[handcrank::test]
    async fn a_stop_ends_it_in_the_middle_of_a_pause() {
        handcrank::time::pause();
        let (mut stream, context) = echo("a b c", None);
        assert_eq!(next(&mut stream).await.unwrap().unwrap(), Output::Token("a ".into()));
        let begun = Instant::now();
        context.stop();
        let out = next(&mut stream).await.unwrap().unwrap();
        assert_eq!(out, Output::Finished(FinishReason::Cancelled));
        assert!(next(&mut stream).await.is_none());
        assert!(begun.elapsed() < DELAY);
    }
}
