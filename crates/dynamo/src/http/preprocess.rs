//! What happens to a request before the engine sees it: read, check, template, tokenise.
//!
//! All of it is work for a core, and a long prompt takes long. On a worker it would hold up every
//! other request of that worker, so it runs on the blocking pool.

use bytes::Bytes;

use super::error::ApiError;
use super::request::{ChatMessage, ChatRequest, Role};
use super::tokenizer::tokenize;
use crate::engine::Generate;

/// A request that is ready for an engine.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) generate: Generate,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
}

/// Does all of it. Blocks for as long as it takes.
pub(super) fn prepare(body: &Bytes) -> Result<Prepared, ApiError> {
    let request = ChatRequest::parse(body)?;
    let last_user = request.messages.iter().rfind(|message| message.role == Role::User);
    let last_user = last_user.map(|message| tokenize(&message.content)).unwrap_or_default();
    Ok(Prepared {
        generate: Generate {
            prompt: tokenize(&template(&request.messages)),
            last_user,
            max_tokens: request.max_tokens,
            model: request.model,
        },
        stream: request.stream,
        include_usage: request.include_usage,
    })
}

/// The conversation as one text, ending where the assistant begins to speak.
fn template(messages: &[ChatMessage]) -> String {
    let length = messages.iter().map(|message| message.content.len() + 24).sum();
    let mut text = String::with_capacity(length);
    for ChatMessage { role, content } in messages {
        text.push_str("<|");
        text.push_str(role.name());
        text.push_str("|>\n");
        text.push_str(content);
        text.push('\n');
    }
    text.push_str("<|assistant|>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_user_message_is_what_an_echo_says() {
        let body = br#"{"model": "echo", "messages": [
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": "first"},
            {"role": "user", "content": "say this"},
            {"role": "assistant", "content": "this"}
        ]}"#;
        let prepared = prepare(&Bytes::from_static(body)).unwrap();
        assert_eq!(prepared.generate.last_user, ["say", " this"]);
        assert_eq!(
            prepared.generate.prompt.concat(),
            "<|system|>\nbe kind\n<|user|>\nfirst\n<|user|>\nsay this\n<|assistant|>\nthis\n<|assistant|>\n"
        );
    }
}
