//! Runtimes that end while something runs.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
