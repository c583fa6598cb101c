//! A client for `tonic_service`: makes each kind of call once and prints what comes of it.
//!
//! `cargo run -p programs --bin tonic_client -- 127.0.0.1:50051 --turns 7`; Ctrl-C ends it.
#![forbid(unsafe_code)]

use clap::Parser;
use futures_util::{StreamExt, TryStreamExt, stream};
use programs::graceful::interrupted;
use programs::grpc::Channel;
use programs::grpc::dynamo::{Turns, Wish};
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

/// A client for the service `tonic_service`.
#[derive(Parser)]
struct Arguments {
    /// Where the service listens
    #[arg(default_value = "127.0.0.1:50051")]
    address: SocketAddr,
    /// How often the crank is turned
    #[arg(long, default_value_t = 3)]
    turns: u32,
}

#[handcrank::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = async {
        let done = interrupted()?.run_until_cancelled(calls(&arguments)).await;
        done.unwrap_or(Ok(()))
    };
    match done.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn calls(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let mut client = Channel::client(arguments.address).await?;
    let turns = |name: &str| Turns { count: arguments.turns, name: name.into() };

    let energy = client.turn(turns("Ada")).await?.into_inner();
    println!("turn: {} J by {:?}", energy.joules, energy.names);

    let wish = Wish { flashes: arguments.turns, interval: 1 };
    let mut flashes = client.shine(wish).await?.into_inner();
    while let Some(flash) = flashes.message().await? {
        println!("shine: flash {}", flash.number);
    }

    let all = stream::iter(["Ada", "Bob", "Cleo"].map(turns));
    let energy = client.charge(all).await?.into_inner();
    println!("charge: {} J by {:?}", energy.joules, energy.names);

    let flashes = client.ride(stream::iter([turns("Ada")]).boxed()).await?.into_inner();
    println!("ride: {} flashes", flashes.try_fold(0, async |sum, _| Ok(sum + 1)).await?);
    Ok(())
}
