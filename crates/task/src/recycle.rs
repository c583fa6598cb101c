//! Where tasks get their memory: from those that have ended.
//!
//! A task is small and often short-lived, and in a busy runtime it is made on one thread and freed on
//! another. That is the worst case of most allocators: glibc's takes a lock that the two threads share,
//! and asks the kernel to wait for it. So freed tasks are kept for the next ones, in the manner of
//! Bonwick and Adams ("Magazines and Vmem", 2001):
//!
//! ```text
//!   thread A                     depot                      thread B
//!   loaded ▣▣▣▢▢                ▣▣▣▣▣                     loaded ▣▣▢▢▢
//!   spare  ▣▣▣▣▣   ◀── batch ── ▣▣▣▣▣ ◀── batch ──   spare  ▣▣▣▣▣
//! ```
//!
//! Each thread has, for each size, a *loaded* list of up to `BATCH` blocks, and a *spare* one that is
//! full or empty. It takes from and gives to the loaded list, and nobody else sees either. When the
//! loaded list has run out, or over, the spare takes its place; when that does not help, a whole batch
//! is fetched from the depot or brought there. So one short lock serves `BATCH` tasks, and with two
//! lists a thread that stands at a boundary does not go to the depot for each task.
//!
//! **Whose a block is.** It is in one place at a time: in use, on a list of one thread, or in the depot
//! under its lock. A list is linked through the blocks themselves, so a block on it holds nothing else.
//! To take a block off is to read its link, and only the thread that owns the list does; to hand a
//! batch over is to write one pointer under the lock, which also makes the links visible.
//!
//! **What is kept at most.** A thread keeps two lists a size: 2 × 32 blocks, half a MiB if it has used
//! all 31 sizes; most programs use a few. The depot keeps 2 MiB a size, 62 MiB at the very most. What
//! comes on top goes back to the allocator, and when a thread ends, its full lists go to the depot and
//! the rest to the allocator.
//!
//! Tasks larger than `LARGEST` bytes, or aligned to more than 16, go straight to the allocator. So
//! does everything under a model checker, and with `--cfg handcrank_plain_alloc`: a sanitizer wants to
//! see each task freed.

use std::alloc::{self, Layout};
use std::ptr::NonNull;

#[cfg(not(any(handcrank_loom, handcrank_plain_alloc)))]
pub(crate) use recycling::{allocate, release};

#[cfg(any(handcrank_loom, handcrank_plain_alloc))]
pub(crate) use {plain_allocate as allocate, plain_release as release};

/// Memory for `layout`, straight from the allocator.
pub(crate) fn plain_allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: a task has a header, so its layout is not empty.
    let memory = unsafe { alloc::alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| alloc::handle_alloc_error(layout))
}

/// Gives it back.
///
/// # Safety
///
/// It comes from [`plain_allocate`] with this layout, and is not used again.
pub(crate) unsafe fn plain_release(memory: NonNull<u8>, layout: Layout) {
    // SAFETY: the caller's promise.
    unsafe { alloc::dealloc(memory.as_ptr(), layout) };
}

#[cfg(not(any(handcrank_loom, handcrank_plain_alloc)))]
mod recycling {
    use super::{plain_allocate, plain_release};
    use parking_lot::Mutex;
    use std::alloc::Layout;
    use std::cell::Cell;
    use std::ptr::{self, NonNull};

    /// Sizes are multiples of this, less a word: the allocators' own steps, of which glibc's keeps a
    /// word for itself.
    const STEP: usize = 16;
    const WORD: usize = 8;
    /// How many sizes there are.
    const SIZES: usize = 32;
    /// The largest block that is kept.
    pub(super) const LARGEST: usize = STEP * SIZES - WORD;
    /// All blocks are aligned to this, as most allocators do anyway.
    const ALIGN: usize = 16;
    /// Blocks that go to the depot together.
    pub(super) const BATCH: usize = 32;
    /// Bytes that the depot keeps of each size.
    pub(super) const DEPOT: usize = 2 << 20;

    /// A block that is not in use.
    #[repr(C)]
    struct Block {
        /// The next one on the same list.
        next: *mut Block,
        /// In the depot, the next batch; only in the first block of each.
        batch: *mut Block,
    }

    /// The blocks of one size on one thread.
    struct Shelf {
        loaded: Cell<*mut Block>,
        /// How many blocks are loaded; but `BATCH` while nothing is, and the thread has yet to say
        /// that it will clear up when it ends. So the usual road needs to ask for nothing else.
        len: Cell<usize>,
        /// A full batch, or none.
        spare: Cell<*mut Block>,
    }

    impl Shelf {
        const fn unused() -> Self {
            Self {
                loaded: Cell::new(ptr::null_mut()),
                len: Cell::new(BATCH),
                spare: Cell::new(ptr::null_mut()),
            }
        }
    }

    thread_local! {
        /// Without a destructor, which would have to be asked about at each access. It may be used
        /// while the thread ends.
        static SHELVES: [Shelf; SIZES] = const { [const { Shelf::unused() }; SIZES] };
        /// Has one. Touched once a size, by [`Shelf::open`].
        static SWEEPER: Sweeper = const { Sweeper };
    }

    /// Clears the shelves when the thread ends.
    struct Sweeper;

    impl Drop for Sweeper {
        fn drop(&mut self) {
            SHELVES.with(|shelves| {
                for (size, shelf) in shelves.iter().enumerate() {
                    let unused = shelf.loaded.get().is_null();
                    let (loaded, spare) = (shelf.loaded.take(), shelf.spare.take());
                    // As in the beginning; and there it stays, since nobody can open it any more.
                    shelf.len.set(BATCH);
                    if !unused {
                        free(loaded, size);
                    }
                    if !spare.is_null() {
                        depot_put(spare, size);
                    }
                }
            });
        }
    }

    /// All batches of one size that no thread has.
    #[repr(align(128))]
    struct Depot(Mutex<Batches>);

    struct Batches {
        first: *mut Block,
        count: usize,
    }

    // SAFETY: the blocks in the depot are nobody else's.
    unsafe impl Send for Batches {}

    static DEPOTS: [Depot; SIZES] =
        [const { Depot(Mutex::new(Batches { first: ptr::null_mut(), count: 0 })) }; SIZES];

    /// The size that serves a layout, if one does. Known when the code is compiled.
    #[inline]
    pub(super) fn size_for(layout: Layout) -> Option<usize> {
        (layout.size() <= LARGEST && layout.align() <= ALIGN)
            .then(|| (layout.size() + WORD).div_ceil(STEP).max(2) - 1)
    }

    fn layout_of(size: usize) -> Layout {
        Layout::from_size_align((size + 1) * STEP - WORD, ALIGN).expect("a small size")
    }

    /// Memory for a task.
    #[inline]
    pub(crate) fn allocate(layout: Layout) -> NonNull<u8> {
        let Some(size) = size_for(layout) else { return plain_allocate(layout) };
        SHELVES.with(|shelves| {
            let shelf = &shelves[size];
            let Some(block) = NonNull::new(shelf.loaded.get()) else { return shelf.refill(size) };
            // SAFETY: a block on this thread's list is this thread's.
            shelf.loaded.set(unsafe { block.as_ref() }.next);
            shelf.len.set(shelf.len.get() - 1);
            block.cast()
        })
    }

    /// Takes it back.
    ///
    /// # Safety
    ///
    /// It comes from [`allocate`] with this layout, from whichever thread, and is not used again.
    #[inline]
    pub(crate) unsafe fn release(memory: NonNull<u8>, layout: Layout) {
        let Some(size) = size_for(layout) else {
            // SAFETY: passed on; with this layout it came from there.
            return unsafe { plain_release(memory, layout) };
        };
        let block = memory.cast::<Block>();
        SHELVES.with(|shelves| {
            let shelf = &shelves[size];
            if shelf.len.get() == BATCH && !shelf.make_room(size) {
                // SAFETY: all blocks of this size have this layout.
                return unsafe { plain_release(memory, layout_of(size)) };
            }
            // SAFETY: the block is large and aligned enough, and ours.
            unsafe { block.write(Block { next: shelf.loaded.get(), batch: ptr::null_mut() }) };
            shelf.loaded.set(block.as_ptr());
            shelf.len.set(shelf.len.get() + 1);
        });
    }

    impl Shelf {
        /// Says that the shelf will be cleared. `false` if the thread is ending, and it would not be.
        fn open(&self) -> bool {
            if self.loaded.get().is_null() && self.len.get() == BATCH {
                if SWEEPER.try_with(|_| ()).is_err() {
                    return false;
                }
                self.len.set(0);
            }
            true
        }

        /// Nothing is loaded: a block from the spare list, the depot, or the allocator.
        #[cold]
        fn refill(&self, size: usize) -> NonNull<u8> {
            let full = if self.open() {
                NonNull::new(self.spare.take()).or_else(|| depot_take(size))
            } else {
                None
            };
            let Some(block) = full else { return plain_allocate(layout_of(size)) };
            // SAFETY: the batch is ours now.
            self.loaded.set(unsafe { block.as_ref() }.next);
            self.len.set(BATCH - 1);
            block.cast()
        }

        /// The loaded list is full, or the shelf unused: makes place for one more. `false` if nothing
        /// can be kept here.
        #[cold]
        fn make_room(&self, size: usize) -> bool {
            if !self.open() {
                return false;
            }
            if self.len.get() == BATCH {
                let full = self.loaded.take();
                let before = self.spare.replace(full);
                self.len.set(0);
                if !before.is_null() {
                    depot_put(before, size);
                }
            }
            true
        }
    }

    /// Brings a full batch to the depot, or to the allocator if the depot is full.
    fn depot_put(batch: *mut Block, size: usize) {
        let mut depot = DEPOTS[size].0.lock();
        if (depot.count + 1) * BATCH * layout_of(size).size() <= DEPOT {
            // SAFETY: the batch is the caller's, and not empty.
            unsafe { (*batch).batch = depot.first };
            depot.first = batch;
            depot.count += 1;
            return;
        }
        drop(depot);
        free(batch, size);
    }

    fn depot_take(size: usize) -> Option<NonNull<Block>> {
        let mut depot = DEPOTS[size].0.lock();
        let batch = NonNull::new(depot.first)?;
        // SAFETY: a block in the depot is the lock's.
        depot.first = unsafe { batch.as_ref() }.batch;
        depot.count -= 1;
        Some(batch)
    }

    /// Gives a list to the allocator.
    fn free(mut list: *mut Block, size: usize) {
        while let Some(block) = NonNull::new(list) {
            // SAFETY: the list is the caller's; each block is read before it goes, and has the layout
            // of its size.
            unsafe {
                list = block.as_ref().next;
                plain_release(block.cast(), layout_of(size));
            }
        }
    }

    /// How many batches of a size lie in the depot.
    #[cfg(test)]
    pub(super) fn in_depot(size: usize) -> usize {
        DEPOTS[size].0.lock().count
    }

    /// How many blocks of a size this thread keeps.
    #[cfg(test)]
    pub(super) fn kept_here(size: usize) -> usize {
        SHELVES.with(|shelves| {
            let shelf = &shelves[size];
            let loaded = if shelf.loaded.get().is_null() { 0 } else { shelf.len.get() };
            loaded + if shelf.spare.get().is_null() { 0 } else { BATCH }
        })
    }
}

#[cfg(all(test, not(any(handcrank_loom, handcrank_plain_alloc))))]
mod tests;
