//! What two runs of a program may print differently.

use regex::Regex;
use std::sync::LazyLock;

/// Numbers with thousands apart, or with a fraction.
const NUMBER: &str = r"\d[\d,_]*(?:\.\d+)?";

struct Rule {
    pattern: Regex,
    instead: &'static str,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |pattern: &str, instead| Rule {
        pattern: Regex::new(pattern).expect("a valid pattern"),
        instead,
    };
    let units = "ns|µs|μs|us|ms|s|min|h|(?:nano|micro|milli)?seconds?|minutes?|hours?";
    vec![
        rule(r"\b0x[0-9a-fA-F_]+", "‹address›"),
        // Columns of numbers stand further left or right, so the blanks around them go.
        rule(&format!(r"[ \t]*\b{NUMBER} ?(?:{units})\b[ \t]*"), "‹time›"),
        rule(&format!(r"[ \t]*\b{NUMBER} ?(?:[KMGT]iB|[kKMGT]B)\b[ \t]*"), "‹size›"),
        rule(&format!(r"[ \t]*≈[ \t]*[-+]?(?:{NUMBER})[ \t]*"), "‹about›"),
        // The number that the system gave a thread which panics.
        rule(r"^(thread '.*') \(\d+\)", "$1"),
        rule(r"[ \t]+", " "),
    ]
});

/// A line with everything replaced that may differ from run to run: durations and sizes with their
/// unit, numbers behind a `≈`, addresses, and how many blanks stand between words.
pub(crate) fn normal(line: &str) -> String {
    let mut line = line.trim_end().to_owned();
    for Rule { pattern, instead } in RULES.iter() {
        line = pattern.replace_all(&line, *instead).into_owned();
    }
    line.trim().to_owned()
}

/// Whether two outputs say the same.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.trim_end().lines().map(normal).eq(other.trim_end().lines().map(normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_may_differ() {
        assert!(same("wall  101 ms\n", "wall 99.5 ms\n"));
        assert!(same("took 1.234ms", "took 12µs"));
        assert!(same("  12 KiB of 1,024 KiB", " 8.5 MiB of 9 KiB"));
        assert!(same("looks: ≈123,456", "looks: ≈ 7"));
        assert!(same("≈ 3.1 ms", "≈ 800 µs"));
        assert!(same("at 0x7ffd10", "at 0x55aa"));
        assert!(same("thread 'main' (123) panicked at x", "thread 'main' (77) panicked at x"));
        assert!(same("a   b \n\n", "a b"));
        // A wider number eats the blanks beside it.
        assert!(same("|  9 ms |", "|123 ms |"));
        assert!(same("in 2 seconds", "in 1 second"));
    }

    #[test]
    fn everything_else_is_exact() {
        assert!(!same("3 polls", "4 polls"));
        assert!(!same("24 bytes", "32 bytes"));
        assert!(!same("0b101", "0b111"));
        assert!(!same("a\nb", "b\na"));
        assert!(!same("a 12 ms", "b 12 ms"));
        assert!(!same("12 sheep", "13 sheep"));
        assert!(!same("100 %", "99 %"));
    }
}
