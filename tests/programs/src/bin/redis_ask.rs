//! Asks a redis server, and prints what it answers.
//!
//! `cargo run -p programs --features redis --bin redis_ask -- 127.0.0.1:6379 SET light on`. How the
//! `redis` crate is made to run on Handcrank stands in `src/redis_client.rs`.
#![forbid(unsafe_code)]

use clap::Parser;
use programs::Redis;
use programs::redis_client::{Address, Patience};
use redis::{RedisResult, Value};
use std::net::SocketAddr;
use std::process::ExitCode;

/// Asks a redis server.
#[derive(Parser)]
struct Settings {
    /// Where the server listens
    address: SocketAddr,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

#[handcrank::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let (mut redis, _) = Redis::new(Address::Tcp(settings.address), Patience::default());
    let mut command = redis::Cmd::new();
    command.arg(&settings.command);
    let answer: RedisResult<Value> = command.query_async(&mut redis).await;
    match answer {
        Ok(answer) => println!("{answer:?}"),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
