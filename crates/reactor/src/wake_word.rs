//! The word that decides whether a sleeper has to be woken by a system call.
//!
//! One thread at a time turns the reactor and may sleep in the kernel; any thread may want to wake
//! it. Writing to the kernel costs a few hundred nanoseconds and is needed only while somebody
//! really sleeps, so both sides first agree on this word:
//!
//! ```text
//!             prepare                  notify (and ring the bell)
//!   Idle ──────────────► Polling ─────────────────────────────► Notified
//!    ▲ ▲ ◄────────────────  │                                     │ ▲
//!    │ │       finish       │                                     │ │ notify
//!    │ └────────────────────┘                                     │ │ (no bell)
//!    └───────────────── finish, or prepare saying "do not sleep" ─┘ └── Idle, Notified
//! ```
//!
//! A notification is never lost. `notify` and `prepare` are both read-modify-writes of one word,
//! so one of them comes first: either `prepare` finds `Notified` and there is no sleep, or
//! `notify` finds `Polling` and rings.

use handcrank_task::primitives::atomic::{
    AtomicU8,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};

/// Nobody sleeps, and nobody has asked for anything.
const IDLE: u8 = 0;
/// A thread sleeps in the kernel, or is about to.
const POLLING: u8 = 1;
/// A wake-up has been asked for and not been taken yet.
const NOTIFIED: u8 = 2;

#[derive(Debug)]
pub(crate) struct WakeWord(AtomicU8);

impl WakeWord {
    pub(crate) fn new() -> WakeWord {
        WakeWord(AtomicU8::new(IDLE))
    }

    /// Asks the sleeper, or the one who sleeps next, to come back. `true`: ring the bell.
    ///
    /// This is a read-modify-write even if the word says `Notified` already: the sleeper may be
    /// taking that very notification, and must then see what we published before this call.
    #[must_use]
    pub(crate) fn notify(&self) -> bool {
        // Release: pairs with the Acquire in `prepare` and `finish`: who takes the notification
        // sees what the notifier did before.
        self.0.swap(NOTIFIED, Release) == POLLING
    }

    /// The same, but leaves no notification behind if nobody sleeps. For changes that everyone who
    /// goes to sleep looks at again after [`prepare`](WakeWord::prepare).
    #[must_use]
    pub(crate) fn notify_sleeper(&self) -> bool {
        // Pairs with the fence in `prepare`: of two threads that each write first, fence, and then
        // read what the other wrote, at least one sees the other's write. So either we see
        // `Polling` here, or the sleeper sees our change before it sleeps.
        fence(SeqCst);
        self.0.load(Relaxed) == POLLING && self.notify()
    }

    /// Announces a sleep. `false`: a notification was waiting and is hereby taken, do not sleep.
    ///
    /// Everything that decides how long to sleep must be read after this call.
    #[must_use]
    pub(crate) fn prepare(&self) -> bool {
        if self.0.compare_exchange(IDLE, POLLING, Relaxed, Relaxed).is_err() {
            // Acquire: pairs with the Release in `notify`.
            self.0.swap(IDLE, Acquire);
            return false;
        }
        // Pairs with the fence in `notify_sleeper`.
        fence(SeqCst);
        true
    }

    /// Ends a sleep that was announced. `true`: somebody asked for it.
    pub(crate) fn finish(&self) -> bool {
        // Acquire: pairs with the Release in `notify`.
        self.0.swap(IDLE, Acquire) == NOTIFIED
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_bell_is_rung_only_for_a_sleeper_and_only_once() {
        let word = WakeWord::new();
        assert!(!word.notify(), "nobody sleeps");
        assert!(!word.prepare(), "the notification is taken instead of a sleep");
        assert!(word.prepare());
        assert!(word.notify());
        assert!(!word.notify(), "it has been rung");
        assert!(word.finish());
        assert!(word.prepare());
        assert!(!word.finish());
    }

    #[test]
    fn notifying_a_sleeper_leaves_nothing_behind_without_one() {
        let word = WakeWord::new();
        assert!(!word.notify_sleeper());
        assert!(word.prepare());
        assert!(word.notify_sleeper());
        assert!(!word.notify_sleeper());
        assert!(word.finish());
    }
}

#[cfg(all(test, handcrank_loom))]
mod models {
    use super::*;
    use handcrank_task::primitives::{
        atomic::AtomicUsize,
        model,
        sync::{Arc, Condvar, Mutex},
        thread,
    };

    /// The kernel's side: an event counter that a sleeper waits for.
    struct Bell {
        rung: Mutex<bool>,
        sound: Condvar,
    }

    struct World {
        word: WakeWord,
        bell: Bell,
        published: AtomicUsize,
    }

    fn world() -> Arc<World> {
        let bell = Bell { rung: Mutex::new(false), sound: Condvar::new() };
        Arc::new(World { word: WakeWord::new(), bell, published: AtomicUsize::new(0) })
    }

    impl World {
        fn ring(&self) {
            *self.bell.rung.lock() = true;
            self.bell.sound.notify_one();
        }

        fn sleep(&self) {
            let mut rung = self.bell.rung.lock();
            while !*rung {
                self.bell.sound.wait(&mut rung);
            }
            *rung = false;
        }
    }

    /// A sleeper that was notified comes back (loom reports a deadlock otherwise), and sees what
    /// was published before.
    #[test]
    fn a_notification_ends_the_sleep_and_carries_what_came_before() {
        model(|| {
            let world = world();
            let notifier = {
                let world = Arc::clone(&world);
                thread::spawn(move || {
                    world.published.store(1, Relaxed);
                    if world.word.notify() {
                        world.ring();
                    }
                })
            };
            if world.word.prepare() {
                world.sleep();
                assert!(world.word.finish());
            }
            assert_eq!(world.published.load(Relaxed), 1);
            notifier.join().unwrap();
        });
    }

    /// With two notifiers, each one's work is seen once the sleeper has come back for it.
    #[test]
    fn two_notifiers_are_both_seen() {
        model(|| {
            let world = world();
            let notifiers: Vec<_> = (0..2)
                .map(|_| {
                    let world = Arc::clone(&world);
                    thread::spawn(move || {
                        world.published.fetch_add(1, Relaxed);
                        if world.word.notify() {
                            world.ring();
                        }
                    })
                })
                .collect();
            // The bell may still be ringing for a notification taken before: a spurious return.
            while world.published.load(Relaxed) < 2 {
                if world.word.prepare() {
                    world.sleep();
                    world.word.finish();
                }
            }
            for notifier in notifiers {
                notifier.join().unwrap();
            }
        });
    }

    /// A new earliest deadline is either read before the sleep or ends it.
    #[test]
    fn a_change_is_seen_before_the_sleep_or_ends_it() {
        model(|| {
            let world = world();
            let changer = {
                let world = Arc::clone(&world);
                thread::spawn(move || {
                    world.published.store(1, Relaxed);
                    if world.word.notify_sleeper() {
                        world.ring();
                    }
                })
            };
            assert!(world.word.prepare());
            if world.published.load(Relaxed) == 0 {
                world.sleep();
            }
            world.word.finish();
            changer.join().unwrap();
        });
    }

    /// The next deadline is too early, as after a cancellation, and the sleeper moves it back just
    /// when an earlier timer than that comes in: it is in the wheel by then, or it ends the sleep.
    #[test]
    fn a_deadline_that_is_put_right_hides_no_new_timer() {
        const NEVER: usize = usize::MAX;
        struct Timers {
            world: Arc<World>,
            /// What waits: here it is one deadline at most.
            wheel: Mutex<usize>,
            next: AtomicUsize,
        }
        model(|| {
            // Cancelled at 5: the wheel is empty, and `next` still says so.
            let timers = Arc::new(Timers {
                world: world(),
                wheel: Mutex::new(NEVER),
                next: AtomicUsize::new(5),
            });
            let registers = {
                let timers = Arc::clone(&timers);
                thread::spawn(move || {
                    let mut wheel = timers.wheel.lock();
                    *wheel = 7;
                    let earlier = 7 < timers.next.load(Relaxed);
                    if earlier {
                        timers.next.store(7, Relaxed);
                    }
                    drop(wheel);
                    if earlier && timers.world.word.notify_sleeper() {
                        timers.world.ring();
                    }
                })
            };
            assert!(timers.world.word.prepare());
            let wheel = timers.wheel.lock();
            let until = *wheel;
            timers.next.store(until, Relaxed);
            drop(wheel);
            if until == NEVER {
                timers.world.sleep();
            }
            timers.world.word.finish();
            registers.join().unwrap();
        });
    }
}
