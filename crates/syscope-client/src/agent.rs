//! An agent, as its clients see it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;
use syscope_api::trace::Jobs;
use syscope_api::{Job, Problem, Syscalls, TraceRequest};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::connection::{self, Sender};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::events::Events;
use crate::tls;

/// What an answer may have, but for streams: the counts of 500 containers x 400 calls x 4 errors are 20 MB.
const BODY_MAX: usize = 64 << 20;
/// What the reason of a refusal may have.
const PROBLEM_MAX: usize = 64 << 10;
/// What a token may have.
const TOKEN_MAX: u64 = 64 << 10;
/// The jobs.
const TRACES: &str = "/api/v1/traces";
/// What was counted.
const SYSCALLS: &str = "/api/v1/syscalls";
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(20);

/// How agents are reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file with the bearer token. It is read for each request: tokens of a cluster change. A token is sent in TLS, over
    /// a unix socket and to the own host, and never in clear to another.
    pub token_file: Option<PathBuf>,
    /// Who may have signed the agent's certificate; without it those whom this host trusts.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// How long a connection may take, with its TLS.
    pub connect_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { token_file: None, ca: None, identity: None, connect_timeout: Duration::from_secs(5) }
    }
}

/// An agent.
#[derive(Clone)]
pub struct Agent {
    endpoint: Endpoint,
    settings: Settings,
    tls: Option<TlsConnector>,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// A job, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The job.
    pub job: Job,
    /// Whether the request made it (201), and it was not there before.
    pub new: bool,
}

impl Agent {
    /// The agent at an endpoint. Nothing is connected yet.
    ///
    /// # Errors
    /// A file of the settings is not what it should be, or a token would be sent in clear to another host.
    pub fn new(endpoint: Endpoint, settings: Settings) -> Result<Agent, Error> {
        if let Some(path) = &settings.token_file {
            if endpoint.is_clear() {
                return Err(Error::TokenInClear);
            }
            authorization(path)?;
        }
        let identity = settings.identity.as_ref().map(|(cert, key)| (cert.as_path(), key.as_path()));
        let tls = match &endpoint {
            Endpoint::Tcp { tls: true, .. } => Some(tls::connector(settings.ca.as_deref(), identity)?),
            _ => None,
        };
        Ok(Agent { endpoint, settings, tls })
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The jobs there are.
    pub async fn jobs(&self) -> Result<Vec<Job>, Error> {
        Ok(self.read::<Jobs>(Method::GET, TRACES, None).await?.1.traces)
    }

    /// One job.
    pub async fn job(&self, id: &str) -> Result<Job, Error> {
        Ok(self.read(Method::GET, &format!("/api/v1/traces/{}", segment(id)), None).await?.1)
    }

    /// Makes a job, or finds the one of the same name and spec.
    pub async fn create(&self, request: &TraceRequest) -> Result<Created, Error> {
        let body = serde_json::to_vec(request).expect("a request is plain data");
        let (status, job) = self.read(Method::POST, TRACES, Some(body)).await?;
        Ok(Created { job, new: status == StatusCode::CREATED })
    }

    /// Ends a job.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        let response =
            self.send(Method::DELETE, &format!("/api/v1/traces/{}", segment(id)), None, "*/*").await?;
        accepted(response).await.map(drop)
    }

    /// The events of a job from now on.
    pub async fn events(&self, id: &str) -> Result<Events, Error> {
        let path = format!("/api/v1/traces/{}/events", segment(id));
        let response = self.send(Method::GET, &path, None, "application/x-ndjson").await?;
        Ok(Events::new(accepted(response).await?.into_body()))
    }

    /// What was counted.
    pub async fn syscalls(&self) -> Result<Syscalls, Error> {
        Ok(self.read(Method::GET, SYSCALLS, None).await?.1)
    }

    async fn read<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<(StatusCode, T), Error> {
        let response = self.send(method, path, body, "application/json").await?;
        let response = accepted(response).await.map_err(|err| match err {
            // Every agent has these two.
            Error::Refused { status: 404, .. } if [TRACES, SYSCALLS].contains(&path) => Error::NoAgent,
            err => err,
        })?;
        let status = response.status();
        let bytes = timeout(ANSWER, whole(response.into_body(), BODY_MAX))
            .await
            .map_err(|_| Error::Timeout(ANSWER))??;
        Ok((status, serde_json::from_slice(&bytes).map_err(Error::Answer)?))
    }

    /// Sends a request and waits for the head of its answer.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        accept: &'static str,
    ) -> Result<Response<Incoming>, Error> {
        let mut request = Request::new(Full::new(Bytes::from(body.unwrap_or_default())));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path of escaped segments");
        let headers = request.headers_mut();
        let host = HeaderValue::from_str(&self.endpoint.authority()).expect("an endpoint has no blanks");
        headers.insert(HOST, host);
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("syscope/", env!("CARGO_PKG_VERSION"))));
        if request.method() == Method::POST {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(path) = &self.settings.token_file {
            request.headers_mut().insert(AUTHORIZATION, authorization(path)?);
        }
        let sender = self.connect().await?;
        timeout(ANSWER, sender.send(request)).await.map_err(|_| Error::Timeout(ANSWER))?
    }

    async fn connect(&self) -> Result<Sender, Error> {
        let limit = self.settings.connect_timeout;
        let connecting =
            connection::connect(&self.endpoint, self.tls.as_ref(), self.settings.token_file.is_some());
        timeout(limit, connecting).await.map_err(|_| Error::ConnectTimeout(limit))?
    }
}

/// The answer if it is one of success; else why not.
async fn accepted(response: Response<Incoming>) -> Result<Response<Incoming>, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = timeout(ANSWER, whole(response.into_body(), PROBLEM_MAX))
        .await
        .map_err(|_| Error::Timeout(ANSWER))?;
    let problem = body.ok().and_then(|body| serde_json::from_slice::<Problem>(&body).ok());
    let title = problem.as_ref().map(|problem| problem.title.clone()).filter(|title| !title.is_empty());
    Err(Error::Refused {
        status: status.as_u16(),
        title: visible(
            &title.unwrap_or_else(|| status.canonical_reason().unwrap_or("unknown status").to_owned()),
        ),
        detail: visible(&problem.map(|problem| problem.detail).unwrap_or_default()),
    })
}

async fn whole(body: Incoming, max: usize) -> Result<Bytes, Error> {
    match Limited::new(body, max).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(err) => match err.downcast::<hyper::Error>() {
            Ok(err) => Err(Error::Broken(*err)),
            Err(_) => Err(Error::TooLarge(max)),
        },
    }
}

/// Words of another host for a line of ours: nothing in them speaks to a terminal.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() || !c.is_ascii() { c.escape_default().collect() } else { vec![c] })
        .collect()
}

/// An id as a part of a path.
fn segment(id: &str) -> String {
    let mut out = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric()
            || b"-_".contains(&byte)
            || (byte == b'.' && !id.trim_matches('.').is_empty())
        {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `Bearer TOKEN` by the first line of a file.
fn authorization(path: &Path) -> Result<HeaderValue, Error> {
    let wrong = |why: String| Error::File { what: "the token", path: path.to_owned(), why };
    let mut text = String::new();
    let mut file = File::open(path).map_err(|err| wrong(err.to_string()))?.take(TOKEN_MAX);
    file.read_to_string(&mut text).map_err(|err| wrong(err.to_string()))?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("it has no token: one word of printable characters".to_owned()));
    }
    let mut value =
        HeaderValue::from_str(&format!("Bearer {token}")).map_err(|err| wrong(err.to_string()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_one_part_of_a_path() {
        assert_eq!(segment("a-1_b.c"), "a-1_b.c");
        assert_eq!(segment("../x?y#z%"), "..%2Fx%3Fy%23z%25");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("ä b"), "%C3%A4%20b");
    }

    #[test]
    fn what_an_agent_says_is_shown_without_its_control_characters() {
        assert_eq!(visible("a\x1b[2J\nb\u{9b}"), "a\\u{1b}[2J\\nb\\u{9b}");
    }
}
