//! `/api/v1/traces`: jobs and their events.

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{LOCATION, UPGRADE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use syscope_agent::{Created, From};
use syscope_api::trace::{Job, Jobs, TraceRequest};

use crate::app::App;
use crate::encoding::takes_gzip;
use crate::negotiate::wants_event_stream;
use crate::openapi::Operation;
use crate::problem::Fault;
use crate::router::Route;
use crate::routes::{Answer, body, request};
use crate::stream;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new("/api/v1/traces", get(list).post(create), Operation::new("get", "listTraces", "The jobs").json::<Jobs>(200, "The jobs that run, and those that ended not long ago."))
            .and(
                Operation::new("post", "createTrace", "Begin a job, or find the one of this name and spec")
                    .body::<TraceRequest>()
                    .json::<Job>(200, "There was a job of this name and spec; its lease begins anew.")
                    .located()
                    .json::<Job>(201, "The job began.")
                    .located()
                    .problem(408, "The body took too long to come.")
                    .problem(409, "There is a job of this name and another spec.")
                    .problem(413, "The body is too large.")
                    .problem(415, "The body is no JSON.")
                    .problem(422, "The body is no request, or asks for what there is not."),
            ),
        Route::new(
            "/api/v1/traces/{id}",
            get(job).delete(delete),
            of_job(Operation::new("get", "getTrace", "A job")).json::<Job>(200, "The job."),
        )
        .and(
            of_job(Operation::new("delete", "deleteTrace", "End a job; one that has ended already is forgotten"))
                .json::<Job>(200, "The job as it was at last."),
        ),
        Route::new(
            "/api/v1/traces/{id}/events",
            get(events),
            of_job(Operation::new("get", "watchTrace", "A job's events, until it ends"))
                .query(
                    "from",
                    "Where to begin: with the oldest events there are, or with the next.",
                    &json!({ "type": "string", "enum": ["start", "now"], "default": "start" }),
                )
                .content(101, "By `Upgrade: websocket`: every line a text message.", vec![])
                .text(
                    200,
                    "Lines of JSON; with `Accept: text/event-stream` every line is an event. Lines that are missing are told \
                     where they are missing, and the last line is an account.",
                    &["application/x-ndjson", "text/event-stream"],
                )
                .problem(426, "The upgrade to a WebSocket is not possible on this connection."),
        ),
    ]
}

fn of_job(operation: Operation) -> Operation {
    let id: Value = json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._~-]*$", "maxLength": 512 });
    operation.path("id", "The job's id.", &id).problem(404, "There is no such job.")
}

fn no_job(id: &str) -> Fault {
    let id: String = id.chars().take(64).collect();
    Fault::new(
        StatusCode::NOT_FOUND,
        format!("there is no job {id:?}; GET /api/v1/traces lists those there are"),
    )
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Answer {
    let gzip = takes_gzip(&headers);
    Ok(app.ask_json(gzip, |node| Ok(node.jobs())).await?.json(gzip))
}

async fn create(State(app): State<App>, headers: HeaderMap, body: Body) -> Answer {
    let text = body::read(&app, &headers, body).await?;
    let request = request::parse(&text)?;
    let created = app.ask(move |node| Ok(node.create(request)?)).await?;
    let (status, job) = match created {
        Created::New(job) => (StatusCode::CREATED, job),
        Created::Existing(job) => (StatusCode::OK, job),
    };
    let location = format!("/api/v1/traces/{}", segment(&job.id));
    let gzip = takes_gzip(&headers);
    let mut response = app.ask_json(gzip, move |_| Ok(job)).await?.json(gzip);
    *response.status_mut() = status;
    let location = HeaderValue::try_from(location).expect("a path of visible ASCII");
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

async fn job(State(app): State<App>, id: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Answer {
    let Path(id) = id?;
    let gzip = takes_gzip(&headers);
    Ok(app.ask_json(gzip, move |node| node.job(&id).ok_or_else(|| no_job(&id))).await?.json(gzip))
}

async fn delete(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Answer {
    let Path(id) = id?;
    let gzip = takes_gzip(&headers);
    Ok(app.ask_json(gzip, move |node| node.delete(&id).ok_or_else(|| no_job(&id))).await?.json(gzip))
}

/// The query of a stream.
#[derive(Debug, Deserialize)]
struct Watch {
    #[serde(default)]
    from: Begin,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Begin {
    #[default]
    Start,
    Now,
}

async fn events(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Watch>, QueryRejection>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Response> {
    let fault = |fault: Fault| fault.into_response();
    let Path(id) = id.map_err(|rejection| fault(rejection.into()))?;
    let Query(watch) = query.map_err(|rejection| fault(rejection.into()))?;
    let upgrade = match upgrade {
        Ok(upgrade) => Some(upgrade),
        Err(rejection) if wants_web_socket(&headers) => return Err(rejection.into_response()),
        Err(_) => None,
    };
    let place = app.watcher().map_err(fault)?;
    let from = match watch.from {
        Begin::Start => From::Start,
        Begin::Now => From::Now,
    };
    let watcher = app.ask(move |node| Ok(node.watch(&id, from)?)).await.map_err(fault)?;
    Ok(match upgrade {
        Some(upgrade) => stream::web_socket(upgrade, watcher, place, app),
        None if wants_event_stream(&headers) => stream::events(watcher, place, &app),
        None => stream::lines(watcher, place),
    })
}

fn wants_web_socket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// An id as a segment of a path.
fn segment(id: &str) -> String {
    let mut segment = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn an_id_is_one_segment() {
        assert_eq!(segment("prod.trace-1"), "prod.trace-1");
        assert_eq!(segment("a/b\r\né"), "a%2Fb%0D%0A%C3%A9");
    }
}
