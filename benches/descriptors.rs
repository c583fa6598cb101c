//! Room for thousands of sockets.

use rustix::process::{Resource, getrlimit, setrlimit};

/// What a process has open besides the sockets that a workload counts, generously.
const OTHERS: u64 = 200;

/// Raises the limit on open descriptors as far as it may go, and checks that it is enough.
///
/// # Panics
///
/// If it is not enough; the message says what is missing.
pub(crate) fn make_room(sockets: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit).expect("up to the maximum everybody may");
    }
    let room = limit.maximum.unwrap_or(u64::MAX);
    let needed = sockets + OTHERS;
    assert!(
        needed <= room,
        "{sockets} sockets need room for {needed} open descriptors, and this process may have no \
         more than {room}: the hard limit (ulimit -Hn) has to be raised",
    );
}
