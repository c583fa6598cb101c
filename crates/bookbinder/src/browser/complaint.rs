//! What the browser itself complains about.

use super::text;
use serde_json::Value;

/// The complaint in an event, if it is one.
pub(super) fn complaint(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Runtime.consoleAPICalled"
            if matches!(parameters["type"].as_str(), Some("error" | "assert")) =>
        {
            let words: Vec<String> = parameters["args"]
                .as_array()?
                .iter()
                .map(|word| text(word.get("value").unwrap_or(&word["description"])))
                .collect();
            Some(format!("a script says: {}", words.join(" ")))
        }
        "Runtime.exceptionThrown" => {
            let details = &parameters["exceptionDetails"];
            let what = details["exception"].get("description").unwrap_or(&details["text"]);
            Some(format!("a script fails: {}", first_line(&text(what))))
        }
        "Log.entryAdded" if parameters["entry"]["level"] == "error" => {
            let entry = &parameters["entry"];
            // A request that failed is told of below, with its address.
            (entry["source"] != "network")
                .then(|| format!("the browser says: {}", text(&entry["text"])))
        }
        "Network.requestWillBeSent" => {
            let url = parameters["request"]["url"].as_str()?;
            leaves(url).then(|| format!("it asks another machine for {url}"))
        }
        "Network.loadingFailed" if parameters["canceled"] != true => Some(format!(
            "a request fails: {} ({})",
            text(&parameters["errorText"]),
            text(&parameters["type"])
        )),
        "Network.responseReceived" => {
            let response = &parameters["response"];
            let status = response["status"].as_u64()?;
            (status >= 400).then(|| format!("{} is answered with {status}", text(&response["url"])))
        }
        _ => None,
    }
}

/// Whether a request goes to another machine.
fn leaves(url: &str) -> bool {
    let local = ["file:", "data:", "blob:", "about:", "http://127.0.0.1", "http://localhost"];
    !local.iter().any(|start| url.starts_with(start))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn complaints_are_told_from_other_events() {
        let event =
            |method: &str, params: Value| complaint(&json!({ "method": method, "params": params }));
        let said = |kind: &str| {
            let args = json!([{ "type": "string", "value": "no" }, { "description": "Error: x" }]);
            event("Runtime.consoleAPICalled", json!({ "type": kind, "args": args }))
        };
        assert_eq!(said("error").as_deref(), Some("a script says: no Error: x"));
        assert_eq!(said("log"), None);
        let sent =
            |url: &str| event("Network.requestWillBeSent", json!({ "request": { "url": url } }));
        assert!(sent("https://example.org/font.woff").is_some());
        assert_eq!(sent("file:///book/index.html"), None);
        let failed = |canceled: bool| {
            event(
                "Network.loadingFailed",
                json!({ "canceled": canceled, "errorText": "gone", "type": "Script" }),
            )
        };
        assert_eq!(failed(false).as_deref(), Some("a request fails: gone (Script)"));
        assert_eq!(failed(true), None);
        assert_eq!(event("Page.loadEventFired", json!({})), None);
    }
}
