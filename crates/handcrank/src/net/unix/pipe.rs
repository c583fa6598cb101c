//! Pipes: bytes that go one way, between processes or threads of one machine.
//!
//! ```
//! # handcrank::runtime::Runtime::new().unwrap().block_on(async {
//! let (mut sender, mut receiver) = handcrank::net::unix::pipe::pipe()?;
//! sender.write_all(b"hello").await?;
//! drop(sender);
//! let mut text = String::new();
//! receiver.read_to_string(&mut text).await?;
//! assert_eq!(text, "hello");
//! # std::io::Result::Ok(())
//! # }).unwrap();
//! ```

use crate::net::socket::{descriptor, register_for};
use crate::net::stream::{read, read_side, write_side};
use handcrank_reactor::{Direction, Interest, Ready, Source};
use rustix::fs::{FileType, OFlags};
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::task::{Context, Poll};

/// A new pipe: what is written into the one end can be read from the other.
///
/// # Panics
///
/// Outside of a runtime, and in a runtime without I/O.
#[track_caller]
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (receiver, sender) = io::pipe()?;
    let (receiver, sender) = (OwnedFd::from(receiver), OwnedFd::from(sender));
    rustix::io::ioctl_fionbio(&receiver, true)?;
    rustix::io::ioctl_fionbio(&sender, true)?;
    // There is room to write, and nothing to read yet.
    let sender = Sender { io: register_for(sender.into(), Interest::WRITABLE, Ready::WRITABLE)? };
    Ok((sender, Receiver::from_owned_fd_unchecked(receiver)?))
}

/// How to open a pipe that has a name (a FIFO).
///
/// ```no_run
/// use handcrank::net::unix::pipe;
///
/// # fn example() -> std::io::Result<()> {
/// let receiver = pipe::OpenOptions::new().open_receiver("/tmp/fifo")?;
/// let sender = pipe::OpenOptions::new().open_sender("/tmp/fifo")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    read_write: bool,
    unchecked: bool,
}

impl OpenOptions {
    /// For reading or writing alone, and for what is a pipe indeed.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Opens for both, so that a sender needs no receiver to be there first, and a receiver sees no
    /// end when the last sender goes.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn read_write(&mut self, value: bool) -> &mut OpenOptions {
        self.read_write = value;
        self
    }

    /// Does not look whether it is a pipe.
    pub fn unchecked(&mut self, value: bool) -> &mut OpenOptions {
        self.unchecked = value;
        self
    }

    /// Opens the pipe at `path` for reading, whether or not there is a sender.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if it is no pipe.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn open_receiver<P: AsRef<Path>>(&self, path: P) -> io::Result<Receiver> {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(self.read_write);
        Receiver::from_file_unchecked(self.open(path.as_ref(), &mut options)?)
    }

    /// Opens the pipe at `path` for writing.
    ///
    /// # Errors
    ///
    /// `ENXIO` if nobody has it open for reading; [`InvalidInput`](io::ErrorKind::InvalidInput) if
    /// it is no pipe.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn open_sender<P: AsRef<Path>>(&self, path: P) -> io::Result<Sender> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).read(self.read_write);
        Sender::from_file_unchecked(self.open(path.as_ref(), &mut options)?)
    }

    fn open(&self, path: &Path, options: &mut std::fs::OpenOptions) -> io::Result<File> {
        let file = options.custom_flags(libc::O_NONBLOCK).open(path)?;
        if !self.unchecked {
            check(&file)?;
        }
        Ok(file)
    }
}

/// Is it a pipe at all?
fn check(fd: &impl std::os::fd::AsFd) -> io::Result<()> {
    match FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode) {
        FileType::Fifo => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a pipe")),
    }
}

/// Is it a pipe that is open for this? Then it is made non-blocking.
fn prepare(fd: BorrowedFd<'_>, mode: OFlags, refusal: &'static str) -> io::Result<()> {
    check(&fd)?;
    let flags = rustix::fs::fcntl_getfl(fd)?;
    let access = flags & OFlags::RWMODE;
    if access != mode && access != OFlags::RDWR {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, refusal));
    }
    Ok(rustix::fs::fcntl_setfl(fd, flags | OFlags::NONBLOCK)?)
}

/// What both ends have in common.
macro_rules! end {
    ($End:ident, $std:ty, $INTEREST:ident, $MODE:ident, $refusal:literal) => {
        impl $End {
            /// Takes a file that is an end of a pipe, and makes it non-blocking.
            ///
            /// # Errors
            ///
            /// [`InvalidInput`](io::ErrorKind::InvalidInput) if it is no pipe, or not opened for
            /// this.
            ///
            /// # Panics
            ///
            /// Outside of a runtime, and in a runtime without I/O.
            #[track_caller]
            pub fn from_file(file: File) -> io::Result<$End> {
                $End::from_owned_fd(file.into())
            }

            /// As [`from_file`](Self::from_file), from a descriptor.
            #[track_caller]
            pub fn from_owned_fd(owned_fd: OwnedFd) -> io::Result<$End> {
                prepare(std::os::fd::AsFd::as_fd(&owned_fd), OFlags::$MODE, $refusal)?;
                $End::from_owned_fd_unchecked(owned_fd)
            }

            /// Takes a file without looking what it is. It must be non-blocking already.
            ///
            /// # Panics
            ///
            /// Outside of a runtime, and in a runtime without I/O.
            #[track_caller]
            pub fn from_file_unchecked(file: File) -> io::Result<$End> {
                $End::from_owned_fd_unchecked(file.into())
            }

            /// As [`from_file_unchecked`](Self::from_file_unchecked), from a descriptor.
            #[track_caller]
            pub fn from_owned_fd_unchecked(owned_fd: OwnedFd) -> io::Result<$End> {
                let io = register_for(owned_fd.into(), Interest::$INTEREST, Ready::EMPTY)?;
                Ok($End { io })
            }

            /// Takes the pipe out of the runtime, in blocking mode.
            pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
                let fd = self.into_nonblocking_fd()?;
                rustix::io::ioctl_fionbio(&fd, false)?;
                Ok(fd)
            }

            /// Takes the pipe out of the runtime. It stays non-blocking.
            pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
                self.io.into_inner().map(OwnedFd::from)
            }

            /// Waits for any of the given kinds of readiness and says which there are. Cancel safe.
            pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
                Ok(self.io.ready(interest).await?.ready())
            }

            /// Tries an operation of your own on this pipe, if it is ready. The closure must hand
            /// on [`WouldBlock`](io::ErrorKind::WouldBlock): it is what clears the readiness.
            pub fn try_io<R>(&self, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
                self.io.try_io(Interest::$INTEREST, |_| f())
            }
        }

        impl AsRef<$End> for $End {
            fn as_ref(&self) -> &$End {
                self
            }
        }

        descriptor!($End);
    };
}

/// The end of a pipe that is written. When the last one is dropped, the receiver sees the end.
pub struct Sender {
    io: Source<PipeWriter>,
}

end!(Sender, PipeWriter, WRITABLE, WRONLY, "not in O_WRONLY or O_RDWR access mode");
write_side!(Sender, Sender);

impl Sender {
    /// Waits until there may be room to write. Only the last task that called this, or any other
    /// `poll_` method, is woken.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_ready(cx, Direction::Write).map_ok(|_| ())
    }

    /// A pipe has no other direction, so nothing is closed before it is dropped.
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)] // The form that streams need.
    fn shut_down(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The end of a pipe that is read.
pub struct Receiver {
    io: Source<PipeReader>,
}

end!(Receiver, PipeReader, READABLE, RDONLY, "not in O_RDONLY or O_RDWR access mode");
read_side!(Receiver, Receiver);

impl Receiver {
    /// Waits until there may be something to read, or the end. Only the last task that called this,
    /// or any other `poll_` method, is woken.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_ready(cx, Direction::Read).map_ok(|_| ())
    }
}

impl read::Stream for PipeReader {
    // A pipe may have been made to keep messages apart (`O_DIRECT`).
    const SHORT_READ_EMPTIES: bool = false;
}
