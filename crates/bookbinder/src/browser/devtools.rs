//! The language in which a browser takes orders: JSON over a WebSocket. Each call has a number, and the
//! answer has the same; in between come events.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket, client::client_with_config};

/// How long the browser may be silent before an answer.
const ANSWER: Duration = Duration::from_mins(1);

/// The wire to the browser.
pub(super) struct Connection {
    socket: WebSocket<TcpStream>,
    last: u64,
    /// Events that came while an answer was waited for.
    events: VecDeque<Value>,
}

impl Connection {
    /// Connects to `ws://127.0.0.1:port/…`.
    pub(super) fn open(address: &str) -> Result<Self, String> {
        let host = address.strip_prefix("ws://").and_then(|rest| rest.split('/').next());
        let host = host.ok_or_else(|| format!("{address} is no address for a WebSocket"))?;
        let told = |error: std::io::Error| format!("{address}: {error}");
        let stream = TcpStream::connect(host).map_err(told)?;
        stream.set_nodelay(true).map_err(told)?;
        // A picture of a long page is one large message.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) = client_with_config(address, stream, Some(config))
            .map_err(|error| format!("{address}: {error}"))?;
        Ok(Self { socket, last: 0, events: VecDeque::new() })
    }

    fn send(
        &mut self,
        method: &str,
        parameters: &Value,
        session: Option<&str>,
    ) -> Result<u64, String> {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.socket
            .send(Message::text(message.to_string()))
            .map_err(|error| format!("{method}: {error}"))?;
        Ok(self.last)
    }

    /// The next message, if one comes in time.
    fn receive(&mut self, until: Instant) -> Result<Value, String> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("the browser does not answer".to_owned());
            }
            self.socket
                .get_ref()
                .set_read_timeout(Some(left))
                .map_err(|error| format!("the browser: {error}"))?;
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    return serde_json::from_str(&text)
                        .map_err(|error| format!("the browser: {error}"));
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) => {}
                Err(error) => return Err(format!("the browser: {error}")),
            }
        }
    }

    fn call(
        &mut self,
        method: &str,
        parameters: &Value,
        session: Option<&str>,
        patience: Duration,
    ) -> Result<Value, String> {
        let id = self.send(method, parameters, session)?;
        let until = Instant::now() + patience;
        loop {
            let mut message = self.receive(until).map_err(|why| format!("{method}: {why}"))?;
            if message["id"] == id {
                if let Some(error) = message.get("error") {
                    return Err(format!("{method}: {}", super::text(&error["message"])));
                }
                return Ok(message["result"].take());
            }
            if message["method"].is_string() {
                self.events.push_back(message);
            }
        }
    }
}

/// A tab of the browser.
pub(super) struct Tab {
    connection: Connection,
    session: String,
}

impl Tab {
    /// Opens a tab and asks to be told what happens in it.
    pub(super) fn open(mut connection: Connection) -> Result<Self, String> {
        let target = connection.call(
            "Target.createTarget",
            &json!({ "url": "about:blank" }),
            None,
            ANSWER,
        )?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = connection.call("Target.attachToTarget", &attach, None, ANSWER)?;
        let session = attached["sessionId"].as_str().ok_or("a tab without a session")?.to_owned();
        let mut tab = Self { connection, session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), &json!({}))?;
        }
        Ok(tab)
    }

    /// Calls a method and waits for its answer.
    pub(super) fn call(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.connection.call(method, parameters, Some(&self.session), ANSWER)
    }

    /// Runs a script in the page, waits for its promise if it is one, and returns what it comes to.
    pub(super) fn evaluate(&mut self, script: &str, patience: Duration) -> Result<Value, String> {
        let parameters =
            json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let mut answer =
            self.connection.call("Runtime.evaluate", &parameters, Some(&self.session), patience)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            let what = &thrown["exception"]["description"];
            return Err(super::text(if what.is_null() { &thrown["text"] } else { what }));
        }
        Ok(answer["result"]["value"].take())
    }

    /// Waits for an event. It stays among the [`events`](Tab::events).
    pub(super) fn wait_for(&mut self, event: &str, patience: Duration) -> Result<(), String> {
        let until = Instant::now() + patience;
        let is_it = |message: &Value| message["method"] == event;
        while !self.connection.events.iter().any(is_it) {
            let message =
                self.connection.receive(until).map_err(|why| format!("no {event}: {why}"))?;
            if message["method"].is_string() {
                self.connection.events.push_back(message);
            }
        }
        Ok(())
    }

    /// What has happened since the last time this was asked.
    pub(super) fn events(&mut self) -> Vec<Value> {
        self.connection.events.drain(..).collect()
    }
}
