use super::*;
use crate::ready::Direction;
use crate::testing::{Counter, Crank, block_on, look, paused, turn, wake_all};
use std::future::Future;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};
use std::thread;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_hours(1);

fn reactor() -> Arc<Reactor> {
    Arc::new(Reactor::new(Config::default()).unwrap())
}

fn pair(reactor: &Reactor, interest: Interest) -> (Source<UnixStream>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (reactor.handle().register(ours, interest, Ready::EMPTY).unwrap(), theirs)
}

fn poll(source: &Source<UnixStream>, waker: &Waker, direction: Direction) -> bool {
    source.poll_ready(&mut Context::from_waker(waker), direction).is_ready()
}

#[test]
fn a_wake_before_the_turn_makes_it_return_at_once() {
    let reactor = reactor();
    reactor.wake();
    reactor.wake();
    assert_eq!(turn(&reactor), 0);
    // It has been taken: the next turn waits its time.
    let start = std::time::Instant::now();
    let mut woken = Vec::new();
    while start.elapsed() < MS {
        reactor.turn(Some(MS), &mut woken).unwrap();
    }
    assert!(woken.is_empty());
}

#[test]
fn a_turn_that_does_not_wait_leaves_the_wake_to_one_that_does() {
    let reactor = reactor();
    reactor.wake();
    assert_eq!(look(&reactor), 0);
    assert_eq!(turn(&reactor), 0);
}

/// Waits until another thread has the driver.
fn until_taken(reactor: &Reactor) {
    while reactor.shared.driver.try_turn().is_some() {
        thread::yield_now();
    }
}

#[test]
fn a_wake_during_the_turn_ends_it() {
    let reactor = reactor();
    let sleeper = {
        let reactor = Arc::clone(&reactor);
        thread::spawn(move || turn(&reactor))
    };
    until_taken(&reactor);
    assert_eq!(look(&reactor), 0, "a look does not wait for the sleeper");
    reactor.wake();
    assert_eq!(sleeper.join().unwrap(), 0);
}

#[test]
fn wakes_are_never_lost_however_they_fall() {
    let reactor = reactor();
    let (rounds, sleeper) = {
        let (reactor, rounds) = (Arc::clone(&reactor), Arc::new(AtomicU64::new(0)));
        let shown = Arc::clone(&rounds);
        let sleeper = thread::spawn(move || {
            for round in 1..=20_000 {
                turn(&reactor);
                shown.store(round, Relaxed);
            }
        });
        (rounds, sleeper)
    };
    // One wake a round at least; if one were lost, both sides would wait for ever.
    let mut seen = 0;
    while seen < 20_000 {
        reactor.wake();
        while rounds.load(Relaxed) <= seen {
            thread::yield_now();
        }
        seen = rounds.load(Relaxed);
    }
    sleeper.join().unwrap();
}

#[test]
fn a_late_event_does_not_reach_the_next_tenant_of_the_slot() {
    let reactor = reactor();
    let (old, mut theirs) = pair(&reactor, Interest::READABLE);
    theirs.write_all(b"x").unwrap();
    // The kernel reports the event ...
    let mut turn = reactor.shared.driver.turn();
    turn.look().unwrap();
    assert!(!turn.is_quiet());
    // ... and before it is handed out, the slot changes hands.
    drop(old);
    let (new, _theirs) = pair(&reactor, Interest::READABLE);
    let (counter, waker) = Counter::new();
    assert!(!poll(&new, &waker, Direction::Read));
    let mut woken = Vec::new();
    reactor.shared.dispatch(&turn, &mut woken);
    assert!(woken.is_empty());
    assert!(!poll(&new, &waker, Direction::Read));
    assert_eq!((counter.count(), reactor.handle().metrics().ready_events), (0, 0));
}

#[test]
fn more_events_than_fit_come_with_the_next_turns() {
    let config = Config { max_events: 2, ..Config::default() };
    let reactor = Reactor::new(config).unwrap();
    let (counter, waker) = Counter::new();
    let sources: Vec<_> = (0..7).map(|_| pair(&reactor, Interest::READABLE)).collect();
    for (source, theirs) in &sources {
        assert!(!poll(source, &waker, Direction::Read));
        (&mut &*theirs).write_all(b"x").unwrap();
    }
    let mut turns = 0;
    while counter.count() < 7 {
        assert!((1..=2).contains(&turn(&reactor)));
        turns += 1;
    }
    assert!(turns >= 4);
    assert_eq!(reactor.handle().metrics().ready_events, 7);
}

#[test]
fn a_look_may_take_fewer_events_than_a_wait() {
    let config = Config { max_events: 5, max_events_of_look: Some(2), ..Config::default() };
    let reactor = Reactor::new(config).unwrap();
    let (_, waker) = Counter::new();
    let sources: Vec<_> = (0..9).map(|_| pair(&reactor, Interest::READABLE)).collect();
    for (source, theirs) in &sources {
        assert!(!poll(source, &waker, Direction::Read));
        (&mut &*theirs).write_all(b"x").unwrap();
    }
    assert_eq!([look(&reactor), turn(&reactor), look(&reactor)], [2, 5, 2]);
}

#[test]
fn metrics_follow_the_sources() {
    let reactor = reactor();
    assert_eq!(reactor.handle().metrics(), Metrics::default());
    let (one, _one) = pair(&reactor, Interest::READABLE);
    let (two, _two) = pair(&reactor, Interest::READABLE);
    assert_eq!(reactor.handle().metrics().fds, 2);
    drop(one);
    drop(two.into_inner().unwrap());
    assert_eq!(reactor.handle().metrics().fds, 0);
}

#[test]
fn what_cannot_be_watched_is_refused_and_leaves_nothing_behind() {
    let reactor = reactor();
    let (source, _theirs) = pair(&reactor, Interest::READABLE);
    // The same descriptor a second time.
    let again = reactor.handle().register(source.get_ref(), Interest::READABLE, Ready::EMPTY);
    assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(reactor.handle().metrics().fds, 1);
}

#[test]
#[should_panic(
    expected = "A Handcrank 1.x context was found, but IO is disabled. Call `enable_io` on the runtime builder to enable IO."
)]
fn without_io_nothing_is_registered() {
    let reactor = Reactor::new(Config { io: false, ..Config::default() }).unwrap();
    assert!(!reactor.handle().io_enabled() && reactor.handle().time_enabled());
    pair(&reactor, Interest::READABLE);
}

#[test]
fn without_io_turns_and_timers_work() {
    let config = Config { io: false, start_paused: true, ..Config::default() };
    let reactor = Reactor::new(config).unwrap();
    let handle = reactor.handle();
    let mut timer = handle.timer(handle.clock().now() + HOUR);
    assert!(timer.poll_elapsed(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(turn(&reactor), 1);
    reactor.wake();
    assert_eq!(turn(&reactor), 0);
}

#[test]
fn shutting_down_ends_everything_with_the_right_words() {
    let reactor = reactor();
    let (source, theirs) = pair(&reactor, Interest::READABLE);
    let (counter, waker) = Counter::new();
    assert!(!poll(&source, &waker, Direction::Read));
    let mut cx = Context::from_waker(&waker);
    let mut waiting = Box::pin(source.ready(Interest::WRITABLE));
    assert!(waiting.as_mut().poll(&mut cx).is_pending());

    let mut woken = Vec::new();
    reactor.shutdown(&mut woken);
    assert_eq!((wake_all(&mut woken), counter.count()), (2, 2));
    assert!(reactor.handle().is_shutdown());

    let gone = |error: io::Error| {
        assert_eq!(error.kind(), io::ErrorKind::Other);
        assert_eq!(
            error.to_string(),
            "A Handcrank 1.x context was found, but it is being shutdown."
        );
    };
    for direction in [Direction::Read, Direction::Write] {
        let Poll::Ready(Err(error)) = source.poll_ready(&mut cx, direction) else { panic!() };
        gone(error);
    }
    let Poll::Ready(Err(error)) = waiting.as_mut().poll(&mut cx) else { panic!() };
    gone(error);
    gone(reactor.handle().register(theirs, Interest::READABLE, Ready::EMPTY).unwrap_err());
    let error = source.try_io(Interest::READABLE, |_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    drop(waiting);
    drop(source);
    reactor.shutdown(&mut woken);
    assert!(woken.is_empty());
}

#[test]
fn a_dropped_reactor_wakes_who_waits() {
    let reactor = Reactor::new(Config::default()).unwrap();
    let (source, _theirs) = pair(&reactor, Interest::READABLE);
    let (counter, waker) = Counter::new();
    assert!(!poll(&source, &waker, Direction::Read));
    drop(reactor);
    assert_eq!(counter.count(), 1);
    assert!(poll(&source, &waker, Direction::Read));
}

#[test]
fn the_paused_clock_stays_while_something_is_ready() {
    let reactor = paused();
    let handle = reactor.handle();
    let start = handle.clock().now();
    let (source, mut theirs) = pair(&reactor, Interest::READABLE);
    let mut timer = handle.timer(start + HOUR);
    assert!(timer.poll_elapsed(&mut Context::from_waker(Waker::noop())).is_pending());

    assert!(!poll(&source, Waker::noop(), Direction::Read));
    theirs.write_all(b"x").unwrap();
    assert_eq!(turn(&reactor), 1);
    assert_eq!(handle.clock().now(), start, "the data comes first");

    reactor.wake();
    assert_eq!(turn(&reactor), 0);
    assert_eq!(handle.clock().now(), start, "somebody has something to do");

    assert_eq!(look(&reactor), 0);
    assert_eq!(handle.clock().now(), start, "a look is not idle");

    assert_eq!(turn(&reactor), 1);
    assert_eq!(handle.clock().now() - start, HOUR);
}

#[test]
fn an_inhibited_clock_lets_the_turn_sleep_until_it_may_jump() {
    let reactor = Arc::new(paused());
    let handle = reactor.handle();
    let start = handle.clock().now();
    let mut timer = handle.timer(start + HOUR);
    assert!(timer.poll_elapsed(&mut Context::from_waker(Waker::noop())).is_pending());
    let inhibit = handle.clock().inhibit_auto_advance();
    let sleeper = {
        let reactor = Arc::clone(&reactor);
        thread::spawn(move || while turn(&reactor) == 0 {})
    };
    until_taken(&reactor);
    assert_eq!(handle.clock().now(), start);
    drop(inhibit);
    sleeper.join().unwrap();
    assert_eq!(handle.clock().now() - start, HOUR);
}

#[test]
fn advancing_from_elsewhere_ends_the_sleep() {
    let reactor = Arc::new(paused());
    let handle = reactor.handle();
    let mut timer = handle.timer(handle.clock().now() + HOUR);
    assert!(timer.poll_elapsed(&mut Context::from_waker(Waker::noop())).is_pending());
    let _inhibit = handle.clock().inhibit_auto_advance();
    let sleeper = {
        let reactor = Arc::clone(&reactor);
        thread::spawn(move || while turn(&reactor) == 0 {})
    };
    until_taken(&reactor);
    handle.clock().advance(HOUR);
    sleeper.join().unwrap();
    assert!(timer.is_elapsed());
}

#[test]
fn resuming_from_elsewhere_starts_the_time_of_the_sleep() {
    let reactor = Arc::new(paused());
    let handle = reactor.handle();
    let mut timer = handle.timer(handle.clock().now() + MS);
    assert!(timer.poll_elapsed(&mut Context::from_waker(Waker::noop())).is_pending());
    let _inhibit = handle.clock().inhibit_auto_advance();
    let sleeper = {
        let reactor = Arc::clone(&reactor);
        thread::spawn(move || while turn(&reactor) == 0 {})
    };
    until_taken(&reactor);
    handle.clock().resume();
    sleeper.join().unwrap();
    assert!(timer.is_elapsed());
}

#[test]
fn a_turn_fires_what_an_advance_has_passed() {
    let reactor = paused();
    let handle = reactor.handle();
    let start = handle.clock().now();
    let mut timer = handle.timer(start + MS);
    assert!(timer.poll_elapsed(&mut Context::from_waker(Waker::noop())).is_pending());
    handle.clock().advance(HOUR);
    assert_eq!(turn(&reactor), 1);
    assert_eq!(handle.clock().now() - start, HOUR, "no jump");
}

#[test]
fn a_timeout_ends_the_turn_on_time() {
    let reactor = reactor();
    let start = std::time::Instant::now();
    let mut woken = Vec::new();
    reactor.turn(Some(MS * 3), &mut woken).unwrap();
    assert!(start.elapsed() >= MS * 3 && woken.is_empty());
}

#[test]
fn wakers_are_appended() {
    let reactor = reactor();
    let (source, mut theirs) = pair(&reactor, Interest::READABLE);
    let (counter, waker) = Counter::new();
    assert!(!poll(&source, &waker, Direction::Read));
    theirs.write_all(b"x").unwrap();
    let mut woken = vec![Waker::noop().clone()];
    reactor.turn(None, &mut woken).unwrap();
    assert_eq!((woken.len(), counter.count()), (2, 0), "and not called");
}

#[test]
fn a_waker_may_do_anything() {
    // It is called and dropped outside of all locks: it may use the reactor itself.
    struct Meddler(Handle);
    impl std::task::Wake for Meddler {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Meddler {
        fn drop(&mut self) {
            assert!(self.0.shared.sources.try_lock().is_some());
            self.0.metrics();
        }
    }
    let reactor = reactor();
    let handle = reactor.handle();
    let meddler = || Waker::from(Arc::new(Meddler(handle.clone())));
    let (source, _theirs) = pair(&reactor, Interest::READABLE);
    let mut timer = handle.timer(handle.clock().now() + HOUR);
    for _ in 0..2 {
        let waker = meddler();
        assert!(!poll(&source, &waker, Direction::Read));
        assert!(timer.poll_elapsed(&mut Context::from_waker(&waker)).is_pending());
    }
    timer.reset(handle.clock().now() + MS);
    drop((source, timer));
    let (_source, _theirs) = pair(&reactor, Interest::READABLE);
    let mut timer = handle.timer(handle.clock().now() + HOUR);
    assert!(timer.poll_elapsed(&mut Context::from_waker(&meddler())).is_pending());
    drop(reactor);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        timer.poll_elapsed(&mut Context::from_waker(&meddler())).is_ready()
    }));
    assert!(panic.is_err());
}

#[test]
fn bytes_go_round_between_threads_without_a_lost_wake_up() {
    const ROUNDS: u32 = 5_000;
    let reactor = reactor();
    let _crank = Crank::new(&reactor);
    let both = Interest::READABLE | Interest::WRITABLE;
    let (source, mut theirs) = pair(&reactor, both);
    let echo = thread::spawn(move || {
        let mut byte = [0];
        while theirs.read(&mut byte).unwrap() == 1 {
            theirs.write_all(&byte).unwrap();
        }
    });
    for round in 0..ROUNDS {
        let sent = [round as u8];
        block_on(source.io(Interest::WRITABLE, |mut io| io.write(&sent))).unwrap();
        let mut got = [0; 8];
        let read = |cx: &mut Context<'_>| {
            source.poll_transfer(cx, Direction::Read, 8, |mut io| io.read(&mut got))
        };
        assert_eq!(block_on(std::future::poll_fn(read)).unwrap(), 1);
        assert_eq!(got[0], sent[0]);
    }
    drop(source);
    echo.join().unwrap();
}
