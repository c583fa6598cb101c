//! What TCP and Unix streams, and the halves of both, have in common.
//!
//! `read_side!` and `write_side!` are stamped onto the types that read and write: both streams,
//! and the halves of each, which lend (`AsRef`) the stream that they are part of.

pub(crate) mod read;
pub(crate) mod write;

/// How many buffers one vectored call takes, whatever it is given (`IOV_MAX`).
///
/// A call that has moved what these hold was not short, although more was asked for.
const MOST_BUFFERS: usize = 1024;

/// What only a whole stream has.
macro_rules! whole_stream {
    ($Stream:ident) => {
        impl $Stream {
            /// Waits until there may be something to read.
            ///
            /// Only the last task that called this, or any other `poll_` method that reads, is
            /// woken. Prefer [`readable`](Self::readable).
            pub fn poll_read_ready(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                use handcrank_reactor::Direction;
                self.io.poll_ready(cx, Direction::Read).map_ok(|_| ())
            }

            /// Waits until there may be room to write.
            ///
            /// Only the last task that called this, or any other `poll_` method that writes, is
            /// woken. Prefer [`writable`](Self::writable).
            pub fn poll_write_ready(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                use handcrank_reactor::Direction;
                self.io.poll_ready(cx, Direction::Write).map_ok(|_| ())
            }

            /// Splits a borrowed stream into a half that reads and one that writes, at no cost.
            ///
            /// To move the halves to different tasks use [`into_split`](Self::into_split).
            pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
                (ReadHalf(self), WriteHalf(self))
            }

            /// Splits a stream into a half that reads and one that writes, each with a life of its
            /// own.
            ///
            /// Dropping the writing half closes the stream's writing side; see
            /// [`OwnedWriteHalf::forget`]. The socket is closed when both halves are gone.
            pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
                OwnedReadHalf::of(self)
            }

            /// Waits for a connection under way to be made or refused.
            async fn connected(self) -> std::io::Result<Self> {
                use handcrank_reactor::Direction;
                std::future::poll_fn(|cx| self.io.poll_ready(cx, Direction::Write)).await?;
                // Writable says that the attempt is over; the error says how it ended.
                match self.io.get_ref().take_error()? {
                    Some(error) => Err(error),
                    None => Ok(self),
                }
            }

            fn shut_down(&mut self) -> std::io::Result<()> {
                $crate::net::stream::write::shut_down(|how| self.io.get_ref().shutdown(how))
            }
        }

        impl AsRef<$Stream> for $Stream {
            fn as_ref(&self) -> &$Stream {
                self
            }
        }
    };
}

pub(crate) use read::read_side;
pub(crate) use whole_stream;
pub(crate) use write::write_side;
