//! Requests over one channel, each answered over a channel of its own.

use crate::{Cost, Flavor, Round, Runtime};
use tokio::sync::{mpsc, oneshot};

/// Requests a pass.
pub(crate) const REQUESTS: u64 = 1_000;

/// How many requests the channel has room for. One is under way at a time.
const ROOM: usize = 16;

/// The future in `block_on` asks, a task answers.
pub(crate) fn requests<R: Runtime>(flavor: Flavor) -> Round {
    let runtime = R::start(flavor);
    let (ask, mut asked) = mpsc::channel::<oneshot::Sender<u64>>(ROOM);
    runtime.detach_on(async move {
        let mut answers = 0;
        while let Some(answer) = asked.recv().await {
            answer.send(answers).unwrap();
            answers += 1;
        }
    });
    let mut answers = 0;
    Box::new(move |passes| {
        Cost::of(|| {
            runtime.block_on(async {
                for _ in 0..passes * REQUESTS {
                    let (send, answer) = oneshot::channel();
                    ask.send(send).await.unwrap();
                    assert_eq!(answer.await.unwrap(), answers);
                    answers += 1;
                }
            });
        })
    })
}
