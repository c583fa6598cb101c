use super::*;
use crate::reactor::{Config, Reactor};
use crate::testing::{Counter, look, turn};
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::unix::net::{UnixListener, UnixStream};
use std::task::Waker;

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

fn reactor() -> Reactor {
    Reactor::new(Config::default()).unwrap()
}

/// A registered stream whose first event (it can be written to) has been handed out.
fn pair(reactor: &Reactor) -> (Source<UnixStream>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let source = reactor.handle().register(ours, BOTH, Ready::EMPTY).unwrap();
    assert_eq!(turn(reactor), 0);
    (source, theirs)
}

fn poll<T: AsFd>(source: &Source<T>, waker: &Waker, direction: Direction) -> Option<Ready> {
    match source.poll_ready(&mut Context::from_waker(waker), direction) {
        Poll::Ready(event) => Some(event.unwrap().ready()),
        Poll::Pending => None,
    }
}

fn poll_future<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[test]
fn a_stream_becomes_readable_and_is_until_it_would_block() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    let (counter, waker) = Counter::new();
    assert_eq!(poll(&source, &waker, Direction::Read), None);
    theirs.write_all(b"abc").unwrap();
    assert_eq!((turn(&reactor), counter.count()), (1, 1));
    assert_eq!(poll(&source, &waker, Direction::Read), Some(Ready::READABLE));

    let mut byte = [0; 1];
    for expected in b"abc" {
        let read = source.poll_io(&mut cx(), Direction::Read, |mut io| io.read(&mut byte));
        assert!(matches!(read, Poll::Ready(Ok(1))));
        assert_eq!(byte[0], *expected);
    }
    let mut attempts = 0;
    let read = source.poll_io(&mut cx(), Direction::Read, |mut io| {
        attempts += 1;
        io.read(&mut byte)
    });
    assert!(read.is_pending() && attempts == 1, "one attempt shows it");
    assert_eq!(poll(&source, &waker, Direction::Read), None);
}

#[test]
fn a_stream_is_writable_until_it_is_full_and_again_when_there_is_room() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    let (counter, waker) = Counter::new();
    assert_eq!(poll(&source, &waker, Direction::Write), Some(Ready::WRITABLE));
    let mut written = 0;
    let chunk = [7; 4096];
    let mut cx = Context::from_waker(&waker);
    while let Poll::Ready(wrote) =
        source.poll_io(&mut cx, Direction::Write, |mut io| io.write(&chunk))
    {
        written += wrote.unwrap();
    }
    assert_eq!((look(&reactor), counter.count()), (0, 0));
    let mut all = vec![0; written];
    theirs.read_exact(&mut all).unwrap();
    assert_eq!((turn(&reactor), counter.count()), (1, 1));
    assert_eq!(poll(&source, &waker, Direction::Write), Some(Ready::WRITABLE));
}

#[test]
fn a_short_transfer_clears_readiness_without_another_attempt() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    theirs.write_all(b"abc").unwrap();
    turn(&reactor);
    let mut buffer = [0; 2];
    let mut attempts = 0;
    let mut read = |length: usize| {
        source.poll_transfer(&mut cx(), Direction::Read, length, |mut io| {
            attempts += 1;
            io.read(&mut buffer[..length])
        })
    };
    assert!(matches!(read(2), Poll::Ready(Ok(2))), "a full one says nothing");
    assert!(matches!(read(2), Poll::Ready(Ok(1))), "a short one used it up");
    assert!(read(2).is_pending());
    assert_eq!(attempts, 2);

    theirs.write_all(b"d").unwrap();
    turn(&reactor);
    assert!(source.poll_ready(&mut cx(), Direction::Read).is_ready(), "new data, new event");
}

#[test]
fn the_end_of_a_stream_is_found_after_a_short_read_that_came_with_it() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    theirs.write_all(b"end").unwrap();
    drop(theirs);
    turn(&reactor);
    let mut buffer = [0; 64];
    for expected in [3, 0, 0] {
        let read = source
            .poll_transfer(&mut cx(), Direction::Read, 64, |mut io| io.read(&mut buffer))
            .map(Result::unwrap);
        assert_eq!(read, Poll::Ready(expected));
    }
}

#[test]
fn the_other_sides_end_is_seen_and_stays() {
    let reactor = reactor();
    let (source, theirs) = pair(&reactor);
    let (counter, waker) = Counter::new();
    assert_eq!(poll(&source, &waker, Direction::Read), None);
    theirs.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!((turn(&reactor), counter.count()), (1, 1));
    for _ in 0..2 {
        let Poll::Ready(event) = source.poll_ready(&mut cx(), Direction::Read) else { panic!() };
        let event = event.unwrap();
        assert!(event.ready().is_read_closed() && !event.ready().is_write_closed());
        source.clear_ready(event);
    }
    assert_eq!(poll(&source, &waker, Direction::Write), Some(Ready::WRITABLE));
}

#[test]
fn writing_to_nobody_is_an_error_and_not_a_wait() {
    let reactor = reactor();
    let (source, theirs) = pair(&reactor);
    drop(theirs);
    turn(&reactor);
    let write = source.poll_io(&mut cx(), Direction::Write, |mut io| io.write(b"x"));
    let Poll::Ready(Err(error)) = write else { panic!("{write:?}") };
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn pipes_report_data_their_end_and_a_missing_reader() {
    let reactor = reactor();
    let register = |reader: PipeReader| {
        reactor.handle().register(reader, Interest::READABLE, Ready::EMPTY).unwrap()
    };
    let (reader, mut writer) = pipe().unwrap();
    let source = register(reader);
    let (counter, waker) = Counter::new();
    assert_eq!(poll(&source, &waker, Direction::Read), None);
    writer.write_all(b"!").unwrap();
    assert_eq!((turn(&reactor), counter.count()), (1, 1));
    let mut byte = [0; 1];
    source.try_io(Interest::READABLE, |mut io| io.read_exact(&mut byte)).unwrap();
    assert_eq!(&byte, b"!");
    drop(writer);
    turn(&reactor);
    let Some(ready) = poll(&source, &waker, Direction::Read) else { panic!() };
    assert!(ready.is_read_closed());

    let (reader, writer): (PipeReader, PipeWriter) = pipe().unwrap();
    let source = reactor.handle().register(writer, Interest::WRITABLE, Ready::EMPTY).unwrap();
    turn(&reactor);
    drop(reader);
    turn(&reactor);
    let Some(ready) = poll(&source, &waker, Direction::Write) else { panic!() };
    assert!(ready.is_write_closed());
}

#[test]
fn a_listener_becomes_readable_with_a_connection() {
    let reactor = reactor();
    let path = std::env::temp_dir().join(format!("handcrank-reactor-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    let source = reactor.handle().register(listener, Interest::READABLE, Ready::EMPTY).unwrap();
    let mut cx = cx();
    assert!(source.poll_io(&mut cx, Direction::Read, UnixListener::accept).is_pending());
    let _client = UnixStream::connect(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(turn(&reactor), 1);
    assert!(source.poll_io(&mut cx, Direction::Read, UnixListener::accept).is_ready());
    assert!(source.poll_io(&mut cx, Direction::Read, UnixListener::accept).is_pending());
}

#[test]
fn what_is_taken_to_be_ready_is_tried_without_waiting() {
    let reactor = reactor();
    let (ours, _theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let initially = Ready::READABLE | Ready::WRITABLE;
    let source = reactor.handle().register(ours, BOTH, initially).unwrap();
    let write = source.poll_io(&mut cx(), Direction::Write, |mut io| io.write(b"x"));
    assert!(write.is_ready());
    let read = source.try_io(Interest::READABLE, |mut io| io.read(&mut [0; 1]));
    // Whoever asks does not see whether the system was asked.
    assert_eq!(
        read.unwrap_err().to_string(),
        io::Error::from(io::ErrorKind::WouldBlock).to_string()
    );
    assert_eq!(poll(&source, Waker::noop(), Direction::Read), None, "corrected");
}

#[test]
fn try_io_does_not_attempt_what_is_not_ready() {
    let reactor = reactor();
    let (source, _theirs) = pair(&reactor);
    let attempt = source.try_io(Interest::READABLE, |_| -> io::Result<()> { unreachable!() });
    assert_eq!(attempt.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    let error = source.try_io(Interest::WRITABLE, |_| Err::<(), _>(io::Error::other("own")));
    assert_eq!(error.unwrap_err().to_string(), "own");
    assert!(poll(&source, Waker::noop(), Direction::Write).is_some(), "an error clears nothing");
}

#[test]
fn many_wait_and_all_are_shown_the_event() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    let mut waiters: Vec<_> =
        (0..10).map(|_| (Box::pin(source.ready(Interest::READABLE)), Counter::new())).collect();
    for (waiter, (_, waker)) in &mut waiters {
        assert!(poll_future(waiter.as_mut(), waker).is_pending());
    }
    // The direction's own waker besides.
    let (counter, waker) = Counter::new();
    assert_eq!(poll(&source, &waker, Direction::Read), None);
    theirs.write_all(b"x").unwrap();
    assert_eq!((turn(&reactor), counter.count()), (11, 1));
    for (waiter, (counter, waker)) in &mut waiters {
        assert_eq!(counter.count(), 1);
        assert!(poll_future(waiter.as_mut(), waker).is_ready());
    }
}

#[test]
fn a_cancelled_waiter_is_not_woken_and_costs_nobody_the_event() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    let (stays, leaves) = (Counter::new(), Counter::new());
    let mut staying = Box::pin(source.ready(Interest::READABLE));
    let mut leaving = Box::pin(source.ready(Interest::READABLE));
    assert!(poll_future(leaving.as_mut(), &leaves.1).is_pending());
    assert!(poll_future(staying.as_mut(), &stays.1).is_pending());
    drop(leaving);
    theirs.write_all(b"x").unwrap();
    assert_eq!(turn(&reactor), 1);
    assert_eq!((stays.0.count(), leaves.0.count()), (1, 0));
    // Woken, and cancelled before it could look: the readiness is still there for others.
    drop(staying);
    assert!(poll(&source, Waker::noop(), Direction::Read).is_some());
}

#[test]
fn a_waiter_for_either_direction_gets_what_comes_first() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    let Poll::Ready(event) = source.poll_ready(&mut cx(), Direction::Write) else { panic!() };
    source.clear_ready(event.unwrap());
    let mut either = Box::pin(source.ready(BOTH));
    assert!(poll_future(either.as_mut(), Waker::noop()).is_pending());
    theirs.write_all(b"x").unwrap();
    turn(&reactor);
    let Poll::Ready(event) = poll_future(either.as_mut(), Waker::noop()) else { panic!() };
    assert!(event.unwrap().ready().is_readable());
}

#[test]
fn io_waits_and_tries_again_when_another_was_faster() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    let mut byte = [0; 1];
    let mut read = Box::pin(source.io(Interest::READABLE, |mut io| io.read(&mut byte)));
    assert!(poll_future(read.as_mut(), Waker::noop()).is_pending());
    theirs.write_all(b"1").unwrap();
    assert_eq!(turn(&reactor), 1);
    let taken = source.try_io(Interest::READABLE, |mut io| io.read(&mut [0; 1]));
    assert_eq!(taken.unwrap(), 1);
    assert!(poll_future(read.as_mut(), Waker::noop()).is_pending());
    theirs.write_all(b"2").unwrap();
    assert_eq!(turn(&reactor), 1);
    assert!(matches!(poll_future(read.as_mut(), Waker::noop()), Poll::Ready(Ok(1))));
    drop(read);
    assert_eq!(&byte, b"2");
}

#[test]
fn transfer_waits_after_a_short_read() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    theirs.write_all(b"x").unwrap();
    turn(&reactor);
    let mut attempts = 0;
    for expected in [true, false] {
        let mut buffer = [0; 8];
        let mut read = Box::pin(source.transfer(Interest::READABLE, 8, |mut io| {
            attempts += 1;
            io.read(&mut buffer)
        }));
        assert_eq!(poll_future(read.as_mut(), Waker::noop()).is_ready(), expected);
    }
    assert_eq!(attempts, 1);
}

#[test]
fn a_busy_source_runs_out_of_budget() {
    let reactor = reactor();
    let (source, _theirs) = pair(&reactor);
    let (counter, waker) = Counter::new();
    coop::budget(|| {
        let mut ready = 0;
        while poll(&source, &waker, Direction::Write).is_some() {
            ready += 1;
            assert!(ready < 1000, "no end of it");
        }
        assert!(ready > 1);
        assert_eq!(counter.count(), 1, "told to come again");
        let mut trying = Box::pin(source.io(Interest::WRITABLE, |_| Ok(())));
        assert!(poll_future(trying.as_mut(), &waker).is_pending());
        let mut waiting = Box::pin(source.ready(Interest::WRITABLE));
        assert!(poll_future(waiting.as_mut(), &waker).is_ready(), "to wait is not an operation");
    });
    assert!(poll(&source, &waker, Direction::Write).is_some());
}

#[test]
fn dropping_ends_the_watching_and_lets_the_wakers_go() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    let (counter, waker) = Counter::new();
    // A duplicate keeps the file open: only deregistering ends its events.
    let _duplicate = source.get_ref().try_clone().unwrap();
    assert_eq!(poll(&source, &waker, Direction::Read), None);
    assert_eq!(std::sync::Arc::strong_count(&counter), 3);
    drop(source);
    assert_eq!(std::sync::Arc::strong_count(&counter), 2);
    let before = reactor.handle().metrics().ready_events;
    theirs.write_all(b"x").unwrap();
    assert_eq!(look(&reactor), 0);
    let metrics = reactor.handle().metrics();
    assert_eq!((metrics.fds, metrics.ready_events), (0, before));
}

#[test]
fn the_file_can_be_taken_back_and_registered_again() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor);
    theirs.write_all(b"x").unwrap();
    let stream = source.into_inner().unwrap();
    assert_eq!(look(&reactor), 0);
    let other = self::reactor();
    let source = other.handle().register(stream, BOTH, Ready::EMPTY).unwrap();
    turn(&other);
    assert!(poll(&source, Waker::noop(), Direction::Read).is_some(), "what is there is reported");
}

#[test]
fn a_source_can_be_shared_and_sent() {
    fn both<T: Send + Sync>(_: &T) {}
    let reactor = reactor();
    let (source, _theirs) = pair(&reactor);
    both(&source);
    both(&source.ready(BOTH));
    both(&reactor);
    let printed = format!("{source:?}");
    assert!(printed.contains("is_writable: true"), "{printed}");
}
