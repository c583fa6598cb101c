//! A set of small numbers that any thread may change.

use handcrank_task::primitives::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Relaxed, Release},
};

/// One bit for each number below a bound fixed at birth; as many words as that takes.
///
/// [`claim`](Self::claim) is the point of it: of all the threads that try to take a number out,
/// exactly one is told that it did. Whatever the number stands for is then that thread's.
pub(crate) struct Bits {
    words: Box<[Word]>,
}

/// Looked at with every push, so it shares its line with nothing that is written more often.
#[repr(align(128))]
struct Word(AtomicUsize);

const WIDTH: usize = usize::BITS as usize;

impl Bits {
    /// The set of `0..len`, or the empty set.
    pub(crate) fn new(len: usize, full: bool) -> Self {
        let words = len.div_ceil(WIDTH).max(1);
        let word = |at: usize| match len.saturating_sub(at * WIDTH) {
            _ if !full => 0,
            left if left >= WIDTH => usize::MAX,
            left => (1 << left) - 1,
        };
        Self { words: (0..words).map(|at| Word(AtomicUsize::new(word(at)))).collect() }
    }

    /// Puts a number in.
    #[inline]
    pub(crate) fn put(&self, number: usize) {
        // Release: pairs with the Acquire in `claim`. What the number stands for goes with it.
        self.words[number / WIDTH].0.fetch_or(1 << (number % WIDTH), Release);
    }

    /// Takes this number out. `false` if it was not there, or another thread was faster.
    #[inline]
    pub(crate) fn claim(&self, number: usize) -> bool {
        let bit = 1 << (number % WIDTH);
        // Acquire: pairs with the Release in `put`. Release: a claim that fails, and what its
        // thread did before, is seen by the one who puts the number back next.
        self.words[number / WIDTH].0.fetch_and(!bit, AcqRel) & bit != 0
    }

    /// Takes some number out, the smallest; `last` only if there is no other.
    pub(crate) fn claim_any(&self, last: usize) -> Option<usize> {
        for (at, word) in self.words.iter().enumerate() {
            let skip = if last / WIDTH == at { 1 << (last % WIDTH) } else { 0 };
            loop {
                // Relaxed: the claim itself takes in what the number stands for.
                let found = word.0.load(Relaxed) & !skip;
                if found == 0 {
                    break;
                }
                let number = at * WIDTH + found.trailing_zeros() as usize;
                if self.claim(number) {
                    return Some(number);
                }
            }
        }
        (last / WIDTH < self.words.len() && self.claim(last)).then_some(last)
    }

    /// Is nothing in the set?
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| word.0.load(Relaxed) == 0)
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_words() {
        for len in [1, 2, 63, 64, 65, 200] {
            let bits = Bits::new(len, true);
            assert!(bits.claim(len / 2) && !bits.claim(len / 2));
            let rest: Vec<_> = std::iter::from_fn(|| bits.claim_any(0)).collect();
            let mut expected: Vec<_> = (1..len).filter(|&number| number != len / 2).collect();
            if len / 2 != 0 {
                expected.push(0);
            }
            assert_eq!(rest, expected, "the last resort comes last");
            assert_eq!(bits.claim_any(usize::MAX), None);
            assert!(bits.is_empty());
            bits.put(len - 1);
            assert!(!bits.is_empty() && bits.claim(len - 1) && !bits.claim(len - 1));
            assert!(Bits::new(len, false).is_empty());
        }
    }
}
