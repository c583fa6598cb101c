//! Wait for one answer, the blocking way.

use std::time::Duration;

fn main() {
    let server = steps::server::start(Duration::from_millis(100));
    println!("{server}");
}
