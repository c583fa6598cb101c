//! The node's two servers: the OpenAI-compatible one on the primary, the system server on the
//! secondary.

mod api;
mod body;
mod chat;
pub mod error;
mod preprocess;
mod request;
mod server;
mod sse;
mod system;
pub mod tokenizer;

pub(crate) use self::api::{Api, Chat};
pub use self::error::ApiError;
pub(crate) use self::server::{Limits, Server, bind};
pub(crate) use self::system::System;
