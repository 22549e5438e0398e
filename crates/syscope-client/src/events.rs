//! The events of a job as they come.

use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::error::Error;
use crate::lines::{Cut, Lines};

/// A stream of events.
#[derive(Debug)]
pub struct Events {
    body: Incoming,
    lines: Lines,
}

/// What comes in a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line of JSON, without its end.
    Json(Vec<u8>),
    /// A line that was longer than [`crate::LINE_MAX`]: it is lost.
    TooLong,
}

impl Events {
    pub(crate) fn new(body: Incoming) -> Events {
        Events { body, lines: Lines::default() }
    }

    /// Waits for the next line; `None` is the end of the stream. Can be dropped at any time and asked again.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next(&mut self) -> Result<Option<Line>, Error> {
        loop {
            if let Some(line) = self.ready() {
                return Ok(Some(line));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(chunk) = frame.into_data() {
                        self.lines.push(chunk);
                    }
                }
                Some(Err(err)) => return Err(Error::Broken(err)),
                // A line without an end is not whole; no agent ends a stream so.
                None => return Ok(None),
            }
        }
    }

    /// The next line if it is here already.
    pub fn ready(&mut self) -> Option<Line> {
        self.lines.next().map(|cut| match cut {
            Cut::Line(line) => Line::Json(line),
            Cut::TooLong => Line::TooLong,
        })
    }
}
