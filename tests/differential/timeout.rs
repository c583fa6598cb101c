//! `timeout` and `timeout_at`.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
