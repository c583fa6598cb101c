//! Async: three requests at once on one thread, which sleeps while there is nothing to do.

use futures_util::future::try_join_all;
use handcrank::net::TcpStream;
use handcrank::runtime::Builder;
use rustix::time::{ClockId, clock_gettime};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};
use steps::paint;

const PATHS: [&str; 3] = ["/a", "/b", "/c"];

fn main() -> io::Result<()> {
    let server = steps::server::start(Duration::from_millis(100));
    let (wall, cpu) = (Instant::now(), cpu_time());

    let mut fetching = pin!(try_join_all(PATHS.map(async |path| {
        let answer = fetch(server, path).await?;
        io::Result::Ok((answer, wall.elapsed()))
    })));
    let mut looks = 0;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let answers = runtime.block_on(poll_fn(|cx| {
        looks += 1;
        fetching.as_mut().poll(cx)
    }))?;

    report(&answers);
    println!("wall {:>4} ms", wall.elapsed().as_millis());
    println!("CPU  {:>4} ms", cpu_time().saturating_sub(cpu).as_millis());
    println!("looks at the futures: ≈{looks}");
    Ok(())
}

/// Asks the server, and returns what follows the empty line of its answer.
async fn fetch(server: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(request(path).as_bytes()).await?;
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    loop {
        match stream.read(&mut part).await? {
            0 => break,
            n => answer.extend_from_slice(&part[..n]),
        }
    }
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
