//! Unix streams, datagrams and their addresses.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
