//! Spinning: three requests at once on one thread, which looks at each again and again.

use rustix::time::{ClockId, clock_gettime};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use steps::paint;

const PATHS: [&str; 3] = ["/a", "/b", "/c"];

fn main() -> io::Result<()> {
    let server = steps::server::start(Duration::from_millis(100));
    let (wall, cpu) = (Instant::now(), cpu_time());

    let mut fetching = Vec::new();
    for path in PATHS {
        fetching.push(Fetch::start(server, path)?);
    }
    let (mut answers, mut looks) = (Vec::new(), 0);
    while answers.len() < PATHS.len() {
        for fetch in &mut fetching {
            looks += 1;
            if let Some(answer) = fetch.look()? {
                answers.push((answer, wall.elapsed()));
            }
        }
        assert!(wall.elapsed() < Duration::from_secs(10), "no answer");
    }
    answers.sort();

    report(&answers);
    println!("wall {:>4} ms", wall.elapsed().as_millis());
    println!("CPU  {:>4} ms", cpu_time().saturating_sub(cpu).as_millis());
    println!("looks at a socket: ≈{looks}");
    Ok(())
}

/// A request on its way.
struct Fetch {
    stream: TcpStream,
    answer: Vec<u8>,
    done: bool,
}

impl Fetch {
    /// Asks the server.
    fn start(server: SocketAddr, path: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(server)?;
        stream.write_all(request(path).as_bytes())?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, answer: Vec::new(), done: false })
    }

    /// Takes what has come. Returns the answer's body, once it is complete.
    fn look(&mut self) -> io::Result<Option<String>> {
        if self.done {
            return Ok(None);
        }
        match self.stream.read_to_end(&mut self.answer) {
            Ok(_) => {
                self.done = true;
                Ok(Some(body(&self.answer)))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

fn body(answer: &[u8]) -> String {
    let answer = String::from_utf8_lossy(answer);
    answer.split_once("\r\n\r\n").map_or("no answer", |(_head, body)| body).to_owned()
}

fn report(answers: &[(String, Duration)]) {
    for (answer, after) in answers {
        println!("{}  after {:>4} ms", paint::cyan(answer), after.as_millis());
    }
}

/// How long the processors have worked for this program, the server included.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().expect("a time that is not negative")
}
