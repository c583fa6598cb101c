//! A very small HTTP/1.1 client over a plain blocking socket. It shares no line with the server
//! it is pointed at, so the two cannot agree on the same mistake.

use crate::steps::Outcome;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No answer takes longer than this unless something hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// The head of an answer, and the body still on its way.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The names in lower case.
    headers: Vec<(String, String)>,
    body: Body,
}

enum Body {
    Chunked(BufReader<TcpStream>),
    Sized(BufReader<TcpStream>, usize),
    UntilClosed(BufReader<TcpStream>),
    Finished,
}

/// Sends a request, waits for the head of the answer.
pub(crate) fn request(
    server: SocketAddr,
    method: &str,
    path: &str,
    json: Option<&str>,
) -> Outcome<Answer> {
    send(server, method, path, json).map_err(|error| format!("{method} {path}: {error}"))
}

fn send(
    server: SocketAddr,
    method: &str,
    path: &str,
    json: Option<&str>,
) -> Result<Answer, std::io::Error> {
    let mut socket = TcpStream::connect_timeout(&server, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let body = json.unwrap_or_default();
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\
         content-length: {}\r\n",
        body.len()
    );
    if json.is_some() {
        head.push_str("content-type: application/json\r\n");
    }
    socket.write_all(format!("{head}\r\n{body}").as_bytes())?;
    Answer::read(BufReader::new(socket))
}

impl Answer {
    fn read(mut from: BufReader<TcpStream>) -> Result<Self, std::io::Error> {
        let first = line(&mut from)?;
        let status = first
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| malformed(&format!("no status line: {first:?}")))?;
        let mut headers = Vec::new();
        loop {
            let header = line(&mut from)?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| malformed(&format!("no header line: {header:?}")))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Self { status, headers, body: Body::Finished };
        let chunked = answer.header("transfer-encoding").is_some_and(|value| value == "chunked");
        let size = answer.header("content-length").and_then(|value| value.parse().ok());
        answer.body = match (chunked, size) {
            (true, _) => Body::Chunked(from),
            (false, Some(size)) => Body::Sized(from, size),
            (false, None) => Body::UntilClosed(from),
        };
        Ok(answer)
    }

    /// The value of a header, named in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The next piece of the body as it comes off the wire, or nothing at its end.
    pub(crate) fn piece(&mut self) -> Outcome<Option<Vec<u8>>> {
        self.body.piece().map_err(|error| format!("the body broke off: {error}"))
    }

    /// The whole rest of the body.
    pub(crate) fn text(mut self) -> Outcome<String> {
        let mut whole = Vec::new();
        while let Some(piece) = self.piece()? {
            whole.extend(piece);
        }
        String::from_utf8(whole).map_err(|_| "the body is no UTF-8".to_owned())
    }
}

impl Body {
    fn piece(&mut self) -> Result<Option<Vec<u8>>, std::io::Error> {
        let piece = match self {
            Self::Finished => return Ok(None),
            Self::Chunked(from) => {
                let size = line(from)?;
                let digits = size.split(';').next().unwrap_or_default().trim();
                let size = usize::from_str_radix(digits, 16)
                    .map_err(|_| malformed(&format!("no chunk size: {size:?}")))?;
                let mut piece = vec![0; size];
                from.read_exact(&mut piece)?;
                let end = line(from)?;
                if !end.is_empty() {
                    return Err(malformed(&format!("a chunk of {size} bytes runs on: {end:?}")));
                }
                piece
            }
            Self::Sized(from, size) => {
                let mut piece = vec![0; *size];
                from.read_exact(&mut piece)?;
                *size = 0;
                piece
            }
            Self::UntilClosed(from) => {
                let piece = from.fill_buf()?.to_vec();
                from.consume(piece.len());
                piece
            }
        };
        if piece.is_empty() {
            *self = Self::Finished;
            return Ok(None);
        }
        Ok(Some(piece))
    }
}

/// A line without its ending.
fn line(from: &mut impl BufRead) -> Result<String, std::io::Error> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

fn malformed(what: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// A server for one request; gives back what it was asked.
    fn serve(answer: &'static [u8]) -> (SocketAddr, thread::JoinHandle<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut asked = BufReader::new(socket.try_clone().unwrap());
            let mut text = String::new();
            while asked.read_line(&mut text).unwrap() > 2 {}
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            let mut body = vec![0; length];
            asked.read_exact(&mut body).unwrap();
            socket.write_all(answer).unwrap();
            text + &String::from_utf8(body).unwrap()
        });
        (address, server)
    }

    #[test]
    fn a_sized_body() {
        let (address, server) =
            serve(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nyes");
        let answer = request(address, "POST", "/ask", Some("{}")).unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("text/plain"));
        assert_eq!(answer.text().unwrap(), "yes");
        let asked = server.join().unwrap();
        assert!(asked.starts_with("POST /ask HTTP/1.1\r\n"), "{asked}");
        assert!(asked.ends_with("\r\n\r\n{}"), "{asked}");
    }

    #[test]
    fn chunks_come_one_by_one() {
        let (address, server) = serve(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
              3\r\none\r\n5;x=y\r\ntwo..\r\n0\r\n\r\n",
        );
        let mut answer = request(address, "GET", "/", None).unwrap();
        assert_eq!(answer.piece().unwrap().unwrap(), b"one");
        assert_eq!(answer.piece().unwrap().unwrap(), b"two..");
        assert_eq!(answer.piece().unwrap(), None);
        assert_eq!(answer.piece().unwrap(), None);
        server.join().unwrap();
    }

    #[test]
    fn a_body_that_ends_with_the_connection() {
        let (address, server) = serve(b"HTTP/1.1 404 Not Found\r\n\r\nnothing here");
        let answer = request(address, "GET", "/", None).unwrap();
        assert_eq!(answer.status, 404);
        assert_eq!(answer.text().unwrap(), "nothing here");
        server.join().unwrap();
    }

    #[test]
    fn an_answer_that_breaks_off_is_an_error() {
        let (address, server) =
            serve(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf");
        assert!(request(address, "GET", "/", None).unwrap().text().is_err());
        server.join().unwrap();
        let (address, server) = serve(b"SMTP ready\r\n\r\n");
        assert!(request(address, "GET", "/", None).is_err());
        server.join().unwrap();
    }
}
