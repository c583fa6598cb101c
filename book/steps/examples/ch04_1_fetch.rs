//! Fetch: an async fn, and what each poll of it did.

use handcrank::runtime::Builder;
use serde::Deserialize;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use steps::client::Client;
use steps::paint::{bold, green};
use steps::server::Paced;

#[derive(Deserialize)]
struct Data {
    path: String,
    turns: u32,
}

async fn fetch_and_process(client: Client, _slot: Slot) -> io::Result<Data> {
    let response = logged("get", client.get("/data")).await?;
    let data = logged("json", response.json::<Data>()).await?;
    Ok(data)
}

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Paced::start();
        let client = Client::connect(server.address()).await?;
        let polls = poll_to_the_end(pin!(fetch_and_process(client, Slot)), &server).await;

        println!("{}", bold("poll   what happened inside                        it returned"));
        for (number, Polled { inside, result }) in polls.iter().enumerate() {
            println!("{:4}   {inside:41}   {}", number + 1, green(result));
        }
        Ok(())
    })
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
        polls.push(Polled { inside: take_log(), result });
        if poll.is_pending() {
            server.go_on();
        }
        poll.map(drop)
    })
    .await;
    polls
}

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn log(event: String) {
    LOG.with_borrow_mut(|log| log.push(event));
}

fn take_log() -> String {
    LOG.take().join(", ")
}

/// A permit to fetch, given back when it is dropped.
struct Slot;

impl Drop for Slot {
    fn drop(&mut self) {
        log("slot given back".into());
    }
}

pin_project_lite::pin_project! {
    /// A future that logs its polls and its end.
    struct Logged<F> {
        name: &'static str,
        #[pin]
        future: F,
    }

    impl<F> PinnedDrop for Logged<F> {
        fn drop(this: Pin<&mut Self>) {
            log(format!("{} dropped", this.name));
        }
    }
}

fn logged<F>(name: &'static str, future: F) -> Logged<F> {
    Logged { name, future }
}

impl<F: Future> Future for Logged<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let poll = this.future.poll(cx);
        log(format!("{} {}", this.name, if poll.is_ready() { "Ready" } else { "Pending" }));
        poll
    }
}
