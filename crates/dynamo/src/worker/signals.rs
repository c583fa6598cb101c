//! SIGINT and SIGTERM: the first begins the shutdown, the second ends the process.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;

use handcrank::runtime::Builder;
use handcrank::signal::unix::{SignalKind, signal};
use handcrank::sync::{CancellationToken, DropGuard};

use super::exit;
use crate::runtime::Runtime;
use crate::shutdown::Cause;
use crate::wait::{First, first_of};

/// Hears signals until the guard is dropped.
///
/// On a thread with a small runtime of its own: a signal must be heard while the primary is stuck
/// and after the secondary is gone.
pub(super) fn listen(runtime: &Runtime) -> io::Result<DropGuard> {
    let own = Builder::new_current_thread().enable_all().name("signals").build()?;
    let token = CancellationToken::new();
    let (stop, runtime) = (token.clone(), runtime.clone());
    let (ready, wait_ready) = mpsc::sync_channel(1);
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        own.block_on(async {
            let both = signal(SignalKind::interrupt())
                .and_then(|int| signal(SignalKind::terminate()).map(|term| (int, term)));
            let (mut int, mut term) = match both {
                Ok(both) => both,
                Err(error) => return drop(ready.send(Err(error))),
            };
            // Nobody may be told that signals are heard before they are.
            let _ = ready.send(Ok(()));
            let mut first = true;
            while let Some(heard) =
                stop.run_until_cancelled(first_of(int.recv(), term.recv())).await
            {
                let name = match heard {
                    First::Left(_) => "SIGINT",
                    First::Right(_) => "SIGTERM",
                };
                if first {
                    let limit = runtime.config().shutdown_drain_timeout();
                    say(&format!(
                        "{name}: shutting down, up to {limit:?} to drain; again to end at once"
                    ));
                    runtime.shutdown_because(Cause::Signal(name));
                    first = false;
                } else {
                    say(&format!("{name} again: ending at once"));
                    std::process::exit(exit::SECOND_SIGNAL.into());
                }
            }
        });
    })?;
    match wait_ready.recv() {
        Ok(heard) => heard.map(|()| token.drop_guard()),
        Err(_) => Err(io::Error::other("the signal thread ended before it began")),
    }
}

/// `eprintln!` panics when nobody reads any more, and this thread must not.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
