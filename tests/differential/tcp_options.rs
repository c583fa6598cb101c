//! `TcpSocket`, and what can be set on sockets.

use crate::harness::{Case, cases};

pub(crate) const CASES: &[Case] = cases![];
