//! The chat server as its guests meet it: the program on Handcrank and, with the feature `on-tokio`,
//! the same program on the runtime that it was written for.

use programs::Program;
use programs::process::PATIENCE;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Instant;

/// The same program twice.
const SERVERS: &[&str] = &[
    env!("CARGO_BIN_EXE_chat"),
    #[cfg(feature = "on-tokio")]
    env!("CARGO_BIN_EXE_chat_on_tokio"),
];

/// Runs a test with each of them, on a free port.
#[track_caller]
fn with_each(flags: &[&str], test: impl Fn(Program, SocketAddr)) {
    for server in SERVERS {
        println!("{server}");
        let (program, address) = Program::serve(server, &[&["127.0.0.1:0"], flags].concat());
        test(program, address);
    }
}

struct Guest(BufReader<TcpStream>);

impl Guest {
    /// Comes in under a name, and goes to a room.
    fn enter(address: SocketAddr, name: &str, room: &str) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut guest = Self(BufReader::new(stream));
        assert!(guest.hears().starts_with("* welcome, "));
        let renamed = guest.asks(&format!("/nick {name}"));
        assert!(renamed.ends_with(&format!(" is now {name}")), "{renamed}");
        assert_eq!(guest.asks(&format!("/join {room}")), format!("* {name} joined {room}"));
        guest
    }

    fn says(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).expect("somebody reads");
    }

    fn try_hears(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// The next line; empty at the end.
    fn hears(&mut self) -> String {
        self.try_hears().expect("text, soon")
    }

    fn asks(&mut self, line: &str) -> String {
        self.says(line);
        self.hears()
    }
}

/// The last line that the server prints, after Ctrl-C.
fn closed(program: Program) -> String {
    program.interrupt();
    let (status, mut lines) = program.end();
    assert_eq!(status.code(), Some(0), "{lines:?}");
    lines.pop().expect("a report")
}

#[test]
fn it_stands_on_the_runtime_that_it_says() {
    with_each(&[], |program, address| {
        let _guest = Guest::enter(address, "anna", "attic");
        let Some(threads) = program.threads() else { return };
        let has = |start: &str| threads.iter().any(|name| name.starts_with(start));
        assert!(has("handcrank-rt") != has("tokio-rt-worker"), "{threads:?}");
        assert!(has("chat_on_tokio") == has("tokio-rt-worker"), "{threads:?}");
    });
}

#[test]
fn a_conversation() {
    with_each(&[], |program, address| {
        let mut anna = Guest::enter(address, "anna", "attic");
        let mut bob = Guest::enter(address, "bob", "attic");
        assert_eq!(anna.hears(), "* bob joined attic");
        assert_eq!(anna.asks("Grüße, 光!"), "anna: Grüße, 光!");
        assert_eq!(bob.hears(), "anna: Grüße, 光!");
        assert_eq!(bob.asks("/who"), "* here: anna, bob");
        assert_eq!(bob.asks("/msg anna psst"), "* told anna");
        assert_eq!(anna.hears(), "bob (to you): psst");
        assert_eq!(bob.asks("/quit"), "* goodbye");
        assert_eq!(bob.hears(), "");
        assert_eq!(anna.hears(), "* bob left attic");
        drop(anna);
        assert_eq!(closed(program), "closed: 2 served, 0 too slow, 0 cut off");
    });
}

#[test]
fn who_says_nothing_is_sent_away() {
    with_each(&["--idle", "0.1"], |program, address| {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut guest = Guest(BufReader::new(stream));
        let begun = Instant::now();
        assert!(guest.hears().starts_with("* welcome, "));
        assert_eq!(guest.hears(), "! you said nothing for too long; goodbye");
        assert!(begun.elapsed() < PATIENCE / 2);
        assert_eq!(guest.hears(), "");
        assert_eq!(closed(program), "closed: 1 served, 0 too slow, 0 cut off");
    });
}

/// Says more, in one room, than somebody who does not read can be kept.
fn shout(guest: &mut Guest, until: &str) {
    let long = "x".repeat(1000);
    loop {
        let heard = guest.asks(&long);
        if heard == until {
            return;
        }
        assert!(heard.ends_with(&long), "{heard}");
    }
}

#[test]
fn who_does_not_read_is_cut_off() {
    with_each(&["--unread", "20"], |program, address| {
        let deaf = Guest::enter(address, "deaf", "hall");
        let mut loud = Guest::enter(address, "loud", "hall");
        shout(&mut loud, "* deaf left hall");
        assert_eq!(loud.asks("/who"), format!("loud: {}", "x".repeat(1000)));
        assert_eq!(loud.hears(), "* here: loud");
        drop((deaf, loud));
        assert_eq!(closed(program), "closed: 1 served, 1 too slow, 0 cut off");
    });
}

/// Talks, and listens until it has heard itself, until the server closes.
fn talk(address: SocketAddr, n: usize, room: &str, busy: &Sender<()>) {
    let mut guest = Guest::enter(address, &format!("talker-{n}"), room);
    for round in 0.. {
        if round == 20 {
            busy.send(()).expect("the test goes on");
        }
        let said = format!("talker-{n}: {round}");
        // What is sent after the end may come back as a reset, and so may what follows it.
        let _ = guest.0.get_mut().write_all(format!("{round}\n").as_bytes());
        loop {
            match guest.try_hears() {
                Ok(line) if line == said => break,
                Ok(line) if line == "* the server closes; goodbye" => return,
                Ok(line) => assert_ne!(line, "", "the end, and no farewell"),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
                    return;
                }
            }
        }
    }
}

#[test]
fn many_guests_and_ctrl_c_in_the_middle() {
    const ROOMS: usize = 4;
    const GUESTS: usize = 24;
    // Nobody is cut off for being slow, as everybody is on a busy machine.
    with_each(&["--grace", "60"], |program, address| {
        let (sender, busy) = mpsc::channel();
        let talker = |n| {
            let sender = sender.clone();
            thread::spawn(move || talk(address, n, &format!("room-{}", n % ROOMS), &sender))
        };
        let talkers: Vec<_> = (0..GUESTS).map(talker).collect();
        for _ in 0..GUESTS {
            busy.recv_timeout(PATIENCE).expect("all of them talk");
        }
        let report = closed(program);
        assert_eq!(report, format!("closed: {GUESTS} served, 0 too slow, 0 cut off"));
        for talker in talkers {
            talker.join().expect("no panic");
        }
    });
}

#[test]
fn who_does_not_read_cannot_keep_it_open() {
    with_each(&["--grace", "2", "--unread", "1000000"], |program, address| {
        let deaf = Guest::enter(address, "deaf", "hall");
        let mut loud = Guest::enter(address, "loud", "hall");
        let long = "x".repeat(1000);
        // More than the two ends of a connection hold between them.
        for _ in 0..20_000 {
            assert_eq!(loud.asks(&long).len(), "loud: ".len() + long.len());
        }
        assert_eq!(closed(program), "closed: 1 served, 0 too slow, 1 cut off");
        let mut last = loud.hears();
        if last == "* deaf left hall" {
            last = loud.hears();
        }
        assert_eq!(last, "* the server closes; goodbye");
        drop(deaf);
    });
}

#[test]
fn sigterm_is_as_good() {
    with_each(&[], |program, address| {
        let mut guest = Guest::enter(address, "anna", "attic");
        program.signal(programs::process::Signal::TERM);
        assert_eq!(guest.hears(), "* the server closes; goodbye");
        assert_eq!(guest.hears(), "");
        assert_eq!(program.end().0.code(), Some(0));
    });
}

#[test]
fn what_is_no_address_is_refused() {
    for server in SERVERS {
        let program = Program::start(server, &["everywhere"]);
        assert_eq!(program.end().0.code(), Some(2));
    }
}
