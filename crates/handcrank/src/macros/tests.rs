//! What only shows from inside; the rest is in `tests/differential/select.rs`.

use super::support::from_anywhere;

#[test]
fn every_start_comes_up() {
    for branches in [1, 2, 3, 7, 64] {
        let mut counts = vec![0_u32; branches as usize];
        for _ in 0..branches * 1_000 {
            counts[from_anywhere(branches) as usize] += 1;
        }
        // A thousand each, with a standard deviation of 32 at most.
        assert!(counts.iter().all(|&count| (700..1_300).contains(&count)), "{counts:?}");
    }
}

#[test]
fn threads_begin_differently() {
    let draw = || (0..8).map(|_| from_anywhere(1 << 30)).collect::<Vec<_>>();
    let other = std::thread::spawn(draw).join().unwrap();
    assert_ne!(draw(), other);
}
