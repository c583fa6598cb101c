//! `lookup_host` and `ToSocketAddrs`.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
