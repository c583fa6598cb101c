//! The small sets: what one waits for ([`Interest`]), what has come ([`Ready`], [`ReadyEvent`]).

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};

/// What a source is ready for.
///
/// A set: combine with `|`, take away with `-`. A closed direction also counts as ready, because
/// an attempt on it would return at once, with the end of the stream or an error.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ready(u8);

impl Ready {
    /// Nothing.
    pub const EMPTY: Ready = Ready(0);
    /// Something can be read, or accepted.
    pub const READABLE: Ready = Ready(1);
    /// Something can be written, or a connection attempt has ended.
    pub const WRITABLE: Ready = Ready(1 << 1);
    /// The other side will send nothing more.
    pub const READ_CLOSED: Ready = Ready(1 << 2);
    /// Nothing more can be sent.
    pub const WRITE_CLOSED: Ready = Ready(1 << 3);
    /// Urgent data, or what a special file calls its exceptional condition. Linux and Android.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const PRIORITY: Ready = Ready(1 << 4);
    /// The source is in an error state.
    pub const ERROR: Ready = Ready(1 << 5);
    /// Everything this platform knows.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const ALL: Ready = Ready(0b11_1111);
    /// Everything this platform knows.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub const ALL: Ready = Ready(0b10_1111);

    /// The states that never end: clearing leaves them.
    pub(crate) const FINAL: Ready = Ready(Self::READ_CLOSED.0 | Self::WRITE_CLOSED.0);

    /// Whether this is nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether an attempt to read would not block: readable, or closed for reading.
    pub const fn is_readable(self) -> bool {
        self.intersects(Ready(Ready::READABLE.0 | Ready::READ_CLOSED.0))
    }

    /// Whether an attempt to write would not block: writable, or closed for writing.
    pub const fn is_writable(self) -> bool {
        self.intersects(Ready(Ready::WRITABLE.0 | Ready::WRITE_CLOSED.0))
    }

    /// Whether the other side has ended its stream.
    pub const fn is_read_closed(self) -> bool {
        self.intersects(Ready::READ_CLOSED)
    }

    /// Whether nothing more can be sent.
    pub const fn is_write_closed(self) -> bool {
        self.intersects(Ready::WRITE_CLOSED)
    }

    /// Whether there is urgent data.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const fn is_priority(self) -> bool {
        self.intersects(Ready::PRIORITY)
    }

    /// Whether the source is in an error state.
    pub const fn is_error(self) -> bool {
        self.intersects(Ready::ERROR)
    }

    pub(crate) const fn intersects(self, other: Ready) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn bits(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn from_bits(bits: usize) -> Ready {
        Ready(bits as u8 & Ready::ALL.0)
    }
}

impl BitOr for Ready {
    type Output = Ready;
    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Ready) {
        self.0 |= other.0;
    }
}

impl BitAnd for Ready {
    type Output = Ready;
    fn bitand(self, other: Ready) -> Ready {
        Ready(self.0 & other.0)
    }
}

impl Sub for Ready {
    type Output = Ready;
    fn sub(self, other: Ready) -> Ready {
        Ready(self.0 & !other.0)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Ready");
        fields
            .field("is_readable", &self.is_readable())
            .field("is_writable", &self.is_writable())
            .field("is_read_closed", &self.is_read_closed())
            .field("is_write_closed", &self.is_write_closed())
            .field("is_error", &self.is_error());
        #[cfg(any(target_os = "linux", target_os = "android"))]
        fields.field("is_priority", &self.is_priority());
        fields.finish()
    }
}

/// What to wait for. Never empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interest(u8);

impl Interest {
    /// To be able to read, or to learn that nothing more will come.
    pub const READABLE: Interest = Interest(1);
    /// To be able to write, or to learn that nobody will read it.
    pub const WRITABLE: Interest = Interest(1 << 1);
    /// Urgent data. Linux and Android.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const PRIORITY: Interest = Interest(1 << 2);
    /// An error state. The kernel reports it whatever the registration says.
    pub const ERROR: Interest = Interest(1 << 3);

    /// Whether reading is part of it.
    pub const fn is_readable(self) -> bool {
        self.0 & Self::READABLE.0 != 0
    }

    /// Whether writing is part of it.
    pub const fn is_writable(self) -> bool {
        self.0 & Self::WRITABLE.0 != 0
    }

    /// Whether urgent data is part of it.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const fn is_priority(self) -> bool {
        self.0 & Self::PRIORITY.0 != 0
    }

    /// Whether the error state is part of it.
    pub const fn is_error(self) -> bool {
        self.0 & Self::ERROR.0 != 0
    }

    /// Both together. (Also `|`; this one is `const`.)
    #[must_use]
    #[allow(clippy::should_implement_trait)] // `|` is the operator; this name is tokio's.
    pub const fn add(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }

    /// This one without the other, or `None` if nothing is left.
    #[must_use]
    pub const fn remove(self, other: Interest) -> Option<Interest> {
        match self.0 & !other.0 {
            0 => None,
            left => Some(Interest(left)),
        }
    }

    /// The readiness that satisfies it.
    pub(crate) const fn mask(self) -> Ready {
        let mut bits = 0;
        if self.is_readable() {
            bits |= Ready::READABLE.0 | Ready::READ_CLOSED.0;
        }
        if self.is_writable() {
            bits |= Ready::WRITABLE.0 | Ready::WRITE_CLOSED.0;
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if self.is_priority() {
            bits |= Ready::PRIORITY.0 | Ready::READ_CLOSED.0;
        }
        if self.is_error() {
            bits |= Ready::ERROR.0;
        }
        Ready(bits)
    }
}

impl BitOr for Interest {
    type Output = Interest;
    fn bitor(self, other: Interest) -> Interest {
        self.add(other)
    }
}

impl BitOrAssign for Interest {
    fn bitor_assign(&mut self, other: Interest) {
        *self = self.add(other);
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (self.is_readable(), "READABLE"),
            (self.is_writable(), "WRITABLE"),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            (self.is_priority(), "PRIORITY"),
            (self.is_error(), "ERROR"),
        ];
        let mut separator = "";
        for (_, name) in names.iter().filter(|(present, _)| *present) {
            write!(f, "{separator}{name}")?;
            separator = " | ";
        }
        Ok(())
    }
}

/// The two directions that a single task at a time may poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Reading and accepting.
    Read,
    /// Writing and connecting.
    Write,
}

impl Direction {
    /// The readiness that satisfies it.
    pub(crate) const fn mask(self) -> Ready {
        match self {
            Direction::Read => Interest::READABLE.mask(),
            Direction::Write => Interest::WRITABLE.mask(),
        }
    }
}

/// A readiness that was seen, and when.
///
/// Given back to [`Source::clear_ready`](crate::Source::clear_ready) it clears that readiness,
/// unless a newer event has come in since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyEvent {
    pub(crate) ready: Ready,
    pub(crate) tick: usize,
}

impl ReadyEvent {
    /// What the source was ready for, of what was asked about.
    pub const fn ready(&self) -> Ready {
        self.ready
    }

    /// The same event narrowed to part of its readiness: for who has seen only that part end.
    #[must_use]
    pub fn only(self, part: Ready) -> ReadyEvent {
        ReadyEvent { ready: self.ready & part, tick: self.tick }
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_closed_direction_is_ready() {
        assert!(Ready::READ_CLOSED.is_readable() && !Ready::READ_CLOSED.is_writable());
        assert!(Ready::WRITE_CLOSED.is_writable() && !Ready::WRITE_CLOSED.is_readable());
        assert!(!Ready::ERROR.is_readable() && Ready::ERROR.is_error());
    }

    #[test]
    fn sets_add_and_subtract() {
        let both = Ready::READABLE | Ready::WRITABLE;
        assert_eq!(both - Ready::READABLE, Ready::WRITABLE);
        assert_eq!(both & Ready::READABLE, Ready::READABLE);
        assert_eq!(Ready::from_bits(both.bits()), both);
        assert_eq!(Ready::from_bits(usize::MAX), Ready::ALL);
    }

    #[test]
    fn interests_add_remove_and_print() {
        let both = Interest::READABLE | Interest::WRITABLE;
        assert_eq!(format!("{both:?}"), "READABLE | WRITABLE");
        assert_eq!(both.remove(Interest::READABLE), Some(Interest::WRITABLE));
        assert_eq!(Interest::READABLE.remove(both), None);
        assert_eq!(Interest::ERROR.mask(), Ready::ERROR);
        assert_eq!(both.mask(), Direction::Read.mask() | Direction::Write.mask());
    }
}
