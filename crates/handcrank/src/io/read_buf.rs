//! A buffer that remembers how much of it is filled.

use std::fmt;
use std::mem::MaybeUninit;

/// What [`ReadBuf::uninit`] writes over memory that holds nothing yet.
static ZEROS: [u8; 16 * 1024] = [0; 16 * 1024];

/// A buffer to read into, and how far it is filled.
///
/// ```text
///   ├──── filled ────┼──────────── unfilled ────────────┤
///   ├───── initialized ─────┼────── not written yet ────┤
///   0                                            capacity
/// ```
///
/// A read appends to the filled part. As in tokio; but this crate is written without unsafe code,
/// so what comes from [`uninit`](Self::uninit) is overwritten with zeros at the beginning, and the
/// unsafe methods are missing. (With the feature `tokio-io` this *is* tokio's type.)
///
/// ```
/// use handcrank::io::ReadBuf;
///
/// let mut memory = [0; 8];
/// let mut buf = ReadBuf::new(&mut memory);
/// buf.put_slice(b"abc");
/// buf.initialize_unfilled()[..2].copy_from_slice(b"de");
/// buf.advance(2);
/// assert_eq!(buf.filled(), b"abcde");
/// assert_eq!(buf.remaining(), 3);
/// ```
pub struct ReadBuf<'a> {
    buf: &'a mut [u8],
    filled: usize,
    /// Never less than `filled`. What lies behind counts as never written.
    initialized: usize,
}

impl<'a> ReadBuf<'a> {
    /// An empty buffer in memory that is initialized.
    #[inline]
    pub fn new(buf: &'a mut [u8]) -> ReadBuf<'a> {
        let initialized = buf.len();
        ReadBuf { buf, filled: 0, initialized }
    }

    /// An empty buffer in memory that need not be initialized. It is filled with zeros here.
    pub fn uninit(buf: &'a mut [MaybeUninit<u8>]) -> ReadBuf<'a> {
        let buf = match ZEROS.get(..buf.len()) {
            Some(zeros) => buf.write_copy_of_slice(zeros),
            None => buf.write_copy_of_slice(&vec![0; buf.len()]),
        };
        ReadBuf { buf, filled: 0, initialized: 0 }
    }

    /// How many bytes it can hold in all.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.buf.len()
    }

    /// How many bytes it can take yet.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.capacity() - self.filled
    }

    /// The filled part.
    #[inline]
    pub fn filled(&self) -> &[u8] {
        &self.buf[..self.filled]
    }

    /// The filled part, to be changed.
    #[inline]
    pub fn filled_mut(&mut self) -> &mut [u8] {
        &mut self.buf[..self.filled]
    }

    /// The initialized part, of which the filled part is the beginning.
    #[inline]
    pub fn initialized(&self) -> &[u8] {
        &self.buf[..self.initialized]
    }

    /// The initialized part, to be changed.
    #[inline]
    pub fn initialized_mut(&mut self) -> &mut [u8] {
        &mut self.buf[..self.initialized]
    }

    /// An empty buffer made of the first `n` bytes of the unfilled part (or all, if there are
    /// fewer). What is read into it does not count as filled here.
    #[inline]
    pub fn take(&mut self, n: usize) -> ReadBuf<'_> {
        let end = self.filled + self.remaining().min(n);
        ReadBuf { buf: &mut self.buf[self.filled..end], filled: 0, initialized: 0 }
    }

    /// The whole unfilled part, with zeros where it was not initialized.
    #[inline]
    pub fn initialize_unfilled(&mut self) -> &mut [u8] {
        self.initialize_unfilled_to(self.remaining())
    }

    /// The first `n` bytes of the unfilled part, with zeros where it was not initialized.
    ///
    /// # Panics
    ///
    /// If fewer than `n` bytes remain.
    #[inline]
    #[track_caller]
    pub fn initialize_unfilled_to(&mut self, n: usize) -> &mut [u8] {
        assert!(self.remaining() >= n, "n overflows remaining");
        let end = self.filled + n;
        if self.initialized < end {
            // A buffer that was `take`n from this one may have written here.
            self.buf[self.initialized..end].fill(0);
            self.initialized = end;
        }
        &mut self.buf[self.filled..end]
    }

    /// Empties it. What was initialized stays so.
    #[inline]
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    /// Counts the next `n` bytes as filled.
    ///
    /// # Panics
    ///
    /// If they are not initialized.
    #[inline]
    #[track_caller]
    pub fn advance(&mut self, n: usize) {
        let filled = self.filled.checked_add(n).expect("filled overflow");
        self.set_filled(filled);
    }

    /// Makes the filled part `n` bytes long, longer or shorter than it was.
    ///
    /// # Panics
    ///
    /// If that is more than is initialized.
    #[inline]
    #[track_caller]
    pub fn set_filled(&mut self, n: usize) {
        assert!(n <= self.initialized, "filled must not become larger than initialized");
        self.filled = n;
    }

    /// Appends `buf` to the filled part.
    ///
    /// # Panics
    ///
    /// If there is no room for all of it.
    #[inline]
    #[track_caller]
    pub fn put_slice(&mut self, buf: &[u8]) {
        assert!(
            self.remaining() >= buf.len(),
            "buf.len() must fit in remaining(); buf.len() = {}, remaining() = {}",
            buf.len(),
            self.remaining()
        );
        let end = self.filled + buf.len();
        self.buf[self.filled..end].copy_from_slice(buf);
        self.initialized = self.initialized.max(end);
        self.filled = end;
    }
}

impl fmt::Debug for ReadBuf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuf")
            .field("filled", &self.filled)
            .field("initialized", &self.initialized)
            .field("capacity", &self.capacity())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_as_it_is_filled() {
        let mut memory = [MaybeUninit::uninit(); 6];
        let mut buf = ReadBuf::uninit(&mut memory);
        assert_eq!(format!("{buf:?}"), "ReadBuf { filled: 0, initialized: 0, capacity: 6 }");
        buf.put_slice(b"ab");
        assert_eq!(buf.initialize_unfilled_to(2), [0, 0]);
        buf.advance(1);
        assert_eq!((buf.filled(), buf.initialized()), (&b"ab\0"[..], &b"ab\0\0"[..]));
        buf.clear();
        assert_eq!(buf.initialized(), b"ab\0\0");
    }

    #[test]
    fn zeros_reach_beyond_the_static_ones() {
        let mut memory = vec![MaybeUninit::new(7); ZEROS.len() + 1];
        let mut buf = ReadBuf::uninit(&mut memory);
        assert!(buf.initialize_unfilled().iter().all(|&byte| byte == 0));
    }

    #[test]
    fn what_was_taken_away_is_cleared_again() {
        let mut memory = [MaybeUninit::uninit(); 4];
        let mut buf = ReadBuf::uninit(&mut memory);
        buf.take(2).put_slice(b"xy");
        assert_eq!(buf.initialize_unfilled(), [0; 4]);
    }

    #[test]
    #[should_panic(expected = "filled must not become larger than initialized")]
    fn nothing_is_filled_that_was_not_written() {
        ReadBuf::uninit(&mut [MaybeUninit::uninit(); 4]).advance(1);
    }
}
