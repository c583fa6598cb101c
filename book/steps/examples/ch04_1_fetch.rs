//! Fetch: an async fn, and what each poll of it did.

use handcrank::runtime::Builder;
use serde::Deserialize;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use steps::client::Client;
use steps::log::{self, logged};
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

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Paced::start();
        let client = Client::connect(server.address()).await?;
        let polls = poll_to_the_end(pin!(fetch_and_process(&client, Slot)), &server).await;
        show("compiled", &polls);
        Ok(())
    })
}

fn show(title: &str, polls: &[Polled]) {
    println!("{title:8}   {}", dim(format!("{:53}   it returned", "what happened inside")));
    for (number, Polled { inside, result }) in polls.iter().enumerate() {
        println!("poll {:3}   {inside:53}   {}", number + 1, green(result));
    }
}

/// What one poll did, and what it returned.
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
