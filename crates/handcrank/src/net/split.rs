//! Halves that borrow their stream.

/// `ReadHalf` and `WriteHalf` of a stream type.
macro_rules! borrowed_halves {
    ($Stream:ident, $Addr:ty) => {
        /// The reading half of a borrowed stream, made by
        #[doc = concat!("[`", stringify!($Stream), "::split`].")]
        #[derive(Debug)]
        pub struct ReadHalf<'a>(pub(super) &'a $Stream);

        /// The writing half of a borrowed stream, made by
        #[doc = concat!("[`", stringify!($Stream), "::split`].")]
        ///
        /// Dropping it changes nothing; closing it (`poll_close`, [`shutdown`](Self::shutdown))
        /// closes the writing side of the stream.
        #[derive(Debug)]
        pub struct WriteHalf<'a>(pub(super) &'a $Stream);

        $crate::net::stream::read_side!(ReadHalf<'_>, $Stream);
        $crate::net::stream::write_side!(WriteHalf<'_>, $Stream);
        $crate::net::split::half_common!(ReadHalf<'_>, $Stream, $Addr, |half| half.0);
        $crate::net::split::half_common!(WriteHalf<'_>, $Stream, $Addr, |half| half.0);

        impl WriteHalf<'_> {
            fn shut_down(&mut self) -> std::io::Result<()> {
                $crate::net::stream::write::shut_down(|how| self.0.io.get_ref().shutdown(how))
            }
        }
    };
}

/// What reading and writing halves, borrowed and owned, have in common.
macro_rules! half_common {
    ($Half:ty, $Stream:ident, $Addr:ty, |$half:ident| $stream:expr) => {
        impl $Half {
            /// Waits for any of the given kinds of readiness of the whole stream, as
            #[doc = concat!("[`", stringify!($Stream), "::ready`]. Cancel safe.")]
            pub async fn ready(
                &self,
                interest: handcrank_reactor::Interest,
            ) -> std::io::Result<handcrank_reactor::Ready> {
                let stream: &$Stream = self.as_ref();
                stream.ready(interest).await
            }

            /// The address of the other end.
            pub fn peer_addr(&self) -> std::io::Result<$Addr> {
                let stream: &$Stream = self.as_ref();
                stream.peer_addr()
            }

            /// The address of this end.
            pub fn local_addr(&self) -> std::io::Result<$Addr> {
                let stream: &$Stream = self.as_ref();
                stream.local_addr()
            }
        }

        impl AsRef<$Stream> for $Half {
            fn as_ref(&self) -> &$Stream {
                let $half = self;
                $stream
            }
        }
    };
}

pub(crate) use {borrowed_halves, half_common};
