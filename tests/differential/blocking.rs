//! `spawn_blocking` and `block_in_place`.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
