//! Errors of the API (RFC 9457, `application/problem+json`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What kind of problem: `about:blank` where the status says it all.
    pub r#type: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong, and the way out.
    pub detail: String,
}

impl Problem {
    /// A problem of this status; `title` is the status in words.
    pub fn new(status: u16, title: &str, detail: impl Into<String>) -> Problem {
        Problem { r#type: "about:blank".into(), title: title.into(), status, detail: detail.into() }
    }
}
