use crate::net::accept::Acceptor;
use crate::net::{TcpListener, TcpStream};
use crate::runtime::Builder;
use crate::testing::{poll_once, run, run_paused, run_with};
use crate::time::{Duration, Instant};
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::process::Command;
use std::task::Poll;

/// A listener to which somebody has connected, so that it is ready.
fn with_a_client() -> (Acceptor<std::net::TcpListener>, std::net::TcpStream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (Acceptor::new(listener).unwrap(), client)
}

fn os_error(code: i32) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(code))
}

#[test]
fn exhaustion_is_waited_out_with_growing_patience() {
    run_paused(async {
        let (acceptor, _client) = with_a_client();
        let start = Instant::now();
        let mut times = Vec::new();
        let accepted = acceptor.accept(|_| {
            times.push(start.elapsed().as_millis());
            match times.len() {
                1 => os_error(libc::EMFILE),
                2 => os_error(libc::ENFILE),
                3 => os_error(libc::ENOBUFS),
                4..10 => os_error(libc::ENOMEM),
                _ => Ok(()),
            }
        });
        accepted.await.unwrap();
        assert_eq!(times, [0, 5, 15, 35, 75, 155, 315, 635, 1275, 2275]);

        // Success makes it as quick as in the beginning.
        let start = Instant::now();
        let mut attempts = 0;
        let accepted = poll_fn(|cx| {
            acceptor.poll_accept(cx, |_| {
                attempts += 1;
                if attempts == 3 { Ok(()) } else { os_error(libc::EMFILE) }
            })
        });
        accepted.await.unwrap();
        assert_eq!((attempts, start.elapsed()), (3, Duration::from_millis(15)));
    });
}

#[test]
fn patience_survives_a_cancelled_accept() {
    run_paused(async {
        let (acceptor, _client) = with_a_client();
        let mut attempts = 0;
        for _ in 0..4 {
            crate::time::timeout(
                Duration::from_millis(1),
                acceptor.accept(|_| {
                    attempts += 1;
                    os_error(libc::EMFILE)
                }),
            )
            .await
            .unwrap_err();
        }
        assert_eq!(attempts, 4);
        let start = Instant::now();
        let mut first = true;
        acceptor
            .accept(|_| if std::mem::take(&mut first) { os_error(libc::EMFILE) } else { Ok(()) })
            .await
            .unwrap();
        assert_eq!(start.elapsed(), Duration::from_millis(80));
    });
}

#[test]
fn aborted_connections_are_passed_over_and_other_errors_are_not() {
    run_paused(async {
        let (acceptor, _client) = with_a_client();
        let mut codes = [libc::ECONNABORTED, libc::ECONNABORTED, libc::EPERM].into_iter();
        let error = acceptor.accept(|_| os_error(codes.next().unwrap())).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        assert_eq!(codes.next(), None);
    });
}

#[test]
fn without_timers_exhaustion_is_an_error() {
    run_with(Builder::new_current_thread().enable_io(), async {
        let (acceptor, _client) = with_a_client();
        let error = acceptor.accept(|_| os_error(libc::EMFILE)).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
    });
}

/// The limit is the whole process's, so this test starts itself once more in a process with few
/// files, and a variable tells the two apart.
#[test]
fn a_listener_survives_running_out_of_files() {
    const FEW_FILES: &str = "HANDCRANK_TEST_FEW_FILES";
    if std::env::var_os(FEW_FILES).is_some() {
        return runs_out_of_files();
    }
    let status = Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "net::tests::accept::a_listener_survives_running_out_of_files"])
        .env(FEW_FILES, "1")
        .status()
        .unwrap();
    assert!(status.success());
}

fn runs_out_of_files() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let client = TcpStream::connect(addr).await.unwrap();
        let mut hoard = Vec::new();
        let error = loop {
            match std::fs::File::open("/dev/null") {
                Ok(file) => hoard.push(file),
                Err(error) => break error,
            }
        };
        assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
        let mut accept = pin!(listener.accept());
        assert!(matches!(poll_once(&mut accept).await, Poll::Pending));
        // Time enough for several attempts, none of which may end it.
        let early = crate::time::timeout(Duration::from_millis(50), &mut accept).await;
        assert!(early.is_err());
        hoard.pop();
        let (accepted, peer) = accept.await.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
        drop(accepted);
    });
}
