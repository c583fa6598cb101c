//! Waiting for two futures at once.

/// Waits for both futures and returns both outputs.
///
/// Each poll polls those of the two that are not ready yet, `a` first. A future is dropped as soon as it is
/// ready, and both are if this one is dropped before.
pub fn join<A, B>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)>
where
    A: Future,
    B: Future,
{
    async move {
        let a = a.await;
        let b = b.await;
        (a, b)
    }
}
