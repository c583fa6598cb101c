//! Dropped: what each state lets go of, and in which order.

use handcrank::runtime::Builder;
use serde::Deserialize;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use steps::client::{Client, Get, Json};
use steps::log::{self, Logged, logged};
use steps::paint::{bold, green};
use steps::server::Paced;

#[derive(Deserialize)]
struct Data {
    path: String,
    turns: u32,
}

async fn fetch_and_process(client: &Client, _slot: Slot) -> io::Result<Data> {
    let response = logged("get", client.get("/data")).await?;
    let data = logged("json", response.json::<Data>()).await?;
    Ok(data)
}

/// By hand: a variant for each place where it can stand still.
///
/// What a variant holds is dropped from top to bottom, hence the child before the slot.
enum FetchAndProcess<'a> {
    Start { client: &'a Client, slot: Slot },
    WaitingForResponse { get: Logged<Get<'a>>, slot: Slot },
    WaitingForJson { json: Logged<Json<'a, Data>>, slot: Slot },
    Done,
    Panicked,
}

impl FetchAndProcess<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "Start",
            Self::WaitingForResponse { .. } => "WaitingForResponse",
            Self::WaitingForJson { .. } => "WaitingForJson",
            Self::Done => "Done",
            Self::Panicked => "Panicked",
        }
    }
}

impl Future for FetchAndProcess<'_> {
    type Output = io::Result<Data>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            // If anything below panics, this is what it leaves behind.
            match mem::replace(&mut *self, Self::Panicked) {
                Self::Start { client, slot } => {
                    let get = logged("get", client.get("/data"));
                    *self = Self::WaitingForResponse { get, slot };
                }
                Self::WaitingForResponse { mut get, slot } => {
                    let Poll::Ready(response) = Pin::new(&mut get).poll(cx) else {
                        *self = Self::WaitingForResponse { get, slot };
                        return Poll::Pending;
                    };
                    drop(get);
                    match response {
                        Ok(response) => {
                            let json = logged("json", response.json::<Data>());
                            *self = Self::WaitingForJson { json, slot };
                        }
                        Err(error) => {
                            drop(slot);
                            *self = Self::Done;
                            return Poll::Ready(Err(error));
                        }
                    }
                }
                Self::WaitingForJson { mut json, slot } => {
                    let Poll::Ready(data) = Pin::new(&mut json).poll(cx) else {
                        *self = Self::WaitingForJson { json, slot };
                        return Poll::Pending;
                    };
                    drop(json);
                    drop(slot);
                    *self = Self::Done;
                    return Poll::Ready(data);
                }
                Self::Done => {
                    *self = Self::Done;
                    panic!("polled after its end");
                }
                Self::Panicked => panic!("polled after a panic"),
            }
        }
    }
}

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        println!(
            "{}",
            bold("polls   it returned                 its state            dropped with it")
        );
        for polls in 0..=4 {
            let server = Paced::start();
            let client = Client::connect(server.address()).await?;
            let mut compiled = Box::pin(fetch_and_process(&client, Slot));
            let result = poll_some(compiled.as_mut(), &server, polls).await;
            drop(compiled);
            let dropped = log::take();

            let server = Paced::start();
            let client = Client::connect(server.address()).await?;
            let mut by_hand = Box::pin(FetchAndProcess::Start { client: &client, slot: Slot });
            assert_eq!(result, poll_some(by_hand.as_mut(), &server, polls).await);
            let state = by_hand.name();
            drop(by_hand);
            assert_eq!(dropped, log::take(), "by hand, in the same order");

            let dropped = if dropped.is_empty() { "nothing" } else { &dropped };
            println!("{polls:5}   {result:25}   {state:18}   {}", green(dropped));
        }
        Ok(())
    })
}

/// Polls `future` so many times. Each time but the last that it is pending, the server goes on.
async fn poll_some<F>(mut future: Pin<&mut F>, server: &Paced, times: usize) -> String
where
    F: Future<Output = io::Result<Data>>,
{
    let mut result = String::from("not polled");
    let mut polls = 0;
    poll_fn(|cx| {
        if polls == times {
            return Poll::Ready(());
        }
        polls += 1;
        let poll = future.as_mut().poll(cx);
        result = match &poll {
            Poll::Pending => "Pending".into(),
            Poll::Ready(Ok(Data { path, turns })) => format!("Ready: {turns} turns from {path}"),
            Poll::Ready(Err(error)) => format!("Ready: {error}"),
        };
        log::take();
        if polls == times {
            return Poll::Ready(());
        }
        if poll.is_pending() {
            server.go_on();
        }
        poll.map(drop)
    })
    .await;
    result
}

/// A permit to fetch, given back when it is dropped.
struct Slot;

impl Drop for Slot {
    fn drop(&mut self) {
        log::note("slot given back");
    }
}
