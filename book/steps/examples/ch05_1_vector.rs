//! Vector: keep the tasks in a vector, and poll them all whenever anybody is woken.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use futures_util::future::join;
use steps::gate::{Gate, pause};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Executor {
    tasks: Vec<Boxed>,
    polls: usize,
}

struct Sleeper(Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Executor {
    fn new() -> Self {
        Self { tasks: Vec::new(), polls: 0 }
    }

    fn spawn(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(Box::pin(future));
    }

    /// Runs until all tasks have ended.
    fn run(&mut self) {
        let waker = Waker::from(Arc::new(Sleeper(thread::current())));
        let mut cx = Context::from_waker(&waker);
        while !self.tasks.is_empty() {
            self.tasks.retain_mut(|future| {
                self.polls += 1;
                future.as_mut().poll(&mut cx).is_pending()
            });
            if !self.tasks.is_empty() {
                thread::park();
            }
        }
    }
}

fn main() {
    let mut executor = Executor::new();
    let (loaded, connected, closed) = (Gate::new(), Gate::new(), Gate::new());

    // One task pauses ten times, opens two gates, and a while later the third.
    let gates = (Arc::clone(&loaded), Arc::clone(&connected), Arc::clone(&closed));
    executor.spawn(async move {
        for _ in 0..10 {
            pause(Duration::from_millis(2)).await;
        }
        gates.0.open();
        gates.1.open();
        pause(Duration::from_millis(20)).await;
        gates.2.open();
    });
    // 99 tasks wait for the two, and then for the third.
    for _ in 0..99 {
        let gates = (Arc::clone(&loaded), Arc::clone(&connected), Arc::clone(&closed));
        executor.spawn(async move {
            join(gates.0.passed(), gates.1.passed()).await;
            gates.2.passed().await;
        });
    }
    executor.run();

    // A task needs one poll to begin, and one for each wait that comes to its end.
    let needed = (1 + 10 + 1) + 99 * (1 + 1 + 1);
    let for_nothing = executor.polls - needed;
    println!("polls needed  {needed:>6}");
    println!("polls         {:>6}", format!("≈{}", executor.polls));
    println!("for nothing   {:>6}", format!("≈{for_nothing}"));
}
