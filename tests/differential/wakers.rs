//! Who is woken, when, and how often.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
