use super::*;
use handcrank_task::primitives::{model, thread};
use loom::future::block_on;

#[test]
fn a_cancel_meets_a_wait() {
    model(|| {
        let token = CancellationToken::new();
        let other = thread::spawn({
            let token = token.clone();
            move || token.cancel()
        });
        block_on(token.cancelled());
        assert!(token.is_cancelled());
        other.join().unwrap();
    });
}

#[test]
fn a_cancel_meets_a_birth() {
    model(|| {
        let parent = CancellationToken::new();
        let other = thread::spawn({
            let parent = parent.clone();
            move || parent.cancel()
        });
        let child = parent.child_token();
        block_on(child.cancelled());
        other.join().unwrap();
    });
}

#[test]
fn a_cancel_meets_the_drop_of_the_middle() {
    model(|| {
        let root = CancellationToken::new();
        let middle = root.child_token();
        let leaf = middle.child_token();
        let other = thread::spawn(move || drop(middle));
        root.cancel();
        assert!(leaf.is_cancelled());
        other.join().unwrap();
        drop(leaf);
        assert_eq!(root.inner.tree.lock().len(), 0);
    });
}
