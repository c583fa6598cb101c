//! The process as the operating system sees it: from `/proc` on Linux, nothing elsewhere.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

#[derive(Debug, Default)]
pub(super) struct Process {}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut gauge = |name: &str, help: &str, value: Option<i64>| {
            let Some(value) = value else { return Ok(()) };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        gauge(
            "process_resident_memory_bytes",
            "Memory of the process that is in RAM",
            status_field("VmRSS:").map(|kib| kib * 1024),
        )?;
        gauge("process_threads", "Threads of the process", status_field("Threads:"))?;
        gauge("process_open_fds", "Descriptors that the process has open", open_fds())?;
        if let Some(seconds) = cpu_seconds() {
            let counter = ConstCounter::new(seconds);
            counter.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                "Processor time that the process has used",
                None,
                counter.metric_type(),
            )?)?;
        }
        Ok(())
    }
}

fn status_field(name: &str) -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn open_fds() -> Option<i64> {
    // Less the one that reads the folder.
    i64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok().map(|n| n - 1)
}

fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold spaces; the fields after it may not.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let user: f64 = fields.nth(11)?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    // Linux reports in hundredths of a second to programs, whatever its own tick is.
    Some((user + system) / 100.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_all_of_it() {
        assert!(status_field("VmRSS:").is_some_and(|kib| kib > 0));
        assert!(status_field("Threads:").is_some_and(|threads| threads > 0));
        assert!(open_fds().is_some_and(|fds| fds > 0));
        assert!(cpu_seconds().is_some_and(|seconds| seconds >= 0.0));
    }
}
