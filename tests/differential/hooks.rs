//! What a builder calls on its threads.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
