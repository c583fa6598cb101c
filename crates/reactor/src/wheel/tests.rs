//! The wheel against the simplest thing that could be right: a sorted map.

use super::*;
use std::collections::BTreeMap;

/// A small generator of our own (xorshift64*), so that every run does the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Any order of magnitude is as likely as any other.
    fn magnitude(&mut self, bits: u64) -> u64 {
        let bits = self.below(bits);
        self.next() & ((1 << bits) - 1)
    }
}

/// Wheel and model side by side. Values number the insertions, so that order shows.
struct Pair {
    wheel: Wheel<u64>,
    model: BTreeMap<(Tick, u64), Key>,
    now: Tick,
    inserted: u64,
}

impl Pair {
    fn new() -> Pair {
        Pair { wheel: Wheel::new(), model: BTreeMap::new(), now: 0, inserted: 0 }
    }

    fn insert(&mut self, deadline: Tick) {
        self.inserted += 1;
        match self.wheel.insert(deadline, self.inserted) {
            Ok(key) => {
                assert!(deadline > self.now, "{deadline} has passed at {}", self.now);
                self.model.insert((deadline, self.inserted), key);
            }
            Err(value) => {
                assert_eq!(value, self.inserted);
                assert!(deadline <= self.now, "{deadline} lies ahead of {}", self.now);
            }
        }
    }

    fn remove_some(&mut self, random: &mut Random) {
        let from = (self.now.saturating_add(random.magnitude(40)), 0);
        let Some((&entry, &key)) =
            self.model.range(from..).next().or_else(|| self.model.first_key_value())
        else {
            return;
        };
        assert_eq!(self.wheel.get_mut(key), Some(&mut { entry.1 }));
        assert_eq!(self.wheel.remove(key), Some(entry.1));
        assert_eq!(self.wheel.remove(key), None);
        self.model.remove(&entry);
    }

    fn advance(&mut self, now: Tick) {
        self.now = self.now.max(now);
        let mut fired = Vec::new();
        self.wheel.advance(now, |value| fired.push(value));
        let later = self.model.split_off(&(self.now, u64::MAX));
        let due = std::mem::replace(&mut self.model, later);
        let expected: Vec<u64> = due.keys().map(|&(_, value)| value).collect();
        assert_eq!(fired, expected, "at {now}");
        for (_, key) in due {
            assert_eq!(self.wheel.remove(key), None, "what has fired is gone");
        }
    }

    fn check(&self) {
        assert_eq!(self.wheel.len(), self.model.len());
        assert_eq!(self.wheel.now(), self.now);
        match (self.wheel.next(), self.model.first_key_value()) {
            (None, None) => {}
            (Some(next), Some((&(first, _), _))) => {
                assert!(next <= first, "the wheel would sleep past {first}");
                assert!(next > self.now, "what has fired cannot be next");
            }
            (next, first) => panic!("{next:?} against {first:?}"),
        }
    }
}

/// Returns how far time had gone after the last step.
fn compare(seed: u64, steps: u32, start: Tick, reach: u64, stride: u64) -> Tick {
    let mut random = Random(seed);
    let mut pair = Pair::new();
    pair.advance(start);
    for _ in 0..steps {
        match random.below(16) {
            0..8 => {
                let ahead = random.magnitude(reach);
                pair.insert(pair.now.saturating_add(ahead));
            }
            8..12 => pair.remove_some(&mut random),
            12 | 13 => {
                let ahead = random.magnitude(stride);
                pair.advance(pair.now.saturating_add(ahead));
            }
            14 => {
                if let Some(next) = pair.wheel.next() {
                    pair.advance(next);
                }
            }
            _ => {
                // Exactly on, just before and just after a slot's border.
                let width = 1 << (BITS * random.below(7) as u32);
                let border = (pair.now / width).saturating_add(1).saturating_mul(width);
                let near = random.below(3);
                pair.advance(border.saturating_sub(1).saturating_add(near));
            }
        }
        pair.check();
    }
    let reached = pair.now;
    pair.advance(Tick::MAX);
    pair.check();
    assert_eq!(pair.wheel.next(), None);
    reached
}

#[test]
fn agrees_with_a_sorted_map_on_short_sleeps() {
    compare(1, 200_000, 0, 14, 8);
}

#[test]
fn agrees_with_a_sorted_map_on_long_sleeps() {
    compare(2, 200_000, 987_654_321, 38, 30);
}

#[test]
fn agrees_with_a_sorted_map_on_absurd_sleeps() {
    let reached = compare(3, 100_000, 0, 64, 50);
    assert!(reached < Tick::MAX, "the end of time came before the end of the test");
    assert!(reached > 1 << 40, "several rounds of the top level");
}

#[test]
fn agrees_with_a_sorted_map_at_the_end_of_time() {
    for seed in 4..60 {
        compare(seed, 500, Tick::MAX - (1 << (seed % 50)), 60, 20);
    }
}

#[test]
fn every_tick_in_turn() {
    // Each step is one tick, across the borders of the first three levels.
    let mut pair = Pair::new();
    let mut random = Random(7);
    for _ in 0..3000 {
        let ahead = 1 + random.below(300_000);
        pair.insert(ahead);
    }
    for now in 0..=300_000 {
        pair.advance(now);
    }
    assert_eq!(pair.wheel.len(), 0);
}

fn all(wheel: &mut Wheel<u32>, now: Tick) -> Vec<u32> {
    let mut fired = Vec::new();
    wheel.advance(now, |value| fired.push(value));
    fired
}

#[test]
fn the_example_in_the_readme() {
    let mut wheel = Wheel::new();
    wheel.advance(130, |_| {});
    let slots = [(135, 0, 7), (190, 0, 62), (195, 1, 3), (200, 1, 3), (330, 1, 5), (5130, 2, 1)];
    for (deadline, level, slot) in slots {
        let key = wheel.insert(deadline, deadline as u32).unwrap();
        let at = usize::from(wheel.entries.at_mut(key.index()).list);
        assert_eq!((at / SLOTS, at % SLOTS), (level, slot), "{deadline}");
    }
    for deadline in [135, 190, 195] {
        assert_eq!(wheel.next(), Some(deadline));
        assert_eq!(all(&mut wheel, deadline), [deadline as u32]);
    }
    assert_eq!(wheel.occupied, [1 << 8, 1 << 5, 1 << 1, 0, 0, 0], "200 has cascaded");
    for deadline in [200, 330, 5130] {
        assert_eq!(wheel.next(), Some(deadline));
        assert_eq!(all(&mut wheel, deadline), [deadline as u32]);
    }
}

#[test]
fn what_has_passed_is_given_back() {
    let mut wheel = Wheel::new();
    assert_eq!(wheel.insert(0, 1), Err(1));
    wheel.advance(100, |_| {});
    assert_eq!(wheel.insert(100, 2), Err(2));
    assert!(wheel.insert(101, 3).is_ok());
}

#[test]
fn fires_on_the_tick_and_not_before() {
    for deadline in [1, 63, 64, 65, 4095, 4096, 4097, 1 << 30, (1 << 36) - 1, 1 << 36, 1 << 50] {
        let mut wheel = Wheel::new();
        wheel.insert(deadline, 1).unwrap();
        assert_eq!(wheel.next(), Some(deadline));
        assert_eq!(all(&mut wheel, deadline - 1), []);
        assert_eq!(wheel.next(), Some(deadline));
        assert_eq!(all(&mut wheel, deadline), [1]);
        assert_eq!(wheel.next(), None);
    }
}

#[test]
fn the_same_tick_fires_in_the_order_of_insertion_across_levels() {
    let mut wheel = Wheel::new();
    // From far away, from nearer, and from next to it: three levels at the time of insertion.
    wheel.insert(10_000, 1).unwrap();
    wheel.insert(10_000, 2).unwrap();
    assert_eq!(all(&mut wheel, 9_900), []);
    wheel.insert(10_000, 3).unwrap();
    assert_eq!(all(&mut wheel, 9_999), []);
    wheel.insert(10_000, 4).unwrap();
    assert_eq!(all(&mut wheel, 10_000), [1, 2, 3, 4]);
}

#[test]
fn one_advance_over_everything_keeps_the_order_of_deadlines() {
    let mut wheel = Wheel::new();
    let deadlines = [1 << 40, 5, 70, 64, 4_097, 4_096, 63, 300_000, 1 << 36, 1 << 31, u64::MAX];
    for (value, deadline) in deadlines.into_iter().enumerate() {
        wheel.insert(deadline, value as u32).unwrap();
    }
    let mut sorted: Vec<u32> = (0..deadlines.len() as u32).collect();
    sorted.sort_by_key(|value| deadlines[*value as usize]);
    assert_eq!(all(&mut wheel, u64::MAX), sorted);
}

#[test]
fn a_deadline_parked_behind_the_present_slot_waits_for_the_next_round() {
    // Same sixth digit as the present, or a smaller one, but a round (2.2 years) or more later.
    let round = 1 << 36;
    let now = 5 << 30;
    let mut wheel = Wheel::new();
    wheel.advance(now + 7, |_: u32| {});
    wheel.insert(now + 7 + round, 1).unwrap();
    wheel.insert(now - (1 << 30) + 3 * round, 2).unwrap();
    wheel.insert(now + (1 << 30), 3).unwrap();
    assert_eq!(wheel.next(), Some(now + (1 << 30)), "not the one in the foremost slot");
    assert_eq!(all(&mut wheel, now + round), [3]);
    assert_eq!(all(&mut wheel, now + 7 + round), [1]);
    assert_eq!(all(&mut wheel, now - (1 << 30) + 3 * round), [2]);
}

#[test]
fn removing_the_earliest_leaves_a_bound_that_is_not_too_late() {
    let mut wheel = Wheel::new();
    let early = wheel.insert(130, 1).unwrap();
    wheel.insert(140, 2).unwrap();
    assert_eq!(wheel.remove(early), Some(1));
    assert_eq!(wheel.next(), Some(130), "the same slot: one look in vain");
    assert_eq!(all(&mut wheel, 130), []);
    assert_eq!(wheel.next(), Some(140), "and only one");
}

#[test]
fn removing_from_the_middle_keeps_the_rest_in_order() {
    let mut wheel = Wheel::new();
    let keys: Vec<_> = (0..7).map(|value| wheel.insert(200, value).unwrap()).collect();
    for middle in [3, 0, 6] {
        assert_eq!(wheel.remove(keys[middle]), Some(middle as u32));
    }
    assert_eq!(all(&mut wheel, 200), [1, 2, 4, 5]);
}

#[test]
fn going_back_in_time_does_nothing() {
    let mut wheel = Wheel::new();
    wheel.advance(500, |_: u32| {});
    wheel.insert(501, 1).unwrap();
    assert_eq!(all(&mut wheel, 100), []);
    assert_eq!((wheel.now(), wheel.next()), (500, Some(501)));
}

#[test]
fn draining_leaves_a_wheel_that_works() {
    let mut wheel = Wheel::new();
    for deadline in [3, 300, 30_000] {
        wheel.insert(deadline, deadline as u32).unwrap();
    }
    let mut drained: Vec<_> = wheel.drain().collect();
    drained.sort_unstable();
    assert_eq!(drained, [3, 300, 30_000]);
    assert_eq!((wheel.len(), wheel.next()), (0, None));
    wheel.insert(300, 1).unwrap();
    assert_eq!(all(&mut wheel, 300), [1]);
}
