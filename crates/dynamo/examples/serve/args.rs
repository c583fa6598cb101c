//! The command line. Flags are settings like any others, only the strongest.

use std::path::PathBuf;

use clap::Parser;
use handcrank_dynamo::{ConfigError, RuntimeConfig};

/// A Dynamo-style node on Handcrank: an OpenAI-compatible echo on two runtimes.
///
/// Every setting can also come from a TOML file or a HANDCRANK_ variable; --print-config shows
/// them all, and where each came from.
#[derive(Debug, Parser)]
#[command(name = "serve")]
pub(crate) struct Args {
    /// Where to serve requests; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "IP:PORT")]
    addr: Option<String>,

    /// Where to serve health and metrics; port 0 takes a free one [default: 127.0.0.1:9090]
    #[arg(long, value_name = "IP:PORT")]
    system_addr: Option<String>,

    /// Worker threads of the primary runtime [default: one per core]
    #[arg(long, value_name = "N")]
    workers: Option<String>,

    /// dual: the lease, the health checks and the system server have a runtime of their own;
    /// merged: one runtime for everything [default: dual]
    #[arg(long, value_name = "dual|merged")]
    topology: Option<String>,

    /// How long the echo takes for one token, in milliseconds [default: 10]
    #[arg(long, value_name = "MS")]
    token_delay_ms: Option<u64>,

    /// Read settings from this TOML file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Longest time for streams in flight to finish after Ctrl-C, such as 30s or 2m
    /// [default: 30s]
    #[arg(long, value_name = "TIME")]
    drain_timeout: Option<String>,

    /// Print the effective settings with the origin of each, and exit
    #[arg(long)]
    pub(crate) print_config: bool,
}

impl Args {
    /// Defaults < file < environment < these flags.
    pub(crate) fn config(&self) -> Result<RuntimeConfig, ConfigError> {
        let mut builder = RuntimeConfig::builder().environment();
        if let Some(path) = &self.config {
            builder = builder.file(path);
        }
        let delay = self.token_delay_ms.map(|ms| format!("{ms}ms"));
        let flags = [
            ("--addr", "http.addr", &self.addr),
            ("--system-addr", "system.addr", &self.system_addr),
            ("--workers", "primary.worker_threads", &self.workers),
            ("--topology", "topology", &self.topology),
            ("--token-delay-ms", "engine.token_delay", &delay),
            ("--drain-timeout", "shutdown.drain_timeout", &self.drain_timeout),
        ];
        for (flag, key, value) in flags {
            if let Some(value) = value {
                builder = builder.flag(flag, key, value);
            }
        }
        builder.build()
    }
}
