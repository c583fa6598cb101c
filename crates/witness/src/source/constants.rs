//! `const NAME: usize = 1 << 3;`: the names that numbers have.

use super::scan::{is_ident, words};
use std::collections::HashMap;

/// A constant of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constant {
    pub(crate) name: String,
    /// Its type, `usize` for one.
    pub(crate) kind: String,
    pub(crate) value: u64,
    /// Written as a bit (`1 << 3`, `0b100`, `0x40`), not as a number.
    pub(crate) flag: bool,
}

/// The constants of a file whose values can be read off.
pub(super) fn read(code: &[u8]) -> Vec<Constant> {
    let text = String::from_utf8_lossy(code);
    let mut found: Vec<(String, String, String)> = Vec::new();
    for statement in text.split(';') {
        let Some((head, value)) = statement.split_once('=') else { continue };
        let Some(at) = head.rfind("const ") else { continue };
        let item = head[at + "const ".len()..].split_once(':');
        if let Some((name, kind)) = item.filter(|(name, _)| name.bytes().all(|b| is_ident(&b))) {
            found.push((name.trim().to_owned(), kind.trim().to_owned(), value.trim().to_owned()));
        }
    }
    let definitions: HashMap<&str, &str> =
        found.iter().map(|(name, _, value)| (name.as_str(), value.as_str())).collect();
    found
        .iter()
        .filter_map(|(name, kind, text)| {
            let value = Expression::new(text, &definitions, 8).whole()?;
            let flag = text.contains("<<")
                || words(text.as_bytes())
                    .any(|word| word.starts_with("0b") || word.starts_with("0x"));
            Some(Constant { name: name.clone(), kind: kind.clone(), value, flag })
        })
        .collect()
}

/// What is left to read of a simple expression.
struct Expression<'a> {
    rest: &'a str,
    definitions: &'a HashMap<&'a str, &'a str>,
    /// How many more names may be looked up in one another.
    depth: u32,
}

/// Operators by precedence, the weakest first.
const OPERATORS: [&[&str]; 5] = [&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"]];

impl<'a> Expression<'a> {
    fn new(rest: &'a str, definitions: &'a HashMap<&'a str, &'a str>, depth: u32) -> Self {
        Self { rest, definitions, depth }
    }

    fn whole(mut self) -> Option<u64> {
        let value = self.operation(0)?;
        self.rest.trim().is_empty().then_some(value)
    }

    fn takes(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.trim_start().strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    fn operation(&mut self, level: usize) -> Option<u64> {
        let Some(operators) = OPERATORS.get(level) else { return self.product() };
        let mut value = self.operation(level + 1)?;
        'more: loop {
            for operator in *operators {
                if self.takes(operator) {
                    let other = self.operation(level + 1)?;
                    value = match *operator {
                        "|" => value | other,
                        "^" => value ^ other,
                        "&" => value & other,
                        "<<" => value.checked_shl(u32::try_from(other).ok()?)?,
                        ">>" => value.checked_shr(u32::try_from(other).ok()?)?,
                        "+" => value.wrapping_add(other),
                        _ => value.wrapping_sub(other),
                    };
                    continue 'more;
                }
            }
            return Some(value);
        }
    }

    fn product(&mut self) -> Option<u64> {
        let mut value = self.atom()?;
        loop {
            if self.takes("*") {
                value = value.wrapping_mul(self.atom()?);
            } else if self.takes("/") {
                value = value.checked_div(self.atom()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn atom(&mut self) -> Option<u64> {
        if self.takes("!") {
            return Some(!self.atom()?);
        }
        if self.takes("-") {
            return Some(self.atom()?.wrapping_neg());
        }
        if self.takes("(") {
            let value = self.operation(0)?;
            return self.takes(")").then_some(value);
        }
        let text = self.rest.trim_start();
        let length = text.bytes().take_while(is_ident).count();
        let (word, rest) = text.split_at(length);
        self.rest = rest;
        if word == "usize" && self.takes("::MAX") {
            return Some(u64::MAX);
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return number(word);
        }
        let definition = self.definitions.get(word)?;
        Expression::new(definition, self.definitions, self.depth.checked_sub(1)?).whole()
    }
}

/// `1_000`, `0b01`, `0x40_usize`.
fn number(word: &str) -> Option<u64> {
    let digits = word.replace('_', "");
    let (digits, radix) = match digits.get(..2) {
        Some("0x") => (&digits[2..], 16),
        Some("0b") => (&digits[2..], 2),
        Some("0o") => (&digits[2..], 8),
        _ => (digits.as_str(), 10),
    };
    let suffix = ["usize", "isize", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"]
        .into_iter()
        .find(|suffix| digits.ends_with(suffix));
    let digits = suffix.map_or(digits, |suffix| &digits[..digits.len() - suffix.len()]);
    u64::from_str_radix(digits, radix).ok()
}
