//! The I/O driver and the timers: one mio poll, one hierarchical wheel.
