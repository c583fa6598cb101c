//! Whether this thread may block.
//!
//! A runtime marks the threads on which it polls futures. What would block there asks before it does.

use std::cell::Cell;

thread_local! {
    /// Does this thread run async code, so that blocking it would hold others up?
    static DRIVES: Cell<Drives> = const { Cell::new(Drives::Nothing) };
}

/// What a thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drives {
    /// No async code. It may block.
    Nothing,
    /// Async code that may give its place to another thread.
    Tasks,
    /// Async code that nobody else could go on with.
    Alone,
}

/// This thread runs async code until the guard is dropped.
#[derive(Debug)]
pub struct Driving(());

/// Marks this thread as one that runs async code. `None` if it is one already.
#[inline]
pub fn drive(what: Drives) -> Option<Driving> {
    DRIVES.with(|drives| {
        (drives.get() == Drives::Nothing).then(|| {
            drives.set(what);
            Driving(())
        })
    })
}

impl Drop for Driving {
    #[inline]
    fn drop(&mut self) {
        let _ = DRIVES.try_with(|drives| drives.set(Drives::Nothing));
    }
}

/// May this thread block?
#[inline]
pub fn may_block() -> bool {
    DRIVES.try_with(|drives| drives.get() == Drives::Nothing).unwrap_or(true)
}

/// What this thread runs is something else until this is dropped; then what it was before.
#[derive(Debug)]
pub struct Instead(Drives);

/// For a thread that runs async code and is about to block: it may, until the guard is dropped. `None` if
/// nobody else could go on with what it runs.
pub fn block_in_place() -> Option<Instead> {
    DRIVES.with(|drives| {
        (drives.get() == Drives::Tasks).then(|| Instead(drives.replace(Drives::Nothing)))
    })
}

/// For futures that cannot leave their thread: they may not block in place until the guard is dropped. `None`
/// if they may not anyway, or if the thread may block.
pub fn stay_in_place() -> Option<Instead> {
    DRIVES.with(|drives| {
        (drives.get() == Drives::Tasks).then(|| Instead(drives.replace(Drives::Alone)))
    })
}

impl Drop for Instead {
    fn drop(&mut self) {
        let _ = DRIVES.try_with(|drives| drives.set(self.0));
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_may_block_unless_it_drives() {
        assert!(may_block());
        let driving = drive(Drives::Tasks).unwrap();
        assert!(!may_block() && drive(Drives::Tasks).is_none());
        {
            let _instead = block_in_place().unwrap();
            assert!(may_block());
        }
        assert!(!may_block());
        {
            let _stays = stay_in_place().unwrap();
            assert!(!may_block() && block_in_place().is_none());
        }
        drop(driving);
        let _alone = drive(Drives::Alone).unwrap();
        assert!(block_in_place().is_none() && !may_block());
    }
}
