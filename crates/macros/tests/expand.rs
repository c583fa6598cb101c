//! The attributes at work, against a stand-in for the runtime that writes down how it was built.

#[allow(unreachable_pub)] // as public as what it stands in for
mod stand_in;

use handcrank_macros as handcrank;
use stand_in::runtime::built;
use std::fmt::Display;

#[handcrank::main(crate = "crate::stand_in")]
async fn plain() {
    async {}.await;
}

#[handcrank::main(crate = "stand_in", flavor = "multi_thread", worker_threads = 3)]
async fn with_workers() -> Result<u8, std::num::ParseIntError> {
    let number = "7".parse::<u8>()?;
    Ok(number)
}

#[handcrank::main(crate = "self::stand_in", flavor = "current_thread", start_paused = true)]
async fn paused() -> impl Display {
    42
}

#[handcrank::main(crate = "crate :: stand_in", flavor = "local", name = r"the \mill")]
async fn local() {}

/// Functions without parameters are put together in another way, if they are called `main` or are tests.
mod entry {
    #[handcrank_macros::main(crate = "crate::stand_in", worker_threads = 0x2)]
    pub(crate) async fn main() -> Result<u8, std::num::ParseIntError> {
        #![allow(clippy::let_and_return)]
        let number = "7".parse::<u8>()?;
        number.checked_mul(2u8).map_or("none".parse(), Ok)
    }

    pub(crate) mod diverging {
        #[handcrank_macros::main(crate = "crate::stand_in")]
        pub(crate) async fn main() -> ! {
            panic!("never comes back")
        }
    }

    pub(crate) mod unnameable {
        #[handcrank_macros::main(crate = "crate::stand_in")]
        pub(crate) async fn main() -> Option<impl std::fmt::Display> {
            Some(7)
        }
    }

    pub(crate) struct Owner;

    impl Owner {
        #[handcrank_macros::main(crate = "crate::stand_in")]
        pub(crate) async fn create() -> Self {
            Self
        }
    }
}

/// Documentation and attributes stay.
#[must_use = "a test reads this"]
#[handcrank::main(crate = "crate::stand_in")]
#[inline]
pub(crate) async fn generic<'a, T, F: Fn(&'a T) -> usize>(text: &'a T, count: F) -> usize
where
    T: ?Sized + 'a,
{
    #![allow(clippy::let_and_return)]
    let counted = count(text);
    counted
}

#[handcrank::main(crate = "crate::stand_in")]
async fn diverges() -> ! {
    panic!("never comes back");
}

struct Counter(u32);

impl Counter {
    #[handcrank::main(crate = "crate::stand_in")]
    async fn count(&mut self, mut by: u32) {
        by += 1;
        self.0 += by;
    }
}

macro_rules! through_a_macro {
    ($name:ident, $threads:literal, $output:ty, $body:block) => {
        #[handcrank::main(crate = "crate::stand_in", worker_threads = $threads)]
        async fn $name() -> $output $body
    };
}
through_a_macro!(from_fragments, 5, u8, { 9 });

#[test]
fn main_builds_what_its_arguments_say() {
    plain();
    assert_eq!(built(), "multi_thread enable_all");
    assert_eq!(with_workers(), Ok(7));
    assert_eq!(built(), "multi_thread worker_threads=3 enable_all");
    assert_eq!(paused().to_string(), "42");
    assert_eq!(built(), "current_thread start_paused=true enable_all");
    local();
    assert_eq!(built(), "current_thread name=the \\mill enable_all local");
}

#[test]
fn entry_points() {
    assert_eq!(entry::main(), Ok(14));
    assert_eq!(built(), "multi_thread worker_threads=2 enable_all");
    let panic = std::panic::catch_unwind(entry::diverging::main).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"never comes back"));
    assert_eq!(entry::unnameable::main().unwrap().to_string(), "7");
    let _: entry::Owner = entry::Owner::create();
}

#[test]
fn signatures_survive() {
    assert_eq!(generic("four", str::len), 4);
    let mut counter = Counter(1);
    counter.count(2);
    assert_eq!(counter.0, 4);
    assert_eq!(from_fragments(), 9);
    assert_eq!(built(), "multi_thread worker_threads=5 enable_all");
    let panic = std::panic::catch_unwind(diverges).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"never comes back"));
}

#[handcrank::test(crate = "crate::stand_in")]
async fn a_test_runs_on_one_thread() {
    assert_eq!(built(), "current_thread enable_all");
}

#[handcrank::test(crate = "crate::stand_in", flavor = "multi_thread", worker_threads = 2)]
async fn a_test_runs_on_two_workers() -> Result<(), String> {
    assert_eq!(built(), "multi_thread worker_threads=2 enable_all");
    Ok(())
}

#[handcrank::test(crate = "crate::stand_in", start_paused = true)]
#[should_panic(expected = "as it should")]
async fn a_test_keeps_its_attributes() {
    assert_eq!(built(), "current_thread start_paused=true enable_all");
    panic!("as it should");
}

#[handcrank::test(crate = "crate::stand_in")]
async fn a_test_may_return_something_unnameable() -> impl std::process::Termination {}
