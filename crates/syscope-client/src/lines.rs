//! Lines out of chunks of bytes.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes};

/// The longest line that is kept; a longer one is counted and left out. An event has at most two strings of 1 KiB, six arguments
/// and the labels of a pod, which Kubernetes bounds at 256 KiB with all annotations: what is longer is no event.
pub const LINE_MAX: usize = 4 << 20;

/// Cuts a stream into lines.
#[derive(Debug, Default)]
pub struct Lines {
    /// What has come and was not cut yet.
    chunks: VecDeque<Bytes>,
    /// The beginning of a line of which the end has not come.
    begun: Vec<u8>,
    /// The rest of the line is thrown away: it is too long.
    skipping: bool,
}

/// What was cut off.
#[derive(Debug, PartialEq, Eq)]
pub enum Cut {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line that was longer than [`LINE_MAX`].
    TooLong,
}

impl Lines {
    /// More of the stream.
    pub fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next line that has an end. Empty ones, which keep a connection alive, are passed over.
    pub fn next(&mut self) -> Option<Cut> {
        while let Some(chunk) = self.chunks.front_mut() {
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = chunk.split_to(end.unwrap_or(chunk.len()));
            if end.is_some() {
                chunk.advance(1);
            }
            if chunk.is_empty() {
                self.chunks.pop_front();
            }
            if self.skipping || self.begun.len() + part.len() > LINE_MAX {
                self.skipping = true;
                self.begun = Vec::new();
            } else {
                self.begun.extend_from_slice(&part);
            }
            if end.is_some() {
                if std::mem::take(&mut self.skipping) {
                    return Some(Cut::TooLong);
                }
                let mut line = std::mem::take(&mut self.begun);
                line.truncate(line.trim_ascii_end().len());
                if !line.is_empty() {
                    return Some(Cut::Line(line));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(chunks: &[&[u8]]) -> Vec<Cut> {
        let mut lines = Lines::default();
        let mut cut = Vec::new();
        for chunk in chunks {
            lines.push(Bytes::copy_from_slice(chunk));
            cut.extend(std::iter::from_fn(|| lines.next()));
        }
        cut
    }

    fn line(text: &str) -> Cut {
        Cut::Line(text.into())
    }

    #[test]
    fn lines_are_put_together() {
        assert_eq!(all(&[b"a\nb", b"", b"c", b"\n\n\r\nd\r\n"]), [line("a"), line("bc"), line("d")]);
        assert_eq!(all(&[b"a"]), []);
        assert_eq!(all(&[]), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_counted_and_the_next_is_whole() {
        let part = vec![b'x'; LINE_MAX / 2];
        let cut = all(&[&part, &part, b"\nb\n"]);
        assert!(matches!(&cut[..], [Cut::Line(whole), Cut::Line(_)] if whole.len() == LINE_MAX));
        assert_eq!(all(&[&part, &part, b"x", &part, b"y\nb\n"]), [Cut::TooLong, line("b")]);
        assert_eq!(all(&[&part, &part, b"x"]), []);
    }
}
