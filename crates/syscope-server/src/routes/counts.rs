//! `/metrics`, `/api/v1/syscalls`: what was counted.

use axum::extract::State;
use axum::routing::get;
use http::header::VARY;
use http::{HeaderMap, HeaderValue};
use syscope_agent::Exposition;
use syscope_api::Syscalls;

use crate::app::{App, json};
use crate::coalesce;
use crate::encoding::takes_gzip;
use crate::negotiate::wants_open_metrics;
use crate::openapi::Operation;
use crate::router::Route;
use crate::routes::Answer;

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            "/metrics",
            get(metrics),
            Operation::new("get", "getMetrics", "Metrics, as Prometheus text or OpenMetrics by `Accept`")
                .text(200, "The metrics.", &[PROMETHEUS, OPEN_METRICS]),
        ),
        Route::new(
            "/api/v1/syscalls",
            get(syscalls),
            Operation::new("get", "getSyscalls", "The counts of calls, as the page draws them")
                .json::<Syscalls>(200, "The counts."),
        ),
    ]
}

async fn metrics(State(app): State<App>, headers: HeaderMap) -> Answer {
    let gzip = takes_gzip(&headers);
    let (encoded, content_type) = if wants_open_metrics(&headers) {
        let read = |node: &dyn syscope_agent::Node| Ok(node.metrics(Exposition::OpenMetrics));
        (coalesce::read(&app, |app| &app.open_metrics, read, gzip).await?, OPEN_METRICS)
    } else {
        let read = |node: &dyn syscope_agent::Node| Ok(node.metrics(Exposition::Prometheus));
        (coalesce::read(&app, |app| &app.prometheus, read, gzip).await?, PROMETHEUS)
    };
    let mut response = encoded.response(gzip, content_type);
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

async fn syscalls(State(app): State<App>, headers: HeaderMap) -> Answer {
    let gzip = takes_gzip(&headers);
    let read = |node: &dyn syscope_agent::Node| json(&node.syscalls());
    Ok(coalesce::read(&app, |app| &app.syscalls, read, gzip).await?.json(gzip))
}
