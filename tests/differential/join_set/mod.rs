//! `JoinSet`.

pub(super) mod aborting;
pub(super) mod joining;
pub(super) mod spawning;

use super::{rt, setup};
