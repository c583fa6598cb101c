//! Halves of a Unix stream that can go separate ways.

use super::{SocketAddr, UnixStream};
use crate::net::split_owned::owned_halves;

owned_halves!(UnixStream, SocketAddr);
