//! What tasks have to do with the world: threads, clocks and sockets.

use crate::Flavor::Current;
use crate::THREADS;
use crate::kind::Group::{Blocking, Lifetime, Net, Time};
use crate::kind::{Workload, sides};
use crate::workload::{accept, blocking, http, lifetime, tcp, timer, udp};

/// From the narrowest to the widest.
pub(super) const WORLD: &[Workload] = &[
    Workload::new(
        Blocking,
        "spawn_blocking",
        "a task hands over a job and awaits it",
        blocking::ONE_BY_ONE,
        sides!(blocking::one_by_one::<R>()),
    )
    .limit("thread_round_trip")
    .mark(1.5),
    Workload::new(
        Blocking,
        "spawn_blocking_many",
        "a task hands over 1,000 jobs and awaits them",
        blocking::AT_ONCE,
        sides!(blocking::at_once::<R>()),
    )
    .limit("malloc_free_128")
    .mark(1.5),
    Workload::new(
        Time,
        "timer_dropped",
        "make a timer and drop it",
        timer::UNUSED,
        sides!(timer::dropped::<R>()),
    )
    .limit("instant_now")
    .mark(1.0),
    Workload::new(
        Time,
        "timer_polled",
        "make a timer, wait for it once, and drop it",
        timer::UNUSED,
        sides!(timer::polled::<R>()),
    )
    .limit("instant_now"),
    Workload::new(
        Time,
        "timer_reset",
        "set a timer anew and wait for it once",
        timer::UNUSED,
        sides!(timer::reset::<R>()),
    )
    .limit("instant_now")
    .mark(1.0),
    Workload::new(
        Time,
        "sleep_many",
        "100,000 tasks sleep up to 100 ms and are woken",
        timer::SLEEPERS,
        sides!(timer::fired::<R>(timer::SLEEPERS)),
    )
    .limit("malloc_free_128")
    .by_processor_time(),
    Workload::new(
        Net,
        "tcp_echo_1",
        "128 bytes there and back over TCP, 1 connection",
        tcp::round_trips(1),
        sides!(tcp::echo::<R>(1)),
    )
    .limit("epoll_echo_1")
    .mark(1.0),
    Workload::new(
        Net,
        "tcp_echo_50",
        "the same over 50 connections",
        tcp::round_trips(50),
        sides!(tcp::echo::<R>(50)),
    )
    .limit("epoll_echo_50")
    .mark(1.0),
    Workload::new(
        Net,
        "tcp_echo_500",
        "the same over 500 connections",
        tcp::round_trips(500),
        sides!(tcp::echo::<R>(500)),
    )
    .limit("epoll_echo_500")
    .mark(1.0),
    Workload::new(
        Net,
        "tcp_echo_5000",
        "the same over 5,000 connections",
        tcp::round_trips(tcp::THOUSANDS),
        sides!(tcp::echo_fresh::<R>(tcp::THOUSANDS)),
    )
    .limit("epoll_echo_5000")
    .mark(1.0)
    .fresh(),
    Workload::new(
        Net,
        "tcp_accept",
        "connect, get a byte, close; 8 clients",
        accept::CONNECTIONS,
        sides!(accept::churn::<R>()),
    )
    .mark(1.0),
    Workload::new(
        Net,
        "udp_echo_1",
        "128 bytes there and back over UDP, 1 client with 1 server",
        tcp::round_trips(1),
        sides!(udp::echo::<R>(1)),
    )
    .mark(1.0),
    Workload::new(
        Net,
        "udp_echo_50",
        "the same with 50 clients and 50 servers",
        tcp::round_trips(50),
        sides!(udp::echo::<R>(50)),
    )
    .mark(1.0),
    Workload::new(
        Net,
        "http_hello_1",
        "HTTP request and answer through hyper, 1 connection, the client on a thread outside",
        tcp::round_trips(1),
        sides!(http::hello::<R>(1)),
    )
    .mark(1.0),
    Workload::new(
        Net,
        "http_hello_50",
        "the same over 50 connections",
        tcp::round_trips(50),
        sides!(http::hello::<R>(50)),
    )
    .mark(1.0),
    Workload::new(
        Lifetime,
        "start_and_stop",
        "start a runtime with two workers, run a task, stop it",
        1,
        sides!(lifetime::start_and_stop::<R>(THREADS)),
    )
    // smol's reactor is there before and stays afterwards.
    .without_smol()
    .limit("thread_start_join")
    .mark(2.0),
    Workload::new(
        Lifetime,
        "current_start_and_stop",
        "the same with a runtime of one thread",
        1,
        sides!(lifetime::start_and_stop::<R>(Current)),
    )
    .without_smol()
    .limit("syscall")
    .mark(2.0),
];
