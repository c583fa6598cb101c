//! What the macros' expansions need. Not for use by hand.

use pin_project_lite::pin_project;
use std::cell::Cell;
use std::convert::Infallible as Never;
use std::future::{Future, IntoFuture};
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

macro_rules! selected {
    ($($branch:ident)+) => {
        /// The output of the branch that was first. Branches that a `select!` does not have take no
        /// room, as they have no values.
        pub enum Selected<$($branch = Never),+> {
            $($branch($branch),)+
            Disabled,
        }
    };
}

selected! {
    B0 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 B12 B13 B14 B15 B16 B17 B18 B19 B20 B21 B22 B23 B24 B25
    B26 B27 B28 B29 B30 B31 B32 B33 B34 B35 B36 B37 B38 B39 B40 B41 B42 B43 B44 B45 B46 B47 B48
    B49 B50 B51 B52 B53 B54 B55 B56 B57 B58 B59 B60 B61 B62 B63
}

/// May the futures go on in this poll?
#[inline]
pub fn poll_budget(cx: &mut Context<'_>) -> Poll<()> {
    if handcrank_task::coop::has_budget_remaining() {
        return Poll::Ready(());
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Where a biased `select!` begins.
#[inline]
pub fn from_the_first(_branches: u32) -> u32 {
    0
}

/// Where any other begins: a random number below `branches`.
#[inline]
pub fn from_anywhere(branches: u32) -> u32 {
    // Upper half of a product instead of a remainder: quicker, and the upper bits are the better ones.
    #[allow(clippy::cast_possible_truncation)] // It is below `branches`.
    let below = (((next_random() >> 32) * u64::from(branches)) >> 32) as u32;
    below
}

/// The thread's own generator, an xorshift: nobody shares it, and luck is all that is asked of it.
#[inline]
fn next_random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0) };
    }
    STATE.with(|state| {
        let mut x = state.get();
        if x == 0 {
            x = seed();
        }
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        state.set(x);
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    })
}

/// Another one for each thread. Never 0, where the generator would stay.
#[cold]
fn seed() -> u64 {
    RandomState::new().hash_one(0) | 1
}

/// Which future each poll of a `join!` begins with: the next one each time, so that a future that
/// spends the whole budget leaves some to every other one, some time.
pub struct InTurns(usize);

impl InTurns {
    #[inline]
    pub fn new() -> Self {
        Self(0)
    }

    #[inline]
    pub fn begin(&mut self, futures: usize) -> usize {
        let begin = self.0;
        self.0 = if begin + 1 == futures { 0 } else { begin + 1 };
        begin
    }
}

/// The same for a biased one: the first.
pub struct FirstFirst;

impl FirstFirst {
    #[inline]
    pub fn new() -> Self {
        Self
    }

    #[inline]
    pub fn begin(&mut self, _futures: usize) -> usize {
        0
    }
}

pin_project! {
    /// A future until it is ready, and then its output until that is taken.
    #[project = Project]
    #[project_replace = Replace]
    pub enum MaybeDone<F: Future> {
        Waits { #[pin] future: F },
        Done { output: F::Output },
        Taken,
    }
}

/// Begins to wait for a future.
pub fn maybe_done<F: IntoFuture>(future: F) -> MaybeDone<F::IntoFuture> {
    MaybeDone::Waits { future: future.into_future() }
}

impl<F: Future> MaybeDone<F> {
    /// Polls the future, unless it has been ready. It is dropped as soon as it is.
    ///
    /// # Panics
    ///
    /// If the output has been taken.
    pub fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let output = match self.as_mut().project() {
            Project::Waits { future } => ready!(future.poll(cx)),
            Project::Done { .. } => return Poll::Ready(()),
            Project::Taken => panic!("polled after its output was taken"),
        };
        self.set(MaybeDone::Done { output });
        Poll::Ready(())
    }

    /// Takes the output.
    ///
    /// # Panics
    ///
    /// If it is not there.
    pub fn take(self: Pin<&mut Self>) -> F::Output {
        match self.project_replace(MaybeDone::Taken) {
            Replace::Done { output } => output,
            _ => panic!("the future has not been ready"),
        }
    }
}

impl<F, T, E> MaybeDone<F>
where
    F: Future<Output = Result<T, E>>,
{
    /// Takes the output if it is an error.
    pub fn take_error(mut self: Pin<&mut Self>) -> Option<E> {
        match self.as_mut().project() {
            Project::Done { output: Err(_) } => self.take().err(),
            _ => None,
        }
    }

    /// Takes the output, which is known to be none.
    ///
    /// # Panics
    ///
    /// If it is an error, or is not there.
    pub fn take_ok(self: Pin<&mut Self>) -> T {
        self.take().unwrap_or_else(|_| panic!("an error ends a `try_join!` at once"))
    }
}
