//! A pool of threads for code that blocks.
