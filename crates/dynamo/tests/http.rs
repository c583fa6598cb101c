//! The node's two servers, from outside, through sockets: what they answer, and what they do with
//! clients that are broken, slow, greedy or gone.

mod common;

use std::sync::mpsc;
use std::time::Duration;

use common::{Client, Endless, TestNode, chat_body, eventually, settings};

#[test]
fn a_completion_in_one_piece() {
    let node = TestNode::echo(settings());
    let reply = node.http().chat(&chat_body("Who turns the crank?", false)).reply();
    assert_eq!(reply.status, 200, "{reply:?}");
    let json = reply.json();
    assert_eq!(json["object"], "chat.completion");
    assert_eq!(json["model"], "echo");
    assert_eq!(json["choices"][0]["message"]["content"], "Who turns the crank?");
    assert_eq!(json["choices"][0]["message"]["role"], "assistant");
    assert_eq!(json["choices"][0]["finish_reason"], "stop");
    assert_eq!(json["usage"]["completion_tokens"], 5);
    let total = json["usage"]["prompt_tokens"].as_u64().unwrap() + 5;
    assert_eq!(json["usage"]["total_tokens"], total);
}

#[test]
fn a_completion_token_by_token() {
    let node = TestNode::echo(settings());
    let body = r#"{"model":"echo","stream":true,"stream_options":{"include_usage":true},
        "messages":[{"role":"user","content":"one \"two\"\nthree"}]}"#;
    let reply = node.http().chat(body).reply();
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let mut events = reply.events();
    assert_eq!(events.pop(), Some("[DONE]"));
    let events: Vec<serde_json::Value> =
        events.into_iter().map(|event| serde_json::from_str(event).expect("JSON")).collect();
    let id = &events[0]["id"];
    assert!(events.iter().all(|event| &event["id"] == id));
    assert!(events.iter().all(|event| event["object"] == "chat.completion.chunk"));

    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    let (tokens, ends) = events[1..].split_at(events.len() - 3);
    let said: Vec<_> =
        tokens.iter().map(|e| e["choices"][0]["delta"]["content"].as_str().unwrap()).collect();
    assert_eq!(said, ["one", " \"", "two", "\"", "\nthree"], "one chunk per token");
    assert!(tokens.iter().all(|e| e["choices"][0]["finish_reason"].is_null()));
    assert!(tokens.iter().all(|e| e["usage"].is_null() && e.get("usage").is_some()));
    assert_eq!(ends[0]["choices"][0]["finish_reason"], "stop");
    assert_eq!(ends[1]["choices"], serde_json::json!([]));
    assert_eq!(ends[1]["usage"]["completion_tokens"], 5);
}

#[test]
fn the_limit_of_tokens_is_kept_in_both_forms() {
    let node = TestNode::echo(settings());
    for field in ["max_tokens", "max_completion_tokens"] {
        for stream in [false, true] {
            let body = format!(
                r#"{{"model":"echo","{field}":2,"stream":{stream},
                "messages":[{{"role":"user","content":"a b c"}}]}}"#
            );
            let reply = node.http().chat(&body).reply();
            if stream {
                let events = reply.events();
                assert_eq!(events.len(), 1 + 2 + 1 + 1, "{events:?}");
                assert!(events[3].contains(r#""finish_reason":"length""#), "{events:?}");
            } else {
                assert_eq!(reply.json()["choices"][0]["message"]["content"], "a b");
                assert_eq!(reply.json()["choices"][0]["finish_reason"], "length");
            }
        }
    }
}

#[test]
fn one_connection_serves_many_requests() {
    let node = TestNode::echo(settings());
    let mut client = node.http();
    for _ in 0..3 {
        assert_eq!(client.get("/v1/models").json()["data"][0]["id"], "echo");
        assert_eq!(client.get("/v1/models/echo").json()["object"], "model");
        assert_eq!(client.chat(&chat_body("again", true)).reply().events().len(), 4);
        assert_eq!(client.get("/v1/models/gpt").status, 404);
    }
}

#[test]
fn wrong_requests_are_answered_with_what_is_wrong() {
    let node = TestNode::echo(settings().http_body_limit(2048));
    let chat = "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\n";
    let json = "content-type: application/json\r\n";
    let unknown = r#"{"model":"gpt","messages":[{"role":"user","content":"x"}]}"#;
    let cases = [
        (
            format!("{chat}{json}content-length: 12\r\n\r\n{{\n  \"model\"!"),
            400,
            "line 2 column 10",
        ),
        (format!("{chat}{json}content-length: 2\r\n\r\n{{}}"), 400, "'model' is missing"),
        (format!("{chat}{json}content-length: 0\r\n\r\n"), 400, "line 1 column 0"),
        (format!("{chat}{json}content-length: {}\r\n\r\n{unknown}", unknown.len()), 404, "gpt"),
        (format!("{chat}content-length: 2\r\n\r\n{{}}"), 415, "none was given"),
        (
            format!("{chat}content-type: text/plain\r\ncontent-length: 2\r\n\r\n{{}}"),
            415,
            "text/plain",
        ),
        (
            format!("{chat}{json}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{{}}"),
            415,
            "gzip",
        ),
        (
            format!("{chat}{json}content-length: 3000\r\n\r\n{}", "x".repeat(3000)),
            413,
            "2048 bytes",
        ),
        (
            format!("{chat}{json}expect: 100-continue\r\ncontent-length: 9999999\r\n\r\n"),
            413,
            "2048",
        ),
        (
            format!(
                "{chat}{json}transfer-encoding: chunked\r\n\r\nbb8\r\n{}\r\n0\r\n\r\n",
                "x".repeat(3000)
            ),
            413,
            "2048 bytes",
        ),
        ("GET /v1/chat/completions HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(), 405, "takes POST"),
        ("DELETE /v1/models HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(), 405, "takes GET"),
        ("GET /v2/models HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(), 404, "/v2/models"),
        ("GET / HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(), 404, "/v1/chat/completions"),
    ];
    for (request, status, words) in cases {
        let reply = node.http().send(&request).reply();
        assert_eq!(reply.status, status, "{request}\n{reply:?}");
        assert!(reply.error().contains(words), "{request}\n{reply:?}");
        match status {
            405 => assert!(reply.header("allow").is_some()),
            413 => assert_eq!(reply.header("connection"), Some("close")),
            _ => {}
        }
    }
    // What is not even HTTP is answered by hyper, which knows of no error objects.
    assert_eq!(node.http().send("garbage\r\n\r\n").reply().status, 400);
    // None of it did any harm.
    assert_eq!(node.http().get("/v1/models").status, 200);
}

#[test]
fn a_body_at_the_limit_passes_and_one_byte_more_does_not() {
    let node = TestNode::echo(settings().http_body_limit(1024));
    let around = chat_body("", false).len();
    let body = chat_body(&"x".repeat(1024 - around), false);
    assert_eq!(node.http().chat(&body).reply().status, 200);
    let body = chat_body(&"x".repeat(1025 - around), false);
    assert_eq!(node.http().chat(&body).reply().status, 413);
}

#[test]
fn slow_clients_are_told_so() {
    // Long enough for a beginning to arrive on any machine: a head of which nothing has come is
    // let go without a word.
    let (head, body) = (Duration::from_secs(1), Duration::from_millis(20));
    let node = TestNode::echo(settings().http_header_timeout(head).http_body_timeout(body));
    let mut slow_head = node.http();
    let reply = slow_head.send("GET /v1/mod").reply();
    assert_eq!(reply.status, 408);
    assert!(reply.error().contains("head"));
    assert!(slow_head.is_closed());

    let mut slow_body = node.http();
    let reply = slow_body
        .send("POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
        .reply();
    assert_eq!(reply.status, 408);
    assert!(reply.error().contains("body"));
    assert!(slow_body.is_closed());

    // One that says nothing at all is let go without a word.
    assert!(node.http().is_closed());
}

#[test]
fn a_client_that_goes_away_in_mid_stream_stops_the_engine() {
    let engine = Endless::default();
    let node = TestNode::with(settings().build().unwrap(), engine.clone());
    let mut client = node.http();
    client.chat(&chat_body("go on", true));
    client.read_until(b"\"content\":\"x\"").expect("it speaks");
    eventually("the engine works", || engine.alive() == 1);
    assert_eq!(node.runtime.in_flight().len(), 1);
    drop(client);
    eventually("the engine stops", || engine.alive() == 0);
    eventually("nothing is in flight", || node.runtime.in_flight().is_empty());
    let metrics = node.system().get("/metrics").body;
    assert!(metrics.contains("handcrank_generations_cancelled_total 1\n"), "{metrics}");
}

#[test]
fn a_client_that_half_closes_gets_its_answer() {
    let node = TestNode::echo(settings());
    let mut plain = node.http();
    let reply = plain.chat(&chat_body("all of it", false)).half_close().reply();
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("all of it"), "{}", reply.body);
    let mut stream = node.http();
    stream.chat(&chat_body("all of it", true)).half_close();
    stream.read_until(b"data: [DONE]\n\n").expect("the stream ends as it should");
    // Half a request and then nothing: no answer, but no connection left behind either.
    let mut half = node.http();
    half.send("POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\ncontent-length: 9\r\n")
        .half_close();
    let _ = half.try_reply();
    drop((plain, stream));
    eventually("no connection is left", || node.runtime.graceful_tracker().is_empty());
}

#[test]
fn preparing_a_request_takes_no_worker() {
    let node = TestNode::echo(settings().primary_worker_threads(1).primary_max_blocking_threads(1));
    // The only blocking thread is taken, so whatever needs one has to wait.
    let (release, wait) = mpsc::channel::<()>();
    let (taken, is_taken) = mpsc::channel();
    node.runtime.primary().spawn_blocking(move || {
        taken.send(()).unwrap();
        let _ = wait.recv();
    });
    is_taken.recv().unwrap();
    let mut prompt = node.http();
    prompt.chat(&chat_body("wait", false));
    // The only worker is free all the while.
    for _ in 0..10 {
        assert_eq!(node.http().get("/v1/models").status, 200);
    }
    assert!(node.runtime.in_flight().is_empty(), "nothing was prepared on the worker");
    drop(release);
    assert_eq!(prompt.reply().status, 200);
}

#[test]
fn an_engine_that_fails_says_so_and_does_not_pretend_to_be_done() {
    use handcrank_dynamo::engine::{Generate, Output, ResponseStream};
    use handcrank_dynamo::{AsyncEngine, Context, EngineError};
    use std::pin::Pin;
    use std::task::Poll;

    struct Failing;
    struct OneWordThenError(bool);
    impl futures_core::Stream for OneWordThenError {
        type Item = Result<Output, EngineError>;
        fn poll_next(
            mut self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<Option<Self::Item>> {
            let first = std::mem::replace(&mut self.0, false);
            Poll::Ready(Some(if first {
                Ok(Output::Token("half".to_owned()))
            } else {
                Err(EngineError::new("out of steam"))
            }))
        }
    }
    impl AsyncEngine<Generate, Output> for Failing {
        fn generate(&self, _: Generate, _: Context) -> Result<ResponseStream<Output>, EngineError> {
            Ok(Box::pin(OneWordThenError(true)))
        }
    }
    let node = TestNode::with(settings().build().unwrap(), Failing);
    let reply = node.http().chat(&chat_body("x", false)).reply();
    assert_eq!(reply.status, 500);
    assert!(reply.error().contains("out of steam"));
    let reply = node.http().chat(&chat_body("x", true)).reply();
    let events = reply.events();
    assert!(events.last().unwrap().contains("out of steam"), "{events:?}");
    assert!(!reply.body.contains("[DONE]"));
}

#[test]
fn the_system_server_tells_of_the_node() {
    let node = TestNode::echo(settings());
    node.http().chat(&chat_body("count me", false)).reply();
    let live = node.system().get("/live");
    assert_eq!((live.status, &live.json()["status"]), (200, &"alive".into()));
    let health = node.system().get("/health");
    assert_eq!(health.status, 200, "{health:?}");
    assert_eq!(health.json()["checks"]["lease"]["status"], "ok");
    assert_eq!(health.json()["checks"]["primary"]["status"], "ok");
    let metrics = node.system().get("/metrics");
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for line in [
        r#"handcrank_tokens_total{model="echo",kind="completion"} 2"#,
        r#"handcrank_http_requests_total{server="system",route="/health",status="200"} 1"#,
        r#"handcrank_runtime_workers{runtime="secondary"} 1.0"#,
    ] {
        assert!(metrics.body.lines().any(|l| l == line), "{line}\n{}", metrics.body);
    }
    let reply = node.system().get("/nothing");
    assert_eq!(reply.status, 404);
    assert!(reply.error().contains("/live"));
    let reply = node.system().post("/live", "{}").reply();
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn the_node_is_found_and_answers_messages() {
    let node = TestNode::echo(settings());
    let distributed = node.node.distributed().clone();
    let subject = node.node.control_subject();
    let limit = common::PATIENCE;
    node.runtime.primary().block_on(async {
        let endpoint = distributed.component("backend").endpoint("generate");
        let instances = endpoint.instances().await.unwrap();
        assert_eq!(instances, [endpoint.instance()]);
        let reply = endpoint.request(chat_body("by message", false), limit).await.unwrap();
        let reply: serde_json::Value = serde_json::from_slice(&reply).unwrap();
        assert_eq!(reply["choices"][0]["message"]["content"], "by message");
        let error = endpoint.request("{}", limit).await.unwrap_err().to_string();
        assert!(error.contains("'model' is missing"), "{error}");

        let messaging = distributed.messaging();
        let pong = messaging.request(&subject, "ping".into(), limit).await.unwrap();
        let pong: serde_json::Value = serde_json::from_slice(&pong.payload).unwrap();
        assert_eq!(pong["status"], "healthy");
        let error = messaging.request(&subject, "dance".into(), limit).await.unwrap_err();
        assert!(error.to_string().contains("no command"), "{error}");
        messaging.request(&subject, "shutdown".into(), limit).await.unwrap();
    });
    assert!(node.runtime.is_shutting_down());
    assert!(node.shut_down().is_clean());
}

#[test]
fn requests_in_a_row_without_waiting_are_answered_in_order() {
    let node = TestNode::echo(settings());
    let mut client: Client = node.http();
    for text in ["first", "second", "third"] {
        client.chat(&chat_body(text, false));
    }
    for text in ["first", "second", "third"] {
        assert_eq!(client.reply().json()["choices"][0]["message"]["content"], text);
    }
}
