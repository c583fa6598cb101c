//! Blocking: three requests, one after the other.

use rustix::time::{ClockId, clock_gettime};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use steps::paint;

const PATHS: [&str; 3] = ["/a", "/b", "/c"];

fn main() -> io::Result<()> {
    let server = steps::server::start(Duration::from_millis(100));
    let (wall, cpu) = (Instant::now(), cpu_time());

    let mut answers = Vec::new();
    for path in PATHS {
        answers.push((fetch(server, path)?, wall.elapsed()));
    }

    report(&answers);
    println!("wall {:>4} ms", wall.elapsed().as_millis());
    println!("CPU  {:>4} ms", cpu_time().saturating_sub(cpu).as_millis());
    Ok(())
}

/// Asks the server, and returns what follows the empty line of its answer.
fn fetch(server: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(request(path).as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(body(&answer))
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
