//! Where Handcrank means to differ from Tokio.

/// Cases, named as the test names them, whose logs must differ, and why they do.
pub(crate) const DELIBERATE: &[(&str, &str)] = &[];
