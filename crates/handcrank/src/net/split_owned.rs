//! Halves that share their stream, and can be put together again.

/// `OwnedReadHalf`, `OwnedWriteHalf` and `ReuniteError` of a stream type.
macro_rules! owned_halves {
    ($Stream:ident, $Addr:ty) => {
        /// The reading half of a stream, made by
        #[doc = concat!("[`", stringify!($Stream), "::into_split`].")]
        ///
        /// Dropping it changes nothing for the writing half.
        #[derive(Debug)]
        pub struct OwnedReadHalf {
            inner: std::sync::Arc<$Stream>,
        }

        /// The writing half of a stream, made by
        #[doc = concat!("[`", stringify!($Stream), "::into_split`].")]
        ///
        /// Dropping it closes the stream's writing side, so that the peer sees the end although
        /// the reading half lives on. [`forget`](Self::forget) drops it without that.
        #[derive(Debug)]
        pub struct OwnedWriteHalf {
            inner: std::sync::Arc<$Stream>,
            shutdown_on_drop: bool,
        }

        $crate::net::stream::read_side!(OwnedReadHalf, $Stream);
        $crate::net::stream::write_side!(OwnedWriteHalf, $Stream);
        $crate::net::split::half_common!(OwnedReadHalf, $Stream, $Addr, |half| &half.inner);
        $crate::net::split::half_common!(OwnedWriteHalf, $Stream, $Addr, |half| &half.inner);

        impl OwnedReadHalf {
            pub(super) fn of(stream: $Stream) -> (OwnedReadHalf, OwnedWriteHalf) {
                let stream = std::sync::Arc::new(stream);
                let read = OwnedReadHalf { inner: std::sync::Arc::clone(&stream) };
                (read, OwnedWriteHalf { inner: stream, shutdown_on_drop: true })
            }

            /// Puts two halves of one stream together again.
            ///
            /// # Errors
            ///
            /// [`ReuniteError`], with both halves in it, if they are not of the same stream.
            pub fn reunite(self, other: OwnedWriteHalf) -> Result<$Stream, ReuniteError> {
                if !std::sync::Arc::ptr_eq(&self.inner, &other.inner) {
                    return Err(ReuniteError(self, other));
                }
                other.forget();
                // There are never more than two owners, and the other one is gone.
                Ok(std::sync::Arc::into_inner(self.inner).expect("the last half of the stream"))
            }
        }

        impl OwnedWriteHalf {
            /// Puts two halves of one stream together again, as [`OwnedReadHalf::reunite`].
            pub fn reunite(self, other: OwnedReadHalf) -> Result<$Stream, ReuniteError> {
                other.reunite(self)
            }

            /// Drops the half and leaves the writing side open.
            pub fn forget(mut self) {
                self.shutdown_on_drop = false;
            }

            fn shut_down(&mut self) -> std::io::Result<()> {
                let socket = self.inner.io.get_ref();
                $crate::net::stream::write::shut_down(|how| socket.shutdown(how))?;
                self.shutdown_on_drop = false;
                Ok(())
            }
        }

        impl Drop for OwnedWriteHalf {
            fn drop(&mut self) {
                if self.shutdown_on_drop {
                    // Nobody is left to hear of a failure, and the socket is closed all the same.
                    let _ = self.shut_down();
                }
            }
        }

        /// The two halves given to `reunite` were not of the same stream. It holds them both.
        #[derive(Debug)]
        pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

        impl std::fmt::Display for ReuniteError {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("tried to reunite halves that are not from the same socket")
            }
        }

        impl std::error::Error for ReuniteError {}
    };
}

pub(crate) use owned_halves;
