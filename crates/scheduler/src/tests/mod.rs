//! The whole machine on real threads, without sockets.

mod ends;
mod in_place;
mod running;

use crate::{Alone, Config, Handle, Scheduler};
use handcrank_task::{Id, JoinHandle};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

fn start(workers: usize) -> Scheduler {
    Scheduler::start(Config::new(workers), Alone::new()).unwrap()
}

fn solo() -> Scheduler {
    Scheduler::start(Config::current_thread(), Alone::new()).unwrap()
}

fn spawn<F>(handle: &Handle, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    handle.spawn(future, Id::next())
}

/// Every shape of scheduler that a test should hold for.
fn shapes() -> impl Iterator<Item = Scheduler> {
    let unhelpful = Config { helping: false, ..Config::new(2) };
    let unhelpful = move || Scheduler::start(unhelpful.clone(), Alone::new()).unwrap();
    [1, 2, 3, 8].into_iter().map(start).chain([solo(), unhelpful()])
}

/// Counts drops.
#[derive(Clone, Default)]
struct Drops(Arc<AtomicUsize>);

struct Guard(Arc<AtomicUsize>);

impl Drops {
    fn guard(&self) -> Guard {
        Guard(Arc::clone(&self.0))
    }
    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}
