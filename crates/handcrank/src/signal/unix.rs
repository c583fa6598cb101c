//! Unix signals.
//!
//! A signal handler may do next to nothing, so it writes a byte into a socket, and the reactor
//! sees that there is something to read, as with any other socket. Each [`Signal`] has a pair of
//! sockets of its own; `signal-hook` owns the handler and knows whom to write to.
//!
//! # Differences from Tokio
//!
//! A listener costs two file descriptors, where Tokio has one pair for all. It belongs to the runtime in which
//! it was polled last: polled in another one, it moves there. Polled outside of any, with its runtime shut
//! down, [`Signal::recv`] says `None`, where Tokio's waits for ever.

use crate::runtime::context;
use handcrank_reactor::{Direction, Interest, Ready, Source};
use signal_hook::SigId;
use signal_hook::consts::FORBIDDEN;
use signal_hook::low_level;
use std::ffi::c_int;
use std::future::poll_fn;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::task::{Context, Poll, ready};

/// A kind of signal.
#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq)]
pub struct SignalKind(c_int);

impl SignalKind {
    /// The signal with the number `signum`, such as `libc::SIGUSR1`.
    pub const fn from_raw(signum: c_int) -> Self {
        Self(signum)
    }

    /// The signal's number.
    pub const fn as_raw_value(&self) -> c_int {
        self.0
    }

    /// `SIGALRM`: a timer of the system has run out.
    pub const fn alarm() -> Self {
        Self(libc::SIGALRM)
    }

    /// `SIGCHLD`: the state of a child process has changed.
    pub const fn child() -> Self {
        Self(libc::SIGCHLD)
    }

    /// `SIGHUP`: the terminal is gone; for a daemon, by custom: read the configuration again.
    pub const fn hangup() -> Self {
        Self(libc::SIGHUP)
    }

    /// `SIGINFO`: somebody at the terminal asks how it is going (ctrl-t).
    #[cfg(target_vendor = "apple")]
    pub const fn info() -> Self {
        Self(libc::SIGINFO)
    }

    /// `SIGINT`: ctrl-c.
    pub const fn interrupt() -> Self {
        Self(libc::SIGINT)
    }

    /// `SIGIO`: I/O is possible.
    pub const fn io() -> Self {
        Self(libc::SIGIO)
    }

    /// `SIGPIPE`: a write to a pipe that nobody reads.
    pub const fn pipe() -> Self {
        Self(libc::SIGPIPE)
    }

    /// `SIGQUIT`: ctrl-\.
    pub const fn quit() -> Self {
        Self(libc::SIGQUIT)
    }

    /// `SIGTERM`: the polite request to end.
    pub const fn terminate() -> Self {
        Self(libc::SIGTERM)
    }

    /// `SIGUSR1`: whatever the program says it means.
    pub const fn user_defined1() -> Self {
        Self(libc::SIGUSR1)
    }

    /// `SIGUSR2`: whatever the program says it means.
    pub const fn user_defined2() -> Self {
        Self(libc::SIGUSR2)
    }

    /// `SIGWINCH`: the terminal's window has another size.
    pub const fn window_change() -> Self {
        Self(libc::SIGWINCH)
    }
}

impl From<c_int> for SignalKind {
    fn from(signum: c_int) -> Self {
        Self::from_raw(signum)
    }
}

impl From<SignalKind> for c_int {
    fn from(kind: SignalKind) -> Self {
        kind.0
    }
}

/// Starts to listen for a kind of signal.
///
/// The first listener of a kind installs the handler, for good: the signal's default action (most
/// end the process) does not come back when the last listener is dropped.
///
/// # Errors
///
/// For `SIGKILL`, `SIGSTOP`, `SIGILL`, `SIGFPE` and `SIGSEGV`, which cannot or must not be caught,
/// and for numbers that are no signal.
///
/// # Panics
///
/// Outside of a runtime, and in a runtime without I/O.
///
/// ```no_run
/// use handcrank::signal::unix::{signal, SignalKind};
///
/// # async fn example() -> std::io::Result<()> {
/// let mut hangups = signal(SignalKind::hangup())?;
/// while hangups.recv().await.is_some() {
///     println!("reading the configuration again");
/// }
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    let reactor = context::reactor();
    // signal-hook panics for these.
    if kind.0 <= 0 || FORBIDDEN.contains(&kind.0) {
        return Err(io::Error::other(format!("Refusing to register signal {}", kind.0)));
    }
    if reactor.is_shutdown() {
        return Err(io::Error::other("signal driver gone"));
    }
    if kind.0 > last_signal() {
        return Err(io::Error::other("signal too large"));
    }
    let (receiver, sender) = UnixStream::pair()?;
    receiver.set_nonblocking(true)?;
    // Into the reactor first: if that fails nothing has been installed yet.
    let receiver = reactor.register(receiver, Interest::READABLE, Ready::EMPTY)?;
    let id = low_level::pipe::register(kind.0, sender)?;
    Ok(Signal { receiver, id })
}

/// The highest number that a signal can have.
fn last_signal() -> c_int {
    #[cfg(target_os = "linux")]
    let last = libc::SIGRTMAX();
    #[cfg(not(target_os = "linux"))]
    let last = 33;
    last
}

/// A listener for one kind of signal, made by [`signal()`].
///
/// Signals are not counted: all that arrive before the next call of [`recv`](Self::recv) are one.
/// What is sure is that after each signal `recv` returns once more. A signal from before the
/// listener was made is not seen, and each listener sees every signal of its kind.
#[derive(Debug)]
#[must_use = "a listener does nothing unless it is asked"]
pub struct Signal {
    receiver: Source<UnixStream>,
    id: SigId,
}

impl Signal {
    /// Waits for the next signal. `None` means that the runtime is shut down, and that this one was not
    /// called in another.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a signal that arrives while nobody waits is there for the next call.
    pub async fn recv(&mut self) -> Option<()> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// As [`recv`](Self::recv), for a caller with a [`Context`].
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        // Out of descriptors, for instance: it stays with the runtime it had.
        let _ = self.come_along();
        let received = ready!(self.receiver.poll_io(cx, Direction::Read, drain));
        Poll::Ready(received.ok())
    }

    /// Moves to the runtime that polls now, if that is another one than before: the one before may have ended,
    /// or nobody may be turning it.
    fn come_along(&mut self) -> io::Result<()> {
        let here = context::with_current(|inner| {
            let here = &inner.reactor;
            let moves =
                !here.is(self.receiver.handle()) && here.io_enabled() && !here.is_shutdown();
            moves.then(|| here.clone())
        });
        if let Ok(Some(here)) = here {
            // What the handler has written meanwhile is in the socket, whichever descriptor it is read by.
            let receiver = self.receiver.get_ref().try_clone()?;
            self.receiver = here.register(receiver, Interest::READABLE, Ready::EMPTY)?;
        }
        Ok(())
    }
}

/// Takes every byte that the handler has written: several signals become one here.
fn drain(mut receiver: &UnixStream) -> io::Result<()> {
    let mut bytes = [0; 64];
    let mut received = false;
    loop {
        match receiver.read(&mut bytes) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) if read == bytes.len() => received = true,
            // Fewer bytes than asked for: there are no more.
            Ok(_) => return Ok(()),
            Err(error) if received && error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        // Takes this listener's socket from the handler and closes it.
        low_level::unregister(self.id);
    }
}
