//! Time.

/// A moment on the wall clock: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub u64);

/// A civil date and time in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Civil {
    pub year: i64,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub nanosecond: u32,
}

impl Timestamp {
    /// The civil time in UTC (proleptic Gregorian calendar).
    pub fn civil(self) -> Civil {
        let seconds = self.0 / 1_000_000_000;
        let (days, rest) = ((seconds / 86_400) as i64, seconds % 86_400);
        // Days are counted from 0000-03-01, so that the leap day ends a year.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * month_index + 2) / 5 + 1) as u8,
            hour: (rest / 3600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
            nanosecond: (self.0 % 1_000_000_000) as u32,
        }
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 with nanoseconds: `2026-11-21T02:30:29.123456789Z`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let c = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z",
            c.year, c.month, c.day, c.hour, c.minute, c.second, c.nanosecond
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    fn check(nanoseconds: u64, expected: &str) {
        assert_eq!(Timestamp(nanoseconds).to_string(), expected);
    }

    #[test]
    fn moments_have_their_dates() {
        check(0, "1970-01-01T00:00:00.000000000Z");
        check(951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z");
        check(1_795_228_229_123_456_789, "2026-11-21T02:30:29.123456789Z");
        check(4_102_444_799_999_999_999, "2099-12-31T23:59:59.999999999Z");
    }
}
