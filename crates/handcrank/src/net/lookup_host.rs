//! Looking up names.

use super::addr::{ToSocketAddrs, resolve};
use std::io;
use std::net::SocketAddr;

/// Turns a name and a port into addresses, as the system's resolver knows them.
///
/// Literal addresses are turned at once; names are looked up on the blocking pool. See
/// [`ToSocketAddrs`] for what may be given, and for panics.
///
/// # Cancel safety
///
/// Nothing is lost, but a look-up that has begun runs to its end on its thread.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// for address in handcrank::net::lookup_host("localhost:80").await? {
///     println!("{address}");
/// }
/// # Ok(())
/// # }
/// ```
pub async fn lookup_host<T>(host: T) -> io::Result<impl Iterator<Item = SocketAddr>>
where
    T: ToSocketAddrs,
{
    resolve(host).await
}
