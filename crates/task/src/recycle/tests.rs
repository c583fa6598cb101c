use super::recycling::{BATCH, DEPOT, LARGEST, in_depot, kept_here, size_for};
use super::{allocate, release};
use std::alloc::Layout;
use std::collections::HashSet;
use std::ptr::NonNull;
use std::sync::mpsc;
use std::thread;

/// Each test uses a size of its own, because the depot is the whole process's. (Tasks of other tests
/// have sizes below.)
fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 8).unwrap()
}

fn size(bytes: usize) -> usize {
    size_for(layout(bytes)).unwrap()
}

/// Memory on its way to another thread.
struct Sent(NonNull<u8>);

// SAFETY: one thread at a time has it.
unsafe impl Send for Sent {}

fn take(bytes: usize) -> Sent {
    Sent(allocate(layout(bytes)))
}

fn give(Sent(memory): Sent, bytes: usize) {
    // SAFETY: from `take`, with the same layout.
    unsafe { release(memory, layout(bytes)) };
}

#[test]
fn layouts_find_their_size() {
    assert_eq!(size(1), size(24));
    assert_eq!(size(104), size(90));
    assert_eq!(size(105), size(104) + 1);
    assert_eq!(size(LARGEST), 31);
    assert_eq!(size_for(layout(LARGEST + 1)), None);
    assert_eq!(size_for(Layout::from_size_align(64, 32).unwrap()), None);
    for layout in [layout(LARGEST + 1), Layout::from_size_align(100, 128).unwrap()] {
        let memory = allocate(layout);
        assert_eq!(memory.addr().get() % layout.align(), 0);
        // SAFETY: allocated in the line above the last.
        unsafe { release(memory, layout) };
    }
}

#[test]
fn what_is_given_back_comes_first() {
    thread::spawn(|| {
        let first = take(504);
        let address = first.0;
        give(first, 504);
        assert_eq!(kept_here(size(504)), 1);
        let second = take(504);
        assert_eq!(second.0, address);
        assert_eq!(kept_here(size(504)), 0);
        give(second, 504);
    })
    .join()
    .unwrap();
}

#[test]
fn a_thread_keeps_two_lists_and_the_depot_its_bound() {
    const BYTES: usize = 440;
    let bound = DEPOT / (BATCH * BYTES);
    let many = (bound + 10) * BATCH;
    thread::spawn(move || {
        let all: Vec<_> = (0..many).map(|_| take(BYTES)).collect();
        let different: HashSet<_> = all.iter().map(|sent| sent.0).collect();
        assert_eq!(different.len(), many);
        for sent in all {
            give(sent, BYTES);
            assert!(kept_here(size(BYTES)) <= 2 * BATCH);
        }
        assert_eq!(kept_here(size(BYTES)), 2 * BATCH);
        assert_eq!(in_depot(size(BYTES)), bound, "full, and no fuller");
    })
    .join()
    .unwrap();
    assert_eq!(in_depot(size(BYTES)), bound);
    // Another thread finds them.
    thread::spawn(|| {
        let one = take(BYTES);
        assert_eq!(kept_here(size(BYTES)), BATCH - 1);
        give(one, BYTES);
    })
    .join()
    .unwrap();
}

#[test]
fn a_thread_that_ends_leaves_its_full_list() {
    const BYTES: usize = 376;
    thread::spawn(|| {
        let all: Vec<_> = (0..=BATCH).map(|_| take(BYTES)).collect();
        for sent in all {
            give(sent, BYTES);
        }
        assert_eq!(kept_here(size(BYTES)), BATCH + 1);
    })
    .join()
    .unwrap();
    assert_eq!(in_depot(size(BYTES)), 1);
}

#[test]
fn a_thread_that_is_ending_keeps_nothing() {
    const BYTES: usize = 312;
    struct Late(Option<Sent>);
    impl Drop for Late {
        fn drop(&mut self) {
            give(self.0.take().unwrap(), BYTES);
            give(take(BYTES), BYTES);
        }
    }
    thread_local! {
        /// Made before the first use of the shelf, so dropped after its sweeper.
        static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) };
    }
    thread::spawn(|| {
        LATE.with_borrow_mut(|late| *late = Some(Late(Some(take(BYTES)))));
        give(take(BYTES), BYTES);
    })
    .join()
    .unwrap();
    assert_eq!(in_depot(size(BYTES)), 0);
}

/// Blocks that wander between threads, each with its owner's mark on it. A block handed out twice
/// would carry a strange mark.
#[test]
fn no_block_is_handed_out_twice() {
    const BYTES: usize = 248;
    const ROUNDS: usize = if cfg!(miri) { 100 } else { 20_000 };
    thread::scope(|scope| {
        let (mut senders, mut receivers): (Vec<_>, Vec<_>) =
            (0..3).map(|_| mpsc::sync_channel::<(Sent, u64)>(100)).unzip();
        senders.rotate_left(1);
        for (number, (to, from)) in senders.drain(..).zip(receivers.drain(..)).enumerate() {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let mark = ((number << 32) | round) as u64;
                    let sent = take(BYTES);
                    // SAFETY: the memory is this thread's, and large enough.
                    unsafe { sent.0.cast::<[u64; BYTES / 8]>().write([mark; BYTES / 8]) };
                    let _ = to.send((sent, mark));
                    if let Ok((sent, mark)) = from.try_recv() {
                        check(sent, mark);
                    }
                }
                drop(to);
                for (sent, mark) in from {
                    check(sent, mark);
                }
            });
        }
    });

    fn check(sent: Sent, mark: u64) {
        // SAFETY: written by the one who sent it.
        let read = unsafe { sent.0.cast::<[u64; BYTES / 8]>().read() };
        assert_eq!(read, [mark; BYTES / 8]);
        give(sent, BYTES);
    }
}
