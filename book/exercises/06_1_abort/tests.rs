use exercise::{End, Start, Word};

/// A life without an abort has changed: a new task is polled, sleeps, is pushed by one waker and not by
/// a second, and ends. Compare your `start_poll` and `end_poll` with the starter's.
#[test]
fn a_life_without_an_abort() {
    let word = Word::new();
    assert_eq!(word.start_poll(), Start::Poll);
    assert_eq!(word.end_poll(), End::Idle);
    assert!(word.wake(), "the first wake of a sleeper pushes it");
    assert!(!word.wake(), "the second must not: one task, two entries");
    assert_eq!(word.start_poll(), Start::Poll);
    assert!(!word.wake(), "the runner will push it");
    assert_eq!(word.end_poll(), End::Requeue);
    assert_eq!(word.start_poll(), Start::Poll);
    word.complete();
    assert!(word.is_completed());
    assert!(!word.wake(), "a task that has ended is not pushed");
}

/// A task that sleeps is in no queue, so nobody would come to drop its future: the abort has to push
/// it. And the runner that takes it out must be told to cancel.
#[test]
fn a_sleeping_task_is_pushed_by_the_abort() {
    let word = Word::new();
    word.start_poll();
    word.end_poll();
    assert!(word.abort(), "nobody else will push it");
    assert!(!word.wake(), "it is scheduled already, by the abort");
    assert_eq!(word.start_poll(), Start::Cancel);
    word.complete();
    assert!(word.is_completed());
}

/// A task that is in the queue has an entry. If the abort pushes it once more, there are two. The runner that
/// comes with the first must be told to cancel.
#[test]
fn a_queued_task_is_not_pushed_again() {
    let word = Word::new();
    assert!(!word.abort(), "it has an entry");
    assert_eq!(word.start_poll(), Start::Cancel);
}

/// The task was aborted while its runner polled it. The runner must be told so at the end of the poll; it
/// still runs the task, so that `complete` finds it running.
#[test]
fn a_running_task_is_cancelled_after_the_poll() {
    let word = Word::new();
    word.start_poll();
    assert!(!word.abort(), "its runner will see to it");
    assert_eq!(word.end_poll(), End::Cancel);
    word.complete();
    assert!(word.is_completed());
}

/// The task was woken and aborted during one poll. To cancel comes first: one who pushes it again gives the
/// future a life that nobody wants.
#[test]
fn an_abort_counts_for_more_than_a_wake() {
    let word = Word::new();
    word.start_poll();
    assert!(!word.wake());
    assert!(!word.abort());
    assert!(!word.wake());
    assert_eq!(word.end_poll(), End::Cancel);
}

/// A sleeping task was aborted twice. The first abort takes it out of its sleep, and so has to push it; the second
/// finds nothing to do.
#[test]
fn the_second_abort_does_nothing() {
    let word = Word::new();
    word.start_poll();
    word.end_poll();
    assert!(word.abort(), "the first pushes it");
    assert!(!word.abort(), "the second does not");
    assert_eq!(word.start_poll(), Start::Cancel);
    assert!(!word.abort(), "nor does one that comes while the future is dropped");
    word.complete();
}

/// A task that has ended is in no queue and must not get into one: there is no future to drop.
#[test]
fn a_task_that_has_ended_is_left_alone() {
    let word = Word::new();
    word.start_poll();
    word.complete();
    assert!(!word.abort());
    assert!(!word.abort());
    assert!(!word.wake());
    assert!(word.is_completed());
}
