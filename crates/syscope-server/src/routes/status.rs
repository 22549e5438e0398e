//! `/version`, `/openapi.json`, `/api/v1/status`.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use syscope_api::{Status, Version};

use crate::app::App;
use crate::encoding::takes_gzip;
use crate::openapi::{self, Operation};
use crate::router::Route;
use crate::routes::Answer;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            "/version",
            get(version),
            Operation::new("get", "getVersion", "What runs").json::<Version>(200, "Versions."),
        ),
        Route::new(
            "/openapi.json",
            get(document),
            Operation::new("get", "getOpenApi", "This document").open().content(
                200,
                "An OpenAPI 3.1 document.",
                vec![("application/json", |_| schemars::json_schema!({ "type": "object" }))],
            ),
        ),
        Route::new(
            "/api/v1/status",
            get(status),
            Operation::new("get", "getStatus", "How the agent does").json::<Status>(200, "The status."),
        ),
    ]
}

async fn version(State(app): State<App>, headers: HeaderMap) -> Answer {
    let gzip = takes_gzip(&headers);
    Ok(app.ask_json(gzip, |node| Ok(node.version())).await?.json(gzip))
}

async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], openapi::text()).into_response()
}

async fn status(State(app): State<App>, headers: HeaderMap) -> Answer {
    let gzip = takes_gzip(&headers);
    Ok(app.ask_json(gzip, |node| Ok(node.status())).await?.json(gzip))
}
