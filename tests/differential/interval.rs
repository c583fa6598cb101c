//! `interval` and its missed ticks.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
