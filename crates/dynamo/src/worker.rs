//! A process around a runtime: runs the application, hears signals, chooses the exit code.

mod signals;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::BoxError;
use crate::config::RuntimeConfig;
use crate::runtime::{Runtime, StartError};
use crate::shutdown::{Cause, ShutdownReport};
use crate::wait::{First, block_until, first_of};

/// Exit codes. All below 128: from there on shells read a code as "ended by a signal", and a
/// supervisor that sees one takes a failed shutdown for an ordinary stop.
pub mod exit {
    /// The application ended well, and everything drained.
    pub const OK: u8 = 0;
    /// The application returned an error or panicked, or could not be started.
    pub const FAILED: u8 = 1;
    /// The command line or the configuration is wrong.
    pub const USAGE: u8 = 2;
    /// The application ended well, but the shutdown cut something off.
    pub const CUT_OFF: u8 = 3;
    /// A second signal ended the process before its shutdown was complete.
    pub const SECOND_SIGNAL: u8 = 4;
}

/// Runs one application on a [`Runtime`].
#[derive(Debug)]
pub struct Worker {
    runtime: Runtime,
}

impl Worker {
    /// A worker on the runtime of [`RuntimeConfig::from_settings`].
    ///
    /// # Errors
    ///
    /// As [`Runtime::new`], and wrong settings.
    pub fn from_settings() -> Result<Self, StartError> {
        Self::from_config(RuntimeConfig::from_settings()?)
    }

    /// A worker on the runtime of `config`.
    ///
    /// # Errors
    ///
    /// As [`Runtime::new`].
    pub fn from_config(config: RuntimeConfig) -> Result<Self, StartError> {
        Ok(Self { runtime: Runtime::new(config)? })
    }

    /// Its runtime.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Runs `app` on the primary runtime until it returns, or until a shutdown begins; then goes
    /// through the phases and says how it all went.
    ///
    /// The first SIGINT or SIGTERM begins the shutdown. An application that waits for the
    /// [main token](Runtime::primary_token) therefore returns when its work has drained. A second
    /// signal ends the process at once, with [`exit::SECOND_SIGNAL`].
    ///
    /// Blocks the calling thread, which must not be a worker of a runtime. Signals are heard on a
    /// thread of their own, so that neither a stuck primary nor a stopped secondary can make the
    /// process deaf.
    ///
    /// # Errors
    ///
    /// Those of the application are in the [`Outcome`], as is a failure to hear signals.
    pub fn execute<F, Fut, E>(self, app: F) -> Outcome
    where
        F: FnOnce(Runtime) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + Send + 'static,
    {
        let runtime = self.runtime;
        let listener = match signals::listen(&runtime) {
            Ok(listener) => listener,
            Err(error) => {
                runtime.shutdown_because(Cause::ApplicationFailed);
                let result = Err(AppError::Failed(error.into()));
                return Outcome { report: runtime.shutdown_and_wait(), result };
            }
        };

        let inner = runtime.clone();
        // `app` is called inside the task: it may want a runtime around it, and may panic.
        let body = async move { app(inner).await.map_err(Into::into) };
        let mut task = runtime.primary().spawn(runtime.application_tracker().track_future(body));

        let begun = runtime.endpoint_shutdown_token();
        let early = match block_until(None, first_of(&mut task, begun.cancelled())) {
            Some(First::Left(joined)) => Some(flatten(joined)),
            Some(First::Right(())) | None => None,
        };
        if let Some(result) = &early {
            let well = result.is_ok();
            let cause = if well { Cause::ApplicationEnded } else { Cause::ApplicationFailed };
            runtime.shutdown_because(cause);
        }

        let report = runtime.shutdown_and_wait();
        // Torn down, the primary has completed or cancelled the task; a worker that is stuck in
        // it has done neither.
        let soon = Some(Instant::now() + Duration::from_millis(100));
        let result =
            early.unwrap_or_else(|| block_until(soon, task).map_or(Err(AppError::CutOff), flatten));
        drop(listener);
        Outcome { report, result }
    }
}

fn flatten(
    joined: Result<Result<(), BoxError>, handcrank::task::JoinError>,
) -> Result<(), AppError> {
    match joined {
        Ok(result) => result.map_err(AppError::Failed),
        Err(error) => match error.try_into_panic() {
            Ok(payload) => Err(AppError::Panicked(panic_text(payload))),
            Err(_) => Err(AppError::CutOff),
        },
    }
}

fn panic_text(payload: Box<dyn std::any::Any + Send>) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(the payload is no text)".to_owned());
    // Dropping a payload runs the application's code once more, which may panic once more.
    let _ = std::panic::catch_unwind(AssertUnwindSafe(move || drop(payload)));
    text
}

/// How an application failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum AppError {
    /// It returned this error.
    Failed(BoxError),
    /// It panicked with this message.
    Panicked(String),
    /// It had not returned when the shutdown's time was up.
    CutOff,
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{error}"),
            Self::Panicked(text) => write!(f, "the application panicked: {text}"),
            Self::CutOff => f.write_str("the application did not return in time"),
        }
    }
}

impl std::error::Error for AppError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            _ => None,
        }
    }
}

/// How it all went.
#[derive(Debug)]
#[must_use = "it says whether the application failed"]
pub struct Outcome {
    report: ShutdownReport,
    result: Result<(), AppError>,
}

impl Outcome {
    /// The shutdown, phase by phase.
    pub fn report(&self) -> &ShutdownReport {
        &self.report
    }

    /// What the application returned.
    pub fn result(&self) -> Result<(), &AppError> {
        self.result.as_ref().copied()
    }

    /// The code to exit with, one of [`exit`].
    pub fn exit_status(&self) -> u8 {
        match (&self.result, self.report.is_clean()) {
            (Ok(()), true) => exit::OK,
            (Ok(()), false) | (Err(AppError::CutOff), _) => exit::CUT_OFF,
            (Err(_), _) => exit::FAILED,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.exit_status())
    }
}
