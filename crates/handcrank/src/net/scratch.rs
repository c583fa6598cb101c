//! Receiving into [`BufMut`], whose memory may be uninitialized.
//!
//! Lending that memory to the kernel takes unsafe code, for which this crate has no room. So the
//! bytes pass through a buffer of the thread's. The price is one copy of what was received, out of
//! a cache that is warm; reading into a slice (`read`, `recv`) does not pay it.

use bytes::BufMut;
use std::cell::Cell;
use std::io;
use std::task::Poll;

/// The size of a thread's buffer: as long as the longest UDP message.
pub(crate) const SIZE: usize = 64 * 1024;

thread_local! {
    /// Empty until it is needed, and while it is lent.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// How much of `buf` is asked for at once. (A `Vec` that is full makes room, as always.)
fn room(buf: &mut (impl BufMut + ?Sized)) -> usize {
    buf.chunk_mut().len()
}

/// Receives a message with `receive`, which says how long it was, and appends it to `buf`. It is
/// cut off where the chunk that `buf` offers ends.
pub(crate) fn message<R>(
    buf: &mut (impl BufMut + ?Sized),
    receive: impl FnOnce(&mut [u8]) -> io::Result<(usize, R)>,
) -> io::Result<(usize, R)> {
    let room = room(buf);
    // Taken and put back, so that nothing is borrowed while a stranger's `put_slice` runs.
    let mut scratch = if room > SIZE { vec![0; room] } else { SCRATCH.take() };
    if scratch.len() < room {
        scratch.resize(SIZE, 0);
    }
    let result = receive(&mut scratch[..room]);
    if let Ok((length, _)) = &result {
        // Within what was lent: a stranger's reader may say anything.
        buf.put_slice(&scratch[..room][..*length]);
    }
    if scratch.len() == SIZE {
        SCRATCH.set(scratch);
    }
    result
}

/// As [`message`], from a stream: what does not fit at once stays for the next time.
pub(crate) fn part(
    buf: &mut (impl BufMut + ?Sized),
    receive: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut limited = buf.limit(SIZE);
    message(&mut limited, |memory| Ok((receive(memory)?, ()))).map(|(length, ())| length)
}

/// As [`part`], from a reader that may have to wait.
pub(crate) fn poll_part(
    buf: &mut (impl BufMut + ?Sized),
    receive: impl FnOnce(&mut [u8]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<usize>> {
    let mut is_pending = false;
    let result = part(buf, |memory| match receive(memory) {
        Poll::Ready(result) => result,
        Poll::Pending => {
            is_pending = true;
            Ok(0)
        }
    });
    if is_pending { Poll::Pending } else { Poll::Ready(result) }
}
