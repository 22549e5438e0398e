//! Bodies of requests: bounded in size and time, of the right type.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::app::App;
use crate::problem::Fault;
use crate::stats::Rejected;

/// Reads a body of JSON.
///
/// # Errors
/// 415 if it says that it is none, 413 if it is too large, 408 if it takes too long, 400 if it breaks off.
pub(crate) async fn read(app: &App, headers: &HeaderMap, body: Body) -> Result<Bytes, Fault> {
    if !is_json(headers) {
        let detail = "the body must be JSON: send `Content-Type: application/json`";
        return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let most = app.limits.body_bytes;
    let too_large = || {
        app.stats.reject(Rejected::BodyBytes);
        Fault::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is too large; at most {most} bytes are read"),
        )
    };
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > most as u64) {
        return Err(too_large());
    }
    match timeout(app.limits.body_time, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Fault::new(StatusCode::BAD_REQUEST, "the body breaks off")),
        Err(_) => {
            app.stats.reject(Rejected::BodyTime);
            Err(Fault::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to come; send it again"))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else { return false };
    let essence = kind.to_str().ok().and_then(|kind| kind.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
