//! Sockets.

macro_rules! surface {
    ($name:ident, $runtime:ident, { $($extensions:item)* }) => {
        mod $name {
            use std::io::{self, IoSlice, IoSliceMut};
            use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
            use std::pin::pin;
            use std::task::{Context, Poll};
            use $runtime as tokio;
            use std::os::fd::{AsFd, AsRawFd, IntoRawFd};
            use tokio::io::{Interest, ReadBuf, Ready};
            use tokio::net::{self, tcp, unix};
            use tokio::time::{self, Duration, Instant};
            $($extensions)*

            async fn tcp(addr: SocketAddr, cx: &mut Context<'_>) -> io::Result<()> {
                let listener: net::TcpListener = net::TcpListener::bind("localhost:0").await?;
                let (stream, peer): (net::TcpStream, SocketAddr) = listener.accept().await?;
                let _: Poll<io::Result<(net::TcpStream, SocketAddr)>> = listener.poll_accept(cx);
                let _: (SocketAddr, u32) = (listener.local_addr()?, listener.ttl()?);
                listener.set_ttl(1)?;
                let std: std::net::TcpListener = listener.into_std()?;
                let _ = net::TcpListener::from_std(std.try_clone()?)?;
                let _: net::TcpListener = std.try_into()?;

                let mut stream = net::TcpStream::connect(("localhost", 80)).await?;
                let (mut buf, mut memory) = ([0; 8], [0; 8]);
                let _: usize = stream.peek(&mut buf).await?;
                let _: usize = stream.read(&mut buf).await?;
                let _: usize = stream.read_exact(&mut buf).await?;
                let _: usize = stream.write(&buf).await?;
                let _: usize = stream.write_vectored(&[IoSlice::new(&buf)]).await?;
                let _: () = stream.write_all(&buf).await?;
                let _: () = stream.shutdown().await?;
                let _: () = stream.readable().await?;
                let _: () = stream.writable().await?;
                let ready: Ready = stream.ready(Interest::READABLE | Interest::WRITABLE).await?;
                let _ = ready.is_readable() || ready.is_writable() || ready.is_empty();
                let _ = ready.is_read_closed() || ready.is_write_closed() || ready.is_error();
                let _: Poll<io::Result<()>> = stream.poll_read_ready(cx);
                let _: Poll<io::Result<()>> = stream.poll_write_ready(cx);
                let _: usize = stream.try_read(&mut buf)?;
                let mut filled = ReadBuf::new(&mut memory);
                let _: Poll<io::Result<usize>> = stream.poll_peek(cx, &mut filled);
                let mut bytes = bytes::BytesMut::new();
                let _: usize = stream.read_buf(&mut bytes).await?;
                let _: usize = stream.try_read_buf(&mut bytes)?;
                let _: usize = stream.read_to_end(&mut Vec::new()).await?;
                let _: usize = stream.read_to_string(&mut String::new()).await?;
                let _: usize = stream.write_buf(&mut bytes).await?;
                let _: () = stream.write_all_buf(&mut bytes).await?;
                let _: () = stream.flush().await?;
                let _: usize = stream.try_read_vectored(&mut [IoSliceMut::new(&mut buf)])?;
                let _: usize = stream.try_write(&buf)?;
                let _: usize = stream.try_write_vectored(&[IoSlice::new(&buf)])?;
                let _: u8 = stream.try_io(Interest::READABLE, || Ok(1))?;
                let _: u8 = stream.async_io(Interest::READABLE, || Ok(1)).await?;
                let _: (SocketAddr, SocketAddr) = (stream.local_addr()?, stream.peer_addr()?);
                let _: (bool, u32) = (stream.nodelay()?, stream.ttl()?);
                stream.set_nodelay(true)?;
                stream.set_ttl(1)?;
                let _: Option<Duration> = stream.linger()?;
                stream.set_zero_linger()?;
                #[allow(deprecated)]
                stream.set_linger(Some(Duration::ZERO))?;
                stream.set_quickack(stream.quickack()?)?;
                let _: std::os::fd::BorrowedFd<'_> = stream.as_fd();
                let _: std::os::fd::RawFd = stream.as_raw_fd();
                let _: &net::TcpStream = stream.as_ref();
                let _: Option<io::Error> = stream.take_error()?;
                let _: net::TcpStream = stream.into_std()?.try_into()?;
                Ok(())
            }

            async fn halves(mut stream: net::TcpStream) -> io::Result<()> {
                let mut buf = [0; 8];
                {
                    let (mut read, mut write): (tcp::ReadHalf<'_>, tcp::WriteHalf<'_>) =
                        stream.split();
                    let _: (usize, usize) = (read.peek(&mut buf).await?, read.try_read(&mut buf)?);
                    let _: (usize, usize) = (read.read(&mut buf).await?, write.write(&buf).await?);
                    let _: Ready = read.ready(Interest::READABLE).await?;
                    let _: Ready = write.ready(Interest::WRITABLE).await?;
                    let _: ((), ()) = (read.readable().await?, write.writable().await?);
                    let _: usize = write.try_write(&buf)?;
                    let _: usize = write.try_write_vectored(&[IoSlice::new(&buf)])?;
                    let _: usize = read.try_read_buf(&mut Vec::new())?;
                    let _: usize = read.read_buf(&mut Vec::new()).await?;
                    let _: () = write.flush().await?;
                    let _: () = write.shutdown().await?;
                    let _: (SocketAddr, SocketAddr) = (read.peer_addr()?, write.local_addr()?);
                    let _: &net::TcpStream = read.as_ref();
                }
                let (mut read, mut write): (tcp::OwnedReadHalf, tcp::OwnedWriteHalf) =
                    stream.into_split();
                let _: (usize, usize) = (read.peek(&mut buf).await?, read.try_read(&mut buf)?);
                let _: (usize, ()) = (read.read(&mut buf).await?, write.write_all(&buf).await?);
                let _: usize = read.try_read_buf(&mut Vec::new())?;
                let _: usize = read.read_exact(&mut buf).await?;
                let _: () = write.shutdown().await?;
                let _: &net::TcpStream = write.as_ref();
                let result: Result<net::TcpStream, tcp::ReuniteError> = read.reunite(write);
                let (read, write) = result.map_err(io::Error::other)?.into_split();
                write.forget();
                Ok(())
            }

            async fn socket(addr: SocketAddr) -> io::Result<()> {
                let socket = net::TcpSocket::new_v4()?;
                socket.set_keepalive(socket.keepalive()?)?;
                socket.set_reuseaddr(socket.reuseaddr()?)?;
                socket.set_reuseport(socket.reuseport()?)?;
                socket.set_send_buffer_size(socket.send_buffer_size()?)?;
                socket.set_recv_buffer_size(socket.recv_buffer_size()?)?;
                socket.set_nodelay(socket.nodelay()?)?;
                socket.set_zero_linger()?;
                #[allow(deprecated)]
                socket.set_linger(None)?;
                socket.set_tos_v4(socket.tos_v4()?)?;
                socket.set_tclass_v6(socket.tclass_v6()?)?;
                #[allow(deprecated)]
                socket.set_tos(socket.tos()?)?;
                let device: Option<Vec<u8>> = socket.device()?;
                socket.bind_device(device.as_deref())?;
                let _: net::TcpSocket = net::TcpSocket::from_std_stream(
                    std::net::TcpStream::connect(addr)?
                );
                let _: Option<Duration> = socket.linger()?;
                socket.bind(addr)?;
                let _: (SocketAddr, Option<io::Error>) =
                    (socket.local_addr()?, socket.take_error()?);
                let _: net::TcpListener = socket.listen(128)?;
                let _: net::TcpStream = net::TcpSocket::new_v6()?.connect(addr).await?;
                Ok(())
            }

            async fn udp(addr: SocketAddr, cx: &mut Context<'_>) -> io::Result<()> {
                let mut buf = [0; 8];
                let socket = net::UdpSocket::bind(addr).await?;
                let _: () = socket.connect(addr).await?;
                let _: (usize, usize) = (socket.send(&buf).await?, socket.recv(&mut buf).await?);
                let _: usize = socket.send_to(&buf, "localhost:1").await?;
                let _: (usize, SocketAddr) = socket.recv_from(&mut buf).await?;
                let _: (usize, usize) = (socket.try_send(&buf)?, socket.try_recv(&mut buf)?);
                let _: usize = socket.try_send_to(&buf, addr)?;
                let _: (usize, SocketAddr) = socket.try_recv_from(&mut buf)?;
                let _: usize = socket.peek(&mut buf).await?;
                let _: (usize, SocketAddr) = socket.peek_from(&mut buf).await?;
                let mut memory = [std::mem::MaybeUninit::<u8>::uninit(); 8];
                let mut filled: ReadBuf<'_> = ReadBuf::uninit(&mut memory);
                let _: Poll<io::Result<()>> = socket.poll_recv(cx, &mut filled);
                let _: Poll<io::Result<SocketAddr>> = socket.poll_recv_from(cx, &mut filled);
                let _: Poll<io::Result<()>> = socket.poll_peek(cx, &mut filled);
                let _: Poll<io::Result<SocketAddr>> = socket.poll_peek_from(cx, &mut filled);
                let _: Poll<io::Result<SocketAddr>> = socket.poll_peek_sender(cx);
                let _: usize = socket.try_peek(&mut buf)?;
                let _: (usize, SocketAddr) = socket.try_peek_from(&mut buf)?;
                let _: (SocketAddr, SocketAddr) =
                    (socket.peek_sender().await?, socket.try_peek_sender()?);
                let mut bytes = bytes::BytesMut::new();
                let _: usize = socket.recv_buf(&mut bytes).await?;
                let _: usize = socket.try_recv_buf(&mut bytes)?;
                let _: (usize, SocketAddr) = socket.recv_buf_from(&mut bytes).await?;
                let _: (usize, SocketAddr) = socket.try_recv_buf_from(&mut bytes)?;
                let _: u8 = socket.try_io(Interest::READABLE, || Ok(1))?;
                let _: u8 = socket.async_io(Interest::READABLE, || Ok(1)).await?;
                let _: Option<io::Error> = socket.take_error()?;
                socket.set_tos_v4(socket.tos_v4()?)?;
                socket.set_tclass_v6(socket.tclass_v6()?)?;
                #[allow(deprecated)]
                socket.set_tos(socket.tos()?)?;
                let device: Option<Vec<u8>> = socket.device()?;
                socket.bind_device(device.as_deref())?;
                let _: Poll<io::Result<usize>> = socket.poll_send(cx, &buf);
                let _: Poll<io::Result<usize>> = socket.poll_send_to(cx, &buf, addr);
                let _: Poll<io::Result<()>> = socket.poll_send_ready(cx);
                let _: Poll<io::Result<()>> = socket.poll_recv_ready(cx);
                let _: ((), ()) = (socket.readable().await?, socket.writable().await?);
                let _: Ready = socket.ready(Interest::READABLE).await?;
                let _: (SocketAddr, SocketAddr) = (socket.local_addr()?, socket.peer_addr()?);
                socket.set_broadcast(socket.broadcast()?)?;
                socket.set_ttl(socket.ttl()?)?;
                socket.set_multicast_loop_v4(socket.multicast_loop_v4()?)?;
                socket.set_multicast_loop_v6(socket.multicast_loop_v6()?)?;
                socket.set_multicast_ttl_v4(socket.multicast_ttl_v4()?)?;
                socket.join_multicast_v4(Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED)?;
                socket.leave_multicast_v4(Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED)?;
                socket.join_multicast_v6(&Ipv6Addr::LOCALHOST, 0)?;
                socket.leave_multicast_v6(&Ipv6Addr::LOCALHOST, 0)?;
                let std: std::net::UdpSocket = socket.into_std()?;
                let _ = net::UdpSocket::from_std(std)?;
                Ok(())
            }

            async fn unix(path: &std::path::Path, cx: &mut Context<'_>) -> io::Result<()> {
                let mut buf = [0; 8];
                let listener: net::UnixListener = net::UnixListener::bind(path)?;
                let (stream, peer): (net::UnixStream, unix::SocketAddr) = listener.accept().await?;
                let _: Poll<io::Result<(net::UnixStream, unix::SocketAddr)>> =
                    listener.poll_accept(cx);
                let _: (bool, Option<&std::path::Path>) = (peer.is_unnamed(), peer.as_pathname());
                let _ = net::UnixListener::bind_addr(&listener.local_addr()?)?;
                let mut stream = net::UnixStream::connect(path).await?;
                let _ = net::UnixStream::connect_addr(&peer).await?;
                let _: (usize, ()) = (stream.read(&mut buf).await?, stream.write_all(&buf).await?);
                let _: (usize, usize) = (stream.try_read(&mut buf)?, stream.try_write(&buf)?);
                let (read, write): (unix::ReadHalf<'_>, unix::WriteHalf<'_>) = stream.split();
                let (read, write): (unix::OwnedReadHalf, unix::OwnedWriteHalf) =
                    stream.into_split();
                let _: Result<net::UnixStream, unix::ReuniteError> = write.reunite(read);
                let (a, b): (net::UnixStream, net::UnixStream) = net::UnixStream::pair()?;
                let cred: unix::UCred = a.peer_cred()?;
                let _: (unix::uid_t, unix::gid_t, Option<unix::pid_t>) =
                    (cred.uid(), cred.gid(), cred.pid());
                let _: usize = a.try_read_buf(&mut Vec::new())?;
                let _: Option<io::Error> = a.take_error()?;
                let _: std::os::unix::net::UnixStream = a.into_std()?;
                let name: Option<&[u8]> = peer.as_abstract_name();
                let std: std::os::unix::net::SocketAddr = peer.clone().into();
                let _: unix::SocketAddr = std.into();

                let socket: net::UnixSocket = net::UnixSocket::new_stream()?;
                let _: () = socket.bind(path)?;
                let _: std::os::fd::RawFd = socket.as_raw_fd();
                let _: net::UnixListener = socket.listen(8)?;
                let _: net::UnixStream = net::UnixSocket::new_stream()?.connect(path).await?;
                let _: net::UnixDatagram = net::UnixSocket::new_datagram()?.datagram()?;
                let _: std::os::fd::RawFd = net::UnixSocket::new_datagram()?.into_raw_fd();

                let (a, b): (net::UnixDatagram, net::UnixDatagram) = net::UnixDatagram::pair()?;
                let bound = net::UnixDatagram::bind(path)?;
                let unbound = net::UnixDatagram::unbound()?;
                unbound.connect(path)?;
                let _: (usize, usize) = (a.send(&buf).await?, b.recv(&mut buf).await?);
                let _: usize = unbound.send_to(&buf, path).await?;
                let _: (usize, unix::SocketAddr) = bound.recv_from(&mut buf).await?;
                let _: (usize, usize) = (a.try_send(&buf)?, b.try_recv(&mut buf)?);
                let _: usize = unbound.try_send_to(&buf, path)?;
                let _: (usize, unix::SocketAddr) = bound.try_recv_from(&mut buf)?;
                let _: Poll<io::Result<usize>> = a.poll_send(cx, &buf);
                let _: Poll<io::Result<usize>> = a.poll_send_to(cx, &buf, path);
                let mut memory = [0; 8];
                let mut filled = ReadBuf::new(&mut memory);
                let _: Poll<io::Result<()>> = a.poll_recv(cx, &mut filled);
                let _: Poll<io::Result<unix::SocketAddr>> = a.poll_recv_from(cx, &mut filled);
                let _: usize = a.recv_buf(&mut Vec::new()).await?;
                let _: usize = a.try_recv_buf(&mut Vec::new())?;
                let _: (usize, unix::SocketAddr) = a.recv_buf_from(&mut Vec::new()).await?;
                let _: (usize, unix::SocketAddr) = a.try_recv_buf_from(&mut Vec::new())?;
                let _: (unix::SocketAddr, unix::SocketAddr) = (a.local_addr()?, a.peer_addr()?);
                let _: (Poll<io::Result<()>>, Poll<io::Result<()>>) =
                    (a.poll_send_ready(cx), a.poll_recv_ready(cx));
                let _: ((), ()) = (a.readable().await?, a.writable().await?);
                let _: Ready = a.ready(Interest::READABLE).await?;
                let _: Option<io::Error> = a.take_error()?;
                let _: std::os::unix::net::UnixDatagram = b.into_std()?;
                a.shutdown(std::net::Shutdown::Both)?;
                Ok(())
            }

            async fn pipes(path: &std::path::Path, cx: &mut Context<'_>) -> io::Result<()> {
                use tokio::net::unix::pipe;
                use std::os::fd::OwnedFd;
                let mut buf = [0; 8];
                let (mut sender, mut receiver): (pipe::Sender, pipe::Receiver) = pipe::pipe()?;
                let mut options: pipe::OpenOptions = pipe::OpenOptions::new();
                let _: pipe::Sender = options.read_write(true).unchecked(true).open_sender(path)?;
                let _: pipe::Receiver = pipe::OpenOptions::default().open_receiver(path)?;
                let file = || std::fs::File::open(path);
                let _: pipe::Sender = pipe::Sender::from_file(file()?)?;
                let _: pipe::Sender = pipe::Sender::from_file_unchecked(file()?)?;
                let _: pipe::Receiver = pipe::Receiver::from_owned_fd(file()?.into())?;
                let _: pipe::Receiver = pipe::Receiver::from_owned_fd_unchecked(file()?.into())?;
                let _: (usize, usize) = (sender.write(&buf).await?, receiver.read(&mut buf).await?);
                let _: (usize, usize) = (sender.try_write(&buf)?, receiver.try_read(&mut buf)?);
                let _: usize = sender.try_write_vectored(&[IoSlice::new(&buf)])?;
                let _: usize = receiver.try_read_vectored(&mut [IoSliceMut::new(&mut buf)])?;
                let _: usize = receiver.try_read_buf(&mut Vec::new())?;
                let _: (u8, u8) = (sender.try_io(|| Ok(1))?, receiver.try_io(|| Ok(1))?);
                let _: ((), ()) = (sender.writable().await?, receiver.readable().await?);
                let _: Ready = sender.ready(Interest::WRITABLE).await?;
                let _: Ready = receiver.ready(Interest::READABLE).await?;
                let _: Poll<io::Result<()>> = sender.poll_write_ready(cx);
                let _: Poll<io::Result<()>> = receiver.poll_read_ready(cx);
                let _: OwnedFd = sender.into_blocking_fd()?;
                let _: OwnedFd = receiver.into_nonblocking_fd()?;
                Ok(())
            }

            fn read_buf(buf: &mut ReadBuf<'_>) {
                let _: (usize, usize) = (buf.capacity(), buf.remaining());
                let _: (usize, usize) = (buf.filled().len(), buf.initialized().len());
                let _: (&mut [u8], ()) = (buf.filled_mut(), ());
                let _: (&mut [u8], ()) = (buf.initialized_mut(), ());
                let _: ReadBuf<'_> = buf.take(1);
                let _: &mut [u8] = buf.initialize_unfilled();
                let _: &mut [u8] = buf.initialize_unfilled_to(1);
                let _: ((), (), (), ()) =
                    (buf.clear(), buf.put_slice(b"a"), buf.set_filled(0), buf.advance(1));
                let _: String = format!("{buf:?}");
            }

            fn readiness(ready: Ready, mut interest: Interest) {
                let _: [Ready; 4] = [Ready::EMPTY, Ready::READABLE, Ready::WRITABLE, Ready::ALL];
                let _: [Ready; 2] = [Ready::READ_CLOSED, Ready::WRITE_CLOSED];
                let _: [Ready; 2] = [Ready::ERROR, Ready::PRIORITY];
                let _: [bool; 2] = [ready.is_priority(), ready == (ready | ready) & ready - ready];
                let _: [bool; 2] = [interest.is_readable(), interest.is_writable()];
                let _: [bool; 2] = [interest.is_error(), interest.is_priority()];
                interest |= Interest::ERROR | Interest::PRIORITY;
                const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
                let _: Option<Interest> = interest.remove(BOTH);
            }

            async fn names() -> io::Result<()> {
                async fn any<T: net::ToSocketAddrs + ?Sized>(_: &T) {}
                let socket: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
                let SocketAddr::V4(v4) = socket else { return Ok(()) };
                any(&socket).await;
                any(&v4).await;
                any(&std::net::SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, 0, 0)).await;
                any(&(socket.ip(), 1)).await;
                any(&(Ipv4Addr::LOCALHOST, 1)).await;
                any(&(Ipv6Addr::LOCALHOST, 1)).await;
                any("localhost:1").await;
                any(&String::new()).await;
                any(&&&String::new()).await;
                any(&("localhost", 1)).await;
                let _: Vec<SocketAddr> = net::lookup_host("localhost:80").await?.collect();
                let _ = net::lookup_host((String::from("localhost"), 80)).await?;
                let _ = net::lookup_host(&[SocketAddr::from(([1, 2, 3, 4], 5))][..]).await?;
                Ok(())
            }

            async fn times(cx: &mut Context<'_>) -> io::Result<()> {
                let now: Instant = Instant::now();
                let mut sleep = pin!(time::sleep(Duration::MAX));
                let _: (Instant, bool) = (sleep.deadline(), sleep.is_elapsed());
                sleep.as_mut().reset(now);
                let _: () = sleep.await;
                let _: () = time::sleep_until(now).await;
                let result: Result<u8, time::error::Elapsed> =
                    time::timeout(Duration::ZERO, async { 1 }).await;
                let _: u8 = result?;
                let mut timeout: time::Timeout<std::future::Ready<u8>> =
                    time::timeout_at(now, std::future::ready(1));
                let value: &mut std::future::Ready<u8> = timeout.get_mut();
                let value: &std::future::Ready<u8> = timeout.get_ref();
                let value: std::future::Ready<u8> = timeout.into_inner();
                let mut ticks: time::Interval = time::interval(Duration::from_secs(1));
                let _: Instant = ticks.tick().await;
                let _: Poll<Instant> = ticks.poll_tick(cx);
                ticks.set_missed_tick_behavior(time::MissedTickBehavior::Skip);
                let _: (time::MissedTickBehavior, Duration) =
                    (ticks.missed_tick_behavior(), ticks.period());
                ticks.reset();
                ticks.reset_immediately();
                ticks.reset_after(Duration::ZERO);
                ticks.reset_at(now);
                let _ = time::interval_at(now, Duration::from_secs(1));
                time::pause();
                time::advance(Duration::ZERO).await;
                time::resume();
                let _: (Instant, Duration) = (now + Duration::ZERO, now - now);
                let _: (Option<Instant>, Duration) = (now.checked_add(Duration::MAX), now.elapsed());
                let _: std::time::Instant = now.into_std();
                Ok(())
            }

            async fn signals(cx: &mut Context<'_>) -> io::Result<()> {
                use tokio::signal::unix::{Signal, SignalKind, signal};
                let _: () = tokio::signal::ctrl_c().await?;
                let mut listener: Signal = signal(SignalKind::terminate())?;
                let _: Option<()> = listener.recv().await;
                let _: Poll<Option<()>> = listener.poll_recv(cx);
                let _: (SignalKind, std::ffi::c_int) =
                    (SignalKind::from_raw(1), SignalKind::hangup().as_raw_value());
                let _ = [SignalKind::alarm(), SignalKind::child(), SignalKind::interrupt()];
                let _ = [SignalKind::io(), SignalKind::pipe(), SignalKind::quit()];
                let _ = [SignalKind::user_defined1(), SignalKind::user_defined2()];
                let _ = [SignalKind::window_change()];
                Ok(())
            }

            fn building() -> io::Result<tokio::runtime::Runtime> {
                use tokio::runtime::Builder;
                let _: Builder = Builder::new_current_thread();
                let mut builder: Builder = Builder::new_multi_thread();
                let builder: &mut Builder = builder.worker_threads(1_usize).max_blocking_threads(1_usize);
                let builder: &mut Builder = builder.thread_keep_alive(Duration::ZERO);
                let builder: &mut Builder = builder.thread_name("name").thread_name(String::new());
                let builder: &mut Builder = builder.thread_name_fn(|| String::new());
                let builder: &mut Builder = builder.thread_stack_size(1_usize).name("name");
                let builder: &mut Builder = builder.on_thread_start(|| ()).on_thread_stop(|| ());
                let builder: &mut Builder = builder.on_thread_park(|| ()).on_thread_unpark(|| ());
                let builder: &mut Builder = builder.enable_all().enable_io().enable_time();
                let builder: &mut Builder = builder.event_interval(1_u32).global_queue_interval(1_u32);
                let builder: &mut Builder = builder.max_io_events_per_tick(1_usize).start_paused(false);
                let text: String = format!("{builder:?}");
                builder.build()
            }

            fn runtimes(rt: tokio::runtime::Runtime) -> io::Result<()> {
                use tokio::runtime::{EnterGuard, Handle, Id, Runtime, RuntimeFlavor, RuntimeMetrics};
                use std::future::Future;
                use tokio::runtime::TryCurrentError;
                use tokio::task::JoinHandle;
                fn spawns<F>(on: &Runtime, by: &Handle, one: F, two: F) -> [JoinHandle<F::Output>; 2]
                where
                    F: Future + Send + 'static,
                    F::Output: Send + 'static,
                {
                    [on.spawn(one), by.spawn(two)]
                }
                fn blocks<F, R>(on: &Runtime, by: &Handle, one: F, two: F) -> [JoinHandle<R>; 2]
                where
                    F: FnOnce() -> R + Send + 'static,
                    R: Send + 'static,
                {
                    [on.spawn_blocking(one), by.spawn_blocking(two)]
                }
                fn waits<F: Future>(on: &Runtime, by: &Handle, one: F, two: F) -> [F::Output; 2] {
                    [on.block_on(one), by.block_on(two)]
                }
                fn in_place<F: FnOnce() -> R, R>(f: F) -> R {
                    tokio::task::block_in_place(f)
                }
                let _: Runtime = Runtime::new()?;
                let handle: &Handle = rt.handle();
                let _: Handle = Handle::current();
                let current: Result<Handle, TryCurrentError> = Handle::try_current();
                if let Err(error) = current {
                    let _: (bool, bool) =
                        (error.is_missing_context(), error.is_thread_local_destroyed());
                    let _: &dyn std::error::Error = &error;
                }
                let _: (EnterGuard<'_>, EnterGuard<'_>) = (rt.enter(), handle.enter());
                let (flavor, id): (RuntimeFlavor, Id) = (handle.runtime_flavor(), handle.id());
                let _: bool = flavor == RuntimeFlavor::CurrentThread
                    || flavor == RuntimeFlavor::MultiThread;
                let _: (Option<&str>, String) = (handle.name(), format!("{id} {id:?} {handle:?}"));
                let figures: (RuntimeMetrics, RuntimeMetrics) = (rt.metrics(), handle.metrics());
                let figures: RuntimeMetrics = figures.0.clone();
                let _: [usize; 3] = [
                    figures.num_workers(),
                    figures.num_alive_tasks(),
                    figures.global_queue_depth(),
                ];
                let _: Duration = figures.worker_total_busy_duration(0_usize);
                let _: [u64; 2] =
                    [figures.worker_park_count(0_usize), figures.worker_park_unpark_count(0_usize)];
                let is_shut_down: fn(&io::Error) -> bool = tokio::runtime::is_rt_shutdown_err;
                if flavor == RuntimeFlavor::MultiThread {
                    let _: () = rt.shutdown_background();
                } else {
                    let _: () = rt.shutdown_timeout(Duration::ZERO);
                }
                Ok(())
            }

            fn local(rt: tokio::runtime::Runtime) -> io::Result<()> {
                use std::{future::Future, rc::Rc};
                use tokio::runtime::{Builder, EnterGuard, Handle, LocalOptions, LocalRuntime};
                use tokio::task::{JoinHandle, LocalEnterGuard, LocalSet};
                fn spawns<F: Future + 'static>(future: F, set: &LocalSet) -> JoinHandle<F::Output> {
                    tokio::task::spawn_local(std::future::ready(Rc::new(1)));
                    set.spawn_local(future)
                }
                fn blocks<F: Future>(future: F, set: &LocalSet, rt: &tokio::runtime::Runtime) -> F::Output {
                    set.block_on(rt, future)
                }
                async fn runs<F: Future>(future: F, set: &LocalSet) -> F::Output {
                    set.run_until(future).await
                }
                fn is_future<F: Future<Output = ()> + Unpin + std::fmt::Debug + Default>(_: &F) {}
                let set: LocalSet = LocalSet::new();
                is_future(&set);
                let guard: LocalEnterGuard = set.enter();
                let _: JoinHandle<Rc<u8>> = tokio::task::spawn_local(async { Rc::new(1) });
                let _: tokio::runtime::Id = set.id();
                let _: () = rt.block_on(set);

                let local: LocalRuntime = LocalRuntime::new()?;
                let options: LocalOptions = LocalOptions::default();
                let _: LocalRuntime = Builder::new_current_thread().build_local(options)?;
                let _: JoinHandle<Rc<u8>> = local.spawn_local(async { Rc::new(1) });
                let _: JoinHandle<u8> = local.spawn_blocking(|| 1);
                let _: Rc<u8> = local.block_on(async { Rc::new(1) });
                let _: (&Handle, EnterGuard<'_>) = (local.handle(), local.enter());
                let _: tokio::runtime::RuntimeMetrics = local.metrics();
                local.shutdown_timeout(Duration::ZERO);
                LocalRuntime::new()?.shutdown_background();
                Ok(())
            }

            async fn selecting() -> Result<(), u8> {
                let _: u8 = tokio::select! {
                    x = async { 1_u8 } => x,
                    Some(x) = async { None }, if 1 < 2 => { x }
                    else => 3,
                };
                let _: u8 = tokio::select! { biased; Ok(x) | Err(x) = async { Ok::<u8, u8>(1) } => x };
                let _: (u8, &str) = tokio::join!(async { 1 }, async { "two" });
                let _: (u8,) = tokio::join!(biased; async { 1 });
                let both: Result<(u8, &str), u8> = tokio::try_join!(async { Ok(1) }, async { Ok("two") });
                let _: () = tokio::join!();
                tokio::try_join!(async { Err::<u8, u8>(1) })?;
                Ok(())
            }
        }
    };
}

surface!(ours, handcrank, {});
surface!(theirs, tokio, {
    // Where Handcrank's streams have methods of their own.
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
});
