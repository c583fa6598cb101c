//! Runtimes: builders, handles, contexts, `block_on`.

pub(super) mod block_on;
pub(super) mod contexts;
pub(super) mod drops;
pub(super) mod metrics;
pub(super) mod settings;

use super::{rt, setup};
