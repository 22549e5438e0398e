//! All routes, each with its part of the API's description.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;

use crate::app::App;
use crate::guard::guard;
use crate::openapi::Operation;
use crate::routes::{counts, health, inventory, pages, status, traces};

/// A path and what it does.
pub(crate) struct Route {
    /// As the router writes it.
    pub(crate) path: &'static str,
    pub(crate) methods: MethodRouter<App>,
    pub(crate) operations: Vec<Operation>,
}

impl Route {
    /// A path with one operation.
    pub(crate) fn new(path: &'static str, methods: MethodRouter<App>, operation: Operation) -> Route {
        Route { path, methods, operations: vec![operation] }
    }

    /// One operation more.
    pub(crate) fn and(mut self, operation: Operation) -> Route {
        self.operations.push(operation);
        self
    }

    /// The path as the OpenAPI document writes it, which knows no parameter of several segments.
    pub(crate) fn document_path(&self) -> String {
        self.path.replace("{*", "{")
    }
}

/// All of them.
pub(crate) fn routes() -> Vec<Route> {
    [
        health::routes(),
        status::routes(),
        traces::routes(),
        inventory::routes(),
        counts::routes(),
        pages::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The paths of all of them.
pub(crate) fn paths() -> Vec<&'static str> {
    routes().iter().map(|route| route.path).collect()
}

/// The router, behind the guard.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = router.route(route.path, route.methods);
    }
    router.layer(from_fn_with_state(app.clone(), guard)).with_state(app)
}
