//! How a request can fail.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection came about.
    #[error("connect: {0}")]
    Connect(#[source] io::Error),
    /// The connection did not come about in time.
    #[error("connect: no answer within {0:?}")]
    ConnectTimeout(Duration),
    /// The name stands for no address.
    #[error("the name {0:?} stands for no address")]
    NoAddress(String),
    /// The other side is not who it should be, or does not take us for who we are.
    #[error("TLS: {0}")]
    Tls(#[source] io::Error),
    /// A token would be readable on the way.
    #[error("a token is not sent over plain http to another host; write https://, or leave the token away")]
    TokenInClear,
    /// The connection broke, or what came was no HTTP.
    #[error("{0}")]
    Http(#[source] hyper::Error),
    /// The answer did not come in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The agent refused, with its reason.
    #[error("{status} {title}{}{detail}", if .detail.is_empty() { "" } else { ": " })]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The status in words.
        title: String,
        /// What was wrong, and the way out; without control characters.
        detail: String,
    },
    /// The answer has more than it may.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The answer is not what it should be.
    #[error("the answer is not that of an agent: {0}")]
    Answer(#[source] serde_json::Error),
    /// A file of the settings.
    #[error("{what} {}: {why}", .path.display())]
    File {
        /// What it should be.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// What may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The agent can't be reached, or is not well: later it may be.
    Down,
    /// There is no such job (404).
    NoJob,
    /// The agent won't do it (any other 4xx): asking again does not help.
    Refused,
    /// The settings are wrong.
    Settings,
}

impl Error {
    /// What may help.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Refused { status: 404, .. } => Kind::NoJob,
            // Too many requests, and what a proxy says of an agent that is too slow.
            Error::Refused { status: 408 | 429 | 500.., .. } => Kind::Down,
            Error::Refused { .. } => Kind::Refused,
            Error::TokenInClear | Error::File { .. } => Kind::Settings,
            // A certificate that is not accepted now won't be in a minute, but the agent may get a new one.
            _ => Kind::Down,
        }
    }
}
