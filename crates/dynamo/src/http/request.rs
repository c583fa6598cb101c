//! The chat request: from JSON to what it means, with an error that says which field is wrong.
//!
//! Read by hand from a JSON value, not derived: a derived reader stops at "data did not match any
//! variant", and whoever writes a client needs to hear `messages.2.content`.

use serde_json::{Map, Value};

use super::error::ApiError;

/// A request for a chat completion that makes sense.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChatRequest {
    pub(super) model: String,
    pub(super) messages: Vec<ChatMessage>,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    pub(super) max_tokens: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChatMessage {
    pub(super) role: Role,
    pub(super) content: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    System,
    User,
    Assistant,
    Tool,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// Fields that would change the answer, and that no engine here honours. Leaving them unheard
/// would be worse than refusing them. Each is fine when it asks for nothing.
const UNSUPPORTED: [&str; 7] =
    ["stop", "tools", "functions", "response_format", "logprobs", "top_logprobs", "audio"];

impl ChatRequest {
    /// Reads the bytes of a body.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            ApiError::bad_request(format!("the body is not valid JSON: {error}"))
        })?;
        let Value::Object(body) = &value else {
            let found = kind(&value);
            return Err(ApiError::bad_request(format!("the body must be an object, not {found}")));
        };
        for field in UNSUPPORTED {
            if body.get(field).is_some_and(asks_for_something) {
                return Err(ApiError::unsupported_field(field, "is not supported by this node"));
            }
        }
        let n = count(body, "n", 1)?;
        if n.is_some_and(|n| n != 1) {
            return Err(ApiError::unsupported_field("n", "must be 1: one answer per request"));
        }
        number(body, "temperature", 0.0, 2.0)?;
        number(body, "top_p", 0.0, 1.0)?;
        let stream = boolean(body, "stream", "stream")?.unwrap_or(false);
        Ok(Self {
            model: model(body)?,
            messages: messages(body)?,
            stream,
            include_usage: include_usage(body, stream)?,
            max_tokens: max_tokens(body)?,
        })
    }
}

fn asks_for_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => fields.get("type").and_then(Value::as_str) != Some("text"),
        _ => true,
    }
}

fn model(body: &Map<String, Value>) -> Result<String, ApiError> {
    match body.get("model") {
        Some(Value::String(model)) if !model.is_empty() => Ok(model.clone()),
        Some(Value::String(_)) => Err(ApiError::field("model", "must not be empty")),
        found => Err(wrong("model", "a string", found)),
    }
}

fn messages(body: &Map<String, Value>) -> Result<Vec<ChatMessage>, ApiError> {
    let items = match body.get("messages") {
        Some(Value::Array(items)) => items,
        found => return Err(wrong("messages", "an array of messages", found)),
    };
    if items.is_empty() {
        return Err(ApiError::field("messages", "must hold at least one message"));
    }
    let messages: Vec<_> =
        items.iter().enumerate().map(|(at, item)| message(at, item)).collect::<Result<_, _>>()?;
    if !messages.iter().any(|message| message.role == Role::User) {
        return Err(ApiError::field("messages", "must hold a message with the role \"user\""));
    }
    Ok(messages)
}

fn message(at: usize, item: &Value) -> Result<ChatMessage, ApiError> {
    let path = format!("messages.{at}");
    let Value::Object(item) = item else { return Err(wrong(&path, "an object", Some(item))) };
    let path_of = |field: &str| format!("{path}.{field}");
    let role = match item.get("role") {
        Some(Value::String(role)) => match role.as_str() {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "tool" => Role::Tool,
            other => {
                let allowed = "\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"";
                let message = format!("must be {allowed}, not {other:?}");
                return Err(ApiError::field(path_of("role"), message));
            }
        },
        found => return Err(wrong(&path_of("role"), "a string", found)),
    };
    let content = match item.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => content_parts(&path_of("content"), parts)?,
        // An assistant that only called a tool has said nothing.
        Some(Value::Null) | None if role == Role::Assistant => String::new(),
        found => {
            return Err(wrong(&path_of("content"), "a string or an array of text parts", found));
        }
    };
    Ok(ChatMessage { role, content })
}

fn content_parts(path: &str, parts: &[Value]) -> Result<String, ApiError> {
    let mut content = String::new();
    for (at, part) in parts.iter().enumerate() {
        let path = format!("{path}.{at}");
        match part.get("type").and_then(Value::as_str) {
            Some("text") => {}
            Some(other) => {
                let message = format!("must be \"text\", not {other:?}");
                return Err(ApiError::field(format!("{path}.type"), message));
            }
            None => return Err(wrong(&format!("{path}.type"), "a string", part.get("type"))),
        }
        match part.get("text") {
            Some(Value::String(text)) => content.push_str(text),
            found => return Err(wrong(&format!("{path}.text"), "a string", found)),
        }
    }
    Ok(content)
}

fn include_usage(body: &Map<String, Value>, stream: bool) -> Result<bool, ApiError> {
    match body.get("stream_options") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Object(_)) if !stream => {
            Err(ApiError::field("stream_options", "needs 'stream' to be true"))
        }
        Some(Value::Object(options)) => {
            Ok(boolean(options, "include_usage", "stream_options.include_usage")?.unwrap_or(false))
        }
        found => Err(wrong("stream_options", "an object", found)),
    }
}

/// The newer name is `max_completion_tokens`; the older one means the same here.
fn max_tokens(body: &Map<String, Value>) -> Result<Option<usize>, ApiError> {
    let (old, new) = (count(body, "max_tokens", 1)?, count(body, "max_completion_tokens", 1)?);
    match (old, new) {
        (Some(old), Some(new)) if old != new => {
            Err(ApiError::field("max_tokens", "contradicts 'max_completion_tokens'; give one"))
        }
        (old, new) => Ok(new.or(old)),
    }
}

fn count(body: &Map<String, Value>, field: &str, min: u64) -> Result<Option<usize>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            // More than fits is as good as no limit.
            Some(n) if n >= min => Ok(Some(usize::try_from(n).unwrap_or(usize::MAX))),
            _ => Err(wrong(field, &format!("a whole number of at least {min}"), Some(value))),
        },
    }
}

fn number(body: &Map<String, Value>, field: &str, min: f64, max: f64) -> Result<(), ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(()),
        Some(value) => match value.as_f64() {
            Some(n) if (min..=max).contains(&n) => Ok(()),
            _ => Err(wrong(field, &format!("a number from {min} to {max}"), Some(value))),
        },
    }
}

fn boolean(body: &Map<String, Value>, field: &str, path: &str) -> Result<Option<bool>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(on)) => Ok(Some(*on)),
        found => Err(wrong(path, "true or false", found)),
    }
}

fn wrong(path: &str, expected: &str, found: Option<&Value>) -> ApiError {
    match found {
        None => ApiError::field(path, format!("is missing: it must be {expected}")),
        Some(value) => ApiError::field(path, format!("must be {expected}, not {}", kind(value))),
    }
}

/// What a value is, with the value itself where that is short.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(on) => on.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(text) if text.len() <= 40 => format!("the string {text:?}"),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<ChatRequest, ApiError> {
        ChatRequest::parse(value.to_string().as_bytes())
    }

    /// A good request with `field` set to `value`.
    fn with(field: &str, value: Value) -> Value {
        let mut body = json!({
            "model": "echo",
            "messages": [{ "role": "user", "content": "hi" }],
        });
        body[field] = value;
        body
    }

    #[test]
    fn a_full_request_is_understood() {
        let request = parse(&json!({
            "model": "echo",
            "messages": [
                { "role": "developer", "content": "be brief" },
                { "role": "assistant", "content": null, "tool_calls": [] },
                { "role": "user", "content": [
                    { "type": "text", "text": "hi " },
                    { "type": "text", "text": "there" },
                ]},
            ],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_completion_tokens": 5,
            "max_tokens": null,
            "temperature": 1, "top_p": 0.5, "n": 1, "stop": null, "tools": [],
            "response_format": { "type": "text" },
            "user": "somebody", "seed": 7,
        }))
        .unwrap();
        assert_eq!(request.messages.len(), 3);
        assert_eq!(request.messages[2].content, "hi there");
        assert_eq!(request.messages[0].role, Role::System);
        assert!(request.stream && request.include_usage);
        assert_eq!(request.max_tokens, Some(5));
    }

    #[test]
    fn broken_json_says_where() {
        let error = ChatRequest::parse(b"{\n  \"model\": \"echo\",\n  oops\n}").unwrap_err();
        assert!(error.message().contains("line 3 column 3"), "{error}");
        let error = ChatRequest::parse(b"").unwrap_err();
        assert!(error.message().contains("line 1 column 0"), "{error}");
        let error = ChatRequest::parse("{\"a\":\"\u{1}\"}".as_bytes()).unwrap_err();
        assert!(error.message().contains("line 1"), "{error}");
        let deep = "[".repeat(100_000);
        assert!(ChatRequest::parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn the_wrong_field_is_named() {
        let huge = "x".repeat(100);
        for (body, param, words) in [
            (json!([]), None, "must be an object, not an array"),
            (json!({}), Some("model"), "is missing"),
            (with("model", json!(7)), Some("model"), "a string, not 7"),
            (with("model", json!("")), Some("model"), "must not be empty"),
            (with("messages", json!([])), Some("messages"), "at least one"),
            (with("messages", json!("hi")), Some("messages"), "not the string \"hi\""),
            (with("messages", json!(huge)), Some("messages"), "not a string"),
            (with("messages", json!([7])), Some("messages.0"), "an object, not 7"),
            (with("messages", json!([{"role": "user"}])), Some("messages.0.content"), "is missing"),
            (with("messages", json!([{"content": "x"}])), Some("messages.0.role"), "is missing"),
            (
                with("messages", json!([{"role": "king", "content": "x"}])),
                Some("messages.0.role"),
                "not \"king\"",
            ),
            (
                with("messages", json!([{"role": "user", "content": [{"type": "image_url"}]}])),
                Some("messages.0.content.0.type"),
                "must be \"text\"",
            ),
            (
                with("messages", json!([{"role": "system", "content": "x"}])),
                Some("messages"),
                "role \"user\"",
            ),
            (with("stream", json!("yes")), Some("stream"), "true or false"),
            (with("max_tokens", json!(0)), Some("max_tokens"), "at least 1, not 0"),
            (with("max_tokens", json!(-1)), Some("max_tokens"), "not -1"),
            (with("max_tokens", json!(1.5)), Some("max_tokens"), "not 1.5"),
            (with("temperature", json!(3)), Some("temperature"), "from 0 to 2, not 3"),
            (with("top_p", json!("hot")), Some("top_p"), "from 0 to 1"),
            (with("n", json!(2)), Some("n"), "must be 1"),
            (with("stop", json!(["x"])), Some("stop"), "not supported"),
            (
                with("stream_options", json!({"include_usage": true})),
                Some("stream_options"),
                "needs 'stream'",
            ),
        ] {
            let error = parse(&body).unwrap_err();
            assert_eq!(error.param(), param, "{body}: {error}");
            assert!(error.message().contains(words), "{body}: {error}");
            assert_eq!(error.status(), 400);
        }
    }

    #[test]
    fn two_limits_must_agree() {
        let mut body = with("max_tokens", json!(3));
        body["max_completion_tokens"] = json!(3);
        assert_eq!(parse(&body).unwrap().max_tokens, Some(3));
        body["max_completion_tokens"] = json!(4);
        assert_eq!(parse(&body).unwrap_err().param(), Some("max_tokens"));
    }
}
