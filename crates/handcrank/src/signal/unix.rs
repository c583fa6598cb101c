//! Unix signals.
//!
//! A signal handler may do next to nothing. Ours raises a flag for its kind and writes a byte into a socket that all
//! kinds share; `signal-hook` owns the handler. Each runtime that has to do with signals watches the socket, as it
//! does any other, and whichever is the first to see the byte looks at the flags and tells the listeners. `kinds.rs`
//! has the flags and the lists of listeners, `bell.rs` what a runtime does when the byte comes.

mod bell;
mod kinds;

use crate::runtime::context;
use handcrank_task::coop;
use kinds::{Kind, Listener};
use signal_hook::consts::FORBIDDEN;
use std::ffi::c_int;
use std::future::poll_fn;
use std::io;
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
    reactor.expect_io();
    // signal-hook panics for these.
    if kind.0 <= 0 || FORBIDDEN.contains(&kind.0) {
        return Err(io::Error::other(format!("Refusing to register signal {}", kind.0)));
    }
    if reactor.is_shutdown() {
        return Err(io::Error::other("signal driver gone"));
    }
    let Some(kind) = Kind::of(kind.0)? else {
        return Err(io::Error::other("signal too large"));
    };
    bell::hang_up(&reactor)?;
    kind.catch()?;
    Ok(Signal { listener: kind.listen() })
}

/// A listener for one kind of signal, made by [`signal()`].
///
/// Signals are not counted: all that arrive before the next call of [`recv`](Self::recv) are one.
/// What is sure is that after each signal `recv` returns once more. Each listener sees every signal of its kind.
///
/// A signal from before the listener was made is not seen, unless no runtime has come to look at it yet: then it
/// still counts, as it does in Tokio.
///
/// A listener belongs to no runtime. It waits in the one where it is polled, and outside of any it is told by those
/// that others have listened in.
#[derive(Debug)]
#[must_use = "a listener does nothing unless it is asked"]
pub struct Signal {
    listener: Listener,
}

impl Signal {
    /// Waits for the next signal. It never says `None`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a signal that arrives while nobody waits is there for the next call.
    pub async fn recv(&mut self) -> Option<()> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// As [`recv`](Self::recv), for a caller with a [`Context`].
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        // Perhaps this runtime has had nothing to do with signals until now, and all that had are gone.
        let _ = context::with_current(|inner| {
            let reactor = &inner.reactor;
            if reactor.io_enabled() && !reactor.is_shutdown() {
                // Out of descriptors, for instance: then the others have to do.
                let _ = bell::hang_up(reactor);
            }
        });
        let budget = ready!(coop::poll_proceed(cx));
        ready!(self.listener.poll(cx));
        budget.made_progress();
        Poll::Ready(Some(()))
    }
}
