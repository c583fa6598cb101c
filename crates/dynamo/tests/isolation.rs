//! What two runtimes are for: the primary is stuck, and the secondary does not notice.

mod common;

use std::io;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use common::{Client, PATIENCE, TestNode, chat_body, eventually, settings};
use handcrank_dynamo::{LossPolicy, Topology};
use parking_lot::{Condvar, Mutex};

/// More than there are workers, so that none of them, nor a spare one that the runtime may start
/// for a stuck one, gets to anything else.
const BLOCKERS: usize = 64;

/// Keeps every worker of the primary in a poll that does not return, until it is dropped.
struct Stuck {
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Stuck {
    fn new(node: &TestNode) -> Self {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (entered, entries) = mpsc::channel();
        for _ in 0..BLOCKERS {
            let (gate, entered) = (gate.clone(), entered.clone());
            node.runtime.primary().spawn(async move {
                entered.send(()).expect("the test waits");
                let mut open = gate.0.lock();
                while !*open {
                    gate.1.wait(&mut open);
                }
            });
        }
        let stuck = Self { gate };
        for _ in 0..node.runtime.config().primary_worker_threads() {
            entries.recv_timeout(PATIENCE).expect("every worker gets stuck");
        }
        stuck
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        *self.gate.0.lock() = true;
        self.gate.1.notify_all();
    }
}

fn node(topology: Topology, ttl: Duration) -> TestNode {
    TestNode::echo(
        settings()
            .topology(topology)
            .lease_ttl(ttl)
            .lease_on_loss(LossPolicy::Reacquire)
            .canary_interval(Duration::from_millis(10))
            .canary_limit(Duration::from_millis(100)),
    )
}

#[test]
fn dual_the_lease_and_the_system_server_keep_their_rhythm() {
    // It would be lost after half of this without a turn: a busy machine should not come to that.
    let node = node(Topology::Dual, Duration::from_secs(5));
    let lease = node.node.distributed().lease().clone();
    eventually("the lease beats", || lease.beats() >= 1);

    let stuck = Stuck::new(&node);
    let before = lease.beats();
    // More than the lease's life, seen as beats and not as time: they come at half time.
    eventually("the lease beats on", || lease.beats() >= before + 3);
    assert_eq!(lease.losses(), 0);
    for _ in 0..10 {
        assert_eq!(node.system().get("/live").status, 200);
    }
    // And it says what is wrong.
    eventually("the canary is missed", || node.node.watchdog().check().is_err());
    let health = node.system().get("/health");
    assert_eq!(health.status, 503);
    let checks = &health.json()["checks"];
    assert_eq!(checks["lease"]["status"], "ok");
    assert_eq!(checks["primary"]["status"], "failed");

    drop(stuck);
    assert_eq!(node.http().chat(&chat_body("back", false)).reply().status, 200);
    eventually("the node recovers", || node.system().get("/health").status == 200);
}

#[test]
fn merged_they_are_stuck_with_it() {
    // Not lost while the node starts, at least.
    let ttl = Duration::from_secs(1);
    let node = node(Topology::Merged, ttl);
    let lease = node.node.distributed().lease().clone();
    eventually("the lease beats", || lease.beats() >= 1);

    let stuck = Stuck::new(&node);
    let before = lease.beats();
    let mut asking: Client = node.system();
    asking.set_read_timeout(ttl * 2);
    asking.send("GET /live HTTP/1.1\r\nhost: t\r\n\r\n");
    let error = asking.try_reply().expect_err("nobody is there to answer");
    assert!(
        matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        "{error:?}"
    );
    // Two lives of the lease have passed in which nobody renewed it.
    assert_eq!(lease.beats(), before);
    assert!(!lease.is_held());

    drop(stuck);
    asking.set_read_timeout(PATIENCE);
    assert_eq!(asking.reply().status, 200);
    eventually("the lease is got again", || lease.is_held());
    assert!(lease.losses() >= 1);
}

#[test]
fn the_secondary_has_threads_timers_and_a_pool_of_its_own() {
    let node = TestNode::echo(settings().primary_worker_threads(1).primary_max_blocking_threads(1));
    let name = || async { std::thread::current().name().map(str::to_owned) };
    let on = |handle: &handcrank::runtime::Handle| {
        futures_block_on(handle.spawn(name())).expect("it runs").expect("the thread has a name")
    };
    assert!(on(node.runtime.primary()).starts_with("primary"));
    assert!(on(node.runtime.secondary()).starts_with("secondary"));

    // The primary's worker and its blocking pool are both taken.
    let (release, held) = mpsc::channel::<()>();
    node.runtime.primary().spawn_blocking(move || held.recv());
    let _stuck = Stuck::new(&node);
    let secondary = node.runtime.secondary().clone();
    let slept = secondary.spawn(async {
        handcrank::time::sleep(Duration::from_millis(5)).await;
        handcrank::task::spawn_blocking(|| 7).await
    });
    assert_eq!(futures_block_on(slept).expect("it runs").expect("its job runs"), 7);
    drop(release);
}

/// Waits on this thread, which belongs to no runtime.
fn futures_block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut cx = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        std::thread::park();
    }
}
