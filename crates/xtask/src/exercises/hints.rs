//! What the `///` lines above a test say: the words a reader gets when it fails.

/// The lines above the function of that name, joined, or nothing.
pub(super) fn above(source: &str, test: &str) -> Option<String> {
    // A test in a module is called `module::name`.
    let test = test.rsplit("::").next().unwrap_or(test);
    let mut said: Vec<&str> = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            said.push(words.strip_prefix(' ').unwrap_or(words));
        } else if function(line) == Some(test) {
            return (!said.is_empty()).then(|| said.join("\n"));
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            // Attributes and ordinary comments may stand between the two.
            said.clear();
        }
    }
    None
}

/// The number of the line that the function begins on, or one behind them all.
pub(super) fn line(source: &str, test: &str) -> usize {
    let test = test.rsplit("::").next().unwrap_or(test);
    let mut lines = source.lines().map(str::trim);
    lines.position(|line| function(line) == Some(test)).unwrap_or(usize::MAX)
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ").unwrap_or(line);
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(['(', '<']).next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
/// About a helper.
fn helper() {}

/// It sleeps for ever.
///
/// Look at `set`.
#[test]
// An aside.
fn wakes() {
    wakes_more();
}

#[test]
fn silent() {}

mod inner {
    /// Inside.
    #[handcrank::test]
    async fn waits() {}
}
";

    #[test]
    fn the_lines_above_a_test_are_found() {
        let expected = "It sleeps for ever.\n\nLook at `set`.";
        assert_eq!(above(SOURCE, "wakes").as_deref(), Some(expected));
        assert_eq!(above(SOURCE, "inner::waits").as_deref(), Some("Inside."));
        assert_eq!(above(SOURCE, "helper").as_deref(), Some("About a helper."));
    }

    #[test]
    fn tests_have_an_order() {
        let mut tests = ["missing", "inner::waits", "silent", "wakes"];
        tests.sort_by_key(|test| line(SOURCE, test));
        assert_eq!(tests, ["wakes", "silent", "inner::waits", "missing"]);
    }

    #[test]
    fn a_test_without_lines_has_none() {
        assert_eq!(above(SOURCE, "silent"), None);
        assert_eq!(above(SOURCE, "wakes_more"), None);
        assert_eq!(above(SOURCE, "missing"), None);
    }
}
