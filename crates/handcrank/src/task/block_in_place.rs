//! Blocking where one is, without holding the others up.

use crate::runtime::context;
use handcrank_task::coop;

/// Runs `f`, which may block, on this thread, and lets another thread run this one's tasks meanwhile.
///
/// Unlike [`spawn_blocking`](super::spawn_blocking) it needs neither `Send` nor `'static`, and what
/// the task borrows can be used in there. But the task it is called from does nothing else meanwhile:
/// futures that it polls side by side (with `join!` and the like) wait until `f` has returned.
///
/// `f` may call [`Handle::block_on`](crate::runtime::Handle::block_on), and so go back to async code. It
/// cannot be cancelled: a shutdown waits for it. Outside of a runtime, in the future of a multi-thread
/// runtime's `block_on`, in a blocking job and within another `block_in_place` it just calls `f`; the first
/// two of them hold nobody else up. In there, the task's budget is not spent.
///
/// When `f` has returned, the thread goes on as before if nobody has taken its place; otherwise it
/// finishes the poll that it is in, and one thread more than there are workers may run tasks for so long.
/// A spare thread that is not needed any more ends after
/// [`thread_keep_alive`](crate::runtime::Builder::thread_keep_alive).
///
/// A thread in `block_on` of a multi-thread runtime runs tasks while its own future waits, and so
/// such a task's `f` may come to run on it. The future waits for `f` then; if `f` waits for the future,
/// they do so for ever. [`Builder::block_on_helps`](crate::runtime::Builder::block_on_helps) turns that off.
///
/// ```
/// use handcrank::{runtime::Handle, task};
///
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let task = handcrank::spawn(async {
///     let text = String::from("borrowed");
///     task::block_in_place(|| {
///         // Blocking calls here, and async code again:
///         Handle::current().block_on(async { text.len() })
///     })
/// });
/// assert_eq!(task.await.unwrap(), 8);
/// # });
/// ```
///
/// # Panics
///
/// If `f` does; and on a current-thread runtime, where no other thread could run the tasks.
#[track_caller]
pub fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    if context::may_block() {
        return f();
    }
    let Some(_blocks) = context::block_in_place() else {
        panic!("can call blocking only when running on the multi-threaded runtime")
    };
    handcrank_scheduler::block_in_place(|| coop::unlimited(f))
}
