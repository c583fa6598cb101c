//! What the tasks do: a little of everything, and then one thing more.

use crate::world::{Post, World};
use futures_util::future::{Either, select};
use handcrank::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use handcrank::runtime::Handle;
use handcrank::sync::oneshot;
use handcrank::task::{self, AbortHandle, JoinHandle};
use handcrank::time::{self, Duration, Instant};
use std::fmt;
use std::future::pending;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use tests::{Entry, Ledger, Random};

/// How often an errand may send others on errands of their own, one below the other.
const DEPTH: u32 = 2;
/// The depth of an errand that a blocking job waits for. It must not need a thread of the same
/// pool: they could all be waiting like that.
const IN_BLOCKING: u32 = DEPTH + 1;
const ROOM: usize = 1 << 13;

/// A number of errands that are watched to their end.
pub(crate) struct Round {
    book: Ledger,
    world: Arc<World>,
    /// Will the runtime be ended under them?
    mortal: bool,
}

type Errand = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Round {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        Self { book: Ledger::new(ROOM), world: world.clone(), mortal: false }
    }

    pub(crate) fn mortal(world: &Arc<World>) -> Self {
        Self { mortal: true, ..Self::new(world) }
    }

    pub(crate) fn entry(&self) -> Entry {
        self.book.entry()
    }

    pub(crate) fn errands(&self) -> usize {
        self.book.opened()
    }

    /// Is everything dropped?
    pub(crate) fn is_over(&self) -> bool {
        // In this order: what is entered in between only makes it wait.
        let dropped = self.book.dropped();
        dropped == self.book.opened()
    }

    #[track_caller]
    pub(crate) fn check(&self) {
        self.book.check();
    }

    /// An I/O operation may fail only because its runtime ends.
    fn io(&self, result: io::Result<()>) {
        if let Err(error) = result
            && !self.mortal
        {
            self.world.fail(format!("I/O on a runtime that goes on: {error}"));
        }
    }
}

impl fmt::Debug for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, of a round on {:?}", self.book, self.world)
    }
}

/// A panic that nobody needs to read about.
pub(crate) fn panic_on_purpose() {
    std::panic::resume_unwind(Box::new("on purpose"));
}

/// Aborts when it goes, so that a task without an end has one.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends tasks on errands, and does with their handles whatever can be done.
pub(crate) async fn some(round: &Arc<Round>, random: &mut Random, most: usize) {
    spawn_some(round, random, most, 0).await;
}

async fn spawn_some(round: &Arc<Round>, random: &mut Random, most: usize, depth: u32) {
    let mut tasks = Vec::new();
    for _ in 0..=random.below(most) {
        tasks.push(handcrank::spawn(errand(round.clone(), random.fork(), depth)));
        if random.once_in(6) {
            task::yield_now().await;
        }
    }
    while !tasks.is_empty() {
        let task = tasks.swap_remove(random.below(tasks.len()));
        settle(round, random, task).await;
    }
}

async fn settle(round: &Arc<Round>, random: &mut Random, task: JoinHandle<()>) {
    match random.below(9) {
        0 => drop(task),
        1 => task.abort(),
        2 => {
            task.abort();
            round.world.answer(&task.await);
        }
        3 => round.world.joins.send(task),
        4 => {
            // Aborted while another thread waits.
            let abort = task.abort_handle();
            round.world.joins.send(task);
            task::yield_now().await;
            abort.abort();
        }
        5 => {
            // Looked at here, awaited by another task.
            let mut task = task;
            if futures_util::poll!(&mut task).is_pending() {
                let (round, entry) = (round.clone(), round.entry());
                let inner = round.clone();
                round.world.joins.send(handcrank::spawn(async move {
                    let _entry = entry;
                    inner.world.answer(&task.await);
                }));
            }
        }
        6 => {
            let mut task = task;
            let limit = Duration::from_micros(random.below(1500) as u64);
            if let Ok(answer) = time::timeout(limit, &mut task).await {
                round.world.answer(&answer);
            }
        }
        _ => round.world.answer(&task.await),
    }
}

/// As [`settle`], from a thread outside of the runtime.
pub(crate) fn settle_outside(round: &Arc<Round>, random: &mut Random, task: JoinHandle<()>) {
    match random.below(5) {
        0 => drop(task),
        1 => task.abort(),
        2 => {
            let abort = task.abort_handle();
            round.world.joins.send(task);
            abort.abort();
        }
        _ => round.world.joins.send(task),
    }
}

/// One task's life.
pub(crate) fn errand(round: Arc<Round>, mut random: Random, depth: u32) -> Errand {
    let entry = round.entry();
    Box::pin(async move {
        let _entry = entry;
        for _ in 0..random.below(3) {
            step(&round, &mut random, depth).await;
        }
        match random.below(12) {
            0..=4 if depth < DEPTH => {
                let most = if random.once_in(10) { 6 } else { 3 };
                Box::pin(spawn_some(&round, &mut random, most, depth + 1)).await;
            }
            5 => panic_on_purpose(),
            6 => endless(&round, &mut random).await,
            7 => round.io(tcp(&mut random).await),
            _ => step(&round, &mut random, depth).await,
        }
    })
}

/// Something that takes a moment.
async fn step(round: &Arc<Round>, random: &mut Random, depth: u32) {
    match random.below(10) {
        0 => {
            for _ in 0..random.below(8) {
                task::yield_now().await;
            }
        }
        1 | 2 => Post::new(&round.world).await,
        3 => timer(random).await,
        4 => {
            // A timer that was looked at here and fires elsewhere.
            let mut sleep = Box::pin(time::sleep(Duration::from_micros(random.below(2000) as u64)));
            if futures_util::poll!(&mut sleep).is_pending() {
                let entry = round.entry();
                round.world.joins.send(handcrank::spawn(async move {
                    let _entry = entry;
                    sleep.await;
                }));
            }
        }
        5 if depth != IN_BLOCKING => blocking(round, random).await,
        6 => round.io(unix(random).await),
        7 => round.io(datagram().await),
        8 => {
            let (sender, receiver) = oneshot::channel();
            let entry = round.entry();
            let drops = random.once_in(4);
            drop(handcrank::spawn(async move {
                let _entry = entry;
                if !drops {
                    let _ = sender.send(1);
                }
            }));
            let _ = receiver.await;
        }
        _ => {
            let timer = pin!(timer(random));
            let _loser = select(Post::new(&round.world), timer).await;
        }
    }
}

/// A task that never ends by itself, and is aborted one way or another.
async fn endless(round: &Arc<Round>, random: &mut Random) {
    let entry = round.entry();
    let task = handcrank::spawn(async move {
        let _entry = entry;
        pending::<()>().await;
    });
    let guard = AbortOnDrop(task.abort_handle());
    match random.below(3) {
        0 => round.world.joins.send(task),
        1 => drop(task),
        _ => {
            let entry = round.entry();
            drop(handcrank::spawn(async move {
                let _entry = entry;
                drop(guard);
            }));
            round.world.answer(&task.await);
            return;
        }
    }
    task::yield_now().await;
    drop(guard);
}

async fn timer(random: &mut Random) {
    let mut some = || Duration::from_micros(random.below(2500) as u64);
    let begun = Instant::now();
    let mut sleep = pin!(time::sleep(some()));
    if futures_util::poll!(&mut sleep).is_pending() {
        // Moved there and back.
        sleep.as_mut().reset(begun + Duration::from_hours(1));
        let _ = futures_util::poll!(&mut sleep);
        let deadline = begun + some();
        sleep.as_mut().reset(deadline);
        sleep.await;
        assert!(Instant::now() >= deadline, "early");
    }
}

async fn blocking(round: &Arc<Round>, random: &mut Random) {
    let entry = round.entry();
    let (inner, child, blocks) = (round.clone(), random.fork(), random.once_in(4));
    let job = task::spawn_blocking(move || {
        let _entry = entry;
        if blocks {
            // The runtime may be at its end: then this is cut short, one way or another.
            let handle = Handle::current();
            let errand = handle.spawn(errand(inner.clone(), child, IN_BLOCKING));
            inner.world.answer(&handle.block_on(errand));
        }
    });
    match random.below(4) {
        0 => drop(job),
        1 => job.abort(),
        2 => round.world.joins.send(job),
        _ => round.world.answer(&job.await),
    }
}

async fn unix(random: &mut Random) -> io::Result<()> {
    let (mut left, mut right) = UnixStream::pair()?;
    if random.once_in(3) {
        // A reader that gives up.
        let mut buffer = [0; 4];
        let reading = pin!(right.read(&mut buffer));
        if let Either::Right(_) = select(reading, pin!(task::yield_now())).await {
            return Ok(());
        }
    }
    left.write_all(b"four").await?;
    let mut buffer = [0; 4];
    right.read_exact(&mut buffer).await?;
    drop(left);
    let end = right.read(&mut buffer).await?;
    if end == 0 { Ok(()) } else { Err(io::Error::other("more than was sent")) }
}

async fn tcp(random: &mut Random) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = handcrank::spawn(TcpStream::connect(listener.local_addr()?));
    let (mut server, _) = listener.accept().await?;
    let mut client = match client.await {
        Ok(client) => client?,
        Err(error) => return Err(error.into()),
    };
    client.set_zero_linger()?;
    let message = vec![7; 1 + random.below(20_000)];
    let length = message.len();
    let writing = handcrank::spawn(async move {
        client.write_all(&message).await?;
        client.read(&mut [0]).await
    });
    let mut buffer = vec![0; length];
    server.read_exact(&mut buffer).await?;
    server.write_all(&[1]).await?;
    let answer = writing.await??;
    if answer == 1 { Ok(()) } else { Err(io::Error::other("no answer")) }
}

async fn datagram() -> io::Result<()> {
    let (left, right) =
        (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    left.connect(right.local_addr()?).await?;
    left.send(b"a datagram").await?;
    let (length, from) = right.recv_from(&mut [0; 16]).await?;
    let right_one = length == 10 && from == left.local_addr()?;
    if right_one { Ok(()) } else { Err(io::Error::other("another datagram")) }
}
