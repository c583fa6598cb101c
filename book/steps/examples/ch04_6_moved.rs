//! Moved: an address that led into its own future, and no longer does.

use handcrank::task::yield_now;
use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomPinned;
use std::task::{Context, Waker};
use steps::paint::{bold, green, red};

/// A page, and where it lies: what an async fn keeps that reads on after an await.
///
/// The address is a number. Nobody follows it.
struct Reading {
    page: [u8; 64],
    remembered: Cell<usize>,
    _stays_in_place: PhantomPinned,
}

impl Reading {
    fn new() -> Self {
        Self { page: [7; 64], remembered: Cell::new(0), _stays_in_place: PhantomPinned }
    }

    /// The first poll, so to speak.
    fn begin(&self) {
        self.remembered.set(address(&self.page));
    }

    fn show(&self, what: &str) {
        row(what, address(&self.page), self.remembered.get());
    }
}

/// What the compiler makes of it: `first` leads to `page`, and both outlive an await.
async fn reading(spot: &Cell<(usize, usize)>) {
    let page = [7; 64];
    let first = &page[0];
    loop {
        spot.set((address(&page), address(first)));
        yield_now().await;
    }
}

fn main() {
    println!("{}", bold("by hand                  the page is at   remembered"));
    let reading_by_hand = Reading::new();
    reading_by_hand.begin();
    reading_by_hand.show("begun on the stack");
    let moved = Box::new(reading_by_hand);
    moved.show("moved into a box");

    let pinned = Box::pin(Reading::new());
    pinned.begin();
    pinned.show("begun in a pinned box");
    let somewhere_else = [pinned];
    somewhere_else[0].show("the pinned box moved");

    println!("{}", bold("\ncompiled                 the page is at   `first` leads to"));
    let spot = Cell::new((0, 0));
    let mut pinned = Box::pin(reading(&spot));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(pinned.as_mut().poll(cx).is_pending());
    row("polled in a pinned box", spot.get().0, spot.get().1);
    let mut somewhere_else = [pinned];
    assert!(somewhere_else[0].as_mut().poll(cx).is_pending());
    row("the pinned box moved", spot.get().0, spot.get().1);

    let start = address(&*somewhere_else[0]);
    let inside = start..start + size_of_val(&*somewhere_else[0]);
    println!("the future is at         {start:#x}");
    println!("the page lies inside it: {}", inside.contains(&spot.get().0));
}

fn address<T: ?Sized>(place: &T) -> usize {
    std::ptr::from_ref(place).addr()
}

fn row(what: &str, page: usize, remembered: usize) {
    let verdict = if page == remembered { green("fits") } else { red("leads elsewhere") };
    println!("{what:24} {page:#x}   {remembered:#x}   {verdict}");
}
