//! How often each connection turned, and all together.

use tokio::sync::mpsc;

tokio::task_local! {
    static TURNS: std::cell::Cell<u32>;
}

/// Counts the turns of the task in `work`.
pub(crate) async fn counting<F: Future>(work: F) -> F::Output {
    TURNS.scope(std::cell::Cell::new(0), work).await
}

/// One more turn of this task: how many it made.
pub(crate) async fn turn(all: &mpsc::Sender<()>) -> u32 {
    all.send(()).await.expect("somebody counts");
    TURNS.with(|turns| {
        turns.set(turns.get() + 1);
        turns.get()
    })
}
