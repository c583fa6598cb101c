use std::time::Duration;

use super::*;
use crate::lease::LossPolicy;
use crate::runtime::Topology;

fn problems(builder: ConfigBuilder) -> Vec<String> {
    let error = builder.build().expect_err("the settings are wrong");
    error.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn defaults_are_allowed_by_their_own_kinds() {
    for field in FIELDS {
        let default = (field.default)();
        assert!(field.kind.allows(&default), "{} = {default}", field.key);
        assert_eq!(field.kind.parse(&default.to_string()), Some(default), "{}", field.key);
    }
}

#[test]
fn later_sources_win_in_whatever_order_they_are_read() {
    let config = RuntimeConfig::builder()
        .flag("--addr", "http.addr", "127.0.0.1:5")
        .lease_ttl(Duration::from_secs(4))
        .env([
            ("HANDCRANK_HTTP_ADDR", "127.0.0.1:3"),
            ("HANDCRANK_LEASE_TTL", "3s"),
            ("HANDCRANK_CANARY_LIMIT", "3ms"),
            ("PATH", "/bin"),
            ("HANDCRANK_STRESS_SECONDS", "3"),
        ])
        .toml(
            "node.toml",
            "topology = \"merged\"\n[http]\naddr = \"127.0.0.1:2\"\n[lease]\nttl = \"2s\"\non_loss = \"drain\"\n[canary]\nlimit = \"2ms\"\n",
        )
        .build()
        .unwrap();
    assert_eq!(config.http_addr().port(), 5);
    assert_eq!(config.lease_ttl(), Duration::from_secs(4));
    assert_eq!(config.canary_limit(), Duration::from_millis(3));
    assert_eq!(config.topology(), Topology::Merged);
    assert_eq!(config.lease_on_loss(), LossPolicy::Drain);

    assert_eq!(config.origin("http.addr"), Some(&Origin::Flag("--addr".into())));
    assert!(matches!(config.origin("lease.ttl"), Some(Origin::Code(at)) if at.file() == file!()));
    assert_eq!(
        config.origin("canary.limit"),
        Some(&Origin::Environment("HANDCRANK_CANARY_LIMIT".into()))
    );
    let line_six = Origin::File { path: "node.toml".into(), line: 6 };
    assert_eq!(config.origin("lease.on_loss"), Some(&line_six));
    assert_eq!(config.origin("system.addr"), Some(&Origin::Default));
    assert_eq!(config.origin("nonsense"), None);

    let printed = config.to_string();
    assert!(printed.lines().any(|l| l.starts_with("lease.on_loss ") && l.ends_with("node.toml:6")));
    assert_eq!(printed.lines().count(), FIELDS.len());
}

#[test]
fn every_problem_of_every_source_is_reported_with_its_place() {
    let all = problems(
        RuntimeConfig::builder()
            .toml("a.toml", "[primary]\nworker_threads = \"many\"\nmax_blocking_threads = [1]\n")
            .env([("HANDCRANK_LEASE_TTL", "10"), ("HANDCRANK_SYSTEM_ADDR", "")])
            .primary_worker_threads(0)
            .flag("--topology", "topology", "triple"),
    );
    assert_eq!(all.len(), 6, "{all:#?}");
    assert_eq!(
        all[0],
        "primary.max_blocking_threads = array (a.toml:3): must be a whole number from 1 to 4096"
    );
    assert_eq!(
        all[1],
        "primary.worker_threads = many (a.toml:2): must be a whole number from 1 to 1024"
    );
    assert!(all[2].starts_with("lease.ttl = 10 (environment HANDCRANK_LEASE_TTL): must be a time"));
    assert!(all[3].starts_with("system.addr = \"\" (environment"));
    assert!(all[4].starts_with("primary.worker_threads = 0 (code "));
    assert_eq!(all[5], "topology = triple (flag --topology): must be one of \"dual\", \"merged\"");
}

#[test]
fn names_that_are_no_settings_are_answered_with_a_suggestion() {
    let all = problems(
        RuntimeConfig::builder()
            .toml("a.toml", "[http]\nadr = \"x\"\nzebra = 1\n[zoo]\nlion = 1\n")
            .env([
                ("HANDCRANK_PRIMARY_WORKERS", "1"),
                ("HANDCRANK_WORKER_THREADS", "1"),
                ("HANDCRANK_ZZZ", "1"),
            ]),
    );
    assert_eq!(
        all,
        [
            "http.adr (a.toml:2): not a setting; did you mean http.addr?",
            "http.zebra (a.toml:3): not a setting; [http] has addr, body_limit, header_timeout, body_timeout",
            "zoo (a.toml:4): not a setting; there are topology and the sections primary, secondary, http, system, node, lease, canary, engine, shutdown",
            "HANDCRANK_PRIMARY_WORKERS (environment): not a setting; did you mean HANDCRANK_PRIMARY_WORKER_THREADS?",
            "HANDCRANK_WORKER_THREADS (environment): not a setting; did you mean HANDCRANK_PRIMARY_WORKER_THREADS?",
            "HANDCRANK_ZZZ (environment): not a setting; settings are written like HANDCRANK_PRIMARY_WORKER_THREADS",
        ]
    );
}

#[test]
fn broken_and_missing_files_are_named() {
    let all = problems(RuntimeConfig::builder().toml("a.toml", "topology = \"dual\"\n[http\n"));
    assert!(all[0].starts_with("a.toml:2: "), "{all:?}");
    let all = problems(RuntimeConfig::builder().env([("HANDCRANK_CONFIG", "/no/such/node.toml")]));
    assert!(all[0].starts_with("/no/such/node.toml: "), "{all:?}");
}

#[test]
fn two_servers_cannot_share_an_address() {
    let all =
        problems(RuntimeConfig::builder().toml(
            "a.toml",
            "[http]\naddr = \"0.0.0.0:7000\"\n[system]\naddr = \"127.0.0.1:7000\"\n",
        ));
    assert_eq!(
        all,
        [
            "system.addr = 127.0.0.1:7000 (a.toml:4): must be another address than http.addr = 0.0.0.0:7000 (a.toml:2)"
        ]
    );
    let free = "[http]\naddr = \"127.0.0.1:0\"\n[system]\naddr = \"127.0.0.1:0\"\n";
    assert!(RuntimeConfig::builder().toml("a.toml", free).build().is_ok());
}
