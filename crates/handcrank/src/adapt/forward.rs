//! Other people's I/O traits, handed on to the native ones.
//!
//! hyper's and tokio's traits for writing have the same five methods, and all that differs in their
//! traits for reading is the buffer. So each is stated once here, and each family says what it
//! calls the trait.

/// Implements `$Write`, a trait with the methods of tokio's `AsyncWrite`, for all that writes.
macro_rules! all_writers {
    ($Write:path) => {
        $crate::adapt::forward::all_writers!($Write:
            $crate::net::TcpStream,
            $crate::net::tcp::WriteHalf<'_>,
            $crate::net::tcp::OwnedWriteHalf,
            $crate::net::UnixStream,
            $crate::net::unix::WriteHalf<'_>,
            $crate::net::unix::OwnedWriteHalf,
            $crate::net::unix::pipe::Sender
        );
    };
    ($Write:path: $($Writer:ty),*) => {$(
        impl $Write for $Writer {
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                futures_io::AsyncWrite::poll_write(self, cx, buf)
            }

            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                futures_io::AsyncWrite::poll_flush(self, cx)
            }

            fn poll_shutdown(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                futures_io::AsyncWrite::poll_close(self, cx)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                futures_io::AsyncWrite::poll_write_vectored(self, cx, bufs)
            }
        }
    )*};
}

/// Implements `$Read`, which reads into a `$Buf` by means of `$fill`, for all that reads.
macro_rules! all_readers {
    ($Read:path, $Buf:ty, $fill:path) => {
        $crate::adapt::forward::all_readers!($Read, $Buf, $fill:
            $crate::net::TcpStream,
            $crate::net::tcp::ReadHalf<'_>,
            $crate::net::tcp::OwnedReadHalf,
            $crate::net::UnixStream,
            $crate::net::unix::ReadHalf<'_>,
            $crate::net::unix::OwnedReadHalf,
            $crate::net::unix::pipe::Receiver
        );
    };
    ($Read:path, $Buf:ty, $fill:path: $($Reader:ty),*) => {$(
        impl $Read for $Reader {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: $Buf,
            ) -> std::task::Poll<std::io::Result<()>> {
                $fill(self, cx, buf)
            }
        }
    )*};
}

pub(super) use {all_readers, all_writers};
