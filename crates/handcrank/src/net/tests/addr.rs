use crate::net::lookup_host;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

#[test]
fn literal_addresses_need_neither_a_thread_nor_a_runtime() {
    let expected: SocketAddr = "127.0.0.1:80".parse().unwrap();
    futures_util::future::FutureExt::now_or_never(async {
        let mut found = Vec::new();
        found.extend(lookup_host(expected).await.unwrap());
        found.extend(lookup_host("127.0.0.1:80").await.unwrap());
        found.extend(lookup_host(String::from("127.0.0.1:80")).await.unwrap());
        found.extend(lookup_host(("127.0.0.1", 80)).await.unwrap());
        found.extend(lookup_host((String::from("127.0.0.1"), 80)).await.unwrap());
        found.extend(lookup_host((Ipv4Addr::LOCALHOST, 80)).await.unwrap());
        found.extend(lookup_host((IpAddr::from(Ipv4Addr::LOCALHOST), 80)).await.unwrap());
        found.extend(lookup_host(&[expected, expected][..]).await.unwrap());
        assert_eq!(found, [expected; 9]);
        let v6: SocketAddr = "[::1]:80".parse().unwrap();
        assert_eq!(lookup_host(("::1", 80)).await.unwrap().collect::<Vec<_>>(), [v6]);
    })
    .unwrap();
}

#[test]
fn names_are_looked_up() {
    crate::testing::run(async {
        let addrs: Vec<_> = lookup_host("localhost:80").await.unwrap().collect();
        assert!(!addrs.is_empty());
        assert!(addrs.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 80));
        assert!(lookup_host("no port").await.is_err());
    });
}
