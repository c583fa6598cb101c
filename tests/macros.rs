//! The attribute macros, as their users write them.

use handcrank as tokio;
use handcrank::runtime::{Handle, RuntimeFlavor};
use handcrank::time::{Duration, Instant, sleep};
use std::io;

mod renamed {
    pub(crate) use handcrank as inner;
}

#[handcrank::test]
async fn a_test_runs_on_one_thread() {
    let handle = Handle::current();
    assert_eq!(handle.runtime_flavor(), RuntimeFlavor::CurrentThread);
    let here = std::thread::current().id();
    let there = handcrank::spawn(async { std::thread::current().id() });
    assert_eq!(there.await.unwrap(), here);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_test_runs_on_three() {
    assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::MultiThread);
    assert_eq!(Handle::current().metrics().num_workers(), 3);
    sleep(Duration::from_millis(1)).await;
}

#[handcrank::test(start_paused = true)]
async fn a_test_whose_clock_stands() {
    let begun = Instant::now();
    sleep(Duration::from_hours(1)).await;
    assert_eq!(begun.elapsed(), Duration::from_hours(1));
}

#[handcrank::test(flavor = "local", name = "the mill")]
async fn a_test_whose_tasks_need_not_be_send() {
    let grain = std::rc::Rc::new(1);
    let ground = handcrank::task::spawn_local(async move { *grain + 1 });
    assert_eq!(ground.await.unwrap(), 2);
    assert_eq!(Handle::current().name(), Some("the mill"));
}

#[handcrank::test(flavor = "current_thread", crate = "renamed::inner")]
async fn a_test_that_finds_the_runtime_elsewhere() {
    handcrank::task::yield_now().await;
}

#[handcrank::test]
async fn a_test_that_returns_a_result() -> io::Result<()> {
    let socket = handcrank::net::UdpSocket::bind("127.0.0.1:0").await?;
    socket.local_addr().map(drop)
}

#[handcrank::test]
#[should_panic(expected = "as it should")]
async fn a_test_that_panics() {
    handcrank::task::yield_now().await;
    panic!("as it should");
}

#[handcrank::test]
#[ignore = "only its attribute is tested"]
async fn a_test_that_is_ignored() {
    unreachable!();
}

#[handcrank::main]
async fn several_threads() -> RuntimeFlavor {
    Handle::current().runtime_flavor()
}

#[handcrank::main(flavor = "current_thread", start_paused = true)]
async fn with_parameters<T: Clone + 'static>(value: &T, times: usize) -> Vec<T> {
    sleep(Duration::from_hours(24)).await;
    vec![value.clone(); times]
}

#[tokio::main(worker_threads = 2)]
async fn with_an_error(fails: bool) -> Result<usize, Box<dyn std::error::Error>> {
    if fails {
        Err("it fails")?;
    }
    Ok(Handle::current().metrics().num_workers())
}

struct Mill(u32);

impl Mill {
    #[handcrank::main]
    pub(crate) async fn grind(&mut self) -> u32 {
        let grain = self.0;
        self.0 += handcrank::spawn(async move { grain }).await.unwrap();
        self.0
    }
}

#[test]
fn functions_become_ordinary_ones() {
    assert_eq!(several_threads(), RuntimeFlavor::MultiThread);
    assert_eq!(with_parameters(&"a", 2), ["a", "a"]);
    assert_eq!(with_an_error(false).unwrap(), 2);
    assert_eq!(with_an_error(true).unwrap_err().to_string(), "it fails");
    assert_eq!(Mill(4).grind(), 8);
}

#[test]
fn nested_runtimes_are_refused() {
    #[handcrank::main]
    async fn outer() {
        several_threads();
    }
    assert!(tests::panic_of(outer).starts_with("Cannot start a runtime from within a runtime."));
}
