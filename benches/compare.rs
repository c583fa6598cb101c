//! Criterion's view: one group a workload, all runtimes in it.
//!
//! `cargo bench -p benches --bench compare -- ping_pong` measures one group.

#![forbid(unsafe_code)]

use benches::{Round, WORKLOADS};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use std::time::Duration;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for workload in WORKLOADS {
        let mut group = criterion.benchmark_group(workload.name);
        group.throughput(Throughput::Elements(workload.operations));
        measure(&mut group, "tokio", workload.tokio);
        measure(&mut group, "handcrank", workload.handcrank);
        if let Some(smol) = workload.smol {
            measure(&mut group, "smol", smol);
        }
        group.finish();
    }
    criterion.final_summary();
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, runtime: &str, make: fn() -> Round) {
    // Made ready only if it is asked for: the filter on the command line may leave it out.
    let mut round = None;
    group.bench_function(runtime, |bencher| {
        let round = round.get_or_insert_with(make);
        bencher.iter_custom(|passes| round(passes).wall);
    });
}
