//! "Did you mean": the names nearest to one that was mistyped.

use std::fmt;

/// The most suggestions that are made.
pub const MOST: usize = 3;

/// The candidates nearest to `word`, at most [`MOST`]: those it is the beginning of, then those with
/// few typing errors (one in three letters).
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_ascii_lowercase();
    let mut ranked: Vec<(bool, usize, &str)> = Vec::new();
    for candidate in candidates {
        let lower = candidate.to_ascii_lowercase();
        // One letter is the beginning of too much to be a hint.
        let begins = word.len() > 1 && lower.starts_with(&word);
        let errors = distance(&word, &lower);
        if begins || errors <= (word.len() / 3).max(1) {
            ranked.push((!begins, errors, candidate));
        }
    }
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().map(|(_, _, candidate)| candidate).take(MOST).collect()
}

/// The number of typing errors between two words: a letter too many, missing, wrong, or two exchanged
/// (optimal string alignment; Damerau 1964).
fn distance(from: &str, to: &str) -> usize {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, &a) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, &b) in to.iter().enumerate() {
            let mut least =
                (last[column] + usize::from(a != b)).min(last[column + 1] + 1).min(line[column] + 1);
            if row > 0 && column > 0 && a == to[column - 1] && from[row - 1] == b {
                least = least.min(before[column - 1] + 1);
            }
            line.push(least);
        }
        before = std::mem::replace(&mut last, line);
    }
    last[to.len()]
}

/// Suggestions as the end of an error message: `; did you mean openat or openat2?`, or nothing.
pub struct Question<'a>(pub &'a [String]);

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((last, others)) = self.0.split_last() else { return Ok(()) };
        f.write_str("; did you mean ")?;
        if !others.is_empty() {
            write!(f, "{} or ", others.join(", "))?;
        }
        write!(f, "{last}?")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted() {
        let check = |from, to, expected| assert_eq!(distance(from, to), expected, "{from} {to}");
        check("", "", 0);
        check("", "abc", 3);
        check("abc", "", 3);
        check("openat", "openat", 0);
        check("opent", "openat", 1);
        check("opneat", "openat", 1);
        check("openbt", "openat", 1);
        check("kitten", "sitting", 3);
    }

    #[test]
    fn beginnings_come_before_errors() {
        let names = ["open", "openat", "openat2", "pipe", "close"];
        let check = |word, expected: &[&str]| assert_eq!(nearest(word, names), expected, "{word}");
        check("opena", &["openat", "openat2", "open"]);
        check("OPENAT", &["openat", "openat2", "open"]);
        check("clsoe", &["close"]);
        check("pip", &["pipe"]);
        check("p", &[]);
        check("nothing", &[]);
    }
}
