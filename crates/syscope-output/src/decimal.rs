//! Numbers and moments in decimal, appended without the formatting machinery.

use syscope_event::Timestamp;

/// Appends an unsigned number.
pub fn push_uint(out: &mut Vec<u8>, value: impl Into<u64>) {
    out.extend_from_slice(itoa::Buffer::new().format(value.into()).as_bytes());
}

/// Appends a signed number.
pub fn push_int(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends the last `N` digits of `value`, with leading zeros.
pub fn push_padded<const N: usize>(out: &mut Vec<u8>, value: u32) {
    let mut digits = [b'0'; N];
    let mut rest = value;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits);
}

/// Writes moments as RFC 3339 does. Most events fall into the second of the one before, so the date and
/// time of the latest second are kept.
#[derive(Debug, Default)]
pub struct Moments {
    second: Option<u64>,
    /// `2026-11-21T02:30:29.`
    text: Vec<u8>,
}

impl Moments {
    /// Appends `time` with nanoseconds: `2026-11-21T02:30:29.123456789Z`.
    pub fn push(&mut self, out: &mut Vec<u8>, time: Timestamp) {
        let (second, nanosecond) = (time.0 / 1_000_000_000, (time.0 % 1_000_000_000) as u32);
        if self.second != Some(second) {
            self.second = Some(second);
            self.text.clear();
            self.text.extend_from_slice(time.to_string().as_bytes());
            // The fraction and the Z.
            self.text.truncate(self.text.len() - 10);
        }
        out.extend_from_slice(&self.text);
        push_padded::<9>(out, nanosecond);
        out.push(b'Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_agree_with_the_slow_form() {
        let mut moments = Moments::default();
        for time in
            [0, 1, 999_999_999, 1_000_000_000, 1_795_228_229_123_456_789, 1_795_228_229_000_000_001, 5]
        {
            let mut out = Vec::new();
            moments.push(&mut out, Timestamp(time));
            assert_eq!(String::from_utf8(out).unwrap(), Timestamp(time).to_string());
        }
    }
}
