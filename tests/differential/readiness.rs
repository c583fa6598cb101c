//! `readable`, `try_…`, `try_io` and `poll_…`.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
