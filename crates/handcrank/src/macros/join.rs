//! `join!`: several futures until all are ready.

/// Waits for several futures at once, in this task, until all are ready. The value is a tuple of their
/// outputs, in their order.
///
/// ```
/// # handcrank::runtime::Runtime::new()?.block_on(async {
/// let (six, seven) = handcrank::join!(async { 6 }, async { "seven" });
/// assert_eq!((six, seven), (6, "seven"));
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// The futures run in one task, so never at the same moment: where they compute for long,
/// [`spawn`](crate::spawn) them and join the handles. Each poll begins with the next future in turn, so
/// that one that spends the task's whole budget does not starve the others; with `biased;` in front
/// every poll begins with the first.
///
/// # Cancel safety
///
/// Dropping it drops all of the futures, and the outputs of those that were ready.
#[macro_export]
macro_rules! join {
    // Each step makes a name for a future; names that different steps make are different, although
    // they are spelled the same.
    (@ $order:ident [$($futures:tt)*] [$($names:tt)*] $value:expr, $($rest:tt)*) => {
        $crate::join!(@ $order [$($futures)* (future $value)] [future $($names)*] $($rest)*)
    };
    (@ $order:ident [$(($future:ident $value:expr))+] [$($last_first:ident)+]) => {{
        $( let $future = $crate::macros::support::maybe_done($value); )+
        // Pinned from the last to the first, as locals are dropped in the reverse order.
        $( let mut $last_first = ::std::pin::pin!($last_first); )+
        let mut order = $crate::macros::support::$order::new();
        let output = ::std::future::poll_fn(|cx| {
            let first = order.begin([$(::std::stringify!($future)),+].len());
            let mut waits = false;
            // From the first on, and then those before it.
            #[allow(unused_assignments)]
            for before in [false, true] {
                let mut at = 0;
                $(
                    if (at < first) == before {
                        if $future.as_mut().poll(cx).is_pending() {
                            waits = true;
                        }
                    }
                    at += 1;
                )+
            }
            if waits {
                return ::std::task::Poll::Pending;
            }
            #[allow(unreachable_code)] // if an output has no values
            {
                ::std::task::Poll::Ready(($($future.as_mut().take(),)+))
            }
        })
        .await;
        output
    }};

    (biased; $($value:expr),+ $(,)?) => { $crate::join!(@ FirstFirst [] [] $($value,)+) };
    ($($value:expr),+ $(,)?) => { $crate::join!(@ InTurns [] [] $($value,)+) };
    ($(biased;)?) => { async {}.await };
}
