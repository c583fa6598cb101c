//! How a runtime is made.

use super::context::{self, Drives};
use super::driver::Driver;
use super::handle::{Handle, Id, Inner, RuntimeFlavor};
use super::runtime::Runtime;
use handcrank_blocking::Pool;
use handcrank_reactor::Reactor;
use handcrank_scheduler::{Alone, Around, Hook, Scheduler};
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

type ThreadName = Arc<dyn Fn() -> String + Send + Sync>;

/// Makes a [`Runtime`] with settings of its own.
///
/// ```
/// let runtime = handcrank::runtime::Builder::new_multi_thread()
///     .worker_threads(2)
///     .thread_name("miller")
///     .enable_all()
///     .build()?;
/// let name = runtime.block_on(async {
///     let task = handcrank::spawn(async { std::thread::current().name().map(str::to_owned) });
///     task.await.unwrap()
/// });
/// # let _ = name;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
// Settings are what they are: four of them are yes or no.
#[allow(clippy::struct_excessive_bools)]
pub struct Builder {
    pub(super) flavor: RuntimeFlavor,
    /// Is it for a `LocalRuntime`?
    pub(super) local: bool,
    worker_threads: Option<usize>,
    max_blocking_threads: usize,
    keep_alive: Duration,
    thread_name: ThreadName,
    thread_stack_size: Option<usize>,
    name: Option<String>,
    on_thread_start: Option<Hook>,
    on_thread_stop: Option<Hook>,
    on_thread_park: Option<Hook>,
    on_thread_unpark: Option<Hook>,
    io: bool,
    time: bool,
    event_interval: u32,
    global_queue_interval: u32,
    max_io_events_per_tick: usize,
    max_io_events_per_busy_tick: Option<usize>,
    start_paused: bool,
    helping: bool,
}

impl Builder {
    /// A runtime with worker threads.
    pub fn new_multi_thread() -> Self {
        Self::new(RuntimeFlavor::MultiThread)
    }

    /// A runtime that runs everything on the thread in `block_on`.
    pub fn new_current_thread() -> Self {
        Self::new(RuntimeFlavor::CurrentThread)
    }

    fn new(flavor: RuntimeFlavor) -> Self {
        Self {
            flavor,
            local: false,
            worker_threads: None,
            max_blocking_threads: 512,
            keep_alive: Duration::from_secs(10),
            thread_name: Arc::new(|| "handcrank-rt-worker".to_owned()),
            thread_stack_size: None,
            name: None,
            on_thread_start: None,
            on_thread_stop: None,
            on_thread_park: None,
            on_thread_unpark: None,
            io: false,
            time: false,
            event_interval: 61,
            global_queue_interval: 61,
            max_io_events_per_tick: 1024,
            max_io_events_per_busy_tick: None,
            start_paused: false,
            helping: true,
        }
    }

    /// How many workers a multi-thread runtime has, and so how many tasks run at once. The default
    /// is `HANDCRANK_WORKER_THREADS` if it is set, else the number of CPUs available. A
    /// current-thread runtime has no use for it.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn worker_threads(&mut self, count: usize) -> &mut Self {
        assert!(count > 0, "Worker threads cannot be set to 0");
        self.worker_threads = Some(count);
        self
    }

    /// The most threads that the blocking pool starts. Default 512. Workers do not count.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, count: usize) -> &mut Self {
        assert!(count > 0, "Max blocking threads cannot be set to 0");
        self.max_blocking_threads = count;
        self
    }

    /// How long a thread of the blocking pool waits for its next job before it ends. Default 10 s.
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Self {
        self.keep_alive = duration;
        self
    }

    /// Names the runtime's threads. Default "handcrank-rt-worker".
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        self.thread_name = Arc::new(move || name.clone());
        self
    }

    /// Names each of the runtime's threads.
    pub fn thread_name_fn<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.thread_name = Arc::new(f);
        self
    }

    /// The threads' stack size in bytes. Default: the standard library's, 2 MiB.
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.thread_stack_size = Some(bytes);
        self
    }

    /// Names the runtime itself, for logs and metrics.
    ///
    /// # Panics
    ///
    /// If nothing but white space is in it.
    #[track_caller]
    pub fn name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        assert!(!name.trim().is_empty(), "runtime name shouldn't be empty");
        self.name = Some(name);
        self
    }

    /// Runs `f` on each thread, workers and blocking pool alike, when it starts.
    pub fn on_thread_start<F: Fn() + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.on_thread_start = Some(Arc::new(f));
        self
    }

    /// Runs `f` on each thread, workers and blocking pool alike, before it ends.
    pub fn on_thread_stop<F: Fn() + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.on_thread_stop = Some(Arc::new(f));
        self
    }

    /// Runs `f` before a worker goes to sleep.
    pub fn on_thread_park<F: Fn() + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.on_thread_park = Some(Arc::new(f));
        self
    }

    /// Runs `f` after a worker has woken up.
    pub fn on_thread_unpark<F: Fn() + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.on_thread_unpark = Some(Arc::new(f));
        self
    }

    /// Turns on I/O and timers.
    pub fn enable_all(&mut self) -> &mut Self {
        self.enable_io().enable_time()
    }

    /// Turns on sockets and signals. Without it, using one panics.
    pub fn enable_io(&mut self) -> &mut Self {
        self.io = true;
        self
    }

    /// Turns on timers. Without it, using one panics.
    pub fn enable_time(&mut self) -> &mut Self {
        self.time = true;
        self
    }

    /// After how many polls a busy worker looks at sockets and timers. Default 61.
    ///
    /// But no more often than every 10 µs: the look takes a system call, and short polls should not
    /// have to pay for it. A worker that has looked less than that ago leaves it for so many polls
    /// more. (A current-thread runtime also looks when only tasks that have yielded are left to run.)
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn event_interval(&mut self, polls: u32) -> &mut Self {
        assert!(polls > 0, "event_interval must be greater than 0");
        self.event_interval = polls;
        self
    }

    /// After how many polls a busy worker takes a task from the global queue before its own.
    /// Default 61.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn global_queue_interval(&mut self, polls: u32) -> &mut Self {
        assert!(polls > 0, "global_queue_interval must be greater than 0");
        self.global_queue_interval = polls;
        self
    }

    /// The most I/O events taken from the kernel at once. Default 1024.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn max_io_events_per_tick(&mut self, events: usize) -> &mut Self {
        assert!(events > 0, "max_io_events_per_tick must be non-zero");
        self.max_io_events_per_tick = events;
        self
    }

    /// The most I/O events taken from the kernel at once by a worker that has other tasks to run, so that it comes
    /// back to them sooner. What is left comes with the next look. Default: as many as
    /// [`max_io_events_per_tick`](Self::max_io_events_per_tick).
    ///
    /// A look that does not wait counts as a busy one, also when it does not wait because a timer is due.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn max_io_events_per_busy_tick(&mut self, events: usize) -> &mut Self {
        assert!(events > 0, "max_io_events_per_busy_tick must be non-zero");
        self.max_io_events_per_busy_tick = Some(events);
        self
    }

    /// Begins with the clock stopped, for tests. Needs the current-thread flavour.
    pub fn start_paused(&mut self, paused: bool) -> &mut Self {
        self.start_paused = paused;
        self
    }

    /// May a thread in `block_on` of a multi-thread runtime run tasks while its own future waits?
    /// Default yes: what the future spawns and awaits then costs no thread switch. The price is
    /// that a long poll of a task can delay the future, and that a task which blocks its thread until
    /// the future goes on may wait for ever; see [`Handle::block_on`]. Handcrank's own setting.
    pub fn block_on_helps(&mut self, helps: bool) -> &mut Self {
        self.helping = helps;
        self
    }

    /// Makes the runtime and starts its workers.
    ///
    /// # Errors
    ///
    /// If the system gives no event queue or will not start a thread.
    ///
    /// # Panics
    ///
    /// If `HANDCRANK_WORKER_THREADS` is asked and is not a positive number, and if a multi-thread
    /// runtime is to start with its clock stopped.
    #[track_caller]
    pub fn build(&mut self) -> io::Result<Runtime> {
        let threads = self.flavor == RuntimeFlavor::MultiThread;
        assert!(!(threads && self.start_paused), "{}", crate::time::clock::ONE_THREAD);
        let workers = if threads { self.worker_threads.unwrap_or_else(default_workers) } else { 1 };
        let reactor = Arc::new(Reactor::new(handcrank_reactor::Config {
            io: self.io,
            time: self.time,
            max_events: self.max_io_events_per_tick,
            max_events_of_look: self.max_io_events_per_busy_tick,
            start_paused: self.start_paused,
        })?);
        let config = handcrank_scheduler::Config {
            threads,
            helping: self.helping,
            global_queue_interval: self.global_queue_interval,
            event_interval: self.event_interval,
            thread_name: Arc::clone(&self.thread_name),
            stack_size: self.thread_stack_size,
            keep_alive: self.keep_alive,
            on_park: self.on_thread_park.clone(),
            on_unpark: self.on_thread_unpark.clone(),
            ..handcrank_scheduler::Config::new(workers)
        };
        let scheduler = if self.io || self.time {
            Scheduler::new(config, Driver(Arc::clone(&reactor)))
        } else {
            Scheduler::new(config, Alone::new())
        };
        // The pool's hooks find the runtime, as long as it is there; it holds the pool, and not the other
        // way round.
        let runtime = Arc::new(OnceLock::<Weak<Inner>>::new());
        let within = |hook: &Option<Hook>| {
            let (hook, runtime) = (hook.clone()?, Arc::clone(&runtime));
            let within: Hook = Arc::new(move || match runtime.get().and_then(Weak::upgrade) {
                Some(runtime) => context::scope(&runtime, || hook()),
                None => hook(),
            });
            Some(within)
        };
        let blocking = Pool::new(handcrank_blocking::Config {
            max_threads: self.max_blocking_threads,
            keep_alive: self.keep_alive,
            stack_size: self.thread_stack_size,
            thread_name: Arc::clone(&self.thread_name),
            on_thread_start: within(&self.on_thread_start),
            on_thread_stop: within(&self.on_thread_stop),
        });
        let handle = Handle::new(Inner {
            id: Id::next(),
            name: self.name.clone(),
            flavor: self.flavor,
            local: self.local,
            scheduler: scheduler.handle().clone(),
            reactor: reactor.handle(),
            blocking: blocking.spawner(),
        });
        let _ = runtime.set(handle.downgrade());
        scheduler.start_threads(Some(&self.worker_life(handle.clone())))?;
        Ok(Runtime::compose(handle, scheduler, blocking, reactor))
    }

    /// What surrounds a worker's loop on its thread.
    fn worker_life(&self, handle: Handle) -> Around {
        let (start, stop) = (self.on_thread_start.clone(), self.on_thread_stop.clone());
        Arc::new(move |work| {
            handle.scope(|| {
                let _drives = context::drive(Drives::Tasks);
                if let Some(start) = &start {
                    start();
                }
                work();
                if let Some(stop) = &stop {
                    stop();
                }
            });
        })
    }
}

/// As many as the environment says, or as there are CPUs.
#[track_caller]
fn default_workers() -> usize {
    const VARIABLE: &str = "HANDCRANK_WORKER_THREADS";
    match std::env::var(VARIABLE) {
        Err(std::env::VarError::NotPresent) => {
            std::thread::available_parallelism().map_or(1, usize::from)
        }
        Err(error) => panic!("\"{VARIABLE}\" must be usize, error: {error}"),
        Ok(text) => match text.parse() {
            Ok(0) => panic!("\"{VARIABLE}\" cannot be set to 0"),
            Ok(count) => count,
            Err(error) => panic!("\"{VARIABLE}\" must be usize, error: {error}, value: {text}"),
        },
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("flavor", &self.flavor)
            .field("worker_threads", &self.worker_threads)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .field("keep_alive", &self.keep_alive)
            .field("name", &self.name)
            .field("io", &self.io)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}
