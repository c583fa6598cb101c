//! `try_join!`: several futures until one fails.

/// Waits for several futures at once, in this task, until all of them have succeeded or one has
/// failed.
///
/// The value is `Ok` with a tuple of what they gave, in their order, or the first error. With that all
/// of the futures are dropped, also those that are not ready.
///
/// ```
/// async fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// # handcrank::runtime::Runtime::new()?.block_on(async {
/// assert_eq!(handcrank::try_join!(parse("6"), parse("7")), Ok((6, 7)));
/// assert!(handcrank::try_join!(parse("6"), parse("seven")).is_err());
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
macro_rules! try_join {
    // Each step makes a name for a future; names that different steps make are different, although
    // they are spelled the same.
    (@ $order:ident [$($futures:tt)*] [$($names:tt)*] $value:expr, $($rest:tt)*) => {
        $crate::try_join!(@ $order [$($futures)* (future $value)] [future $($names)*] $($rest)*)
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
                        } else if let ::std::option::Option::Some(error) =
                            $future.as_mut().take_error()
                        {
                            return ::std::task::Poll::Ready(::std::result::Result::Err(error));
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
                ::std::task::Poll::Ready(::std::result::Result::Ok(($($future.as_mut().take_ok(),)+)))
            }
        })
        .await;
        output
    }};

    (biased; $($value:expr),+ $(,)?) => { $crate::try_join!(@ FirstFirst [] [] $($value,)+) };
    ($($value:expr),+ $(,)?) => { $crate::try_join!(@ InTurns [] [] $($value,)+) };
    ($(biased;)?) => { async { ::std::result::Result::Ok(()) }.await };
}
