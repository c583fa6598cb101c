//! An echo over TLS, by futures-rustls or by tokio-rustls.
//!
//! `cargo run -p programs --bin tls_echo -- 127.0.0.1:7778 --family tokio --certificate /tmp/ca.der`;
//! Ctrl-C ends it. Its certificate signs itself and is new at every start: whoever is to trust it finds
//! it in that file.
//!
//! The two libraries do the same over the two families of I/O traits, both of which Handcrank's
//! streams have. Neither needs a runtime. A handshake has no time limit of its own: this one's is
//! Handcrank's `timeout`.
#![forbid(unsafe_code)]

use clap::{Parser, ValueEnum};
use handcrank::net::TcpStream;
use handcrank::time::{Duration, timeout};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Clone, Copy, ValueEnum)]
enum Family {
    /// `futures_io`'s traits, by futures-rustls
    Futures,
    /// `tokio::io`'s traits, by tokio-rustls
    Tokio,
}

/// An echo over TLS.
#[derive(Parser)]
struct Settings {
    /// Where to listen; port 0 is any free port
    #[arg(default_value = "127.0.0.1:7778")]
    address: SocketAddr,
    /// Which traits, and so which library
    #[arg(long, value_enum, default_value = "futures")]
    family: Family,
    /// Where to write the certificate, in DER
    #[arg(long)]
    certificate: PathBuf,
    /// How many milliseconds a handshake may take
    #[arg(long, default_value_t = 30_000)]
    handshake: u64,
}

#[handcrank::main]
async fn main() -> io::Result<()> {
    let settings = Settings::parse();
    let own =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).map_err(io::Error::other)?;
    std::fs::write(&settings.certificate, own.cert.der())?;
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).map_err(io::Error::other)?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .map_err(io::Error::other)?;
    let config = Arc::new(config);
    let patience = Duration::from_millis(settings.handshake);
    programs::serve(settings.address, |stream| {
        let config = Arc::clone(&config);
        async move {
            let ended = match settings.family {
                Family::Futures => over_futures(config, stream, patience).await,
                Family::Tokio => over_tokio(config, stream, patience).await,
            };
            match ended {
                Ok(bytes) => println!("echoed {bytes} bytes"),
                Err(error) => println!("{error}"),
            }
        }
    })
    .await
}

/// What went wrong, and when.
fn when(what: &str) -> impl Fn(io::Error) -> String {
    move |error| format!("{what}: {error}")
}

// The two differ in their imports and in the name of `close`. Why there is a `flush` after each piece:
// what rustls has encrypted stays with it while the socket takes no more, and the other side may
// be waiting for just that. `futures_util::io::copy`, which flushes at the very end only, can hang here.

async fn over_futures(
    config: Arc<ServerConfig>,
    stream: TcpStream,
    patience: Duration,
) -> Result<usize, String> {
    use futures_util::io::{AsyncReadExt, AsyncWriteExt};
    let accepting = futures_rustls::TlsAcceptor::from(config).accept(stream);
    let mut stream = timeout(patience, accepting)
        .await
        .map_err(|_| "handshake failed: it took too long")?
        .map_err(when("handshake failed"))?;
    let mut buffer = vec![0; 16 * 1024];
    let mut bytes = 0;
    loop {
        let read = stream.read(&mut buffer).await.map_err(when("read failed"))?;
        if read == 0 {
            // The other side has said that no more comes. We say the same, by `close_notify`.
            stream.close().await.map_err(when("close failed"))?;
            return Ok(bytes);
        }
        stream.write_all(&buffer[..read]).await.map_err(when("write failed"))?;
        stream.flush().await.map_err(when("write failed"))?;
        bytes += read;
    }
}

async fn over_tokio(
    config: Arc<ServerConfig>,
    stream: TcpStream,
    patience: Duration,
) -> Result<usize, String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let accepting = tokio_rustls::TlsAcceptor::from(config).accept(stream);
    let mut stream = timeout(patience, accepting)
        .await
        .map_err(|_| "handshake failed: it took too long")?
        .map_err(when("handshake failed"))?;
    let mut buffer = vec![0; 16 * 1024];
    let mut bytes = 0;
    loop {
        let read = stream.read(&mut buffer).await.map_err(when("read failed"))?;
        if read == 0 {
            stream.shutdown().await.map_err(when("close failed"))?;
            return Ok(bytes);
        }
        stream.write_all(&buffer[..read]).await.map_err(when("write failed"))?;
        stream.flush().await.map_err(when("write failed"))?;
        bytes += read;
    }
}
