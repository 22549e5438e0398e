//! Secrets that must not get into the log.
//!
//! A [`Redactor`] replaces what its patterns match by `[REDACTED]`, before any writer sees it.
//! If a pattern has groups, what they matched is replaced and the rest stays: `--token=(\S+)` leaves
//! `--token=[REDACTED]`. (A match in which no group took part is replaced whole.)
//!
//! **Where patterns look.** Each is tried on every argument by itself, so that `^` and `$` are the ends of an
//! argument, and on the whole list joined by spaces, so that `--password (\S+)` finds the argument after
//! `--password`. In that second view the end of an argument can't be seen, so what begins at the beginning
//! of an argument is taken to mean all of it: of `--password`, `two words` nothing is left. The number of
//! arguments stays what it was. In the environment each is tried on `NAME=value` and on the value; only
//! the value is ever replaced. All patterns look at the original, and what any of them finds is replaced:
//! their order does not matter.
//!
//! **Where they don't.** File names, the current directory and the thread's name stay: they say what was
//! executed, which is what the log is for, and a pattern such as `secret` would blind it to a program of
//! that name. Nor can a pattern match what a limit cut away, so one should not depend on what follows the
//! secret.
//!
//! **Syntax** is that of the `regex` crate, over bytes: arguments need not be UTF-8, and with Unicode rules
//! `\S+` would stop at a byte that isn't, and the rest of the secret would stand in the log. So a character
//! is a byte, `\w`, `\d` and `(?i)` know ASCII, and `.` matches a newline too. (`regex-lite`, which this
//! workspace uses elsewhere, has no form for bytes. Both take linear time for one search.)
//!
//! **Cost.** A search is linear, but a sequence of them need not be: a pattern that looks far ahead for
//! each match makes a crafted list of 2 MB cost hours. So the bytes that the matches of a pattern may have
//! looked at are limited ([`LOOKED_AT_MAX`]); beyond, everything from the next match to the end is hidden.

use std::borrow::Cow;
use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// What stands in the place of a secret.
pub const REDACTED: &[u8] = b"[REDACTED]";

/// How many bytes the matches of one pattern in one list may have looked at: each at most all up to the
/// end of its text. That allows 26,000 matches in a list of 10 KB, and 128 in one of 2 MB. The worst
/// pattern takes about a second for such a list, instead of hours.
pub const LOOKED_AT_MAX: usize = 256 << 20;

/// Hides what matches any of its patterns; by default there are none.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    patterns: Vec<Regex>,
}

/// Why a pattern is refused.
#[derive(Debug, thiserror::Error)]
pub enum BadPattern {
    /// It is empty: it would hide nothing, and was hardly meant.
    #[error("a pattern to redact is empty")]
    Empty,
    /// It does not parse, or is too large.
    #[error("pattern to redact {pattern:?}")]
    Syntax {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
}

impl Redactor {
    /// Hides what matches any of `patterns`.
    pub fn new(patterns: &[String]) -> Result<Redactor, BadPattern> {
        let compile = |pattern: &String| {
            if pattern.is_empty() {
                return Err(BadPattern::Empty);
            }
            let builder = RegexBuilder::new(pattern).unicode(false).dot_matches_new_line(true).build();
            builder
                .map_err(|source| BadPattern::Syntax { pattern: pattern.clone(), source: Box::new(source) })
        };
        Ok(Redactor { patterns: patterns.iter().map(compile).collect::<Result<_, _>>()? })
    }

    /// Arguments that are each closed by a NUL (the last may lack it), and how many places in them were
    /// hidden.
    pub fn arguments<'a>(&self, area: &'a [u8]) -> (Cow<'a, [u8]>, u64) {
        if self.patterns.is_empty() {
            return (Cow::Borrowed(area), 0);
        }
        // A NUL and a space are of one length: places in the joined list are places in the area.
        let mut joined = area.strip_suffix(b"\0").unwrap_or(area).to_vec();
        let mut several = false;
        for byte in joined.iter_mut().filter(|byte| **byte == 0) {
            *byte = b' ';
            several = true;
        }
        let mut hidden = Vec::new();
        for pattern in &self.patterns {
            let mut budget = LOOKED_AT_MAX;
            for (start, argument) in strings(area) {
                find(pattern, argument, &mut budget, |_, secret| {
                    hidden.push(start + secret.start..start + secret.end);
                });
            }
            if several {
                let mut budget = LOOKED_AT_MAX;
                find(pattern, &joined, &mut budget, |whole, secret| {
                    hide_across(area, whole, secret, &mut hidden);
                });
            }
        }
        replace(area, hidden)
    }

    /// Variables that are each closed by a NUL, and how many places in them were hidden.
    pub fn environment<'a>(&self, area: &'a [u8]) -> (Cow<'a, [u8]>, u64) {
        let mut hidden = Vec::new();
        for pattern in &self.patterns {
            let mut budget = LOOKED_AT_MAX;
            for (start, variable) in strings(area) {
                let name = variable.iter().position(|byte| *byte == b'=').map_or(0, |equals| equals + 1);
                find(pattern, variable, &mut budget, |_, secret| {
                    let from = secret.start.max(name);
                    if from < secret.end {
                        hidden.push(start + from..start + secret.end);
                    }
                });
                find(pattern, &variable[name..], &mut budget, |_, secret| {
                    hidden.push(start + name + secret.start..start + name + secret.end);
                });
            }
        }
        replace(area, hidden)
    }
}

/// Strings that are each closed by a NUL, with where they begin.
fn strings(area: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    area.strip_suffix(b"\0").unwrap_or(area).split(|byte| *byte == 0).map(move |string| {
        let at = start;
        start += string.len() + 1;
        (at, string)
    })
}

/// Calls `hide` with each match in `text` and what of it is secret; never with an empty secret.
fn find(pattern: &Regex, text: &[u8], budget: &mut usize, mut hide: impl FnMut(Range<usize>, Range<usize>)) {
    // Without groups there is no need to know where they are, which takes a slower engine.
    if pattern.captures_len() == 1 {
        for found in pattern.find_iter(text) {
            if !spend(budget, text.len() - found.start()) {
                return hide_rest(found.start()..text.len(), hide);
            }
            if !found.is_empty() {
                hide(found.range(), found.range());
            }
        }
        return;
    }
    for captures in pattern.captures_iter(text) {
        let whole = captures.get_match().range();
        if !spend(budget, text.len() - whole.start) {
            return hide_rest(whole.start..text.len(), hide);
        }
        let mut groups = captures.iter().skip(1).flatten().peekable();
        if groups.peek().is_none() && !whole.is_empty() {
            hide(whole.clone(), whole.clone());
        }
        for group in groups.filter(|group| !group.is_empty()) {
            hide(whole.clone(), group.range());
        }
    }
}

fn hide_rest(rest: Range<usize>, mut hide: impl FnMut(Range<usize>, Range<usize>)) {
    if !rest.is_empty() {
        hide(rest.clone(), rest);
    }
}

/// Takes `cost` from the budget, if it is there.
fn spend(budget: &mut usize, cost: usize) -> bool {
    match budget.checked_sub(cost) {
        Some(rest) => *budget = rest,
        None => *budget = 0,
    }
    *budget > 0
}

/// Hides `secret` in each of the arguments that it is in. In a match across arguments a piece that begins
/// an argument means all of it.
fn hide_across(area: &[u8], whole: Range<usize>, secret: Range<usize>, hidden: &mut Vec<Range<usize>>) {
    let across = area[whole].contains(&0);
    for (start, piece) in strings(&area[secret.clone()]) {
        let start = secret.start + start;
        let mut end = start + piece.len();
        if start == end {
            continue;
        }
        let begins = start == 0 || area[start - 1] == 0;
        if across && begins {
            end += area[end..].iter().position(|byte| *byte == 0).unwrap_or(area.len() - end);
        }
        hidden.push(start..end);
    }
}

/// `area` with these places replaced, and their number after those that touch were made one.
fn replace(area: &[u8], mut hidden: Vec<Range<usize>>) -> (Cow<'_, [u8]>, u64) {
    if hidden.is_empty() {
        return (Cow::Borrowed(area), 0);
    }
    hidden.sort_by_key(|range| range.start);
    let mut out = Vec::with_capacity(area.len());
    let (mut places, mut done) = (0, 0);
    for range in hidden {
        if places > 0 && range.start <= done {
            done = done.max(range.end);
            continue;
        }
        out.extend_from_slice(&area[done..range.start]);
        out.extend_from_slice(REDACTED);
        done = range.end;
        places += 1;
    }
    out.extend_from_slice(&area[done..]);
    (Cow::Owned(out), places)
}

#[cfg(test)]
mod tests;
