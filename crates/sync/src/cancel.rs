//! Tokens that tell a whole family of tasks to stop.

use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use handcrank_task::primitives::atomic::{AtomicBool, Ordering};
use handcrank_task::primitives::sync::Mutex;

use crate::notify::{Notify, Wait};
use crate::tree::Tree;

/// Tells tasks to stop, once and for all.
///
/// Clones are the same token. A [child](CancellationToken::child_token) is cancelled with its
/// parent, but not the other way round: so a server can stop one connection, or all of them.
///
/// ```
/// use handcrank_sync::CancellationToken;
///
/// let server = CancellationToken::new();
/// let (one, other) = (server.child_token(), server.child_token());
/// one.cancel();
/// assert!(one.is_cancelled() && !other.is_cancelled() && !server.is_cancelled());
/// server.cancel();
/// handcrank_executor::block_on(other.cancelled()); // ready at once
/// ```
///
/// Cancelling only says that it is time to stop. A task has to listen: with
/// [`cancelled`](CancellationToken::cancelled) beside what it waits for, with
/// [`run_until_cancelled`](CancellationToken::run_until_cancelled) around it, or with
/// [`is_cancelled`](CancellationToken::is_cancelled) now and then.
#[derive(Clone)]
pub struct CancellationToken {
    inner: Arc<Inner>,
}

/// What all clones of a token share.
struct Inner {
    /// Set once, under the tree's lock.
    cancelled: AtomicBool,
    notify: Notify,
    /// The tree refers back weakly: a token lives as long as somebody holds it.
    tree: Arc<Mutex<Tree<Weak<Inner>>>>,
    /// This token's node, unless the token is cancelled: then it has left the tree.
    key: usize,
}

impl CancellationToken {
    /// Makes a token without a parent.
    pub fn new() -> Self {
        let tree = Arc::new(Mutex::new(Tree::new()));
        let shared = Arc::clone(&tree);
        Self { inner: Inner::insert(&mut tree.lock(), None, shared) }
    }

    /// Makes a token that is cancelled with this one, or alone.
    ///
    /// The child of a cancelled token is cancelled from the start. A child holds nothing of its
    /// parent: cancelling the grandparent reaches it even when the parent is gone.
    pub fn child_token(&self) -> Self {
        let shared = Arc::clone(&self.inner.tree);
        let mut tree = self.inner.tree.lock();
        // Under the lock, so that a cancellation comes either before, and is seen here, or after,
        // and finds the child in the tree. Relaxed: it changes under the lock only.
        let inner = if self.inner.cancelled.load(Ordering::Relaxed) {
            drop(tree);
            Arc::new(Inner {
                cancelled: AtomicBool::new(true),
                notify: Notify::new(),
                tree: shared,
                key: usize::MAX,
            })
        } else {
            Inner::insert(&mut tree, Some(self.inner.key), shared)
        };
        Self { inner }
    }

    /// Cancels this token and all its descendants. Cancelling again does nothing.
    ///
    /// When this returns, all of them say that they are cancelled, and whoever waits is woken.
    pub fn cancel(&self) {
        if self.is_cancelled() {
            return;
        }
        let mut reached = Vec::new();
        let mut tree = self.inner.tree.lock();
        // Relaxed: it changes under the lock only.
        if self.inner.cancelled.load(Ordering::Relaxed) {
            return;
        }
        tree.dissolve(self.inner.key, |token| match token.upgrade() {
            Some(inner) => {
                // Release: pairs with the Acquire in `is_cancelled`.
                inner.cancelled.store(true, Ordering::Release);
                reached.push(inner);
                true
            }
            // The last handle is being dropped right now and waits for this lock, to remove a node
            // that it takes for its own: leave it one.
            None => false,
        });
        drop(tree);
        // Without the lock: wakers run here, and each of these may turn out to be the last handle.
        for inner in reached {
            inner.notify.notify_waiters();
        }
    }

    /// Returns whether the token was cancelled, by itself or with an ancestor.
    pub fn is_cancelled(&self) -> bool {
        self.inner.is_cancelled()
    }

    /// Waits until the token is cancelled. Ready at once if it is.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        WaitForCancellationFuture { token: self, wait: Wait::new(&self.inner.notify) }
    }

    /// The same for a future that keeps the token itself.
    pub fn cancelled_owned(self) -> WaitForCancellationFutureOwned {
        let wait = Wait::new(&self.inner.notify);
        WaitForCancellationFutureOwned { token: self, wait }
    }

    /// Makes a guard that cancels the token when dropped.
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { token: Some(self) }
    }

    /// The same for a guard that borrows the token.
    pub fn drop_guard_ref(&self) -> DropGuardRef<'_> {
        DropGuardRef { token: Some(self) }
    }

    /// Runs a future until it is ready, or until the token is cancelled: then it is dropped where
    /// it stands, and the result is `None`.
    ///
    /// If the token is cancelled already, the future is not even polled. From then on it is the
    /// future that is asked first, so its output is not lost if both happen at once.
    ///
    /// ```
    /// # handcrank_executor::block_on(async {
    /// let token = handcrank_sync::CancellationToken::new();
    /// assert_eq!(token.run_until_cancelled(async { 1 }).await, Some(1));
    /// token.cancel();
    /// assert_eq!(token.run_until_cancelled(async { 2 }).await, None);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As cancel safe as the future.
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        if self.is_cancelled() {
            return None;
        }
        let (mut future, mut cancelled) = (pin!(future), pin!(self.cancelled()));
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => cancelled.as_mut().poll(cx).map(|()| None),
        })
        .await
    }

    /// The same for a future that keeps the token itself.
    pub async fn run_until_cancelled_owned<F: Future>(self, future: F) -> Option<F::Output> {
        self.run_until_cancelled(future).await
    }
}

impl Inner {
    fn insert(
        tree: &mut Tree<Weak<Self>>,
        parent: Option<usize>,
        shared: Arc<Mutex<Tree<Weak<Self>>>>,
    ) -> Arc<Self> {
        let mut made = None;
        tree.insert(parent, |key| {
            let inner = Arc::new(Self {
                cancelled: AtomicBool::new(false),
                notify: Notify::new(),
                tree: shared,
                key,
            });
            Arc::downgrade(made.insert(inner))
        });
        made.expect("the tree asks for the content")
    }

    fn is_cancelled(&self) -> bool {
        // Acquire: pairs with the Release in `cancel`, so that whoever stops also sees why.
        self.cancelled.load(Ordering::Acquire)
    }

    fn poll_cancelled(&self, wait: &mut Wait, cx: &mut Context<'_>) -> Poll<()> {
        // `wait` is older than this look, and a broadcast comes after the flag: either the flag is
        // seen here, or the broadcast is still to come and counts this wait.
        if self.is_cancelled() {
            Poll::Ready(())
        } else {
            wait.poll(&self.notify, Some(cx.waker()))
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut tree = self.tree.lock();
        // Relaxed: it changes under the lock only.
        if !self.cancelled.load(Ordering::Relaxed) {
            tree.remove(self.key);
        }
    }
}

impl Default for CancellationToken {
    fn default() -> Self {
        Self::new()
    }
}

/// Two handles are equal if they are the same token.
impl PartialEq for CancellationToken {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Eq for CancellationToken {}

impl Hash for CancellationToken {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.inner).hash(state);
    }
}

impl UnwindSafe for CancellationToken {}
impl RefUnwindSafe for CancellationToken {}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken").field("is_cancelled", &self.is_cancelled()).finish()
    }
}

/// The future of [`CancellationToken::cancelled`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct WaitForCancellationFuture<'a> {
    token: &'a CancellationToken,
    wait: Wait,
}

impl Future for WaitForCancellationFuture<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.token.inner.poll_cancelled(&mut this.wait, cx)
    }
}

impl Drop for WaitForCancellationFuture<'_> {
    fn drop(&mut self) {
        self.wait.leave(&self.token.inner.notify);
    }
}

impl fmt::Debug for WaitForCancellationFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForCancellationFuture").finish()
    }
}

/// The future of [`CancellationToken::cancelled_owned`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct WaitForCancellationFutureOwned {
    token: CancellationToken,
    wait: Wait,
}

impl Future for WaitForCancellationFutureOwned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.token.inner.poll_cancelled(&mut this.wait, cx)
    }
}

impl Drop for WaitForCancellationFutureOwned {
    fn drop(&mut self) {
        self.wait.leave(&self.token.inner.notify);
    }
}

impl fmt::Debug for WaitForCancellationFutureOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForCancellationFutureOwned").finish()
    }
}

/// Cancels a token when dropped, unless [disarmed](DropGuard::disarm).
///
/// ```
/// let token = handcrank_sync::CancellationToken::new();
/// drop(token.clone().drop_guard());
/// assert!(token.is_cancelled());
/// ```
#[derive(Debug)]
pub struct DropGuard {
    token: Option<CancellationToken>,
}

impl DropGuard {
    /// Gives the token back without cancelling it.
    pub fn disarm(mut self) -> CancellationToken {
        self.token.take().expect("a guard is disarmed once")
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            token.cancel();
        }
    }
}

/// A [`DropGuard`] that borrows its token.
#[derive(Debug)]
pub struct DropGuardRef<'a> {
    token: Option<&'a CancellationToken>,
}

impl<'a> DropGuardRef<'a> {
    /// Gives the token back without cancelling it.
    pub fn disarm(mut self) -> &'a CancellationToken {
        self.token.take().expect("a guard is disarmed once")
    }
}

impl Drop for DropGuardRef<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            token.cancel();
        }
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
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
}

#[cfg(all(test, handcrank_loom))]
mod models {
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
}
