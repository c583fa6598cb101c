//! `sleep`, deadlines, and their rounding.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
