//! Pipes.

use super::rt;
use super::rt::io::Interest;
use super::rt::net::unix::pipe::{self, OpenOptions, Receiver, Sender};
use super::setup::run;
use super::sockets::{Place, once, tell};
use crate::harness::{Case, Flavour, Log, cases};
use rustix::fs::{CWD, FileType, Mode};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::pin::pin;
// What Handcrank's pipes have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: one_way, without_waiting, a_full_pipe, the_reader_goes, by_name, by_name_and_both_ways,
        no_pipes, from_files, the_wrong_end, out_of_the_runtime, attempts, descriptors;
];

fn one_way(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut sender, mut receiver) = pipe::pipe().unwrap();
        log.note(once(pin!(receiver.read(&mut [0; 1]))).await.is_none());
        tell(log, "write_all", &sender.write_all(b"hello").await);
        tell(log, "flush", &sender.flush().await);
        let mut buf = [0; 3];
        tell(log, "read", &receiver.read(&mut buf).await);
        tell(log, "shutdown", &sender.shutdown().await);
        tell(log, "still open", &sender.write(b"!").await);
        drop(sender);
        let mut rest = String::new();
        tell(log, "read_to_string", &receiver.read_to_string(&mut rest).await);
        log.note(rest);
        tell(log, "the end", &receiver.read(&mut buf).await);
    });
}

fn without_waiting(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = pipe::pipe().unwrap();
        let mut buf = [0; 4];
        tell(log, "try_read", &receiver.try_read(&mut buf));
        sender.writable().await.unwrap();
        tell(log, "try_write", &sender.try_write(b"ab"));
        let slices = [IoSlice::new(b"cd"), IoSlice::new(b"ef")];
        tell(log, "try_write_vectored", &sender.try_write_vectored(&slices));
        receiver.readable().await.unwrap();
        tell(log, "try_read", &receiver.try_read(&mut buf[..1]));
        let mut slices = [IoSliceMut::new(&mut buf)];
        tell(log, "try_read_vectored", &receiver.try_read_vectored(&mut slices));
        let mut bytes = Vec::with_capacity(8);
        tell(log, "try_read_buf", &receiver.try_read_buf(&mut bytes));
        log.note(format!("{buf:?} {bytes:?}"));
        tell(log, "try_read", &receiver.try_read(&mut buf));
        tell(log, "try_read_buf", &receiver.try_read_buf(&mut bytes));
    });
}

fn a_full_pipe(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut sender, mut receiver) = pipe::pipe().unwrap();
        let writer = rt::spawn(async move {
            sender.write_all(&[7; 300_000]).await.unwrap();
            sender
        });
        let mut all = vec![0; 300_000];
        tell(log, "read_exact", &receiver.read_exact(&mut all).await);
        log.note(all.iter().all(|&byte| byte == 7));
        let sender = writer.await.unwrap();
        sender.writable().await.unwrap();
        while sender.try_write(&[1; 4096]).is_ok() {}
        log.note(once(pin!(sender.writable())).await.is_none());
        tell(log, "full", &sender.try_write(b"x"));
    });
}

fn the_reader_goes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut sender, receiver) = pipe::pipe().unwrap();
        drop(receiver);
        tell(log, "write", &sender.write(b"x").await);
        sender.writable().await.unwrap();
        tell(log, "try_write", &sender.try_write(b"x"));
    });
}

/// Makes a pipe with a name. (Not by a command: its process would hold our pipes open for a moment.)
fn fifo() -> Place {
    let place = Place::new();
    let mode = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(CWD, place.as_ref(), FileType::Fifo, mode, 0).unwrap();
    place
}

fn by_name(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = fifo();
        tell(log, "no reader", &OpenOptions::new().open_sender(&place).map(|_| "opened"));
        let mut receiver = OpenOptions::new().open_receiver(&place).unwrap();
        let mut sender = OpenOptions::new().open_sender(&place).unwrap();
        tell(log, "write", &sender.write(b"abc").await);
        tell(log, "read", &receiver.read(&mut [0; 8]).await);
        drop(sender);
        tell(log, "the end", &receiver.read(&mut [0; 8]).await);
    });
}

fn by_name_and_both_ways(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = fifo();
        let mut options = OpenOptions::new();
        options.read_write(true);
        let mut sender = options.open_sender(&place).unwrap();
        tell(log, "write", &sender.write(b"abc").await);
        let mut receiver = options.open_receiver(&place).unwrap();
        tell(log, "read", &receiver.read(&mut [0; 8]).await);
        drop(sender);
        // It could write itself, so there is no end.
        log.note(once(pin!(receiver.read(&mut [0; 8]))).await.is_none());
    });
}

fn no_pipes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let options = OpenOptions::default();
        tell(log, "nothing", &options.open_receiver(&place).map(|_| "opened"));
        std::fs::write(&place, "a file").unwrap();
        tell(log, "a file", &options.open_receiver(&place).map(|_| "opened"));
        tell(log, "a file", &options.open_sender(&place).map(|_| "opened"));
        let file = || File::open::<&Path>(place.as_ref()).unwrap();
        tell(log, "a file", &Receiver::from_file(file()).map(|_| "taken"));
        tell(log, "a file", &Sender::from_file(file()).map(|_| "taken"));
    });
}

/// The ends of a pipe, as they come from the system.
fn ends() -> (OwnedFd, OwnedFd) {
    let (receiver, sender) = io::pipe().unwrap();
    (receiver.into(), sender.into())
}

fn from_files(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (receiver, sender) = ends();
        let mut receiver = Receiver::from_owned_fd(receiver).unwrap();
        let mut sender = Sender::from_file(sender.into()).unwrap();
        log.note(once(pin!(receiver.read(&mut [0; 1]))).await.is_none());
        tell(log, "write", &sender.write(b"abc").await);
        tell(log, "read", &receiver.read(&mut [0; 8]).await);
    });
}

fn the_wrong_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (receiver, sender) = ends();
        tell(log, "sender", &Receiver::from_owned_fd(sender).map(|_| "taken"));
        tell(log, "receiver", &Sender::from_owned_fd(receiver).map(|_| "taken"));
    });
}

fn out_of_the_runtime(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = pipe::pipe().unwrap();
        let receiver: File = receiver.into_nonblocking_fd().unwrap().into();
        tell(log, "non-blocking", &io::Read::read(&mut &receiver, &mut [0; 1]));
        let sender: File = sender.into_blocking_fd().unwrap().into();
        tell(log, "write", &io::Write::write(&mut &sender, b"abc"));
        let receiver = Receiver::from_file_unchecked(receiver).unwrap();
        let receiver: File = receiver.into_blocking_fd().unwrap().into();
        tell(log, "read", &io::Read::read(&mut &receiver, &mut [0; 8]));
    });
}

fn attempts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = pipe::pipe().unwrap();
        tell(log, "nothing", &receiver.try_io(|| Ok("called")));
        log.note(sender.ready(Interest::WRITABLE).await.unwrap().is_writable());
        tell(log, "try_io", &sender.try_io(|| sender.try_write(b"x")));
        log.note(receiver.ready(Interest::READABLE).await.unwrap().is_readable());
        tell(log, "try_io", &receiver.try_io(|| receiver.try_read(&mut [0; 1])));
    });
}

fn descriptors(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (sender, receiver) = pipe::pipe().unwrap();
        log.note(sender.as_fd().as_raw_fd() == sender.as_raw_fd());
        log.note(receiver.as_fd().as_raw_fd() == receiver.as_raw_fd());
    });
}
