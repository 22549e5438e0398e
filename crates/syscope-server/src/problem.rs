//! Errors as they are answered: `application/problem+json` (RFC 9457), also where the framework refuses.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use syscope_agent::Refused;
use syscope_api::Problem;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Characters of a detail: it may quote what the caller sent.
const DETAIL_MAX: usize = 500;

/// Why a request is not carried out.
#[derive(Debug)]
pub(crate) struct Fault {
    status: StatusCode,
    detail: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Fault {
    /// A problem of this status; `detail` says what is wrong and the way out.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Fault {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(DETAIL_MAX) {
            detail.truncate(end);
            detail.push_str("...");
        }
        Fault { status, detail, header: None }
    }

    /// 401: who calls is not known.
    pub(crate) fn unauthorized(detail: &str) -> Fault {
        let header = (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"syscope\""));
        Fault { header: Some(header), ..Fault::new(StatusCode::UNAUTHORIZED, detail) }
    }

    /// 429: a bound is reached; soon there may be room.
    pub(crate) fn too_many(detail: impl Into<String>) -> Fault {
        Fault::new(StatusCode::TOO_MANY_REQUESTS, detail).retry()
    }

    /// 503: not now.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Fault {
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry()
    }

    /// 500: a fault of ours; what it was is in the log.
    pub(crate) fn internal() -> Fault {
        Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "the agent failed at this; its log says how")
    }

    fn retry(self) -> Fault {
        Fault { header: Some((RETRY_AFTER, HeaderValue::from_static("1"))), ..self }
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Fault {
        let detail = refused.to_string();
        match refused {
            Refused::Invalid(_) => Fault::new(StatusCode::UNPROCESSABLE_ENTITY, detail),
            Refused::Conflict(_) => Fault::new(StatusCode::CONFLICT, detail),
            Refused::TooMany(_) => Fault::too_many(detail),
            Refused::NotFound(_) => Fault::new(StatusCode::NOT_FOUND, detail),
            Refused::Unavailable(_) => Fault::unavailable(detail),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let problem = Problem::new(self.status.as_u16(), title, self.detail);
        let body = serde_json::to_vec(&problem).expect("strings and a number serialise");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Gives an error that is no problem document yet the form of one. The framework's own refusals come so: a path of no route, a
/// method that a route has not, an upgrade that is none.
pub(crate) fn cover(response: Response) -> Response {
    let status = response.status();
    let told = |response: &Response| {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind == PROBLEM_JSON || kind == "application/json")
    };
    if !(status.is_client_error() || status.is_server_error()) || told(&response) {
        return response;
    }
    let detail = match status {
        StatusCode::NOT_FOUND => "there is nothing at this path; /openapi.json says what there is",
        // The router writes that header when all layers are done.
        StatusCode::METHOD_NOT_ALLOWED => "this path does not know the method; Allow says which it knows",
        StatusCode::UPGRADE_REQUIRED => "the upgrade to a WebSocket is not possible here",
        StatusCode::BAD_REQUEST => "the request is malformed",
        _ => "the request was refused",
    };
    let mut covered = Fault::new(status, detail).into_response();
    let own = covered.headers().clone();
    *covered.headers_mut() = response.headers().clone();
    covered.headers_mut().remove(http::header::CONTENT_LENGTH);
    covered.headers_mut().extend(own);
    covered
}
