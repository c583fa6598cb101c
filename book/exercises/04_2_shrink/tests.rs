use exercise::{Log, PAGE, Source, Summary, import};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::task::{Context, Poll, Waker};

/// What may be left of the future.
const BOUND: usize = 512;

fn bytes(title: &str, length: usize) -> Vec<u8> {
    let mut bytes = format!("{title}\n").into_bytes();
    bytes.extend((0..length).map(|index| (index % 7) as u8));
    bytes
}

/// Runs an import. Returns its summary, what was asked of the source, and how many polls it took.
fn run(source: &[u8]) -> (Summary, Vec<String>, usize) {
    let log = Log::default();
    let mut future = Box::pin(import(Source::new(source, &log)));
    let cx = &mut Context::from_waker(Waker::noop());
    for polls in 1..1000 {
        if let Poll::Ready(summary) = future.as_mut().poll(cx) {
            return (summary, log.take(), polls);
        }
    }
    panic!("still pending after a thousand polls");
}

/// The future is too large. What is alive at an await, and why? Three things may help: a block that
/// ends before the await, the heap for what is needed across it, and a box around a child that
/// few callers need.
#[test]
fn small() {
    let size = size_of_val(&import(Source::new(b"", &Log::default())));
    assert!(size <= BOUND, "it has {size} B, and may have {BOUND}");
}

/// The future is small, but what it holds on the heap while it waits in `settle` is not. A box around
/// everything moves the memory elsewhere, and saves none. What is needed in the first wait?
#[test]
fn small_with_what_it_holds() {
    let source = Source::new(&bytes("Loud!", 2 * PAGE), &Log::default());
    let before = HELD.get();
    let mut future = Box::pin(import(source));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(cx).is_pending());
    let held = HELD.get() - before;
    assert!(held <= 2 * BOUND as isize, "it holds {held} B, its own size included");
}

/// The summary of a plain source is not what it was: its title, how much comes after the first
/// page, and the sum of that.
#[test]
fn a_plain_source() {
    let source = bytes("Plain", 3 * PAGE);
    let rest = &source[PAGE..];
    let (summary, _, _) = run(&source);
    let sum = rest.iter().map(|&byte| u64::from(byte)).sum();
    let expected = Summary { title: "Plain".into(), bytes: rest.len(), sum, commonest: None };
    assert_eq!(summary, expected);
}

/// A source whose title ends with `!` is read a second time, from its first byte, and its bytes are
/// counted.
#[test]
fn a_source_worth_counting() {
    let source = bytes("Loud!", 2 * PAGE);
    let mut counts = [0; 256];
    for &byte in &source {
        counts[usize::from(byte)] += 1;
    }
    assert_eq!(run(&source).0.commonest, counts.into_iter().max());
}

/// The source is not asked for the same as before: whole pages, in the same order, with as many
/// waits. A smaller page would make a smaller future, and more work for the source.
#[test]
fn the_same_reads_and_waits() {
    let (_, log, polls) = run(&bytes("Loud!", 2 * PAGE - 6));
    let expected = [
        "room for 4096, read 4096",
        "settled",
        "room for 4096, read 4096",
        "room for 4096, read 0",
        "rewound",
        "begins",
        "room for 4096, read 4096",
        "room for 4096, read 4096",
        "room for 4096, read 0",
        "ends",
    ];
    assert_eq!(log, expected);
    assert_eq!(polls, 7, "one poll to begin with, and one for each wait");
}

thread_local! {
    /// How much this thread holds on the heap.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: it does what the system's allocator does, and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get() + layout.size() as isize);
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size() as isize);
        // SAFETY: passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}
