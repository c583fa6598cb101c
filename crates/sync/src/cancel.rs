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
mod tests;

#[cfg(all(test, handcrank_loom))]
mod models;
