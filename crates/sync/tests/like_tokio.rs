//! The same random steps taken with tokio's types and with ours: the same must come of it.

use handcrank_sync::Headcount;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A small generator (xorshift), so that a failing seed can be tried again.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A waiting future, and how often it was woken.
struct Waiting<F> {
    future: Option<Pin<Box<F>>>,
    woken: Arc<Count>,
    is_done: bool,
}

impl<F: Future<Output = ()>> Waiting<F> {
    fn new(future: F) -> Self {
        Self { future: Some(Box::pin(future)), woken: Arc::default(), is_done: false }
    }

    /// Whether it is ready, or `None` if it is gone.
    fn poll(&mut self) -> Option<bool> {
        let waker = Waker::from(Arc::clone(&self.woken));
        let poll = self.future.as_mut()?.as_mut().poll(&mut Context::from_waker(&waker));
        self.is_done |= poll.is_ready();
        Some(poll.is_ready())
    }

    fn woken(&self) -> usize {
        self.woken.0.load(Ordering::Relaxed)
    }
}

/// One step with one `Notify`. A macro, since the two have nothing in common but their names.
macro_rules! step {
    ($notify:ident, $waiting:ident, $what:ident, $which:ident) => {{
        let mut answer = None;
        match $what {
            0 => $waiting.push(Waiting::new($notify.notified())),
            1 | 2 => answer = $waiting.get_mut($which).and_then(Waiting::poll),
            3 => drop($waiting.get_mut($which).and_then(|waiting| waiting.future.take())),
            4 => {
                if let Some(waiting) = $waiting.get_mut($which).filter(|waiting| !waiting.is_done) {
                    answer = waiting.future.as_mut().map(|future| future.as_mut().enable());
                }
            }
            5 | 6 => $notify.notify_one(),
            7 => $notify.notify_last(),
            _ => $notify.notify_waiters(),
        }
        (answer, $waiting.iter().map(Waiting::woken).collect::<Vec<_>>())
    }};
}

#[test]
fn notify() {
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        let theirs = tokio::sync::Notify::new();
        let ours = handcrank_sync::Notify::new();
        let (mut their_waiting, mut our_waiting) = (Vec::new(), Vec::new());
        for number in 0..60 {
            let (what, which) = (random.below(9), random.below(8));
            let expected = step!(theirs, their_waiting, what, which);
            let found = step!(ours, our_waiting, what, which);
            assert_eq!(expected, found, "seed {seed}, step {number}: {what} {which}");
        }
    }
}

/// One step with one channel; what it says, in words.
macro_rules! channel_step {
    ($sender:ident, $receiver:ident, $count:ident, $what:ident) => {{
        let (to_sender, to_receiver) = &$count;
        let (mut for_sender, mut for_receiver) =
            (Waker::from(Arc::clone(to_sender)), Waker::from(Arc::clone(to_receiver)));
        let mut answer = String::new();
        match $what {
            0 => {
                if let Some(sender) = $sender.take() {
                    answer = format!("{:?}", sender.send(7));
                }
            }
            1 => drop($sender.take()),
            2 => answer = format!("{:?}", $sender.as_ref().map(|sender| sender.is_closed())),
            3 => {
                if let Some(sender) = &mut $sender {
                    let poll = sender.poll_closed(&mut Context::from_waker(&mut for_sender));
                    to_sender.0.store(poll.is_ready().into(), Ordering::Relaxed);
                    answer = format!("{poll:?}");
                }
            }
            4 => drop($receiver.take()),
            5 => {
                if let Some(receiver) = &mut $receiver {
                    receiver.close();
                }
            }
            6 => answer = format!("{:?}", $receiver.as_mut().map(|receiver| receiver.try_recv())),
            7 => {
                if let Some(receiver) = &mut $receiver
                    && !receiver.is_terminated()
                {
                    let cx = &mut Context::from_waker(&mut for_receiver);
                    let poll: Poll<Result<i32, _>> = Pin::new(receiver).poll(cx);
                    to_receiver.0.store(poll.is_ready().into(), Ordering::Relaxed);
                    answer = format!("{poll:?}");
                }
            }
            _ => {
                let state = $receiver.as_ref().map(|it| (it.is_empty(), it.is_terminated()));
                answer = format!("{state:?}");
            }
        }
        // Woken since its last poll, that is, or ready then: a further wake says nothing new, and
        // tokio gives one where the receiver is first closed and then dropped.
        let woken = [to_sender, to_receiver].map(|count| count.0.load(Ordering::Relaxed) > 0);
        (answer, woken)
    }};
}

#[test]
fn oneshot() {
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let (sender, receiver) = tokio::sync::oneshot::channel::<i32>();
        let (mut their_sender, mut their_receiver) = (Some(sender), Some(receiver));
        let (sender, receiver) = handcrank_sync::oneshot::channel::<i32>();
        let (mut our_sender, mut our_receiver) = (Some(sender), Some(receiver));
        let their_counts = (Arc::<Count>::default(), Arc::<Count>::default());
        let our_counts = (Arc::<Count>::default(), Arc::<Count>::default());
        for number in 0..12 {
            let what = random.below(9);
            let expected = channel_step!(their_sender, their_receiver, their_counts, what);
            let found = channel_step!(our_sender, our_receiver, our_counts, what);
            assert_eq!(expected, found, "seed {seed}, step {number}: {what}");
        }
    }
}

/// One step with one family of tokens: what they all say afterwards, and who was woken.
macro_rules! token_step {
    ($tokens:ident, $waits:ident, $what:ident, $which:ident) => {{
        match $what {
            0..=3 => {
                if let Some(Some(token)) = $tokens.get($which) {
                    let child = token.child_token();
                    $waits.push(Waiting::new(child.clone().cancelled_owned()));
                    $tokens.push(Some(child));
                }
            }
            4 => {
                if let Some(token) = $tokens.get_mut($which) {
                    *token = None;
                }
            }
            5 => {
                if let Some(waiting) = $waits.get_mut($which) {
                    waiting.future = None;
                }
            }
            6 | 7 => drop($waits.get_mut($which).filter(|it| !it.is_done).map(Waiting::poll)),
            // Seldom, or there is soon nothing left to cancel.
            8 if $which % 3 == 0 => {
                if let Some(Some(token)) = $tokens.get($which) {
                    token.cancel();
                }
            }
            _ => {}
        }
        let cancelled = $tokens.iter().flatten().map(|token| token.is_cancelled());
        (cancelled.collect::<Vec<_>>(), $waits.iter().map(Waiting::woken).collect::<Vec<_>>())
    }};
}

#[test]
fn cancellation_token() {
    for seed in 0..2_000 {
        let mut random = Random::new(seed);
        let mut their_tokens = vec![Some(tokio_util::sync::CancellationToken::new())];
        let mut our_tokens = vec![Some(handcrank_sync::CancellationToken::new())];
        let (mut their_waits, mut our_waits) = (Vec::new(), Vec::new());
        for number in 0..80 {
            let (what, which) = (random.below(10), random.below(1 + our_tokens.len()));
            let expected = token_step!(their_tokens, their_waits, what, which);
            let found = token_step!(our_tokens, our_waits, what, which);
            assert_eq!(expected, found, "seed {seed}, step {number}: {what} {which}");
        }
    }
}

/// A tracker around a [`Headcount`], as the runtime's.
#[derive(Clone)]
struct Tracker(Arc<Headcount>);

struct Token(Arc<Headcount>);

impl Tracker {
    fn token(&self) -> Token {
        self.0.enter();
        Token(Arc::clone(&self.0))
    }
}

impl Deref for Tracker {
    type Target = Headcount;

    fn deref(&self) -> &Headcount {
        &self.0
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// One step with one tracker.
macro_rules! tracker_step {
    ($tracker:ident, $tokens:ident, $waits:ident, $what:ident, $which:ident) => {{
        let mut answer = None;
        match $what {
            0 | 1 => $tokens.push($tracker.token()),
            2..=4 => drop(($which < $tokens.len()).then(|| $tokens.swap_remove($which))),
            5 => answer = Some($tracker.close()),
            6 => answer = Some($tracker.reopen()),
            7 => {
                let tracker = $tracker.clone();
                $waits.push(Waiting::new(async move { tracker.wait().await }));
            }
            _ => {
                let waiting = $waits.get_mut($which).filter(|waiting| !waiting.is_done);
                answer = waiting.and_then(Waiting::poll);
            }
        }
        let state = ($tracker.len(), $tracker.is_empty(), $tracker.is_closed());
        (answer, state, $waits.iter().map(Waiting::woken).collect::<Vec<_>>())
    }};
}

#[test]
fn task_tracker() {
    for seed in 0..2_000 {
        let mut random = Random::new(seed);
        let theirs = tokio_util::task::TaskTracker::new();
        let ours = Tracker(Arc::new(Headcount::new()));
        let (mut their_tokens, mut our_tokens) = (Vec::new(), Vec::new());
        let (mut their_waits, mut our_waits) = (Vec::new(), Vec::new());
        for number in 0..80 {
            let (what, which) = (random.below(10), random.below(4));
            let expected = tracker_step!(theirs, their_tokens, their_waits, what, which);
            let found = tracker_step!(ours, our_tokens, our_waits, what, which);
            assert_eq!(expected, found, "seed {seed}, step {number}: {what} {which}");
        }
    }
}
