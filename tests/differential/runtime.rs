//! Runtimes: builders, handles, contexts, `block_on`.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
