//! What can be asked for. `cargo x bench` understands the same, from this very file, and passes it
//! on: so a mistake is answered before anything has been built.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What to measure, how long, and what to do with it.
#[derive(Args, Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub(crate) struct Options {
    /// Fewer rounds and shorter ones, and neither curves nor memory unless asked for: under two
    /// minutes for one allocator.
    #[arg(long)]
    pub(crate) quick: bool,

    /// What all runtimes allocate with. [default: system with --quick, else both]
    #[arg(long, value_enum)]
    pub(crate) allocator: Option<Allocator>,

    /// How often each side has its turn. [default: 21, with --quick 9]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) rounds: Option<u64>,

    /// How long a turn lasts, in milliseconds, about. [default: 50, with --quick 20]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub(crate) millis: Option<u64>,

    /// Only what has one of these words in its name or in that of its group.
    #[arg(long, value_name = "WORD", num_args = 1..)]
    pub(crate) only: Vec<String>,

    /// Tokio against itself: how far its ratios stray from 1 is what the machine's noise can do.
    #[arg(long)]
    pub(crate) control: bool,

    /// Smol has its turn, too. [default]
    #[arg(long, overrides_with = "no_smol")]
    pub(crate) smol: bool,

    /// Without smol.
    #[arg(long, overrides_with = "smol")]
    pub(crate) no_smol: bool,

    /// Curves, too. [default, but not with --quick or --only]
    #[arg(long, conflicts_with = "control")]
    pub(crate) curves: bool,

    /// Memory, too. [default, but not with --quick or --only]
    #[arg(long, conflicts_with = "control")]
    pub(crate) memory: bool,

    /// Says what there is to measure, and measures nothing.
    #[arg(long)]
    pub(crate) list: bool,

    /// Where the figures, the table and the charts go. [default: bench in cargo's target folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Puts the result into the README and the book.
    #[arg(long, conflicts_with_all = ["only", "control", "list"])]
    pub(crate) publish: bool,

    /// Writes README and book anew from what was published before: after a change of the reasons.
    #[arg(long, exclusive = true)]
    pub(crate) publish_only: bool,

    /// Measures nothing: reads the figures of that folder and writes its table and charts anew.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["only", "control", "list"])]
    pub(crate) render: Option<PathBuf>,
}

/// What all runtimes allocate with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Allocator {
    /// The system's.
    System,
    /// Mimalloc.
    Mimalloc,
    /// One after the other.
    Both,
}
