//! The `redis` crate on Handcrank, with a real server.
//!
//! Each test starts a `redis-server` of its own, or the one that `REDIS_SERVER` names. Where there is
//! none, the tests say so and do nothing; with that variable set they fail instead.

use futures_util::future::{join_all, try_join_all};
use handcrank::net::TcpStream;
use handcrank::runtime::{Builder, Runtime};
use handcrank::time::{Duration, Instant, timeout};
use programs::process::PATIENCE;
use programs::redis_client::{Address, Patience};
use programs::{Program, Redis};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    AsyncCommands, AsyncConnectionConfig, PushInfo, PushKind, RedisConnectionInfo, RedisResult,
    Value,
};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio::sync::mpsc::UnboundedReceiver;

/// The server to start; `None` if there is none.
fn executable() -> Option<String> {
    let named = std::env::var("REDIS_SERVER");
    let name = named.clone().unwrap_or_else(|_| "redis-server".to_owned());
    let found = Command::new(&name).arg("--version").stdout(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return Some(name);
    }
    assert!(named.is_err(), "REDIS_SERVER is {name}, which does not run");
    // Straight to the process's error stream: the test harness captures the other.
    let _ = writeln!(std::io::stderr(), "SKIPPED: there is no redis-server here");
    None
}

struct Server {
    program: Program,
    address: Address,
}

impl Server {
    /// Starts one that listens on a port.
    fn start(executable: &str) -> Self {
        loop {
            // Free, until somebody else takes it before the server does.
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
            let address = free.local_addr().expect("an address");
            drop(free);
            if let Some(server) = Self::try_start(executable, Address::Tcp(address)) {
                return server;
            }
        }
    }

    /// Starts one at a path. Nobody takes that from it while it is away, as may happen to a port.
    fn start_at(executable: &str, path: &Path) -> Self {
        Self::try_start(executable, Address::Unix(path.to_owned())).expect("it starts")
    }

    fn try_start(executable: &str, address: Address) -> Option<Self> {
        let at = match &address {
            Address::Tcp(at) => ["--port".to_owned(), at.port().to_string()].to_vec(),
            Address::Unix(at) => {
                let path = at.to_str().expect("text").to_owned();
                ["--port".to_owned(), "0".to_owned(), "--unixsocket".to_owned(), path].to_vec()
            }
        };
        let mut flags = vec!["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        flags.extend(at.iter().map(String::as_str));
        let program = Program::start(executable, &flags);
        while !program.line()?.contains("eady to accept connections") {}
        Some(Self { program, address })
    }

    fn stop(self) {
        self.program.interrupt();
        assert_eq!(self.program.end().0.code(), Some(0));
    }

    fn client(&self) -> (Redis, UnboundedReceiver<PushInfo>) {
        Redis::new(self.address.clone(), Patience::default())
    }
}

/// A path that nobody else has.
fn path(test: &str) -> PathBuf {
    std::env::temp_dir().join(format!("handcrank-{test}-{}", std::process::id()))
}

/// Runs a test with a server, on both kinds of runtime; or not at all.
fn with_server(test: &impl AsyncFn(&Server)) {
    let Some(executable) = executable() else { return };
    for runtime in [Runtime::new(), Builder::new_current_thread().enable_all().build()] {
        let server = Server::start(&executable);
        runtime.expect("a runtime").block_on(async {
            timeout(PATIENCE, test(&server)).await.expect("no hang");
        });
        server.stop();
    }
}

/// The next message of a channel: what came, and where.
async fn message(pushes: &mut UnboundedReceiver<PushInfo>) -> (String, String) {
    loop {
        let push = pushes.recv().await.expect("the client lives");
        if push.kind == PushKind::Message {
            return redis::from_redis_value(Value::Array(push.data)).expect("two texts");
        }
    }
}

#[test]
fn get_and_set() {
    with_server(&async |server| {
        let (mut redis, _pushes) = server.client();
        assert_eq!(redis.get::<_, Option<String>>("light").await.unwrap(), None);
        let () = redis.set("light", "on").await.unwrap();
        assert_eq!(redis.get::<_, String>("light").await.unwrap(), "on");
        assert_eq!(redis.incr::<_, _, i64>("turns", 3).await.unwrap(), 3);
        let large = vec![7_u8; 4 << 20];
        let () = redis.set("large", &large).await.unwrap();
        assert!(redis.get::<_, Vec<u8>>("large").await.unwrap() == large);
        let error = redis.incr::<_, _, i64>("light", 1).await.unwrap_err();
        assert!(error.to_string().contains("not an integer"), "{error}");
        // An answer that is an error is one: the connection is as good as before.
        assert_eq!(redis.get::<_, i64>("turns").await.unwrap(), 3);
    });
}

#[test]
fn pipelines_and_transactions() {
    with_server(&async |server| {
        let (mut redis, _pushes) = server.client();
        let mut pipe = redis::pipe();
        for n in 0..1000 {
            pipe.set(n, n * n).ignore().get(n);
        }
        let squares: Vec<i64> = pipe.query_async(&mut redis).await.unwrap();
        assert!(squares.iter().copied().eq((0..1000).map(|n| n * n)));

        let mut transaction = redis::pipe();
        transaction.atomic().incr("a", 1).incr("b", 2).get("a");
        let answer: (i64, i64, i64) = transaction.query_async(&mut redis).await.unwrap();
        assert_eq!(answer, (1, 2, 1));

        // Watched, and changed by somebody else in between: nothing happens.
        let (mut watcher, _) = server.client();
        let () = redis::cmd("WATCH").arg("a").query_async(&mut watcher).await.unwrap();
        let () = redis.set("a", 10).await.unwrap();
        let mut transaction = redis::pipe();
        transaction.atomic().incr("a", 1);
        let answer: Option<(i64,)> = transaction.query_async(&mut watcher).await.unwrap();
        assert_eq!(answer, None);
        assert_eq!(redis.get::<_, i64>("a").await.unwrap(), 10);
    });
}

#[test]
fn publish_and_subscribe() {
    with_server(&async |server| {
        let (mut redis, mut pushes) = server.client();
        let (mut other, _pushes) = server.client();
        redis.subscribe("news").await.unwrap();
        for n in 0..100 {
            assert_eq!(other.publish::<_, _, i64>("news", n).await.unwrap(), 1);
        }
        for n in 0..100 {
            assert_eq!(message(&mut pushes).await, ("news".to_owned(), n.to_string()));
        }
        // The same connection still takes requests.
        let () = redis.set("light", "on").await.unwrap();
        redis.unsubscribe("news").await.unwrap();
        assert_eq!(other.publish::<_, _, i64>("news", "nobody hears").await.unwrap(), 0);
    });
}

#[test]
fn many_at_once_on_one_connection() {
    with_server(&async |server| {
        let (redis, _pushes) = server.client();
        let tasks = (0..200).map(|task| {
            let mut redis = redis.clone();
            handcrank::spawn(async move {
                for n in 0..20 {
                    let key = format!("{task}:{n}");
                    let () = redis.set(&key, n).await?;
                    let _: i64 = redis.incr("all", 1).await?;
                    assert_eq!(redis.get::<_, i64>(&key).await?, n);
                }
                RedisResult::Ok(())
            })
        });
        join_all(tasks).await.into_iter().for_each(|task| task.unwrap().unwrap());
        let mut redis = redis;
        assert_eq!(redis.get::<_, i64>("all").await.unwrap(), 200 * 20);
        let clients: String =
            redis::cmd("CLIENT").arg("LIST").query_async(&mut redis).await.unwrap();
        assert_eq!(clients.lines().count(), 1, "{clients}");

        // Dropped in the middle of a request: the others get their own answers all the same.
        for n in 0..50 {
            let mut one = redis.clone();
            let _ = timeout(Duration::ZERO, one.get::<_, i64>("0:1")).await;
            assert_eq!(redis.get::<_, i64>(format!("{n}:7")).await.unwrap(), 7);
        }
    });
}

#[test]
fn a_server_that_comes_back() {
    let Some(executable) = executable() else { return };
    let runtime = Runtime::new().expect("a runtime");
    let at = path("comes-back");
    let server = Server::start_at(&executable, &at);
    let (mut redis, mut pushes) = server.client();
    runtime.block_on(async {
        let () = redis.set("light", "on").await.unwrap();
        // One who waits for an answer when the server goes hears of it.
        let mut waiting = redis.clone();
        let waiting = handcrank::spawn(async move {
            let blocked: RedisResult<Value> =
                redis::cmd("BLPOP").arg("never").arg(0).query_async(&mut waiting).await;
            blocked.unwrap_err()
        });
        let (mut other, _) = server.client();
        while !redis::cmd("CLIENT")
            .arg("LIST")
            .query_async::<String>(&mut other)
            .await
            .unwrap()
            .contains("cmd=blpop")
        {}
        server.stop();
        let error = waiting.await.unwrap();
        assert!(error.is_connection_dropped(), "{error}");

        // Asked while there is none, the client waits until there is one again.
        let mut asking = redis.clone();
        let asking = handcrank::spawn(async move { asking.set::<_, _, ()>("light", "off").await });
        let again =
            handcrank::task::spawn_blocking(move || Server::start_at(&executable, &at)).await;
        let server = again.unwrap();
        asking.await.unwrap().unwrap();
        assert_eq!(redis.get::<_, String>("light").await.unwrap(), "off");
        redis.subscribe("news").await.unwrap();
        let _: i64 = redis.publish("news", "I am back").await.unwrap();
        assert_eq!(message(&mut pushes).await.1, "I am back");

        // And gone for good: an error, when the patience is at its end.
        server.stop();
        let patience = Patience { connection: Duration::from_millis(100), ..Patience::default() };
        let (mut hopeless, _) = Redis::new(Address::Unix(path("comes-back")), patience);
        let error = hopeless.get::<_, i64>("light").await.unwrap_err();
        assert!(error.is_io_error(), "{error}");
    });
}

#[test]
fn an_answer_that_takes_too_long() {
    with_server(&async |server| {
        let patience = Patience { answer: Duration::from_millis(50), ..Patience::default() };
        let (mut redis, _pushes) = Redis::new(server.address.clone(), patience);
        let begun = Instant::now();
        let late: RedisResult<Value> =
            redis::cmd("BLPOP").arg("never").arg(0).query_async(&mut redis).await;
        assert!(late.unwrap_err().is_timeout());
        assert!(begun.elapsed() >= Duration::from_millis(50));
        // On a new connection, as the old one is still blocked. A busy machine may need more than
        // that little patience for this, too.
        while redis.set::<_, _, ()>("light", "on").await.is_err() {}
    });
}

#[test]
fn through_a_socket_in_the_file_system() {
    let Some(executable) = executable() else { return };
    let server = Server::start_at(&executable, &path("socket"));
    Runtime::new().expect("a runtime").block_on(async {
        let (mut redis, _pushes) = server.client();
        let sets = (0..100).map(|n| {
            let mut redis = redis.clone();
            async move { redis.set::<_, _, ()>(n, n).await }
        });
        try_join_all(sets).await.unwrap();
        assert_eq!(redis.get::<_, i64>(99).await.unwrap(), 99);
    });
    server.stop();
}

#[test]
fn the_program_that_asks() {
    let Some(executable) = executable() else { return };
    let server = Server::start(&executable);
    let Address::Tcp(address) = &server.address else { unreachable!("it has a port") };
    let address = address.to_string();
    let ask = |command: &[&str]| {
        let all = [&[address.as_str()], command].concat();
        let (status, lines) = Program::start(env!("CARGO_BIN_EXE_redis_ask"), &all).end();
        (status.code(), lines.join("\n"))
    };
    assert_eq!(ask(&["SET", "light", "on"]), (Some(0), "ok".to_owned()));
    assert_eq!(ask(&["STRLEN", "light"]), (Some(0), "int(2)".to_owned()));
    assert_eq!(ask(&["FLY"]).0, Some(1));
    server.stop();
}

/// Why the response timeout is turned off: holds the documentation of `redis_client` to it.
#[test]
fn what_needs_tokios_runtime() {
    with_server(&async |server| {
        let Address::Tcp(address) = server.address else { unreachable!("it has a port") };
        let stream = TcpStream::connect(address).await.unwrap();
        let info = RedisConnectionInfo::default();
        let defaults = AsyncConnectionConfig::new();
        let (mut default, driver) =
            MultiplexedConnection::new_with_config(&info, stream, defaults).await.unwrap();
        let driver = handcrank::spawn(driver);
        let asked =
            handcrank::spawn(async move { default.req_packed_command(&redis::cmd("PING")).await });
        let panic = asked.await.unwrap_err().into_panic();
        let text = panic.downcast_ref::<String>().map_or("", String::as_str);
        assert!(text.contains("there is no reactor running"), "{text}");
        driver.abort();

        let stream = TcpStream::connect(address).await.unwrap();
        let subscriber =
            handcrank::spawn(async move { redis::aio::PubSub::new(&info, stream).await.is_ok() });
        assert!(subscriber.await.unwrap_err().is_panic());
    });
}
