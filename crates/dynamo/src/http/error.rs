//! Errors, in the shape that OpenAI's clients understand.

use std::fmt;

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::body::Body;

/// An error as it is answered:
/// `{"error": {"message": …, "type": …, "param": …, "code": …}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
    allow: Option<&'static str>,
    retry_after: bool,
    close: bool,
}

impl ApiError {
    fn new(status: StatusCode, code: Option<&'static str>, message: impl Into<String>) -> Self {
        let kind = if status.is_server_error() { "server_error" } else { "invalid_request_error" };
        let message = message.into();
        let (param, allow) = (None, None);
        Self { status, kind, code, param, message, allow, retry_after: false, close: false }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, None, message)
    }

    /// Something is wrong with the field `param`, such as `messages.0.role`.
    pub(super) fn field(param: impl Into<String>, message: impl fmt::Display) -> Self {
        let param = param.into();
        let mut error = Self::bad_request(format!("'{param}' {message}"));
        error.param = Some(param);
        error
    }

    pub(super) fn unsupported_field(param: &str, why: &str) -> Self {
        let mut error = Self::field(param, why);
        error.code = Some("unsupported_parameter");
        error
    }

    pub(super) fn unknown_model(model: &str, known: &str) -> Self {
        let message = format!("the model {model:?} does not exist; there is {known}");
        let mut error = Self::new(StatusCode::NOT_FOUND, Some("model_not_found"), message);
        error.param = Some("model".to_owned());
        error
    }

    pub(super) fn unknown_path(path: &str, there_is: &str) -> Self {
        let message = format!("there is no {path}; there is {there_is}");
        Self::new(StatusCode::NOT_FOUND, Some("unknown_url"), message)
    }

    pub(super) fn wrong_method(method: &str, path: &str, allow: &'static str) -> Self {
        let message = format!("{path} does not take {method}; it takes {allow}");
        let mut error =
            Self::new(StatusCode::METHOD_NOT_ALLOWED, Some("method_not_allowed"), message);
        error.allow = Some(allow);
        error
    }

    pub(super) fn wrong_content_type(found: Option<&str>) -> Self {
        let found = found.map_or("none was given".to_owned(), |found| format!("it is {found:?}"));
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Some("unsupported_content_type"),
            format!("the content type must be application/json, but {found}"),
        )
    }

    pub(super) fn encoded_body(encoding: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Some("unsupported_content_encoding"),
            format!("the body must not be encoded, but its encoding is {encoding:?}"),
        )
    }

    pub(super) fn body_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Some("body_too_large"),
            format!("the body is longer than {limit} bytes"),
        )
        .closing()
    }

    pub(super) fn too_slow(what: &str, limit: std::time::Duration) -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            Some("request_timeout"),
            format!("the {what} of the request did not arrive within {limit:?}"),
        )
        .closing()
    }

    pub(super) fn broken_body(why: impl fmt::Display) -> Self {
        Self::bad_request(format!("the body could not be read: {why}")).closing()
    }

    pub(super) fn draining() -> Self {
        let message = "the node is draining and takes no new requests";
        let mut error =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, Some("draining"), message).closing();
        error.retry_after = true;
        error
    }

    pub(super) fn shut_down() -> Self {
        let message = "the node shut down before the answer was complete";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Some("shutting_down"), message).closing()
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Some("internal_error"), message)
    }

    /// The connection cannot be used after this: the rest of the request is still on it.
    fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What to tell a person.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The field that is wrong, if one is.
    pub fn param(&self) -> Option<&str> {
        self.param.as_deref()
    }

    /// The error object.
    pub fn to_json(&self) -> serde_json::Value {
        json!({ "error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }})
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Body::json(self.status, &self.to_json());
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// The whole response in wire format, for a connection whose HTTP machine has already given
    /// up.
    pub(super) fn to_wire(&self) -> Vec<u8> {
        let body = self.to_json().to_string();
        format!(
            "HTTP/1.1 {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            self.status,
            body.len()
        )
        .into_bytes()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message)
    }
}

impl std::error::Error for ApiError {}
