use super::*;
use crate::testing::{CountingWaker, poll};
use std::future::pending;

fn alive(token: &CancellationToken) -> usize {
    token.inner.tree.lock().len()
}

#[test]
fn cancellation_goes_down_and_not_up() {
    let root = CancellationToken::new();
    let child = root.child_token();
    let (grandchild, sibling) = (child.child_token(), root.child_token());
    let wakers: Vec<_> = (0..3).map(|_| CountingWaker::new()).collect();
    let mut waits = [&root, &grandchild, &sibling].map(|token| Box::pin(token.cancelled()));
    for (wait, waker) in waits.iter_mut().zip(&wakers) {
        assert!(wait.as_mut().poll(&mut waker.context()).is_pending());
    }
    child.cancel();
    let counts = || wakers.iter().map(CountingWaker::count).collect::<Vec<_>>();
    assert_eq!(counts(), [0, 1, 0]);
    assert!(child.is_cancelled() && grandchild.is_cancelled());
    assert!(!root.is_cancelled() && !sibling.is_cancelled());
    root.cancel();
    root.cancel();
    assert_eq!(counts(), [1, 1, 1]);
    assert!(waits.iter_mut().all(|wait| poll(wait.as_mut()).is_ready()));
}

#[test]
fn a_child_of_a_cancelled_token_is_cancelled() {
    let token = CancellationToken::new();
    token.cancel();
    let child = token.child_token();
    assert!(child.is_cancelled());
    assert!(poll(pin!(child.cancelled())).is_ready());
    assert!(poll(pin!(child.child_token().cancelled_owned())).is_ready());
}

#[test]
fn the_family_holds_together_when_the_middle_is_dropped() {
    let root = CancellationToken::new();
    let middle = root.child_token();
    let leaf = middle.child_token();
    drop(middle);
    assert!(!leaf.is_cancelled());
    root.cancel();
    assert!(leaf.is_cancelled());
}

#[test]
fn a_dropped_root_does_not_cancel() {
    let root = CancellationToken::new();
    let (one, other) = (root.child_token(), root.child_token());
    drop(root);
    one.cancel();
    assert!(one.is_cancelled() && !other.is_cancelled());
}

#[test]
fn dropped_children_leave_nothing_behind() {
    let root = CancellationToken::new();
    for _ in 0..10 {
        drop(root.child_token());
    }
    assert_eq!(alive(&root), 1);
    // A chain of which only the end is held.
    let mut end = root.child_token();
    for _ in 0..10 {
        end = end.child_token();
    }
    assert_eq!(alive(&root), 2);
    root.cancel();
    assert!(end.is_cancelled());
    assert_eq!(alive(&root), 0);
}

#[test]
fn a_deep_tree_needs_no_deep_stack() {
    let build = || {
        let mut chain = vec![CancellationToken::new()];
        for depth in 0..100_000 {
            chain.push(chain[depth].child_token());
        }
        chain
    };
    let chain = build();
    chain[1].cancel();
    assert!(!chain[0].is_cancelled() && chain[100_000].is_cancelled());
    // From the root and from the leaf.
    drop(chain);
    build().into_iter().rev().for_each(drop);
    drop(build());
}

#[test]
fn a_waker_may_use_the_tree() {
    struct Grow(CancellationToken);
    impl std::task::Wake for Grow {
        fn wake(self: Arc<Self>) {
            assert!(self.0.child_token().is_cancelled());
        }
    }
    let token = CancellationToken::new();
    let mut wait = pin!(token.cancelled());
    let waker = std::task::Waker::from(Arc::new(Grow(token.clone())));
    assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    token.cancel();
    assert!(poll(wait).is_ready());
}

#[test]
fn a_future_runs_until_cancelled() {
    let token = CancellationToken::new();
    let mut never = pin!(token.run_until_cancelled(pending::<()>()));
    let waker = CountingWaker::new();
    assert!(never.as_mut().poll(&mut waker.context()).is_pending());
    // Both at once: the future wins.
    let mut polls = 0;
    let mut both = pin!(token.run_until_cancelled(poll_fn(move |_| {
        polls += 1;
        if polls == 2 { Poll::Ready(1) } else { Poll::Pending }
    })));
    assert!(poll(both.as_mut()).is_pending());
    token.cancel();
    assert_eq!(waker.count(), 1);
    assert_eq!(poll(never), Poll::Ready(None));
    assert_eq!(poll(both), Poll::Ready(Some(1)));
    // Cancelled already: not even polled.
    let untouched = async { unreachable!() };
    assert_eq!(
        poll(pin!(token.clone().run_until_cancelled_owned(untouched))),
        Poll::Ready(None::<()>)
    );
}

#[test]
fn guards() {
    let token = CancellationToken::new();
    assert_eq!(token.drop_guard_ref().disarm(), &token);
    assert_eq!(token.clone().drop_guard().disarm(), token);
    assert!(!token.is_cancelled());
    drop(token.drop_guard_ref());
    assert!(token.is_cancelled());
    assert_eq!(format!("{token:?}"), "CancellationToken { is_cancelled: true }");
}

#[test]
fn many_threads_grow_and_cut_the_tree() {
    let root = CancellationToken::new();
    let start = Arc::new(std::sync::Barrier::new(4));
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let (root, start) = (root.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                let mut kept = Vec::new();
                for round in 0..1_000 {
                    let child = root.child_token();
                    let grandchild = child.child_token();
                    if round % 7 == i {
                        child.cancel();
                        assert!(grandchild.is_cancelled());
                    }
                    kept.push(if round % 2 == 0 { child } else { grandchild });
                }
                kept
            })
        })
        .collect();
    let kept: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    root.cancel();
    assert!(kept.iter().all(CancellationToken::is_cancelled));
    assert_eq!(alive(&root), 0);
}
