//! Article: an enum of the same that leaves out what it waits for.

use handcrank::runtime::Builder;
use serde::Deserialize;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use steps::client::{Client, Response};
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

/// As the article has it.
enum FetchAndProcess<'a> {
    Start { client: &'a Client, slot: Slot },
    WaitingForResponse { client: &'a Client, slot: Slot },
    WaitingForJson { response: Response<'a>, slot: Slot },
    Done,
}

impl Future for FetchAndProcess<'_> {
    type Output = io::Result<Data>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match mem::replace(&mut *self, Self::Done) {
                Self::Start { client, slot } => {
                    *self = Self::WaitingForResponse { client, slot };
                }
                Self::WaitingForResponse { client, slot } => {
                    let mut get = logged("get", client.get("/data"));
                    let Poll::Ready(response) = Pin::new(&mut get).poll(cx) else {
                        *self = Self::WaitingForResponse { client, slot };
                        return Poll::Pending;
                    };
                    drop(get);
                    match response {
                        Ok(response) => *self = Self::WaitingForJson { response, slot },
                        Err(error) => {
                            drop(slot);
                            *self = Self::Done;
                            return Poll::Ready(Err(error));
                        }
                    }
                }
                Self::WaitingForJson { response, slot } => {
                    let mut json = logged("json", response.clone().json::<Data>());
                    let Poll::Ready(data) = Pin::new(&mut json).poll(cx) else {
                        *self = Self::WaitingForJson { response, slot };
                        return Poll::Pending;
                    };
                    drop(json);
                    drop(slot);
                    *self = Self::Done;
                    return Poll::Ready(data);
                }
                Self::Done => panic!("polled after its end"),
            }
        }
    }
}

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Paced::start();
        let client = Client::connect(server.address()).await?;
        let polls = poll_to_the_end(pin!(fetch_and_process(&client, Slot)), &server).await;
        show("compiled", &polls);

        let server = Paced::start();
        let client = Client::connect(server.address()).await?;
        let by_hand = pin!(FetchAndProcess::Start { client: &client, slot: Slot });
        show("article", &poll_to_the_end(by_hand, &server).await);
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
