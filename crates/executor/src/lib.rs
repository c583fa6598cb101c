//! The minimal executor: a parker, block_on, and a local executor.
