//! How a request can fail.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::tls::{self, Trust};

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
    /// The connection broke before there was an answer, or what came was no HTTP.
    #[error("{0}")]
    Http(#[source] hyper::Error),
    /// The connection broke in the middle of an answer.
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
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
    /// There is a server, but it knows nothing of trace jobs.
    #[error("404 Not Found: the server at this address is no agent")]
    NoAgent,
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
    /// The agent won't do it (any other 4xx), does not trust us or is not to be trusted, or is none: asking again does not help.
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
            Error::Refused { .. } | Error::NoAgent | Error::Answer(_) => Kind::Refused,
            Error::TokenInClear | Error::File { .. } => Kind::Settings,
            Error::Tls(_) if self.trust().is_some() => Kind::Refused,
            Error::Http(err) if err.is_parse() => Kind::Refused,
            _ => Kind::Down,
        }
    }

    /// What is wrong between us and the agent, if TLS says that.
    pub fn trust(&self) -> Option<Trust> {
        match self {
            Error::Tls(err) => tls::trust(err),
            _ => None,
        }
    }

    /// Whether it is about who we are or who the agent is: what may change while certificates and tokens are replaced.
    pub fn is_of_identity(&self) -> bool {
        self.trust().is_some() || matches!(self, Error::Refused { status: 401 | 403, .. })
    }
}
