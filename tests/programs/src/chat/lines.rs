//! Lines from a stream, and lines to it.

use super::hall::Line;
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio::sync::mpsc::Receiver;

/// Reads lines that are not too long.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    /// What has been read of a line whose end has not. It stands here, and not in a future, so that
    /// [`Lines::next`] loses nothing when it is dropped.
    begun: Vec<u8>,
    /// The line is too long, and the rest of it only passes by.
    skipping: bool,
    longest: usize,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    Line(String),
    TooLong,
    End,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(reader: R, longest: usize) -> Self {
        Self { reader: BufReader::new(reader), begun: Vec::new(), skipping: false, longest }
    }

    /// The next line, without its end. Cancel safe: it can be dropped and asked for again, and so
    /// may stand in a `select!`.
    pub(crate) async fn next(&mut self) -> io::Result<Next> {
        loop {
            let buffer = self.reader.fill_buf().await?;
            if buffer.is_empty() {
                // A line without an end is not one.
                return Ok(Next::End);
            }
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let piece = &buffer[..end.unwrap_or(buffer.len())];
            self.skipping |= self.begun.len() + piece.len() > self.longest;
            if !self.skipping {
                self.begun.extend_from_slice(piece);
            }
            let used = piece.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                let line = std::mem::take(&mut self.begun);
                return Ok(if std::mem::take(&mut self.skipping) {
                    Next::TooLong
                } else {
                    Next::Line(String::from_utf8_lossy(&line).into_owned())
                });
            }
        }
    }
}

/// Writes whatever comes until no more can come, and closes.
pub(crate) async fn write_all<W>(writer: W, mut lines: Receiver<Line>) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    let mut writer = BufWriter::new(writer);
    while let Some(line) = lines.recv().await {
        let mut next = Ok(line);
        // What is there already goes out at once, and not a packet a line.
        while let Ok(line) = next {
            writer.write_all(line.as_bytes()).await?;
            writer.write_all(b"\n").await?;
            next = lines.try_recv();
        }
        writer.flush().await?;
    }
    writer.shutdown().await
}
