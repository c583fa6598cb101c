//! `select!`: whichever of several futures is ready first.

/// Waits for several futures at once, in this task, and goes on with the first that is ready; the
/// others are dropped.
///
/// ```text
/// select! {
///     PATTERN = FUTURE, if CONDITION => HANDLER,     the condition may be left out
///     …
///     else => HANDLER,                               so may this
/// }
/// ```
///
/// 1. The conditions are evaluated. A branch whose condition is false is *disabled*.
/// 2. The futures are evaluated, those of disabled branches too, but nobody polls the latter.
/// 3. The enabled ones are polled, beginning each time with another one, chosen at random, so that one
///    that is always ready starves nobody. When one is ready and its output matches its pattern, all
///    futures are dropped, and its handler runs. If the output does not match, the branch is disabled
///    and the others go on.
/// 4. When all branches are disabled, the handler of `else` runs.
///
/// The whole is an expression of the value of the handler that ran. Handlers run in the function
/// around it: `?`, `return`, `break` and `.await` in them do what they do there. There may be 64
/// branches.
///
/// ```
/// use handcrank::time::{Duration, sleep};
///
/// # handcrank::runtime::Runtime::new()?.block_on(async {
/// let which = handcrank::select! {
///     () = sleep(Duration::from_secs(60)) => "slow",
///     answer = async { 42 } => if answer == 42 { "quick" } else { "wrong" },
/// };
/// assert_eq!(which, "quick");
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// With `biased;` at the beginning, every poll begins with the first branch and goes down: for when
/// the order matters, as with a shutdown that should win over work. A branch above that is always
/// ready then starves those below.
///
/// ```
/// # handcrank::runtime::Runtime::new()?.block_on(async {
/// let (mut odd, mut even) = (vec![1, 3].into_iter(), vec![2, 4].into_iter());
/// let mut seen = Vec::new();
/// loop {
///     handcrank::select! {
///         biased;
///         Some(n) = async { odd.next() } => seen.push(n),
///         Some(n) = async { even.next() } => seen.push(n),
///         else => break,
///     }
/// }
/// assert_eq!(seen, [1, 3, 2, 4]);
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// In a loop, a future made in the branch is made anew each time, and what it had achieved when it was
/// dropped is lost, unless it is cancel safe. One that should live on is pinned outside and its
/// reference awaited: `() = &mut sleep => …`.
///
/// # Cancel safety
///
/// All futures are dropped but the one that was first. A poll that finds the task's budget spent
/// polls none of them.
///
/// # Panics
///
/// When all branches are disabled and there is no `else`.
#[macro_export]
macro_rules! select {
    // One branch after the other is taken apart and put, in one shape, behind those before. Each step
    // takes a number and a variant of `Selected` from the list, and makes a name for the future; names
    // that different steps make are different, although they are spelled the same. (One step a branch:
    // with two, 64 branches would exceed the compiler's limit on recursion.)
    (@ $order:ident $numbers:tt $branches:tt $names:tt else => $else:expr $(,)?) => {
        $crate::select!(@expand $order $numbers $branches $names $else)
    };
    (@ $order:ident $numbers:tt $branches:tt $names:tt) => {
        $crate::select!(@expand $order $numbers $branches $names
            ::std::panic!("all branches are disabled and there is no else branch"))
    };
    (@ $order:ident [($number:tt $variant:ident) $($numbers:tt)*] [$($branches:tt)*] [$($names:tt)*]
        $pattern:pat = $future:expr $(, if $condition:expr)? => $handler:block, $($rest:tt)*
    ) => {
        $crate::select!(@ $order [$($numbers)*] [$($branches)*
            (future $number $variant _ $pattern = $future; true $(&& $condition)? => $handler)
        ] [future $($names)*] $($rest)*)
    };
    (@ $order:ident [($number:tt $variant:ident) $($numbers:tt)*] [$($branches:tt)*] [$($names:tt)*]
        $pattern:pat = $future:expr $(, if $condition:expr)? => $handler:block $($rest:tt)*
    ) => {
        $crate::select!(@ $order [$($numbers)*] [$($branches)*
            (future $number $variant _ $pattern = $future; true $(&& $condition)? => $handler)
        ] [future $($names)*] $($rest)*)
    };
    (@ $order:ident [($number:tt $variant:ident) $($numbers:tt)*] [$($branches:tt)*] [$($names:tt)*]
        $pattern:pat = $future:expr $(, if $condition:expr)? => $handler:expr, $($rest:tt)*
    ) => {
        $crate::select!(@ $order [$($numbers)*] [$($branches)*
            (future $number $variant _ $pattern = $future; true $(&& $condition)? => $handler)
        ] [future $($names)*] $($rest)*)
    };
    (@ $order:ident [($number:tt $variant:ident) $($numbers:tt)*] [$($branches:tt)*] [$($names:tt)*]
        $pattern:pat = $future:expr $(, if $condition:expr)? => $handler:expr
    ) => {
        $crate::select!(@ $order [$($numbers)*] [$($branches)*
            (future $number $variant _ $pattern = $future; true $(&& $condition)? => $handler)
        ] [future $($names)*])
    };

    (@expand $order:ident [($count:tt $_end:ident) $($_unused:tt)*] [$((
        $future:ident $number:tt $variant:ident $any:tt
        $pattern:pat = $value:expr; $condition:expr => $handler:expr
    ))+] [$($last_first:ident)+] $else:expr) => {{
        // A bit for each branch.
        let mut disabled = 0_u64;
        $(
            if !($condition) {
                disabled |= 1_u64 << $number;
            }
        )+
        // A block of its own: the handlers may borrow what the futures had borrowed.
        #[allow(unused_mut)] // unless a pattern says `ref mut`
        let mut output: $crate::macros::support::Selected<$($any),+> = {
            // First the bare values, so that temporaries in them live as long as the futures do.
            $( let $future = $value; )+
            // Pinned from the last to the first, as locals are dropped in the reverse order.
            $(
                let mut $last_first =
                    ::std::pin::pin!(::std::future::IntoFuture::into_future($last_first));
            )+
            let output = ::std::future::poll_fn(|cx| {
                ::std::task::ready!($crate::macros::support::poll_budget(cx));
                let first = $crate::macros::support::$order($count);
                let mut waits = false;
                #[allow(
                    unreachable_code,
                    unused_assignments,
                    unused_mut,
                    unused_variables,
                    clippy::modulo_one,
                    clippy::used_underscore_binding
                )]
                for turn in 0..$count {
                    match (first + turn) % $count {
                        $(
                            $number => {
                                if disabled & (1_u64 << $number) != 0 {
                                    continue;
                                }
                                let mut output =
                                    match ::std::future::Future::poll($future.as_mut(), cx) {
                                        ::std::task::Poll::Ready(output) => output,
                                        ::std::task::Poll::Pending => {
                                            waits = true;
                                            continue;
                                        }
                                    };
                                disabled |= 1_u64 << $number;
                                // Does it match? A guard sees the bindings by reference, and as it
                                // says no, nothing is moved.
                                let mut matches = false;
                                match output {
                                    $pattern if {
                                        matches = true;
                                        false
                                    } => ::std::unreachable!(),
                                    _ => {}
                                }
                                if matches {
                                    return ::std::task::Poll::Ready(
                                        $crate::macros::support::Selected::$variant(output),
                                    );
                                }
                            }
                        )+
                        _ => ::std::unreachable!(),
                    }
                }
                if waits {
                    ::std::task::Poll::Pending
                } else {
                    ::std::task::Poll::Ready($crate::macros::support::Selected::Disabled)
                }
            })
            .await;
            output
        };
        match output {
            $( $crate::macros::support::Selected::$variant($pattern) => $handler, )+
            $crate::macros::support::Selected::Disabled => $else,
            _ => ::std::unreachable!("the pattern has matched before"),
        }
    }};

    () => { ::std::compile_error!("select! requires at least one branch.") };
    ($(biased;)? else => $else:expr $(,)?) => {{ $else }};
    (biased; $($branches:tt)+) => {
        $crate::select!(@numbered from_the_first $($branches)+)
    };
    (@numbered $order:ident $($branches:tt)+) => {
        $crate::select!(@ $order
            [
                (0 B0) (1 B1) (2 B2) (3 B3) (4 B4) (5 B5) (6 B6) (7 B7) (8 B8) (9 B9) (10 B10)
                (11 B11) (12 B12) (13 B13) (14 B14) (15 B15) (16 B16) (17 B17) (18 B18) (19 B19)
                (20 B20) (21 B21) (22 B22) (23 B23) (24 B24) (25 B25) (26 B26) (27 B27) (28 B28)
                (29 B29) (30 B30) (31 B31) (32 B32) (33 B33) (34 B34) (35 B35) (36 B36) (37 B37)
                (38 B38) (39 B39) (40 B40) (41 B41) (42 B42) (43 B43) (44 B44) (45 B45) (46 B46)
                (47 B47) (48 B48) (49 B49) (50 B50) (51 B51) (52 B52) (53 B53) (54 B54) (55 B55)
                (56 B56) (57 B57) (58 B58) (59 B59) (60 B60) (61 B61) (62 B62) (63 B63) (64 End)
            ] [] [] $($branches)+)
    };
    // Only what begins with a pattern: were anything let in here, then also the steps above when they are
    // stuck, and they would be for ever. As it is, the compiler points at the token where a branch goes wrong.
    ($pattern:pat = $($branches:tt)+) => {
        $crate::select!(@numbered from_anywhere $pattern = $($branches)+)
    };
    (@ $order:ident [] $($rest:tt)*) => { $crate::select!(@too many) };
    (@expand $order:ident [] $($rest:tt)*) => { $crate::select!(@too many) };
    (@too many) => { ::std::compile_error!("select! takes 64 branches at most.") };
}
