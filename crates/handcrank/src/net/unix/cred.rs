//! Who is at the other end of a Unix socket.

#![allow(non_camel_case_types)] // The names are the system's.

/// A user's number.
pub type uid_t = u32;
/// A group's number.
pub type gid_t = u32;
/// A process's number.
pub type pid_t = i32;

/// The process that made the other end of a Unix stream, as the kernel noted it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UCred {
    pid: Option<pid_t>,
    uid: uid_t,
    gid: gid_t,
}

impl UCred {
    /// Its user.
    pub fn uid(&self) -> uid_t {
        self.uid
    }

    /// Its group.
    pub fn gid(&self) -> gid_t {
        self.gid
    }

    /// Its number, where the system tells.
    pub fn pid(&self) -> Option<pid_t> {
        self.pid
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn of_peer(socket: &impl std::os::fd::AsFd) -> std::io::Result<UCred> {
    let peer = rustix::net::sockopt::socket_peercred(socket)?;
    Ok(UCred { pid: Some(peer.pid.as_raw_pid()), uid: peer.uid.as_raw(), gid: peer.gid.as_raw() })
}
