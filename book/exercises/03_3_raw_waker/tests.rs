use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

use exercise::waker;

/// A closure that counts its calls, its waker, and the count.
fn counting() -> (Arc<impl Fn() + Send + Sync + 'static>, Waker, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let call = Arc::new({
        let calls = Arc::clone(&calls);
        move || {
            calls.fetch_add(1, Ordering::SeqCst);
        }
    });
    (Arc::clone(&call), waker(call), calls)
}

/// A waker or its clone was called, and the closure was not, or not once for each call. Both `wake`
/// and `wake_by_ref` have to turn the data pointer back into what it was made from.
#[test]
fn each_call_arrives() {
    let (_call, waker, calls) = counting();
    waker.wake_by_ref();
    waker.wake_by_ref();
    let clone = waker.clone();
    waker.wake();
    clone.wake();
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

/// The number of references to the closure is not what it should be. A clone adds one; `wake` and
/// dropping take one away; `wake_by_ref` changes nothing.
#[test]
fn references_are_counted() {
    let (call, waker, _) = counting();
    assert_eq!(Arc::strong_count(&call), 2, "with one waker");
    let clones: Vec<_> = (0..3).map(|_| waker.clone()).collect();
    assert_eq!(Arc::strong_count(&call), 5, "with one waker and three clones");
    waker.wake_by_ref();
    assert_eq!(Arc::strong_count(&call), 5, "after wake_by_ref");
    waker.wake();
    assert_eq!(Arc::strong_count(&call), 4, "after wake");
    drop(clones);
    assert_eq!(Arc::strong_count(&call), 1, "after the clones were dropped");
}

/// The waker held the last reference to the closure, which has to live until the call is over, and
/// then has to go.
#[test]
fn the_last_reference_lives_through_the_call() {
    let inside = Arc::new(AtomicUsize::new(0));
    let last = waker(Arc::new({
        let inside = Arc::clone(&inside);
        move || {
            inside.fetch_add(1, Ordering::SeqCst);
        }
    }));
    last.wake();
    assert_eq!(inside.load(Ordering::SeqCst), 1, "calls");
    assert_eq!(Arc::strong_count(&inside), 1, "what the closure held is held still");
}

/// The closure panicked in `wake_by_ref`, and the waker's reference was lost or given back
/// by that. Who has the reference while the call runs?
#[test]
fn a_panic_changes_no_count() {
    let call = Arc::new(|| panic!("on purpose"));
    let waker = waker(Arc::clone(&call));
    assert!(catch_unwind(AssertUnwindSafe(|| waker.wake_by_ref())).is_err(), "no call arrived");
    assert_eq!(Arc::strong_count(&call), 2, "after a panic in wake_by_ref");
    drop(waker);
    assert_eq!(Arc::strong_count(&call), 1, "after the waker was dropped");
}

/// Two wakers of one closure do not know each other, or two wakers of different closures do.
/// `will_wake` compares both words.
#[test]
fn will_wake_compares_the_words() {
    let (_call, waker, _) = counting();
    let (_other_call, other, _) = counting();
    assert!(waker.will_wake(&waker.clone()));
    assert!(!waker.will_wake(&other));
}
