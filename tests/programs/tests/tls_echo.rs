//! TLS over both families of I/O traits: each server with each client.

use futures_util::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadHalf, WriteHalf};
use handcrank::net::TcpStream;
use handcrank::runtime::Runtime;
use handcrank::time::timeout;
use programs::Program;
use programs::process::PATIENCE;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// A server with its certificate.
struct Server {
    program: Program,
    address: SocketAddr,
    file: PathBuf,
}

impl Server {
    fn start(family: &str, test: &str, flags: &[&str]) -> Self {
        let (folder, process) = (env!("CARGO_TARGET_TMPDIR"), std::process::id());
        let file = format!("{folder}/{test}-{family}-{process}.der");
        let arguments = ["127.0.0.1:0", "--family", family, "--certificate", &file];
        let executable = env!("CARGO_BIN_EXE_tls_echo");
        let (program, address) = Program::serve(executable, &[&arguments, flags].concat());
        Self { program, address, file: file.into() }
    }

    /// What a client needs to trust it.
    fn trusted(&self) -> Arc<ClientConfig> {
        let certificate = std::fs::read(&self.file).expect("it is written before it listens");
        trusting(CertificateDer::from(certificate))
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    fn says(&self) -> String {
        self.program.line().expect("it runs")
    }

    fn end(self) {
        self.program.interrupt();
        assert_eq!(self.program.end().0.code(), Some(0));
        std::fs::remove_file(self.file).expect("it is ours");
    }
}

fn trusting(certificate: CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

fn run<F: Future>(test: F) -> F::Output {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async { timeout(PATIENCE, test).await.expect("no hang") })
}

/// So many bytes that differ from their neighbours.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n % 251) as u8).collect()
}

#[test]
fn a_handshake_that_takes_too_long() {
    for family in ["futures", "tokio"] {
        let server = Server::start(family, "silent", &["--handshake", "50"]);
        run(async {
            let silent = server.connect().await;
            assert_eq!(server.says(), "handshake failed: it took too long");
            drop(silent);
        });
        server.end();
    }
}

/// The same tests for a client of each family, against a server of each: they differ in the library,
/// the extension traits, and what closing is called.
macro_rules! clients {
    ($family:ident, $library:ident, $close:ident, $($import:tt)*) => {
        mod $family {
            use super::*;
            use $($import)*;
            use $library::TlsConnector;

            fn with_each_server(test: &str, body: impl AsyncFn(&Server, TlsConnector)) {
                for family in ["futures", "tokio"] {
                    let name = format!("{test}-{}", stringify!($family));
                    let server = Server::start(family, &name, &[]);
                    let connector = TlsConnector::from(server.trusted());
                    run(body(&server, connector));
                    server.end();
                }
            }

            #[test]
            fn there_and_back() {
                with_each_server("there", async |server, connector| {
                    let tls = connector.connect(localhost(), server.connect().await);
                    let mut tls = tls.await.expect("a handshake");
                    let mut answer = [0; 5];
                    for word in [b"turn!", b"crank"] {
                        tls.write_all(word).await.unwrap();
                        tls.flush().await.unwrap();
                        tls.read_exact(&mut answer).await.unwrap();
                        assert_eq!(&answer, word);
                    }
                    tls.$close().await.unwrap();
                    assert_eq!(tls.read(&mut answer).await.unwrap(), 0);
                    assert_eq!(server.says(), "echoed 10 bytes");
                });
            }

            /// One direction is closed, and the other goes on until all is there.
            #[test]
            fn half_closed() {
                with_each_server("half", async |server, connector| {
                    let tls = connector.connect(localhost(), server.connect().await);
                    let mut tls = tls.await.expect("a handshake");
                    let sent = bytes(100_000);
                    tls.write_all(&sent).await.unwrap();
                    tls.$close().await.unwrap();
                    let mut answer = Vec::new();
                    // An end without `close_notify` would be an error here.
                    tls.read_to_end(&mut answer).await.unwrap();
                    assert!(answer == sent);
                    let error = tls.write_all(b"more").await.unwrap_err();
                    let kind = error.kind();
                    assert!(kind == std::io::ErrorKind::BrokenPipe, "{error:?}");
                });
            }

            /// More than any buffer on the way holds, in both directions at once.
            #[test]
            fn large_both_ways() {
                with_each_server("large", async |server, connector| {
                    let tls = connector.connect(localhost(), server.connect().await);
                    let tls = tls.await.expect("a handshake");
                    let (mut reader, mut writer) = split(tls);
                    let sent = bytes(8 << 20);
                    let mut answer = Vec::new();
                    let writing = async {
                        writer.write_all(&sent).await?;
                        writer.$close().await
                    };
                    let both = futures_util::future::join(writing, reader.read_to_end(&mut answer));
                    let (written, read) = both.await;
                    written.unwrap();
                    assert_eq!(read.unwrap(), sent.len());
                    assert!(answer == sent);
                    assert_eq!(server.says(), format!("echoed {} bytes", sent.len()));
                });
            }

            #[test]
            fn many_at_once() {
                with_each_server("many", async |server, connector| {
                    let clients = (0..32).map(|n| {
                        let (connector, connecting) = (connector.clone(), server.address);
                        handcrank::spawn(async move {
                            let stream = TcpStream::connect(connecting).await.unwrap();
                            let mut tls = connector.connect(localhost(), stream).await.unwrap();
                            let sent = bytes(1000 * n + 1);
                            tls.write_all(&sent).await.unwrap();
                            tls.$close().await.unwrap();
                            let mut answer = Vec::new();
                            tls.read_to_end(&mut answer).await.unwrap();
                            assert!(answer == sent);
                        })
                    });
                    for client in futures_util::future::join_all(clients).await {
                        client.unwrap();
                    }
                });
            }

            #[test]
            fn an_end_without_a_farewell_is_an_error() {
                with_each_server("rude", async |server, connector| {
                    let tls = connector.connect(localhost(), server.connect().await);
                    let mut tls = tls.await.expect("a handshake");
                    tls.write_all(b"turn!").await.unwrap();
                    tls.flush().await.unwrap();
                    tls.read_exact(&mut [0; 5]).await.unwrap();
                    drop(tls);
                    let said = server.says();
                    assert!(said.starts_with("read failed: peer closed connection without"), "{said}");
                });
            }

            #[test]
            fn handshakes_that_fail() {
                with_each_server("fail", async |server, connector| {
                    // Not the certificate that the client trusts.
                    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
                    let stranger = trusting(other.unwrap().cert.der().clone());
                    let stream = server.connect().await;
                    let failed = TlsConnector::from(stranger).connect(localhost(), stream).await;
                    let error = failed.err().expect("no trust").to_string();
                    assert!(error.starts_with("invalid peer certificate"), "{error}");
                    let said = server.says();
                    assert!(said.starts_with("handshake failed: received fatal alert"), "{said}");

                    // The right certificate, for another name.
                    let name = ServerName::try_from("example.org").unwrap();
                    let failed = connector.connect(name, server.connect().await).await;
                    let error = failed.err().expect("not its name").to_string();
                    assert!(error.contains("not valid for name"), "{error}");
                    let said = server.says();
                    assert!(said.starts_with("handshake failed: received fatal alert"), "{said}");

                    // No TLS at all.
                    let mut stream = server.connect().await;
                    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
                    let said = server.says();
                    assert!(said.starts_with("handshake failed: received corrupt"), "{said}");
                    // What it says to that is an alert, and then the end.
                    let mut alert = Vec::new();
                    let _ = stream.read_to_end(&mut alert).await;

                    // Hung up in the middle.
                    drop(server.connect().await);
                    assert_eq!(server.says(), "handshake failed: tls handshake eof");

                    // And it still serves.
                    let tls = connector.connect(localhost(), server.connect().await);
                    let mut tls = tls.await.expect("a handshake");
                    tls.$close().await.unwrap();
                    assert_eq!(server.says(), "echoed 0 bytes");
                });
            }
        }
    };
}

/// As tokio has it: a function.
fn split<S: AsyncRead + AsyncWrite>(stream: S) -> (ReadHalf<S>, WriteHalf<S>) {
    AsyncReadExt::split(stream)
}

clients!(futures, futures_rustls, close, futures_util::io::{AsyncReadExt, AsyncWriteExt});
clients!(tokio_io, tokio_rustls, shutdown, tokio::io::{AsyncReadExt, AsyncWriteExt, split});
