//! Enum: the same with the children in it, and the same log.

use handcrank::runtime::Builder;
use serde::Deserialize;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use steps::client::{Client, Get, Json};
use steps::log::{self, Logged, logged};
use steps::paint::{dim, green};
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
        let server = Paced::start();
        let client = Client::connect(server.address()).await?;
        let mut compiled = pin!(fetch_and_process(&client, Slot));
        let polls = poll_to_the_end(compiled.as_mut(), &server).await;
        show("compiled", &polls);

        let server = Paced::start();
        let client = Client::connect(server.address()).await?;
        let mut by_hand = pin!(FetchAndProcess::Start { client: &client, slot: Slot });
        let same = poll_to_the_end(by_hand.as_mut(), &server).await;
        show("by hand", &same);

        println!("the same log: {}", green(same == polls));
        println!("compiled   ≈{:4} B, once more: {}", size_of_val(&*compiled), panic_of(compiled));
        println!("by hand    ≈{:4} B, once more: {}", size_of_val(&*by_hand), panic_of(by_hand));
        Ok(())
    })
}

/// The words with which a poll panics.
fn panic_of<F: Future>(future: Pin<&mut F>) -> String {
    panic::set_hook(Box::new(|_| {}));
    let cx = &mut Context::from_waker(Waker::noop());
    match panic::catch_unwind(AssertUnwindSafe(|| future.poll(cx).is_ready())) {
        Ok(_) => "no panic".into(),
        Err(payload) => payload.downcast_ref::<&str>().copied().unwrap_or("?").into(),
    }
}

fn show(title: &str, polls: &[Polled]) {
    println!("{title:8}   {}", dim(format!("{:53}   it returned", "what happened inside")));
    for (number, Polled { inside, result }) in polls.iter().enumerate() {
        println!("poll {:3}   {inside:53}   {}", number + 1, green(result));
    }
}

/// What one poll did, and what it returned.
#[derive(PartialEq)]
struct Polled {
    inside: String,
    result: String,
}

/// Polls `future` until it is ready. Each time it is pending, the server goes on.
async fn poll_to_the_end<F>(mut future: Pin<&mut F>, server: &Paced) -> Vec<Polled>
where
    F: Future<Output = io::Result<Data>>,
{
    let mut polls = Vec::new();
    poll_fn(|cx| {
        let poll = future.as_mut().poll(cx);
        let result = match &poll {
            Poll::Pending => "Pending".into(),
            Poll::Ready(Ok(Data { path, turns })) => format!("Ready: {turns} turns from {path}"),
            Poll::Ready(Err(error)) => format!("Ready: {error}"),
        };
        polls.push(Polled { inside: log::take(), result });
        if poll.is_pending() {
            server.go_on();
        }
        poll.map(drop)
    })
    .await;
    polls
}

/// A permit to fetch, given back when it is dropped.
struct Slot;

impl Drop for Slot {
    fn drop(&mut self) {
        log::note("slot given back");
    }
}
