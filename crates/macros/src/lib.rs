//! The attribute macros of Handcrank: `main` and `test`.
//!
//! Both turn an `async fn` into an ordinary one that builds a runtime and runs the old body on it.
//! They are written against `proc_macro` alone: a general parser for Rust costs each user seconds
//! of compilation, and all that is needed here is to find a handful of tokens.
//!
//! (What an `async fn` itself becomes is the subject of `book/src/ch04-state-machine.md`.)
//!
//! Reading order: `token.rs` (what the parsers see), `args.rs` and `values.rs` (what stands in the
//! attribute's parentheses), `function.rs` (the parts of the function), `expand.rs` (the new
//! function), and `locate.rs` with `toml.rs` (what the runtime is called where it is used).

#![forbid(unsafe_code)]

mod args;
mod expand;
mod function;
mod locate;
mod token;
mod toml;
mod values;

use proc_macro::TokenStream;

/// Which of the two attributes is being expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    Main,
    Test,
}

impl Attribute {
    fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Test => "test",
        }
    }
}

/// Runs an `async fn` on a runtime of its own: the entry point of a program.
///
/// ```ignore
/// #[handcrank::main]
/// async fn main() {
///     println!("on the runtime");
/// }
/// ```
///
/// is the same as
///
/// ```ignore
/// fn main() {
///     handcrank::runtime::Builder::new_multi_thread()
///         .enable_all()
///         .build()
///         .unwrap()
///         .block_on(async {
///             println!("on the runtime");
///         })
/// }
/// ```
///
/// The function need not be the program's `main`; any other may also have parameters. The body runs
/// on the calling thread, as the future given to `Runtime::block_on`, and not as a spawned task.
///
/// # Arguments
///
/// - `flavor = "multi_thread"` (the default), `"current_thread"`, or `"local"`: a current-thread runtime that is bound
///   to its thread, so that `task::spawn_local` works everywhere on it.
/// - `worker_threads = N`: how many workers a multi-thread runtime has, at least 1. The default is
///   the number of CPUs.
/// - `start_paused = true`: begin with the clock paused. Needs a flavor of one thread.
/// - `name = "…"`: the runtime's name, as `Handle::name` returns it.
/// - `crate = "path"`: where to find the runtime, if another crate re-exports it. A dependency that is renamed in the
///   manifest (`tokio = { package = "handcrank", … }`) is found without it.
///
/// tokio's `unhandled_panic` is not supported, as in a tokio without `--cfg tokio_unstable`: a panic ends its own task,
/// and whoever awaits the `JoinHandle` learns of it.
///
/// ```ignore
/// #[handcrank::main(flavor = "multi_thread", worker_threads = 4)]
/// async fn main() -> std::io::Result<()> {
///     Ok(())
/// }
/// ```
///
/// # Panics
///
/// The function panics if the runtime cannot be built.
///
/// # Errors at compile time
///
/// The function has to be `async`:
///
/// ```compile_fail
/// #[handcrank_macros::main]
/// fn main() {}
/// ```
///
/// `worker_threads` says nothing to a runtime of one thread:
///
/// ```compile_fail
/// #[handcrank_macros::main(flavor = "current_thread", worker_threads = 4)]
/// async fn main() {}
/// ```
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::Main, args, item)
}

/// Makes an `async fn` a test that runs on a runtime of its own.
///
/// ```ignore
/// #[handcrank::test]
/// async fn it_adds_up() {
///     assert_eq!(async { 1 + 1 }.await, 2);
/// }
/// ```
///
/// # Arguments
///
/// Those of [`main`](macro@main), with one other default: `flavor = "current_thread"`. So
/// `worker_threads` needs `flavor = "multi_thread"` beside it, and `start_paused` needs nothing:
///
/// ```ignore
/// #[handcrank::test(start_paused = true)]
/// async fn an_hour_takes_no_time() {
///     handcrank::time::sleep(std::time::Duration::from_secs(3_600)).await;
/// }
///
/// #[handcrank::test(flavor = "multi_thread", worker_threads = 2)]
/// async fn on_two_workers() {}
/// ```
///
/// # Errors at compile time
///
/// The test harness calls the function, so it has no parameters:
///
/// ```compile_fail
/// #[handcrank_macros::test]
/// async fn takes_something(_: u32) {}
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::Test, args, item)
}
