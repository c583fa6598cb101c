//! The server from within, in memory and on a paused clock: written for Tokio, like the server, and
//! run on both.

use super::Settings;
use super::command::{Command, Wrong, parse};
use super::hall::Hall;
use super::lines::{Lines, Next};
use super::server::{Report, run};
use super::session::{Farewell, serve};
use clap::Parser;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, oneshot};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, sleep};

fn settings(arguments: &[&str]) -> Settings {
    Settings::parse_from([&["chat"], arguments].concat())
}

/// A hall without a door: guests come through memory.
struct World {
    hall: Arc<Hall>,
    settings: Settings,
    closing: broadcast::Sender<()>,
}

impl World {
    fn new(arguments: &[&str]) -> Self {
        let (closing, _) = broadcast::channel(1);
        Self { hall: Arc::default(), settings: settings(arguments), closing }
    }

    /// A new guest, who has read the welcome.
    async fn guest(&self) -> Guest {
        let (near, far) = duplex(64);
        let closing = self.closing.subscribe();
        let session = serve(far, Arc::clone(&self.hall), self.settings.clone(), closing);
        let mut guest = Guest { stream: BufReader::new(near), session: tokio::spawn(session) };
        let welcome = guest.hears().await;
        assert!(welcome.starts_with("* welcome, guest-"), "{welcome}");
        guest
    }
}

struct Guest {
    stream: BufReader<DuplexStream>,
    session: JoinHandle<Farewell>,
}

impl Guest {
    async fn says(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).await.expect("somebody reads");
    }

    /// The next line; empty at the end.
    async fn hears(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.expect("text");
        line.trim_end().to_owned()
    }

    async fn asks(&mut self, line: &str) -> String {
        self.says(line).await;
        self.hears().await
    }
}

#[test]
fn commands() {
    assert_eq!(parse("  "), Ok(Command::Nothing));
    assert_eq!(parse(" hello there\r"), Ok(Command::Say("hello there")));
    assert_eq!(parse("/nick  anna "), Ok(Command::Nick("anna")));
    assert_eq!(
        parse("/msg bob how are  you"),
        Ok(Command::Tell { to: "bob", text: "how are  you" })
    );
    assert_eq!(parse("/msg bob"), Err(Wrong::NoText));
    assert_eq!(parse("/join a room"), Err(Wrong::Name("a room")));
    assert_eq!(parse("/nick"), Err(Wrong::Name("")));
    assert_eq!(parse("/nick seventeen-letters"), Err(Wrong::Name("seventeen-letters")));
    assert_eq!(parse("/fly away"), Err(Wrong::Unknown("/fly")));
}

#[tokio::test(start_paused = true)]
async fn names_rooms_and_messages() {
    let world = World::new(&[]);
    let (mut anna, mut bob) = (world.guest().await, world.guest().await);
    assert_eq!(anna.asks("/nick anna").await, "* guest-1 is now anna");
    assert_eq!(bob.asks("/nick anna").await, "! anna is here already");
    assert_eq!(bob.asks("/nick bob").await, "* guest-2 is now bob");
    assert_eq!(bob.asks("hello?").await, "! you are in no room; try /join");
    assert_eq!(bob.asks("/leave").await, "! you are in no room");
    assert_eq!(bob.asks("/who").await, "* here: anna, bob");

    assert_eq!(anna.asks("/join attic").await, "* anna joined attic");
    assert_eq!(bob.asks("/join attic").await, "* bob joined attic");
    assert_eq!(anna.hears().await, "* bob joined attic");
    assert_eq!(anna.asks("it is dark").await, "anna: it is dark");
    assert_eq!(bob.hears().await, "anna: it is dark");
    assert_eq!(bob.asks("/rooms").await, "* rooms: attic (2)");

    assert_eq!(bob.asks("/join cellar").await, "* you left attic");
    assert_eq!(bob.hears().await, "* bob joined cellar");
    assert_eq!(anna.hears().await, "* bob left attic");
    assert_eq!(bob.asks("/rooms").await, "* rooms: attic (1), cellar (1)");
    assert_eq!(bob.asks("/msg anna come down").await, "* told anna");
    assert_eq!(anna.hears().await, "bob (to you): come down");
    assert_eq!(bob.asks("/msg carl hi").await, "! there is no carl here");
    assert_eq!(bob.asks("/msg anna").await, "! say something");
    assert_eq!(bob.asks("/dance").await, "! there is no /dance; see /help");
    assert!(bob.asks("/help").await.starts_with("* /nick NAME, "));

    // Who hangs up is gone from the room; who says so hears a farewell first.
    assert_eq!(anna.asks("/join cellar").await, "* you left attic");
    assert_eq!(anna.hears().await, "* anna joined cellar");
    assert_eq!(bob.hears().await, "* anna joined cellar");
    drop(anna.stream);
    assert_eq!(anna.session.await.unwrap(), Farewell::Left);
    assert_eq!(bob.hears().await, "* anna left cellar");
    assert_eq!(bob.asks("/quit").await, "* goodbye");
    assert_eq!(bob.hears().await, "");
    assert_eq!(bob.session.await.unwrap(), Farewell::Left);
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_sent_away_on_time() {
    let world = World::new(&["--idle", "60"]);
    let begun = Instant::now();
    let (mut silent, mut lively) = (world.guest().await, world.guest().await);
    silent.asks("/join hall").await;
    lively.asks("/join hall").await;
    silent.hears().await;
    sleep(Duration::from_secs(50)).await;
    // What others say does not count; what one says does.
    assert_eq!(lively.asks("still there?").await, "guest-2: still there?");
    assert_eq!(silent.hears().await, "guest-2: still there?");
    assert_eq!(silent.hears().await, "! you said nothing for too long; goodbye");
    assert_eq!(begun.elapsed().as_secs(), 60);
    assert_eq!(silent.hears().await, "");
    assert_eq!(silent.session.await.unwrap(), Farewell::Idle);
    assert_eq!(lively.hears().await, "* guest-1 left hall");
    assert_eq!(lively.hears().await, "! you said nothing for too long; goodbye");
    assert_eq!(begun.elapsed().as_secs(), 110);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_sent_away() {
    let world = World::new(&["--unread", "8"]);
    let (mut deaf, mut loud) = (world.guest().await, world.guest().await);
    deaf.asks("/join hall").await;
    loud.asks("/join hall").await;
    let mut gone = false;
    for n in 0..100 {
        loud.says(&format!("are you listening, for the {n}th time?")).await;
        gone |= loud.hears().await == "* guest-1 left hall";
    }
    assert!(gone);
    assert_eq!(deaf.session.await.unwrap(), Farewell::Slow);
}

#[tokio::test(start_paused = true)]
async fn a_line_has_a_longest_length() {
    let world = World::new(&["--longest", "100"]);
    let mut guest = world.guest().await;
    guest.asks("/join hall").await;
    // Longer than what the stream holds at once: it comes in pieces.
    let most = "x".repeat(100);
    assert_eq!(guest.asks(&most).await, format!("guest-1: {most}"));
    let more = "x".repeat(101);
    assert_eq!(guest.asks(&more).await, "! that line is too long");
    assert_eq!(guest.asks(&more.repeat(1000)).await, "! that line is too long");
    assert_eq!(guest.asks("short").await, "guest-1: short");
}

#[tokio::test(start_paused = true)]
async fn reading_a_line_is_cancel_safe() {
    let (mut near, far) = duplex(64);
    let mut lines = Lines::new(far, 100);
    for piece in ["on", "e\ntw", "o\n", "thr"] {
        near.write_all(piece.as_bytes()).await.unwrap();
        // Asked, and dropped when there is nothing more for now.
        let mut found = Vec::new();
        loop {
            tokio::select! {
                biased;
                next = lines.next() => found.push(next.unwrap()),
                () = yield_now() => break,
            }
        }
        let expected: &[&str] = match piece {
            "e\ntw" => &["one"],
            "o\n" => &["two"],
            _ => &[],
        };
        let expected: Vec<_> = expected.iter().map(|line| Next::Line((*line).to_owned())).collect();
        assert_eq!(found, expected, "after {piece:?}");
    }
    drop(near);
    assert_eq!(lines.next().await.unwrap(), Next::End);
}

#[tokio::test(start_paused = true)]
async fn everybody_is_told_when_it_closes() {
    let world = World::new(&[]);
    let mut guests = [world.guest().await, world.guest().await];
    world.closing.send(()).unwrap();
    for guest in &mut guests {
        assert_eq!(guest.hears().await, "* the server closes; goodbye");
        assert_eq!(guest.hears().await, "");
        assert_eq!((&mut guest.session).await.unwrap(), Farewell::Closing);
    }
}

/// Through sockets, so with a clock that goes.
#[tokio::test]
async fn closing_has_a_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    // What is said to the deaf one is kept: there must be somebody left at the deadline.
    let settings = settings(&["--grace", "2", "--unread", "1000000"]);
    let server = tokio::spawn(run(listener, settings, async { _ = stopped.await }));
    let mut deaf = BufReader::new(TcpStream::connect(address).await.unwrap());
    let mut loud = BufReader::new(TcpStream::connect(address).await.unwrap());
    let mut line = String::new();
    for guest in [&mut deaf, &mut loud] {
        guest.read_line(&mut line).await.unwrap();
        guest.write_all(b"/join hall\n").await.unwrap();
        guest.read_line(&mut line).await.unwrap();
    }
    // More than the two ends of a connection hold between them, at the least.
    let long = "x".repeat(1000);
    for _ in 0..20_000 {
        loud.write_all(format!("{long}\n").as_bytes()).await.unwrap();
        loud.read_line(&mut line).await.unwrap();
        line.clear();
    }
    stop.send(()).unwrap();
    while loud.read_line(&mut line).await.unwrap() > 0 {}
    assert!(line.ends_with("* the server closes; goodbye\n"), "{line}");
    let report = server.await.unwrap();
    assert_eq!(report, Report { served: 1, slow: 0, cut_off: 1 });
    assert_eq!(report.to_string(), "1 served, 0 too slow, 1 cut off");
}
