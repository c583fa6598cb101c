//! The few things about HTML and Markdown that more than one module needs.

/// Text that is no markup.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// How many more `<details>` begin in a text than end.
pub(crate) fn foldings(text: &str) -> isize {
    let count = |tag| text.matches(tag).count().cast_signed();
    count("<details") - count("</details>")
}

/// A block of code behind a fence that is longer than any inside it.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let longest = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("```"))
        .map(|rest| rest.len() - rest.trim_start_matches('`').len() + 3)
        .max()
        .unwrap_or(2);
    let fence = "`".repeat((longest + 1).max(3));
    let end = if text.ends_with('\n') { "" } else { "\n" };
    // mdBook looks for its own directives once more, in blocks of code too.
    let text = text.replace("{{#", "\\{{#");
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

/// A block of code with a line above it that tells where it comes from. The caption is HTML.
pub(crate) fn listing(kind: &str, caption: &str, language: &str, text: &str) -> String {
    let code = fenced(language, text);
    format!("<figure class=\"{kind}\">\n<figcaption>{caption}</figcaption>\n\n{code}\n</figure>\n")
}

/// What highlights a file of that name.
pub(crate) fn language_of(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("rs") => "rust",
        Some("toml") => "toml",
        Some("json") => "json",
        Some("md") => "markdown",
        Some("sh") => "sh",
        _ => "text",
    }
}

/// An address without its `%20`, unless it is none.
pub(crate) fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let code = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&code).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("rust", "fn a() {}\n"), "```rust\nfn a() {}\n```\n");
        assert_eq!(fenced("text", "```sh\n```"), "````text\n```sh\n```\n````\n");
    }

    #[test]
    fn mdbook_leaves_listings_alone() {
        assert_eq!(fenced("text", "{{#include x}}\n"), "```text\n\\{{#include x}}\n```\n");
    }
}
