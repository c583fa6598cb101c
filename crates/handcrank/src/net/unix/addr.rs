//! Addresses of Unix sockets: between paths, the standard library and the system.

use socket2::SockAddr;
use std::io;
use std::os::unix::net::SocketAddr;
#[cfg(target_os = "linux")]
use std::os::{linux::net::SocketAddrExt, unix::ffi::OsStrExt};
use std::path::Path;

/// The address that `path` names: a file, or what follows a leading zero byte.
pub(super) fn from_path(path: &Path) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some((0, name)) = path.as_os_str().as_bytes().split_first().map(|(b, name)| (*b, name)) {
        return SocketAddr::from_abstract_name(name);
    }
    SocketAddr::from_pathname(path)
}

/// The standard library's form of an address that the system gave out.
pub(super) fn from_system(addr: &SockAddr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = addr.as_abstract_namespace() {
        return SocketAddr::from_abstract_name(name);
    }
    // An empty path is how the standard library writes an unnamed address.
    SocketAddr::from_pathname(addr.as_pathname().unwrap_or(Path::new("")))
}

/// The system's form of an address, to connect to.
pub(super) fn to_system(addr: &SocketAddr) -> io::Result<SockAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = addr.as_abstract_name() {
        let path = [b"\0", name].concat();
        return SockAddr::unix(std::ffi::OsStr::from_bytes(&path));
    }
    match addr.as_pathname() {
        Some(path) => SockAddr::unix(path),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "the address has no name")),
    }
}
