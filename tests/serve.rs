//! The example node, as its users meet it: over sockets, through signals, by its exit code. The
//! client is hyper's, on Handcrank.

#[path = "serve_node.rs"]
mod node;

use futures_util::future::join_all;
use handcrank::net::TcpStream;
use handcrank::time::{self, Duration, Instant};
use hyper::header::ALLOW;
use hyper::{Method, StatusCode};
use node::{Client, Events, Node, chat, json, serve, soon, text};
use rustix::process::Signal;
use serde_json::json;
use tests::Flavour;

/// Runs a test's client on a runtime of its own.
fn client<F: Future>(test: F) -> F::Output {
    let _watchdog = tests::Watchdog::new("a client");
    Flavour::MultiThread(2).build().block_on(test)
}

#[test]
fn models_and_completions() {
    for topology in ["dual", "merged"] {
        let node = Node::start(&["--topology", topology, "--token-delay-ms", "1"]);
        client(async {
            let mut client = node.client().await;
            let models = json(client.send(Method::GET, "/v1/models", None).await).await;
            assert_eq!(models["data"][0]["id"], "echo");
            // On the same connection.
            let answer = client.chat(&chat("Who turns the crank?", false)).await;
            assert_eq!(answer.status(), StatusCode::OK);
            let answer = json(answer).await;
            assert_eq!(answer["object"], "chat.completion");
            let choice = &answer["choices"][0];
            assert_eq!(choice["message"]["content"], "Who turns the crank?");
            assert_eq!(choice["finish_reason"], "stop");
            let usage = &answer["usage"];
            assert!(usage["completion_tokens"].as_u64().unwrap() >= 4, "{usage}");
            for path in ["/health", "/live", "/metrics"] {
                assert_eq!(node.ask(path).await.0, StatusCode::OK, "{path}");
            }
        });
    }
}

#[test]
fn a_stream_arrives_token_by_token() {
    const DELAY: u64 = 20;
    let node = Node::start(&["--token-delay-ms", &DELAY.to_string()]);
    client(async {
        let words = "Turn the crank and the light comes on and stays on while you turn";
        let mut events = Events::of(node.client().await.chat(&chat(words, true)).await);
        let mut tokens = vec![events.token().await.expect("a token")];
        let begun = Instant::now();
        while let Some(token) = events.token().await {
            tokens.push(token);
        }
        assert_eq!(tokens.concat(), words);
        assert!(tokens.len() >= 14, "{tokens:?}");
        // Sent all at once they would be here all at once. The first may have come late, so not
        // all of the time need have passed.
        let least = Duration::from_millis(DELAY * (tokens.len() as u64 - 1) / 4);
        assert!(begun.elapsed() >= least, "{:?} for {} tokens", begun.elapsed(), tokens.len());
    });
}

#[test]
fn many_streams_at_once() {
    let node = Node::start(&["--token-delay-ms", "2"]);
    client(async {
        let streams = (0..100).map(|n| {
            let to = node.http;
            handcrank::spawn(async move {
                let words = format!("client {n} wants to hear just this");
                let mut client = Client::connect(to).await;
                for _ in 0..3 {
                    let mut events = Events::of(client.chat(&chat(&words, true)).await);
                    let mut said = String::new();
                    while let Some(token) = events.token().await {
                        said.push_str(&token);
                    }
                    assert_eq!(said, words);
                }
            })
        });
        for stream in join_all(streams).await {
            stream.unwrap();
        }
        node.shows("handcrank_tokens_total{model=\"echo\",kind=\"completion\"}", "2100").await;
    });
}

#[test]
fn wrong_requests_are_told_what_is_wrong() {
    let node = Node::start(&["--token-delay-ms", "0"]);
    client(async {
        let post = Method::POST;
        let chats = "/v1/chat/completions";
        let unknown = json!({
            "model": "gpt", "messages": [{ "role": "user", "content": "x" }]
        });
        let huge = chat(&"x".repeat(5 << 20), false);
        let cases = [
            (post.clone(), chats, "{\n  \"model\"!", 400, "line 2 column 10"),
            (post.clone(), chats, "{", 400, "line 1 column 1"),
            (post.clone(), chats, "[]", 400, "an object"),
            (post.clone(), chats, r#"{"model":"echo"}"#, 400, "'messages'"),
            (post.clone(), chats, &unknown.to_string(), 404, "\"gpt\""),
            (post.clone(), chats, &huge.to_string(), 413, "4194304 bytes"),
            (Method::PUT, chats, "{}", 405, "PUT"),
            (Method::DELETE, "/v1/models", "", 405, "DELETE"),
            (post, "/v1/nothing", "{}", 404, "/v1/nothing"),
        ];
        for (method, path, body, status, words) in cases {
            let body = (!body.is_empty()).then(|| body.to_owned());
            let answer = node.client().await.send(method.clone(), path, body).await;
            let what = format!("{method} {path}: {}", answer.status());
            assert_eq!(answer.status().as_u16(), status, "{what}");
            assert_eq!(status == 405, answer.headers().contains_key(ALLOW), "{what}");
            let error = json(answer).await;
            let message = error["error"]["message"].as_str().expect("a message");
            assert!(message.contains(words), "{what}: {message}");
        }
        // None of it did any harm.
        let answer = node.client().await.chat(&chat("still here", false)).await;
        assert_eq!(json(answer).await["choices"][0]["message"]["content"], "still here");
    });
}

#[test]
fn slow_and_vanishing_clients_harm_nobody() {
    let node = Node::start(&["--token-delay-ms", "1"]);
    client(async {
        let body = chat(&"word ".repeat(20_000), true).to_string();
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        // One reads nothing of what it asked for, one closes its sending side but reads on, one goes
        // without a word, one never ends its question.
        let mut stalled = TcpStream::connect(node.http).await.unwrap();
        stalled.write_all(request.as_bytes()).await.unwrap();
        let mut half = TcpStream::connect(node.http).await.unwrap();
        half.write_all(request.as_bytes()).await.unwrap();
        half.read_exact(&mut [0; 64]).await.unwrap();
        half.shutdown().await.unwrap();
        let mut gone = TcpStream::connect(node.http).await.unwrap();
        gone.write_all(request.as_bytes()).await.unwrap();
        gone.read_exact(&mut [0; 64]).await.unwrap();
        gone.set_zero_linger().unwrap();
        drop(gone);
        let mut mute = TcpStream::connect(node.http).await.unwrap();
        mute.write_all(b"POST /v1/chat/comp").await.unwrap();

        // A fourth speaks one byte at a time, and is heard.
        let mut slow = TcpStream::connect(node.http).await.unwrap();
        let asks = b"GET /v1/models HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n";
        for byte in asks {
            slow.write_all(std::slice::from_ref(byte)).await.unwrap();
            time::sleep(Duration::from_millis(1)).await;
        }
        let mut status = [0; 15];
        soon(slow.read_exact(&mut status)).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 200 OK");

        // The one that went is forgotten, and only that one.
        node.shows("handcrank_generations_cancelled_total", "1").await;
        // And whoever behaves is served meanwhile.
        for _ in 0..10 {
            let answer = node.client().await.chat(&chat("quick", false)).await;
            assert_eq!(answer.status(), StatusCode::OK);
            text(answer).await;
        }
        // The one that only closed its sending side still hears more.
        soon(half.read_exact(&mut [0; 4096])).await.unwrap();
        drop((stalled, half, mute));
    });
}

#[test]
fn an_interrupt_drains_what_is_in_flight() {
    let words = "a ".repeat(100);
    let node = Node::start(&["--token-delay-ms", "10"]);
    client(async {
        let mut events = Events::of(node.client().await.chat(&chat(&words, true)).await);
        let mut said = events.token().await.expect("a token");
        let mut idle = node.client().await;
        text(idle.send(Method::GET, "/v1/models", None).await).await;
        node.signal(Signal::INT);
        // The stream goes on to its end.
        while let Some(token) = events.token().await {
            said.push_str(&token);
        }
        assert_eq!(said.trim_end(), words.trim_end());
        let (code, report) = node.end().await;
        assert_eq!(code, Some(0), "{report}");
        assert!(report.contains("shutdown (SIGINT) of dual node"), "{report}");
        assert!(report.contains("requests in flight: 1 drained, 0 cut off"), "{report}");
        drop(idle);
    });
}

#[test]
fn while_it_drains_nobody_new_is_let_in() {
    let node = Node::start(&["--token-delay-ms", "3600000", "--drain-timeout", "1h"]);
    client(async {
        let mut before = node.client().await;
        text(before.send(Method::GET, "/v1/models", None).await).await;
        let answer = node.client().await.chat(&chat("never said", true)).await;
        let mut events = Events::of(answer);
        events.next().await.expect("it begins");
        node.signal(Signal::TERM);
        node.drains().await;
        // No new connection on the port, while the old stream is still open.
        let refused = async {
            while TcpStream::connect(node.http).await.is_ok() {
                time::sleep(Duration::from_millis(2)).await;
            }
        };
        soon(refused).await;
        // A second signal ends it at once.
        node.signal(Signal::INT);
        let begun = Instant::now();
        let (code, _) = node.end().await;
        assert_eq!(code, Some(4));
        assert!(begun.elapsed() < tests::PATIENCE / 2);
        // The stream broke off, and does not pretend to be complete.
        let mut rest = Vec::new();
        while let Some(event) = events.next().await {
            rest.push(event);
        }
        assert!(!rest.contains(&"[DONE]".to_owned()));
    });
}

#[test]
fn what_cannot_work_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().map(|address| (taken, address.to_string())).unwrap();
    let file = std::env::temp_dir().join(format!("handcrank-e2e-{}.toml", std::process::id()));
    std::fs::write(&file, "[http]\nbody_limit = \"many\"\n").unwrap();
    let in_use: [&str; 2] = [&taken.1, "in use"];
    let cases: [(&[&str], i32, &[&str]); 5] = [
        (&["--addr", &taken.1], 1, &in_use),
        (&["--system-addr", &taken.1], 1, &in_use),
        (&["--workers", "none"], 2, &["primary.worker_threads", "none"]),
        (&["--addr", "nowhere"], 2, &["http.addr", "nowhere"]),
        (&["--config", file.to_str().unwrap()], 2, &["http.body_limit", "many"]),
    ];
    for (flags, code, words) in cases {
        let mut command = serve();
        for flag in ["--addr", "--system-addr"] {
            if !flags.contains(&flag) {
                command.args([flag, "127.0.0.1:0"]);
            }
        }
        let output = command.args(flags).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{flags:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{flags:?}: no {word:?} in {said:?}");
        }
    }
    std::fs::remove_file(file).unwrap();
}
