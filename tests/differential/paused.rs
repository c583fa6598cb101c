//! The clock stopped, advanced, and let go.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
