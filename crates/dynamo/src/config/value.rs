//! The values a setting can hold, how each is written, and what is allowed.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::lease::LossPolicy;
use crate::runtime::Topology;

/// A setting's value, after it has been understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Bytes(u64),
    Time(Duration),
    Addr(SocketAddr),
    Word(String),
}

/// What a setting accepts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A whole number, bounds included.
    Count { min: u64, max: u64 },
    /// A number of bytes, bounds included.
    Size { min: u64, max: u64 },
    /// A length of time in milliseconds, bounds included.
    Time { min_ms: u64, max_ms: u64 },
    /// An IP address and a port.
    Addr,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A name made of letters, digits, `-`, `_`, `.` and `/`.
    Name,
    /// A name that can be one part of a subject: letters, digits, `-` and `_`.
    Part,
}

impl Kind {
    /// Understands `text`, or says no; [`Kind`]'s `Display` says what would have been allowed.
    pub(super) fn parse(self, text: &str) -> Option<Value> {
        let text = text.trim();
        let value = match self {
            Self::Count { .. } => Value::Number(text.replace('_', "").parse().ok()?),
            Self::Size { .. } => Value::Bytes(parse_size(text)?),
            Self::Time { .. } => Value::Time(parse_time(text)?),
            Self::Addr => Value::Addr(parse_addr(text)?),
            Self::Choice(_) => Value::Word(text.to_lowercase()),
            Self::Name | Self::Part => Value::Word(text.to_owned()),
        };
        self.allows(&value).then_some(value)
    }

    /// Whether `value` is of this kind and within its bounds.
    pub(super) fn allows(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Count { min, max }, Value::Number(n))
            | (Self::Size { min, max }, Value::Bytes(n)) => (min..=max).contains(n),
            (Self::Time { min_ms, max_ms }, Value::Time(time)) => {
                (Duration::from_millis(min_ms)..=Duration::from_millis(max_ms)).contains(time)
            }
            (Self::Addr, Value::Addr(_)) => true,
            (Self::Choice(words), Value::Word(word)) => words.contains(&word.as_str()),
            (Self::Name, Value::Word(word)) => is_name(word, "-_./"),
            (Self::Part, Value::Word(word)) => is_name(word, "-_"),
            _ => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Count { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Size { min, max } => write!(
                f,
                "a size from {} to {}, such as \"512KiB\", \"4MiB\" or a number of bytes",
                Value::Bytes(min),
                Value::Bytes(max)
            ),
            Self::Time { min_ms, max_ms } => write!(
                f,
                "a time from {} to {} with its unit, such as \"250ms\", \"10s\", \"15m\" or \"1h\"",
                Value::Time(Duration::from_millis(min_ms)),
                Value::Time(Duration::from_millis(max_ms))
            ),
            Self::Addr => f.write_str("an IP address and a port, such as \"127.0.0.1:8080\""),
            Self::Choice(words) => {
                f.write_str("one of ")?;
                for (i, word) in words.iter().enumerate() {
                    write!(f, "{}\"{word}\"", if i == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Name => f.write_str("a name of 1 to 128 letters, digits, '-', '_', '.' and '/'"),
            Self::Part => f.write_str("a name of 1 to 128 letters, digits, '-' and '_'"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => write!(f, "{n}"),
            Self::Bytes(n) => {
                let unit = SIZES.iter().rev().find(|(_, scale)| *n > 0 && n % scale == 0);
                let (name, scale) = unit.copied().unwrap_or(("B", 1));
                write!(f, "{}{name}", n / scale)
            }
            Self::Time(time) => {
                let ms = time.as_millis();
                match ms {
                    0 => f.write_str("0ms"),
                    _ if ms % 3_600_000 == 0 => write!(f, "{}h", ms / 3_600_000),
                    _ if ms % 60_000 == 0 => write!(f, "{}m", ms / 60_000),
                    _ if ms % 1_000 == 0 => write!(f, "{}s", ms / 1_000),
                    _ => write!(f, "{ms}ms"),
                }
            }
            Self::Addr(addr) => write!(f, "{addr}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

fn is_name(word: &str, besides: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || besides.contains(c);
    (1..=128).contains(&word.len()) && word.chars().all(legal)
}

/// Units of size. Decimal ones are left out on purpose: a limit that is nearly what was meant is
/// worse than a refusal.
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text);
    let scale = match unit {
        "" => 1,
        _ => SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

fn parse_time(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text);
    let scale: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(scale)?))
}

fn split_unit(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (&text[..digits], text[digits..].trim_start())
}

/// Host names are not looked up here: a configuration that depends on a name server cannot be
/// checked before the runtime exists. `localhost` is the one name everybody types.
fn parse_addr(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?))),
        None => text.parse().ok(),
    }
}

/// Between a Rust type and a [`Value`].
pub(super) trait Typed: Sized {
    fn into_value(self) -> Value;
    /// The value was validated, so a mismatch is a mistake in the field table: `None`.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! typed {
    ($($type:ty: $this:ident => $into:expr, $pattern:pat => $from:expr;)*) => {$(
        impl Typed for $type {
            fn into_value(self) -> Value { let $this = self; $into }
            fn from_value(value: &Value) -> Option<Self> {
                match value { $pattern => $from, _ => None }
            }
        }
    )*};
}

/// A number of bytes, so that sizes and counts are told apart in the field table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes(pub(super) usize);

typed! {
    usize: n => Value::Number(n as u64), Value::Number(n) => usize::try_from(*n).ok();
    Bytes: n => Value::Bytes(n.0 as u64), Value::Bytes(n) => usize::try_from(*n).ok().map(Bytes);
    Duration: time => Value::Time(time), Value::Time(time) => Some(*time);
    SocketAddr: addr => Value::Addr(addr), Value::Addr(addr) => Some(*addr);
    String: word => Value::Word(word), Value::Word(word) => Some(word.clone());
    Topology: t => Value::Word(t.to_string()), Value::Word(word) => word.parse().ok();
    LossPolicy: p => Value::Word(p.to_string()), Value::Word(word) => word.parse().ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_need_a_unit() {
        let kind = Kind::Time { min_ms: 0, max_ms: 3_600_000 };
        assert_eq!(kind.parse("250ms"), Some(Value::Time(Duration::from_millis(250))));
        assert_eq!(kind.parse(" 10 s "), Some(Value::Time(Duration::from_secs(10))));
        assert_eq!(kind.parse("15m"), Some(Value::Time(Duration::from_mins(15))));
        for bad in ["10", "ten", "-1s", "1.5s", "2h", "99999999999999999999s", ""] {
            assert_eq!(kind.parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn sizes_have_binary_units_and_bounds() {
        let kind = Kind::Size { min: 1024, max: 1 << 30 };
        assert_eq!(kind.parse("4MiB"), Some(Value::Bytes(4 << 20)));
        assert_eq!(kind.parse("2048"), Some(Value::Bytes(2048)));
        for bad in ["4MB", "1023", "2GiB", "18446744073709551615GiB"] {
            assert_eq!(kind.parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn every_value_is_written_the_way_it_is_read() {
        let size = Kind::Size { min: 0, max: u64::MAX };
        let time = Kind::Time { min_ms: 0, max_ms: u64::MAX };
        for n in [0, 1, 1023, 1024, 1 << 20, 3 << 30, (1 << 20) + 1] {
            assert_eq!(size.parse(&Value::Bytes(n).to_string()), Some(Value::Bytes(n)));
            let value = Value::Time(Duration::from_millis(n));
            assert_eq!(time.parse(&value.to_string()), Some(value));
        }
    }

    #[test]
    fn addresses_are_numbers_or_localhost() {
        assert!(Kind::Addr.parse("[::1]:0").is_some());
        assert_eq!(
            Kind::Addr.parse("localhost:80"),
            Some(Value::Addr(SocketAddr::from(([127, 0, 0, 1], 80))))
        );
        for bad in ["127.0.0.1", "host:80", "127.0.0.1:65536", ":80"] {
            assert_eq!(Kind::Addr.parse(bad), None, "{bad:?}");
        }
    }
}
