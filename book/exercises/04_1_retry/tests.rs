use exercise::Outcome::{Answer, Panic, Refusal};
use exercise::{Call, Log, Outcome, Refused, Retry, Service, retry};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

type Script = [(usize, Outcome)];

/// More polls than any script here needs.
const MANY: usize = 40;

/// Polls at most `polls` times, then drops the future. Returns what happened, poll by poll.
fn story<F>(make: impl FnOnce(Service) -> F, script: &Script, polls: usize) -> Vec<String>
where
    F: Future<Output = Result<u32, Refused>>,
{
    let log = Log::default();
    let mut future = Box::pin(make(Service::new(script, &log)));
    let cx = &mut Context::from_waker(Waker::noop());
    for number in 1..=polls {
        log.note(format!("-- poll {number}"));
        if let Poll::Ready(result) = future.as_mut().poll(cx) {
            log.note(format!("-- ready: {result:?}"));
            break;
        }
    }
    log.note("-- dropped");
    drop(future);
    log.take()
}

/// Compares both stories, and shows the first line that differs.
fn compare(script: &Script, polls: usize) {
    let compiled = story(retry, script, polls);
    let by_hand = story(Retry::new, script, polls);
    for number in 0..compiled.len().max(by_hand.len()) {
        let line = |story: &[String]| story.get(number).cloned().unwrap_or("(nothing more)".into());
        let (expected, found) = (line(&compiled), line(&by_hand));
        assert_eq!(
            expected,
            found,
            "\nafter these lines, which are the same:\n  {}\nthe async fn goes on with `{expected}`, yours with `{found}`",
            compiled[..number].join("\n  "),
        );
    }
}

/// The words with which a poll panics, if it does.
fn panic_of<F: Future>(future: Pin<&mut F>) -> String {
    let cx = &mut Context::from_waker(Waker::noop());
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx).is_ready())) {
        Ok(_) => "no panic".into(),
        Err(payload) => payload.downcast_ref::<&str>().copied().unwrap_or("other words").into(),
    }
}

/// The service answers at the first call, after two pending polls. The call has to be dropped as
/// soon as it is ready, before the permit and the service.
#[test]
fn an_answer_at_once() {
    compare(&[(2, Answer(7))], MANY);
}

/// The service refuses twice, then answers. After a refusal comes a pause, then another call, in the
/// same poll in which the pause ends; the second pause is twice as long as the first. A state is
/// missing for the pause: what does it have to hold?
#[test]
fn an_answer_after_two_refusals() {
    compare(&[(1, Refusal), (0, Refusal), (3, Answer(7))], MANY);
}

/// The service never answers. After the longest pause comes one more call, and its refusal is final.
#[test]
fn it_gives_up() {
    compare(&[], MANY);
}

/// The future is dropped after each number of polls, from none to all. What is under way is dropped
/// first, then the permit, then the service. The fields of a variant are dropped from top to bottom.
#[test]
fn dropped_in_the_middle() {
    for polls in 0..MANY {
        compare(&[(2, Refusal), (1, Refusal), (1, Answer(7))], polls);
    }
}

/// Polled after it was ready, the future has to panic, and to say `resumed after completion`. Each
/// time, not only the first.
#[test]
fn polled_after_its_end() {
    let mut future = Box::pin(Retry::new(Service::new(&[(0, Answer(7))], &Log::default())));
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(future.as_mut().poll(cx), Poll::Ready(Ok(7)));
    for _ in 0..2 {
        let words = panic_of(future.as_mut());
        assert!(words.contains("resumed after completion"), "it says: {words}");
    }
}

/// A call panics, and the panic comes out of the poll. What the future held has to be dropped by
/// then; polled again, it has to panic and to say `resumed after panicking`. Which state was the
/// machine in while the child was polled?
#[test]
fn polled_after_a_panic() {
    let log = Log::default();
    let mut future = Box::pin(Retry::new(Service::new(&[(0, Refusal), (0, Panic)], &log)));
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(future.as_mut().poll(cx), Poll::Pending, "after a refusal comes a pause");
    assert_eq!(panic_of(future.as_mut()), "the service is on fire");
    let events = log.take();
    for dropped in ["call dropped", "permit given back", "service dropped"] {
        assert!(events.iter().any(|event| event == dropped), "missing: {dropped}");
    }
    for _ in 0..2 {
        let words = panic_of(future.as_mut());
        assert!(words.contains("resumed after panicking"), "it says: {words}");
    }
}

/// The children have to lie in the machine itself: it is at least as large as a call. And nothing
/// is kept twice: it is no larger than what the compiler makes of the async fn.
#[test]
fn as_large_as_it_has_to_be() {
    let compiled = size_of_val(&retry(Service::new(&[], &Log::default())));
    let by_hand = size_of::<Retry>();
    assert!(by_hand >= size_of::<Call>(), "{by_hand} B are too few to hold a call");
    assert!(by_hand <= compiled, "{by_hand} B by hand, {compiled} B compiled");
    // The size alone would not do: it has to work as well.
    compare(&[(1, Refusal), (0, Answer(7))], MANY);
}
