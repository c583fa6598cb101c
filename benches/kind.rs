//! What can be measured: workloads, limits, curves and memory.

use crate::Cost;

/// Something made ready: goes through it that many times and says what it cost.
pub type Round = Box<dyn FnMut(u64) -> Cost>;

/// What part of a runtime a workload is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Spawning, waking and yielding on several threads.
    Scheduler,
    /// The thread that is in `block_on`.
    BlockOn,
    /// The same ideas on a runtime of one thread.
    CurrentThread,
    /// Threads for code that blocks.
    Blocking,
    /// Timers.
    Time,
    /// Sockets, and HTTP on them.
    Net,
    /// Starting and stopping.
    Lifetime,
}

/// Which of the two clocks tells the sides apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The time that goes by.
    Wall,
    /// The processor time: where the time that goes by is mostly waiting that was asked for.
    Processor,
}

/// A workload and the ways to make it ready.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// What it is called: as in Tokio's `benches`, if it is there.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// What it does, in a line.
    pub what: &'static str,
    /// How many operations one pass consists of.
    pub operations: u64,
    /// Whether each round starts a runtime of its own and stops it again, outside of what is
    /// measured.
    pub fresh: bool,
    /// The figure to compare.
    pub figure: Figure,
    /// The name of the physical limit that it is held against.
    pub limit: Option<&'static str>,
    /// How many times faster than Tokio it should be.
    pub mark: f64,
    /// Makes it ready on Tokio.
    pub tokio: fn() -> Round,
    /// Makes it ready on Handcrank.
    pub handcrank: fn() -> Round,
    /// Makes it ready on smol.
    pub smol: Option<fn() -> Round>,
}

/// What the machine itself takes for the least that such an operation could be.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What it is called.
    pub name: &'static str,
    /// What it does, in a line.
    pub what: &'static str,
    /// How many operations one pass consists of.
    pub operations: u64,
    /// Makes it ready.
    pub make: fn() -> Round,
}

/// A workload at growing sizes.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    /// What it is called.
    pub name: &'static str,
    /// What it does, in a line.
    pub what: &'static str,
    /// What grows.
    pub axis: &'static str,
    /// The sizes.
    pub points: &'static [u64],
    /// What is measured, and in what.
    pub unit: &'static str,
    /// The figure to compare.
    pub figure: Figure,
    /// Makes it ready on Tokio at a size. One pass is one time through it.
    pub tokio: fn(u64) -> Round,
    /// Makes it ready on Handcrank.
    pub handcrank: fn(u64) -> Round,
    /// Makes it ready on smol.
    pub smol: Option<fn(u64) -> Round>,
    /// How many operations one pass consists of at that size.
    pub operations: fn(u64) -> u64,
}

/// What one of many idle things takes up.
///
/// Each has to be asked in a fresh process: memory once used does not come back for certain, and
/// what was used before would be found free.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// What it is called.
    pub name: &'static str,
    /// What there are many of, in a line.
    pub what: &'static str,
    /// How many there are.
    pub count: u64,
    /// Resident bytes each on Tokio.
    pub tokio: fn() -> f64,
    /// Resident bytes each on Handcrank.
    pub handcrank: fn() -> f64,
    /// Resident bytes each on smol.
    pub smol: Option<fn() -> f64>,
}

/// The ways to make something ready, before it has a name.
#[derive(Clone, Copy)]
pub(crate) struct Sides<F> {
    pub(crate) tokio: F,
    pub(crate) handcrank: F,
    pub(crate) smol: Option<F>,
}

/// Writes out an expression for each of the runtimes, which it calls `R`.
macro_rules! sides {
    (|$size:ident| $make:expr) => {
        $crate::kind::sides!(@ [$size] $make)
    };
    (@ [$($size:ident)?] $make:expr) => {
        $crate::kind::Sides {
            tokio: |$($size)?| {
                type R = $crate::Tokio;
                $make
            },
            handcrank: |$($size)?| {
                type R = $crate::Handcrank;
                $make
            },
            smol: Some(|$($size)?| {
                type R = $crate::Smol;
                $make
            }),
        }
    };
    ($make:expr) => {
        $crate::kind::sides!(@ [] $make)
    };
}
pub(crate) use sides;

impl Workload {
    /// One that is compared by the clock and is to be twice as fast.
    pub(crate) const fn new(
        group: Group,
        name: &'static str,
        what: &'static str,
        operations: u64,
        sides: Sides<fn() -> Round>,
    ) -> Self {
        let Sides { tokio, handcrank, smol } = sides;
        let (fresh, figure, limit, mark) = (false, Figure::Wall, None, 2.0);
        Self { name, group, what, operations, fresh, figure, limit, mark, tokio, handcrank, smol }
    }

    pub(crate) const fn limit(mut self, name: &'static str) -> Self {
        self.limit = Some(name);
        self
    }

    pub(crate) const fn mark(mut self, mark: f64) -> Self {
        self.mark = mark;
        self
    }

    pub(crate) const fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Where smol would be given less to do.
    pub(crate) const fn without_smol(mut self) -> Self {
        self.smol = None;
        self
    }

    pub(crate) const fn by_processor_time(mut self) -> Self {
        self.figure = Figure::Processor;
        self
    }
}
