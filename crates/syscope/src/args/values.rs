//! Values as they are typed: durations, sizes, error names, labels.

use std::time::Duration;

/// `10s`, `500ms`, `1m30s`; a plain number is seconds.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 6] =
        [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let wrong = || format!("{text:?} is no duration; write 500ms, 10s, 2m or 1h30m");
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = UNITS.iter().find(|unit| unit.0 == &rest[digits..unit_end]).ok_or_else(wrong)?;
        total += number * unit.1;
        rest = &rest[unit_end..];
    }
    if text.is_empty() { Err(wrong()) } else { Duration::try_from_secs_f64(total).map_err(|_| wrong()) }
}

/// The size of a ring.
pub(super) fn parse_size(text: &str) -> Result<u32, String> {
    match parse_bytes(text)? {
        0..65_536 => Err(format!("{text:?} is too small: a ring has at least 64K")),
        size => Ok(size),
    }
}

/// `KEY=VALUE`.
pub(super) fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is no label; write KEY=VALUE")),
    }
}

/// `65536`, `256K`, `8M`.
pub(super) fn parse_bytes(text: &str) -> Result<u32, String> {
    let wrong = || format!("{text:?} is no size; write 256K or 8M");
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor: u64 = match unit.to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(wrong()),
    };
    let size = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)?;
    match size {
        0 => Err(format!("{text:?} is too small: nothing would fit")),
        1..=1_073_741_824 => Ok(size as u32),
        _ => Err(format!("{text:?} is too large: at most 1G")),
    }
}

/// What `tracing` takes as a filter.
pub(super) fn parse_log_level(text: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("write error, warn, info, debug, trace, or target=level,...".to_owned()),
    }
}

/// `ENOENT`, `enoent` or `2`.
pub(super) fn parse_errno(text: &str) -> Result<u16, String> {
    use syscope_syscalls::names::errno;
    if let Ok(number) = text.parse::<u16>() {
        return if (1..=4095).contains(&number) {
            Ok(number)
        } else {
            Err(format!("{text} is no error number (1 to 4095)"))
        };
    }
    errno::number(&text.to_ascii_uppercase())
        .ok_or_else(|| format!("no error is called {text:?} (as ENOENT, EPERM, 13)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("1.5"), Ok(Duration::from_millis(1500)));
        for wrong in ["", "s", "10x", "-1s", "1s2", "nan", "1e400s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("64K"), Ok(65_536));
        assert_eq!(parse_size("8MiB"), Ok(8 << 20));
        for wrong in ["", "1K", "K", "8X", "99999999999999999999", "2G"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn errors_by_name_and_number() {
        assert_eq!(parse_errno("enoent"), Ok(2));
        assert_eq!(parse_errno("13"), Ok(13));
        assert!(parse_errno("0").is_err() && parse_errno("ENOSUCH").is_err());
    }
}
