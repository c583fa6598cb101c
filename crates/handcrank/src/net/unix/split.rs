//! Halves of a borrowed Unix stream.

use super::{SocketAddr, UnixStream};
use crate::net::split::borrowed_halves;

borrowed_halves!(UnixStream, SocketAddr);
