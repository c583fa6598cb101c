//! Futures dropped at each of their awaits.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
