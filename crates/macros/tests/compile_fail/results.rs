//! Bodies whose result does not fit. Each error stands at the expression that is wrong.

#[path = "../stand_in/mod.rs"]
mod stand_in;

use handcrank_macros as handcrank;

#[derive(Debug)]
struct Broken;

#[handcrank::main(crate = "crate::stand_in", flavor = "current_thread")]
async fn with_parameters(text: &str) -> Result<(), Broken> {
    let _ = text;
    Some(3)
}

#[handcrank::main(crate = "crate::stand_in")]
async fn forgotten(n: u8) -> u8 {
    n;
}

#[handcrank::test(crate = "crate::stand_in")]
async fn of_a_test() -> Result<(), Broken> {
    Some(())
}

#[handcrank::main(crate = "crate::stand_in")]
async fn main() -> Result<(), Broken> {
    let number: u8 = "7".parse()?;
    if number > 3 {
        return Some(());
    }
    Err("wrong")
}
