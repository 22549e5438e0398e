//! What the routes do: take a request apart, ask the agent, answer.

pub(crate) mod body;
pub(crate) mod counts;
pub(crate) mod health;
pub(crate) mod inventory;
pub(crate) mod pages;
pub(crate) mod request;
pub(crate) mod status;
pub(crate) mod traces;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::response::Response;

use crate::problem::Fault;

/// What a route answers.
pub(crate) type Answer = Result<Response, Fault>;

impl From<PathRejection> for Fault {
    fn from(rejection: PathRejection) -> Fault {
        Fault::new(http::StatusCode::BAD_REQUEST, format!("path: {}", rejection.body_text()))
    }
}

impl From<QueryRejection> for Fault {
    fn from(rejection: QueryRejection) -> Fault {
        Fault::new(http::StatusCode::BAD_REQUEST, format!("query: {}", rejection.body_text()))
    }
}
