//! Colours, where somebody sees them. Output that goes into a file or a pipe has none.

use std::fmt::Display;
use std::io::IsTerminal;

fn painted(code: &str, text: impl Display) -> String {
    if std::io::stdout().is_terminal() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_string()
    }
}

/// What stands out.
pub fn bold(text: impl Display) -> String {
    painted("1", text)
}

/// What may be skipped.
pub fn dim(text: impl Display) -> String {
    painted("2", text)
}

/// What went wrong.
pub fn red(text: impl Display) -> String {
    painted("31", text)
}

/// What went well.
pub fn green(text: impl Display) -> String {
    painted("32", text)
}

/// What is worth a second look.
pub fn yellow(text: impl Display) -> String {
    painted("33", text)
}

/// Who speaks.
pub fn cyan(text: impl Display) -> String {
    painted("36", text)
}
