//! The gRPC service, called by a client that runs on Handcrank, too.

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt, future};
use handcrank::sync::Notify;
use handcrank::task::spawn_blocking;
use handcrank::time::timeout;
use programs::Program;
use programs::grpc::dynamo::{Energy, Flash, Turns, Wish};
use programs::grpc::{Channel, DynamoClient};
use programs::process::PATIENCE;
use std::net::SocketAddr;
use std::sync::Arc;
use tonic::{Code, Request};

fn service(arguments: &[&str]) -> (Program, SocketAddr) {
    let arguments = [&["127.0.0.1:0"], arguments].concat();
    Program::serve(env!("CARGO_BIN_EXE_tonic_service"), &arguments)
}

/// It ends well, and cut nobody off. The client's connection goes on meanwhile: it says goodbye, too.
async fn ends(service: Program) {
    let (status, lines) = spawn_blocking(move || service.end()).await.unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(lines, ["0 connections cut off"]);
}

async fn client(to: SocketAddr) -> DynamoClient<Channel> {
    soon(Channel::client(to)).await.unwrap()
}

async fn soon<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("it never came")
}

fn turns(count: u32, name: &str) -> Turns {
    Turns { count, name: name.into() }
}

fn numbers(flashes: &[Flash]) -> Vec<u32> {
    flashes.iter().map(|flash| flash.number).collect()
}

#[handcrank::test]
async fn one_question_one_answer() {
    let (service, address) = service(&[]);
    let mut client = client(address).await;
    let answer = soon(client.turn(turns(3, "Ada"))).await.unwrap();
    assert_eq!(answer.into_inner(), Energy { joules: 60, names: vec!["Ada".into()] });
    // A refusal is the call's, not the connection's.
    let refused = soon(client.turn(turns(0, "Ada"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.message(), "nothing comes of no turns");
    let refused = soon(client.turn(turns(u32::MAX, "Ada"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    assert!(soon(client.turn(turns(1, "Ada"))).await.is_ok());
    drop(client);
    service.interrupt();
    ends(service).await;
}

#[handcrank::test]
async fn many_calls_share_a_connection() {
    let (service, address) = service(&[]);
    let client = client(address).await;
    let calls = (1..=200).map(|count| {
        let mut client = client.clone();
        async move { client.turn(turns(count, "x")).await.unwrap().into_inner().joules }
    });
    let all = soon(future::join_all(calls)).await;
    assert_eq!(all, (1..=200).map(|count| count * 20).collect::<Vec<_>>());
    drop(client);
    service.interrupt();
    ends(service).await;
}

#[handcrank::test]
async fn streams_one_way() {
    let (service, address) = service(&[]);
    let mut client = client(address).await;
    let flashes = soon(client.shine(Wish { flashes: 5, interval: 1 })).await.unwrap().into_inner();
    let flashes: Vec<_> = soon(flashes.try_collect()).await.unwrap();
    assert_eq!(numbers(&flashes), [0, 1, 2, 3, 4]);
    let refused = soon(client.shine(Wish { flashes: 5, interval: 0 })).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);

    // Far more than fits the windows of HTTP/2.
    let name = "x".repeat(1000);
    let all = stream::iter((0..1000).map(move |_| turns(2, &name)));
    let energy = soon(client.charge(all)).await.unwrap().into_inner();
    assert_eq!((energy.joules, energy.names.len()), (40_000, 1000));
    let refused = soon(client.charge(stream::iter([turns(1, "a"), turns(0, "b")]))).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    let nobody = soon(client.charge(stream::empty())).await.unwrap();
    assert_eq!(nobody.into_inner(), Energy::default());
    drop(client);
    service.interrupt();
    ends(service).await;
}

#[handcrank::test]
async fn streams_both_ways_take_turns() {
    let (service, address) = service(&[]);
    let mut client = client(address).await;
    let go = Arc::new(Notify::new());
    let waits = Arc::clone(&go);
    let asks = stream::unfold(1, move |count| {
        let waits = Arc::clone(&waits);
        async move {
            waits.notified().await;
            (count <= 3).then(|| (turns(count, "Ada"), count + 1))
        }
    });
    let mut flashes = soon(client.ride(asks)).await.unwrap().into_inner();
    for count in 1..=3 {
        // Nothing is asked before all of the last answer is there.
        go.notify_one();
        for number in 0..count {
            assert_eq!(soon(flashes.message()).await.unwrap(), Some(Flash { number }));
        }
    }
    go.notify_one();
    assert_eq!(soon(flashes.message()).await.unwrap(), None);
    // Refused in the middle.
    let asks: BoxStream<'static, _> = stream::iter([turns(2, "a"), turns(0, "b")]).boxed();
    let flashes = soon(client.ride(Request::new(asks))).await.unwrap().into_inner();
    let seen: Vec<_> = soon(flashes.map_ok(|flash| flash.number).collect()).await;
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2].as_ref().unwrap_err().code(), Code::InvalidArgument);
    drop(client);
    service.interrupt();
    ends(service).await;
}

#[handcrank::test]
async fn an_interrupt_ends_what_would_never_end() {
    let (service, address) = service(&["--grace", "60"]);
    let mut client = client(address).await;
    let wish = Wish { flashes: u32::MAX, interval: 1 };
    let mut flashes = soon(client.shine(wish)).await.unwrap().into_inner();
    assert_eq!(soon(flashes.message()).await.unwrap(), Some(Flash { number: 0 }));
    service.interrupt();
    let end = loop {
        match soon(flashes.message()).await {
            Ok(flash) => assert!(flash.is_some(), "it does not pretend to be complete"),
            Err(end) => break end,
        }
    };
    assert_eq!((end.code(), end.message()), (Code::Unavailable, "the server stops"));
    // No new call on the old connection either, as soon as both sides know.
    while soon(client.turn(turns(1, "late"))).await.is_ok() {}
    drop((client, flashes));
    ends(service).await;
}

#[handcrank::test]
async fn a_server_that_dies_fails_its_calls() {
    let (service, address) = service(&[]);
    let mut client = client(address).await;
    let wish = Wish { flashes: u32::MAX, interval: 1 };
    let mut flashes = soon(client.shine(wish)).await.unwrap().into_inner();
    soon(flashes.message()).await.unwrap();
    drop(service);
    while let Ok(flash) = soon(flashes.message()).await {
        assert!(flash.is_some(), "it does not pretend to be complete");
    }
    assert!(soon(client.turn(turns(1, "late"))).await.is_err());
    assert!(Channel::client(address).await.is_err());
}

#[handcrank::test]
async fn the_clients_program_makes_all_calls() {
    let (service, address) = service(&[]);
    let arguments = [&address.to_string(), "--turns", "2"];
    let (status, lines) = Program::start(env!("CARGO_BIN_EXE_tonic_client"), &arguments).end();
    assert!(status.success(), "{lines:?}");
    let expected = [
        "turn: 40 J by [\"Ada\"]",
        "shine: flash 0",
        "shine: flash 1",
        "charge: 120 J by [\"Ada\", \"Bob\", \"Cleo\"]",
        "ride: 2 flashes",
    ];
    assert_eq!(lines, expected);
    service.interrupt();
    ends(service).await;
    let (status, _) = Program::start(env!("CARGO_BIN_EXE_tonic_client"), &arguments).end();
    assert_eq!(status.code(), Some(1));
}
