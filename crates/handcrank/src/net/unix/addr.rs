//! Addresses of Unix sockets: between paths, the standard library and the system.

use socket2::SockAddr;
use std::fmt;
use std::io;
#[cfg(target_os = "linux")]
use std::os::{linux::net::SocketAddrExt, unix::ffi::OsStrExt};
use std::path::Path;

type Std = std::os::unix::net::SocketAddr;

/// The address of a Unix socket: a path, an abstract name, or nothing.
///
/// Made from the standard library's, and turned into it, with `From`.
#[derive(Clone)]
pub struct SocketAddr(pub(super) Std);

impl SocketAddr {
    /// Whether it is the address of a socket that was not bound.
    pub fn is_unnamed(&self) -> bool {
        self.0.is_unnamed()
    }

    /// The path, if it has one.
    pub fn as_pathname(&self) -> Option<&Path> {
        self.0.as_pathname()
    }

    /// The abstract name, without the zero byte before it, if it has one.
    #[cfg(target_os = "linux")]
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        self.0.as_abstract_name()
    }
}

impl fmt::Debug for SocketAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Std> for SocketAddr {
    fn from(address: Std) -> SocketAddr {
        SocketAddr(address)
    }
}

impl From<SocketAddr> for Std {
    fn from(address: SocketAddr) -> Std {
        address.0
    }
}

/// The address that `path` names: a file, or what follows a leading zero byte.
pub(super) fn from_path(path: &Path) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some((0, name)) = path.as_os_str().as_bytes().split_first().map(|(b, name)| (*b, name)) {
        return Std::from_abstract_name(name).map(SocketAddr);
    }
    Std::from_pathname(path).map(SocketAddr)
}

/// Our form of an address that the system gave out.
pub(super) fn from_system(addr: &SockAddr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = addr.as_abstract_namespace() {
        return Std::from_abstract_name(name).map(SocketAddr);
    }
    // An empty path is how the standard library writes an unnamed address.
    Std::from_pathname(addr.as_pathname().unwrap_or(Path::new(""))).map(SocketAddr)
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
        // The kernel has the last word, and refuses.
        None => SockAddr::unix(""),
    }
}
