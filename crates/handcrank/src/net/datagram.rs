//! What UDP and Unix datagram sockets have in common: whole messages, sent and received.

use crate::io::ReadBuf;
use std::io;

/// Receives into the unfilled part of `buf`.
pub(crate) fn fill<R>(
    buf: &mut ReadBuf<'_>,
    receive: impl FnOnce(&mut [u8]) -> io::Result<(usize, R)>,
) -> io::Result<R> {
    let (length, from) = receive(buf.initialize_unfilled())?;
    buf.advance(length);
    Ok(from)
}

/// Methods of a datagram socket with a field `io: Source<$std>`, addresses of type `$Addr`, and
/// `$RECEIVABLE` to wait for.
macro_rules! datagram_common {
    ($Socket:ident, $std:ty, $Addr:ty, $RECEIVABLE:expr) => {
        impl $Socket {
            /// Waits until there may be a message to receive.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: waiting changes nothing.
            pub async fn readable(&self) -> std::io::Result<()> {
                self.io.ready(handcrank_reactor::Interest::READABLE).await.map(|_| ())
            }

            /// Waits until there may be room to send.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: waiting changes nothing.
            pub async fn writable(&self) -> std::io::Result<()> {
                self.io.ready(handcrank_reactor::Interest::WRITABLE).await.map(|_| ())
            }

            /// As [`readable`](Self::readable). Only the last task that called this, or any other
            /// `poll_` method that receives, is woken.
            pub fn poll_recv_ready(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                use handcrank_reactor::Direction;
                self.io.poll_ready(cx, Direction::Read).map_ok(|_| ())
            }

            /// As [`writable`](Self::writable). Only the last task that called this, or any other
            /// `poll_` method that sends, is woken.
            pub fn poll_send_ready(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                use handcrank_reactor::Direction;
                self.io.poll_ready(cx, Direction::Write).map_ok(|_| ())
            }

            /// Sends a message to the connected peer and returns its length in bytes.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: dropped before it is done, it has sent nothing.
            pub async fn send(&self, buf: &[u8]) -> std::io::Result<usize> {
                use handcrank_reactor::Interest;
                self.io.io(Interest::WRITABLE, |io| io.send(buf)).await
            }

            /// As [`send`](Self::send); of several tasks that call it only the last one is woken.
            pub fn poll_send(
                &self,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                use handcrank_reactor::Direction;
                self.io.poll_io(cx, Direction::Write, |io| io.send(buf))
            }

            /// Sends a message to the connected peer if there is room for it now.
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is none.
            pub fn try_send(&self, buf: &[u8]) -> std::io::Result<usize> {
                self.io.try_io(handcrank_reactor::Interest::WRITABLE, |io| io.send(buf))
            }

            /// Receives a message, on a connected socket from its peer alone, and returns its
            /// length in bytes. What does not fit into `buf` is lost.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: dropped before it is done, it has received nothing.
            pub async fn recv(&self, buf: &mut [u8]) -> std::io::Result<usize> {
                self.io.io($RECEIVABLE, |io| io.recv(buf)).await
            }

            /// As [`recv`](Self::recv), into the unfilled part of `buf`; of several tasks that
            /// call it only the last one is woken.
            pub fn poll_recv(
                &self,
                cx: &mut std::task::Context<'_>,
                buf: &mut $crate::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                use handcrank_reactor::Direction;
                self.io.poll_io(cx, Direction::Read, |io| {
                    $crate::net::datagram::fill(buf, |memory| Ok((io.recv(memory)?, ())))
                })
            }

            /// As [`recv`](Self::recv), appended to a buffer that need not be initialized. What
            /// does not fit into the buffer's next chunk is lost; a `Vec` that is full makes room
            /// for 64 bytes.
            ///
            /// The message is copied once more than with `recv`.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: dropped before it is done, it has received nothing.
            pub async fn recv_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
                self.io
                    .io($RECEIVABLE, |io| {
                        $crate::net::scratch::message(buf, |memory| Ok((io.recv(memory)?, ())))
                    })
                    .await
                    .map(|(length, ())| length)
            }

            /// As [`recv_buf`](Self::recv_buf), if there is a message now.
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is none.
            pub fn try_recv_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
                let (length, ()) = self.io.try_io(handcrank_reactor::Interest::READABLE, |io| {
                    $crate::net::scratch::message(buf, |memory| Ok((io.recv(memory)?, ())))
                })?;
                Ok(length)
            }

            /// Receives a message if there is one now, as [`recv`](Self::recv).
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is none.
            pub fn try_recv(&self, buf: &mut [u8]) -> std::io::Result<usize> {
                self.io.try_io(handcrank_reactor::Interest::READABLE, |io| io.recv(buf))
            }

            /// Receives a message and returns its length in bytes and where it comes from. What
            /// does not fit into `buf` is lost.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: dropped before it is done, it has received nothing.
            pub async fn recv_from(&self, buf: &mut [u8]) -> std::io::Result<(usize, $Addr)> {
                let receive = |io: &$std| io.recv_from(buf);
                let (length, from) = self.io.io($RECEIVABLE, receive).await?;
                Ok((length, from.into()))
            }

            /// As [`recv_from`](Self::recv_from), into the unfilled part of `buf`; of several
            /// tasks that call it only the last one is woken.
            pub fn poll_recv_from(
                &self,
                cx: &mut std::task::Context<'_>,
                buf: &mut $crate::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<$Addr>> {
                use handcrank_reactor::Direction;
                let receive =
                    |io: &$std| $crate::net::datagram::fill(buf, |memory| io.recv_from(memory));
                self.io.poll_io(cx, Direction::Read, receive).map_ok(Into::into)
            }

            /// As [`recv_from`](Self::recv_from), appended to a buffer; otherwise as
            /// [`recv_buf`](Self::recv_buf).
            pub async fn recv_buf_from<B: bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> std::io::Result<(usize, $Addr)> {
                let receive =
                    |io: &$std| $crate::net::scratch::message(buf, |memory| io.recv_from(memory));
                let (length, from) = self.io.io($RECEIVABLE, receive).await?;
                Ok((length, from.into()))
            }

            /// As [`recv_buf_from`](Self::recv_buf_from), if there is a message now.
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is none.
            pub fn try_recv_buf_from<B: bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> std::io::Result<(usize, $Addr)> {
                let receive =
                    |io: &$std| $crate::net::scratch::message(buf, |memory| io.recv_from(memory));
                let interest = handcrank_reactor::Interest::READABLE;
                self.io.try_io(interest, receive).map(|(length, from)| (length, from.into()))
            }

            /// Receives a message if there is one now, as [`recv_from`](Self::recv_from).
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is none.
            pub fn try_recv_from(&self, buf: &mut [u8]) -> std::io::Result<(usize, $Addr)> {
                let receive = |io: &$std| io.recv_from(buf);
                let interest = handcrank_reactor::Interest::READABLE;
                self.io.try_io(interest, receive).map(|(length, from)| (length, from.into()))
            }

            /// The address of this end.
            pub fn local_addr(&self) -> std::io::Result<$Addr> {
                self.io.get_ref().local_addr().map(Into::into)
            }

            /// The address of the peer, if the socket is connected.
            pub fn peer_addr(&self) -> std::io::Result<$Addr> {
                self.io.get_ref().peer_addr().map(Into::into)
            }
        }
    };
}

pub(crate) use datagram_common;
