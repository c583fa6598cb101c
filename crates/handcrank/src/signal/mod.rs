//! Signals of the operating system as something to await.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! println!("press ctrl-c to stop");
//! handcrank::signal::ctrl_c().await?;
//! println!("stopping");
//! # Ok(())
//! # }
//! ```

#[cfg(test)]
mod tests;
pub mod unix;

use std::io;

/// Waits for the next ctrl-c (`SIGINT`).
///
/// The first poll installs the handler, for good: from then on ctrl-c no longer ends the process,
/// also when nobody waits for it. A ctrl-c from before that poll is not seen. Every task that waits
/// here sees the next one.
///
/// # Cancel safety
///
/// A ctrl-c that arrives between two calls of this function is lost. To miss none keep one
/// [`Signal`](unix::Signal) and call its [`recv`](unix::Signal::recv) again and again.
///
/// # Panics
///
/// Outside of a runtime, and in a runtime without I/O.
pub async fn ctrl_c() -> io::Result<()> {
    unix::signal(unix::SignalKind::interrupt())?.recv().await;
    Ok(())
}
