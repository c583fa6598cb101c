//! `task_local!` and `LocalKey`.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
