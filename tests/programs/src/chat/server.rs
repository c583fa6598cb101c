//! All guests: letting them in, and closing.

use super::Settings;
use super::hall::Hall;
use super::session::{Farewell, serve};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

/// How it went.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// Guests who went, or were sent, in good order.
    pub(crate) served: usize,
    /// Guests who were sent away as they did not read.
    pub(crate) slow: usize,
    /// Guests who were still there when the time was up.
    pub(crate) cut_off: usize,
}

impl Report {
    fn count(&mut self, ended: Result<Farewell, JoinError>) {
        match ended {
            Ok(Farewell::Slow) => self.slow += 1,
            Ok(_) => self.served += 1,
            Err(error) => eprintln!("a session failed: {error}"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { served, slow, cut_off } = self;
        write!(f, "{served} served, {slow} too slow, {cut_off} cut off")
    }
}

/// Serves whoever comes until `stop`, then closes.
pub(crate) async fn run(
    listener: TcpListener,
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> Report {
    let hall = Arc::new(Hall::default());
    let (closing, _) = broadcast::channel(1);
    let mut sessions = JoinSet::new();
    let mut report = Report::default();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // It only costs time if this fails.
                    let _ = stream.set_nodelay(true);
                    let (hall, closing) = (Arc::clone(&hall), closing.subscribe());
                    sessions.spawn(serve(stream, hall, settings.clone(), closing));
                }
                Err(error) => {
                    // Most likely there are too many of them.
                    eprintln!("nobody can be let in: {error}");
                    sleep(Duration::from_millis(100)).await;
                }
            },
            Some(ended) = sessions.join_next() => report.count(ended),
        }
    }
    // Nobody comes in any more.
    drop(listener);
    // No receiver: no guest.
    let _ = closing.send(());
    let all = async {
        while let Some(ended) = sessions.join_next().await {
            report.count(ended);
        }
    };
    if timeout(settings.grace, all).await.is_err() {
        report.cut_off = sessions.len();
        sessions.shutdown().await;
    }
    report
}
