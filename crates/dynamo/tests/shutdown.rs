//! The phases of a shutdown: their order, what each waits for, and that they end.

mod common;

use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};

use common::{Endless, Gated, PATIENCE, TestNode, chat_body, eventually, settings};
use handcrank_dynamo::{Cause, LossPolicy, Phase, Runtime, Topology, Worker};

const PHASES: [Phase; 4] =
    [Phase::StopAdmitting, Phase::Drain, Phase::StopSecondary, Phase::TearDown];

#[test]
fn every_phase_waits_for_the_one_before() {
    for topology in [Topology::Dual, Topology::Merged] {
        let config = settings().topology(topology).build().unwrap();
        let runtime = Runtime::new(config).unwrap();
        let (note, notes) = mpsc::channel();
        let (admit, work) = (runtime.admission_tracker(), runtime.graceful_tracker());
        let (go, may_go) = mpsc::channel::<()>();

        // What lets work in: ends on the first token, and not at once.
        let (token, says) = (runtime.endpoint_shutdown_token(), note.clone());
        runtime.primary().spawn(admit.track_future(async move {
            token.cancelled().await;
            handcrank::task::yield_now().await;
            says.send("admission ended").unwrap();
        }));
        // Work: ends when the test says so. The main token must not have been cancelled by then.
        let (main, says) = (runtime.primary_token(), note.clone());
        let blocking = runtime.primary().spawn_blocking(move || {
            let _ = may_go.recv();
        });
        runtime.primary().spawn(work.track_future(async move {
            blocking.await.unwrap();
            says.send(if main.is_cancelled() { "work cut off" } else { "work ended" }).unwrap();
        }));
        // A service on the secondary: ends on the main token, while both runtimes still live.
        let (main, says, primary) = (runtime.primary_token(), note, runtime.primary().clone());
        runtime.spawn_service(async move {
            main.cancelled().await;
            primary.spawn(async {}).await.expect("the primary goes last");
            says.send("service ended").unwrap();
        });

        assert!(!runtime.is_shutting_down());
        runtime.shutdown();
        assert!(runtime.is_shutting_down());
        assert!(runtime.endpoint_shutdown_token().is_cancelled(), "at once");
        assert_eq!(notes.recv_timeout(PATIENCE), Ok("admission ended"));
        assert!(!runtime.primary_token().is_cancelled(), "work is still going on");
        drop(go);
        assert_eq!(notes.recv_timeout(PATIENCE), Ok("work ended"));
        assert_eq!(notes.recv_timeout(PATIENCE), Ok("service ended"));

        let report = runtime.shutdown_and_wait();
        assert!(report.is_clean(), "{report}");
        assert_eq!(report.cause, Cause::Requested);
        assert_eq!(report.topology, topology);
        assert_eq!(report.phases.iter().map(|phase| phase.phase).collect::<Vec<_>>(), PHASES);
        for (phase, ended) in PHASES.into_iter().zip([1, 1, 1, 0]) {
            assert_eq!(report.phase(phase).unwrap().ended, ended, "{report}");
        }
        // Once more is no more.
        assert_eq!(runtime.shutdown_and_wait(), report);
        assert!(runtime.primary_token().is_cancelled());
    }
}

#[test]
fn a_shutdown_may_be_asked_for_on_a_worker() {
    let runtime = Runtime::single_threaded().unwrap();
    let inner = runtime.clone();
    runtime.primary().spawn(async move { inner.shutdown() });
    // Waits for the shutdown that the task began, or begins it itself: either must end.
    assert!(runtime.shutdown_and_wait().is_clean());
}

#[test]
fn streams_in_flight_drain_while_the_node_stays_up_and_lets_nobody_in() {
    let engine = Gated::default();
    let node = TestNode::with(settings().build().unwrap(), engine.clone());
    let mut idle = node.http();
    assert_eq!(idle.get("/v1/models").status, 200);
    let mut silent = node.http();
    let mut streaming = node.http();
    streaming.chat(&chat_body("x", true));
    streaming.read_until(b"\"content\":\"x\"").expect("it speaks");
    let endpoint = node.node.distributed().component("backend").endpoint("generate");
    let known = || node.runtime.primary().block_on(endpoint.instances()).unwrap().len();
    assert_eq!(known(), 1);

    node.runtime.shutdown();
    assert!(idle.is_closed(), "an idle connection is not waited for");
    assert!(silent.is_closed(), "nor one that has not said anything yet");
    eventually("discovery forgets it", || known() == 0);
    eventually("the door is shut", || std::net::TcpStream::connect(node.node.http_addr()).is_err());
    // The node still answers for itself: alive, but not to be sent work.
    assert_eq!(node.system().get("/live").status, 200);
    let health = node.system().get("/health");
    assert_eq!((health.status, &health.json()["status"]), (503, &"draining".into()));
    let lease = node.node.distributed().lease().clone();
    assert!(lease.is_held(), "the lease is given back when the work has drained, not before");
    assert!(!node.runtime.primary_token().is_cancelled());
    assert_eq!(node.runtime.in_flight().len(), 1);

    engine.release.cancel();
    let rest = streaming.read_until(b"data: [DONE]\n\n").expect("it speaks to its end");
    assert!(String::from_utf8(rest).unwrap().contains(r#""finish_reason":"stop""#));
    let report = node.shut_down();
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.in_flight_ended, 1);
    assert!(!lease.is_held());
}

#[test]
fn what_does_not_end_in_time_is_cut_off_and_named() {
    let engine = Endless::default();
    let drain = Duration::from_millis(200);
    let node =
        TestNode::with(settings().shutdown_drain_timeout(drain).build().unwrap(), engine.clone());
    let mut streaming = node.http();
    streaming.chat(&chat_body("for ever", true));
    streaming.read_until(b"\"content\":\"x\"").expect("it speaks");
    let report = node.shut_down();
    assert!(!report.is_clean());
    let drained = report.phase(Phase::Drain).unwrap();
    assert_eq!(drained.cut_off, 1, "{report}");
    assert!(report.took >= drain);
    assert_eq!(report.cut_off.len(), 1);
    assert!(report.cut_off[0].what.starts_with("chatcmpl-"), "{report}");
    assert!(report.to_string().contains("cut off after"), "{report}");
    assert_eq!(engine.alive(), 0, "the teardown dropped it");
}

#[test]
fn a_stream_that_is_cut_off_ends_with_an_error_and_not_as_if_all_were_said() {
    let node = TestNode::echo(
        settings()
            .engine_token_delay(Duration::from_hours(1))
            .shutdown_drain_timeout(Duration::from_millis(50)),
    );
    let mut streaming = node.http();
    streaming.chat(&chat_body("never said", true));
    let reply = std::thread::spawn(move || streaming.reply());
    eventually("it is in flight", || !node.runtime.in_flight().is_empty());
    let report = node.shut_down();
    assert_eq!(report.cut_off.len(), 1, "{report}");
    let reply = reply.join().unwrap();
    assert_eq!(reply.status, 200);
    let events = reply.events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[1].contains(r#""code":"shutting_down""#), "{events:?}");
}

#[test]
fn stuck_workers_cannot_hold_up_the_shutdown_for_ever() {
    for topology in [Topology::Dual, Topology::Merged] {
        let config = settings()
            .topology(topology)
            .primary_worker_threads(1)
            .shutdown_drain_timeout(Duration::from_millis(50))
            .shutdown_stop_timeout(Duration::from_millis(50))
            .build()
            .unwrap();
        let runtime = Runtime::new(config).unwrap();
        let (entered, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (enter, leave) = (entered.clone(), release.clone());
        runtime.primary().spawn(runtime.graceful_tracker().track_future(async move {
            enter.wait();
            leave.wait();
        }));
        entered.wait();
        let begun = Instant::now();
        let report = runtime.shutdown_and_wait();
        assert_eq!(report.phase(Phase::Drain).unwrap().cut_off, 1, "{report}");
        // The phases ended although the worker had not: nobody has released it yet.
        assert!(begun.elapsed() >= Duration::from_millis(100));
        release.wait();
    }
}

#[test]
fn a_worker_returns_what_its_application_did() {
    let worker = || Worker::from_config(settings().build().unwrap()).unwrap();

    let outcome = worker().execute(|_runtime| async { Ok::<(), std::io::Error>(()) });
    assert!(outcome.result().is_ok());
    assert_eq!(
        (outcome.report().cause.clone(), outcome.exit_status()),
        (Cause::ApplicationEnded, 0)
    );

    let outcome = worker().execute(|_runtime| async { Err(std::io::Error::other("no luck")) });
    assert_eq!(outcome.result().unwrap_err().to_string(), "no luck");
    assert_eq!(outcome.report().cause, Cause::ApplicationFailed);
    assert_eq!(outcome.exit_status(), 1);

    let outcome = worker().execute(|runtime| async move {
        assert!(runtime.is_shutting_down(), "it must not be: {}", 7);
        Ok::<(), std::io::Error>(())
    });
    let error = outcome.result().unwrap_err().to_string();
    assert_eq!(error, "the application panicked: it must not be: 7");
    assert_eq!(outcome.exit_status(), 1);

    // One that ends when it is told to, by the main token.
    let outcome = worker().execute(|runtime| async move {
        let token = runtime.primary_token();
        runtime.shutdown();
        token.cancelled().await;
        Ok::<(), std::io::Error>(())
    });
    assert!(outcome.result().is_ok());
    assert!(outcome.report().is_clean(), "{}", outcome.report());
    assert_eq!(outcome.report().phase(Phase::TearDown).unwrap().ended, 1);

    // One that never ends.
    let config = settings().shutdown_stop_timeout(Duration::from_millis(50)).build().unwrap();
    let outcome = Worker::from_config(config).unwrap().execute(|runtime| async move {
        runtime.shutdown();
        std::future::pending::<Result<(), std::io::Error>>().await
    });
    assert_eq!(outcome.result().unwrap_err().to_string(), "the application did not return in time");
    assert_eq!(outcome.exit_status(), 3);
}

#[test]
fn a_lost_lease_does_what_its_policy_says() {
    let lost = |policy| {
        // Long enough not to be lost before it is taken away, while the node starts on a busy machine.
        let ttl = Duration::from_secs(2);
        let node = TestNode::echo(settings().lease_ttl(ttl).lease_on_loss(policy));
        let distributed = node.node.distributed();
        let (discovery, lease) = (distributed.discovery().clone(), distributed.lease().clone());
        node.runtime.primary().block_on(discovery.revoke(lease.id())).unwrap();
        eventually("the loss is noticed", || lease.losses() >= 1);
        node
    };

    let node = lost(LossPolicy::Shutdown);
    eventually("it shuts down", || node.runtime.is_shutting_down());
    assert_eq!(node.shut_down().cause, Cause::LeaseLost);

    let node = lost(LossPolicy::Drain);
    eventually("it lets nobody in", || {
        std::net::TcpStream::connect(node.node.http_addr()).is_err()
    });
    assert!(!node.runtime.is_shutting_down(), "somebody else decides");
    assert_eq!(node.system().get("/live").status, 200);
    assert_eq!(node.system().get("/health").json()["checks"]["lease"]["status"], "failed");
    assert!(node.shut_down().is_clean());

    let node = lost(LossPolicy::Reacquire);
    eventually("it comes back", || node.node.distributed().lease().is_held());
    assert_eq!(node.http().get("/v1/models").status, 200);
}
