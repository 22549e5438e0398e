//! `/healthz`, `/readyz`.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use syscope_api::Readiness;

use crate::app::App;
use crate::encoding::takes_gzip;
use crate::guard::Known;
use crate::openapi::Operation;
use crate::router::Route;
use crate::routes::Answer;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            "/healthz",
            get(healthz),
            Operation::new("get", "healthz", "Whether the server answers").open().text(
                200,
                "It does.",
                &["text/plain; charset=utf-8"],
            ),
        ),
        Route::new(
            "/readyz",
            get(readyz),
            Operation::new("get", "readyz", "Whether every source delivers; a stranger is told no details")
                .open()
                .json::<Readiness>(200, "All of them deliver.")
                .json::<Readiness>(503, "At least one does not; or the agent cannot say."),
        ),
    ]
}

async fn healthz() -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

async fn readyz(State(app): State<App>, known: Option<Extension<Known>>, headers: HeaderMap) -> Answer {
    let mut readiness = app.ask(|node| Ok(node.readiness())).await?;
    let ready = readiness.ready;
    if known.is_none() {
        readiness.sources.iter_mut().for_each(|source| source.detail = None);
    }
    let mut response =
        app.ask_json(takes_gzip(&headers), move |_| Ok(readiness)).await?.json(takes_gzip(&headers));
    if !ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(response)
}
