//! `/`, `/metrics/charts`, `/assets/{*path}`: the page and its files.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use serde_json::json;

use crate::assets;
use crate::openapi::Operation;
use crate::router::Route;
use crate::routes::Answer;

const HTML: [&str; 1] = ["text/html; charset=utf-8"];
/// What files there are of.
const FILES: [&str; 8] = [
    "text/javascript; charset=utf-8",
    "text/css; charset=utf-8",
    "text/html; charset=utf-8",
    "text/plain; charset=utf-8",
    "image/svg+xml",
    "image/png",
    "image/x-icon",
    "font/woff2",
];

pub(crate) fn routes() -> Vec<Route> {
    let page_of = |id, summary| {
        Operation::new("get", id, summary).open().text(200, "The page.", &HTML).content(
            304,
            "The page that the caller has is the one.",
            vec![],
        )
    };
    vec![
        Route::new("/", get(page), page_of("getPage", "The charts page")),
        Route::new("/metrics/charts", get(page), page_of("getCharts", "The charts page")),
        Route::new(
            "/assets/{*path}",
            get(file),
            Operation::new("get", "getAsset", "A file of the page")
                .open()
                .path(
                    "path",
                    "The file; it may have slashes.",
                    &json!({ "type": "string", "minLength": 1, "examples": ["index.html"] }),
                )
                .text(200, "The file.", &FILES)
                .content(304, "The file that the caller has is the one.", vec![])
                .problem(404, "There is no such file."),
        ),
    ]
}

async fn page(headers: HeaderMap) -> Response {
    assets::page(&headers)
}

async fn file(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Answer {
    let Path(path) = path?;
    Ok(assets::file(&path, &headers))
}
