//! `#[main]` and `#[test]`: what a function becomes.

use super::rt;
use super::rt::runtime::{Handle, RuntimeFlavor};
use crate::harness::{Case, Flavour, Log, cases};
use std::io;
use std::rc::Rc;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    current_thread: defaults, arguments, local, parameters, results, panics, inside_another, drop_order,
        many_returns;
];

#[rt::main(crate = "rt")]
async fn by_default() -> (RuntimeFlavor, Option<String>) {
    let handle = Handle::current();
    (handle.runtime_flavor(), handle.name().map(str::to_owned))
}

fn defaults(_: Flavour, log: &Log) {
    log.note(format_args!("{:?}", by_default()));
    log.note(Handle::try_current().is_ok());
}

#[rt::main(crate = "rt", flavor = "multi_thread", worker_threads = 0x3, name = r"the \ name")]
async fn with_workers(log: &Log) {
    let handle = Handle::current();
    log.note(handle.metrics().num_workers());
    log.note(format_args!("{:?}", handle.name()));
}

#[rt::main(crate = "rt", flavor = "current_thread", start_paused = true)]
async fn paused(log: &Log) {
    let begun = rt::time::Instant::now();
    rt::time::sleep(Duration::from_hours(1)).await;
    log.note(format_args!("{:?} {:?}", Handle::current().runtime_flavor(), begun.elapsed()));
}

fn arguments(_: Flavour, log: &Log) {
    with_workers(log);
    paused(log);
}

#[rt::main(crate = "rt", flavor = "local", start_paused = true)]
async fn on_this_thread(log: &Log) {
    let number = Rc::new(1);
    let task = rt::task::spawn_local(async move {
        rt::time::sleep(Duration::from_secs(1)).await;
        *number
    });
    log.note(task.await.unwrap());
}

fn local(_: Flavour, log: &Log) {
    on_this_thread(log);
}

trait Grinds {
    fn grind(&mut self, grain: &str) -> usize;
    fn new() -> Self;
}

struct Mill(usize);

impl Grinds for Mill {
    #[rt::main(crate = "rt")]
    async fn grind(&mut self, mut grain: &str) -> usize {
        grain = &grain[1..];
        self.0 += rt::spawn(std::future::ready(grain.len())).await.unwrap();
        self.0
    }

    #[rt::main(crate = "rt", flavor = "current_thread")]
    async fn new() -> Self {
        Self(1)
    }
}

#[rt::main(crate = "rt")]
async fn generic<'a, T: Clone + 'a, const N: usize>(value: &'a T) -> [T; N]
where
    T: PartialEq,
{
    std::array::from_fn(|_| value.clone())
}

fn parameters(_: Flavour, log: &Log) {
    let mut mill = Mill::new();
    log.note(mill.grind("rye"));
    log.note(mill.grind("wheat"));
    log.note(format_args!("{:?}", generic::<_, 2>(&"twice")));
}

/// A function that is called `main`, and so has no parameters, becomes something else than others.
mod entry {
    use super::rt;

    #[rt::main(crate = "rt")]
    pub(super) async fn main() -> Result<u8, std::num::ParseIntError> {
        #![allow(clippy::let_and_return)]
        let number = "300".parse()?;
        Ok(number)
    }
}

#[rt::main(crate = "rt")]
async fn unnameable(text: &str) -> io::Result<impl Iterator<Item = char>> {
    if text.is_empty() {
        return Err(io::Error::other("empty"));
    }
    Ok(text.chars().rev())
}

fn results(_: Flavour, log: &Log) {
    log.note(format_args!("{:?}", entry::main()));
    log.note(unnameable("abc").unwrap().collect::<String>());
    log.note(unnameable("").err().unwrap());
}

#[rt::main(crate = "rt")]
async fn falls(text: Option<&str>) -> ! {
    rt::task::yield_now().await;
    panic!("{}", text.unwrap_or("nothing"));
}

fn panics(_: Flavour, log: &Log) {
    log.note_panic(|| falls(Some("something")));
    log.note_panic(|| falls(None));
    log.note(Handle::try_current().is_ok());
}

#[rt::main(crate = "rt", flavor = "current_thread")]
async fn outer() {
    let _: u8 = 1;
    inner();
}

#[rt::main(crate = "rt", flavor = "current_thread")]
async fn inner() {
    let _: u8 = 2;
    let _: u8 = 3;
}

fn inside_another(_: Flavour, log: &Log) {
    log.note_panic(outer);
}

/// Notes when it goes, and whether a runtime is there then.
struct Loud<'l>(&'static str, &'l Log);

impl Drop for Loud<'_> {
    fn drop(&mut self) {
        self.1.note(format_args!("{} {}", self.0, Handle::try_current().is_ok()));
    }
}

#[rt::main(crate = "rt", flavor = "current_thread")]
async fn takes(_: Loud<'_>, used: Loud<'_>, log: &Log) {
    let _inside = Loud("inside", log);
    let used = &used;
    rt::task::yield_now().await;
    log.note(used.0);
}

fn drop_order(_: Flavour, log: &Log) {
    takes(Loud("ignored", log), Loud("used", log), log);
}

#[rt::main(crate = "rt", flavor = "current_thread")]
async fn finds(text: &str, wanted: char) -> Option<usize> {
    for (at, letter) in text.chars().enumerate() {
        rt::task::yield_now().await;
        if letter == wanted {
            return Some(at);
        }
    }
    None
}

fn many_returns(_: Flavour, log: &Log) {
    log.note(format_args!("{:?} {:?}", finds("abc", 'b'), finds("abc", 'd')));
}
