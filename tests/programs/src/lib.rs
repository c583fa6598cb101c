//! Programs made of well-known libraries, on Handcrank.
#![forbid(unsafe_code)]
