//! What the server answers: the files of the book, and when they have changed.

use super::{Shared, files};
use bytes::Bytes;
use handcrank::task::spawn_blocking;
use handcrank::time::timeout;
use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// Answers when the book has been made anew since the turn whose number stands behind.
const CHANGES: &str = "/-/changes/";

/// A page asks again after this time, so that the connections of those who left do not pile up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers one request.
pub(super) async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let head = request.method() == Method::HEAD;
    if request.method() != Method::GET && !head {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered");
        answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    let path = request.uri().path().to_owned();
    if let Some(turn) = path.strip_prefix(CHANGES) {
        let turn = turn.parse().unwrap_or(0);
        return plain(StatusCode::OK, next_turn(&shared, turn).await.to_string());
    }
    let read = spawn_blocking(move || read(&shared, &path)).await;
    let Ok((status, kind, bytes)) = read else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the file could not be read");
    };
    let builder = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_LENGTH, bytes.len())
        .header(header::CACHE_CONTROL, "no-store");
    let body = if head { Bytes::new() } else { Bytes::from(bytes) };
    builder.body(Full::new(body)).expect("headers that are always valid")
}

/// Waits until the book's turn is another one, and returns it; after a while in any case.
async fn next_turn(shared: &Shared, known: u64) -> u64 {
    let turned = async {
        loop {
            let mut turned = pin!(shared.turned.notified());
            // From here on nothing is missed.
            turned.as_mut().enable();
            if shared.turn.load(SeqCst) != known {
                return;
            }
            turned.await;
        }
    };
    // Too late is no error: the answer says that nothing has changed.
    let _ = timeout(PATIENCE, turned).await;
    shared.turn.load(SeqCst)
}

/// Reads a file. Where there is none, the page that says so.
fn read(shared: &Shared, path: &str) -> (StatusCode, String, Vec<u8>) {
    let _files = shared.files.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (status, file) = match files::file(&shared.out, path) {
        Some(file) => (StatusCode::OK, file),
        None => (StatusCode::NOT_FOUND, shared.out.join("404.html")),
    };
    let Ok(mut bytes) = std::fs::read(&file) else {
        return (StatusCode::NOT_FOUND, "text/plain".to_owned(), b"there is no such page".to_vec());
    };
    let kind = files::content_type(&file);
    if kind.starts_with("text/html") {
        bytes = with_script(bytes, shared.turn.load(SeqCst));
    }
    (status, kind, bytes)
}

/// A page that loads itself again when the book has changed. In the folder it stays as it is.
fn with_script(page: Vec<u8>, turn: u64) -> Vec<u8> {
    let Ok(text) = String::from_utf8(page) else { return Vec::new() };
    let script = format!(
        "<script>(async () => {{
    for (;;) {{
        try {{
            const answer = await fetch('{CHANGES}{turn}');
            if (!answer.ok) {{ throw answer.status; }}
            if (await answer.text() !== '{turn}') {{ location.reload(); return; }}
        }} catch {{
            await new Promise((resolve) => setTimeout(resolve, 1000));
        }}
    }}
}})();</script>"
    );
    match text.rfind("</body>") {
        Some(at) => [&text[..at], &script, &text[at..]].concat().into_bytes(),
        None => text.into_bytes(),
    }
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let builder = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store");
    builder.body(Full::new(text.into())).expect("headers that are always valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gets_its_script() {
        let page = with_script(b"<body>x</body></html>".to_vec(), 7);
        let page = String::from_utf8(page).unwrap();
        assert!(page.starts_with("<body>x<script>") && page.ends_with("</script></body></html>"));
        assert!(page.contains("/-/changes/7'"));
    }
}
