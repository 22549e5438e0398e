//! A length of time as it is written in requests: `500ms`, `10s`, `1h30m`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time; in JSON a string like `500ms`, `10s`, `2m` or `1h30m`. `0s` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// The text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSpan(String);

impl fmt::Display for NoSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no duration; write 500ms, 10s, 2m or 1h30m", self.0)
    }
}

impl std::error::Error for NoSpan {}

/// Units and how many nanoseconds they have, the longest first.
const UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Digits of a number, and bytes of a text. More than 584 years, which that allows, is 584 years.
const DIGITS_MAX: usize = 8;
const TEXT_MAX: usize = 64;

impl Span {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Span {
        Span(Duration::from_secs(seconds))
    }

    /// Whether it is none.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Span, NoSpan> {
        let wrong = || NoSpan(text.chars().take(64).collect());
        let (mut rest, mut total) = (text, 0u64);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let unit_end =
                rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
            let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            if !(1..=DIGITS_MAX).contains(&digits) {
                return Err(wrong());
            }
            let unit = UNITS.iter().find(|unit| unit.0 == &rest[digits..unit_end]).ok_or_else(wrong)?;
            total = total.saturating_add(number.saturating_mul(unit.1));
            rest = &rest[unit_end..];
        }
        if text.is_empty() || text.len() > TEXT_MAX {
            Err(wrong())
        } else {
            Ok(Span(Duration::from_nanos(total)))
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX);
        if left == 0 {
            return f.write_str("0s");
        }
        for (unit, nanoseconds) in UNITS {
            if left >= nanoseconds {
                write!(f, "{}{unit}", left / nanoseconds)?;
                left %= nanoseconds;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time: numbers with units, as 500ms, 10s, 2m or 1h30m.",
            "pattern": format!("^([0-9]{{1,{DIGITS_MAX}}}(ns|us|ms|s|m|h))+$"),
            "maxLength": TEXT_MAX,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (text, nanoseconds) in
            [("0s", 0), ("500ms", 500_000_000), ("1h30m", 5_400_000_000_000), ("1s1ns", 1_000_000_001)]
        {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.0.as_nanos(), span.to_string().as_str()), (nanoseconds, text));
        }
    }

    #[test]
    fn all_that_the_schema_allows_is_read() {
        for long in ["99999999h".to_owned(), "99999999h".repeat(7)] {
            let span: Span = long.parse().unwrap();
            assert_eq!(span.0, Duration::from_nanos(u64::MAX));
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for wrong in
            ["", "s", "10", "10x", "-1s", "1.5s", "99999999999999999999s", "9999999999h", "1s ", "000000001s"]
        {
            let error = wrong.parse::<Span>().unwrap_err().to_string();
            assert!(error.contains("is no duration"), "{error}");
        }
    }
}
