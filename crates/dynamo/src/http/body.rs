//! Bodies: the ones that are sent, and reading the ones that arrive.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use handcrank::time::{Instant, timeout_at};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::error::ApiError;

/// Something that says its body piece by piece.
type Pieces = Pin<Box<dyn HttpBody<Data = Bytes, Error = Infallible> + Send>>;

/// The body of a response.
pub(crate) enum Body {
    /// All of it is there.
    Full(Option<Bytes>),
    /// It comes as it is made.
    Streaming(Pieces),
}

impl Body {
    /// A response with a JSON body.
    pub(super) fn json(status: StatusCode, value: &serde_json::Value) -> Response<Self> {
        Self::text(status, "application/json", value.to_string())
    }

    /// A response with a body of text.
    pub(super) fn text(
        status: StatusCode,
        content_type: &'static str,
        text: impl Into<Bytes>,
    ) -> Response<Self> {
        let mut response = Response::new(Self::Full(Some(text.into())));
        *response.status_mut() = status;
        let content_type = HeaderValue::from_static(content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streaming(pieces) => pieces.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Streaming(pieces) => pieces.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Streaming(pieces) => pieces.size_hint(),
        }
    }
}

/// Reads a request's body: at most `limit` bytes, within `time`.
pub(super) async fn read(
    headers: &HeaderMap,
    mut body: Incoming,
    limit: usize,
    time: Duration,
) -> Result<Bytes, ApiError> {
    let deadline = Instant::now() + time;
    if body.size_hint().lower() > limit as u64 {
        // A client that asked first has sent nothing yet, and asking was for this.
        if !headers.contains_key(header::EXPECT) {
            skip(&mut body, limit, deadline).await;
        }
        return Err(ApiError::body_too_large(limit));
    }
    let mut whole = BytesMut::new();
    loop {
        let frame = match timeout_at(deadline, next(&mut body)).await {
            Err(_) => return Err(ApiError::too_slow("body", time)),
            Ok(None) => return Ok(whole.freeze()),
            Ok(Some(Err(error))) => return Err(ApiError::broken_body(error)),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers are read and passed over.
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > limit {
            skip(&mut body, limit, deadline).await;
            return Err(ApiError::body_too_large(limit));
        }
        whole.extend_from_slice(&data);
    }
}

/// Reads on, for a while, what is too long anyway: many clients do not look for an answer before
/// they have sent everything, and a connection that is closed under them loses the answer.
async fn skip(body: &mut Incoming, limit: usize, deadline: Instant) {
    const PATIENCE: Duration = Duration::from_secs(2);
    let mut left = limit.saturating_mul(4);
    let deadline = deadline.min(Instant::now() + PATIENCE);
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, next(body)).await {
        let Some(less) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
        left = less;
    }
}

async fn next(body: &mut Incoming) -> Option<Result<Frame<Bytes>, hyper::Error>> {
    poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}
