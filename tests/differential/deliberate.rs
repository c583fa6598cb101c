//! Where Handcrank means to differ from Tokio.

/// Cases, named as the test names them, whose logs must differ, and why they do.
pub(crate) const DELIBERATE: &[(&str, &str)] = &[
    (
        "shutdown::queued_jobs_are_dropped (current thread)",
        "README: a blocking job that has not begun when its runtime ends is dropped",
    ),
    (
        "shutdown::queued_jobs_are_dropped (multi thread)",
        "README: a blocking job that has not begun when its runtime ends is dropped",
    ),
];
