//! What every request passes, whatever its route: limits, who calls, from where; and what every answer gets.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::header::{AUTHORIZATION, HOST, ORIGIN, X_CONTENT_TYPE_OPTIONS};
use http::uri::Authority;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use tokio::time::timeout;

use crate::activity::Connection;
use crate::app::App;
use crate::config::is_loopback;
use crate::problem::{Fault, cover};
use crate::seldom::Seldom;
use crate::stats::Rejected;

/// An answer without an end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endless;

/// The caller showed what it must.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known;

/// Paths that anyone may see, besides those under `/assets/`.
const OPEN: [&str; 5] = ["/", "/metrics/charts", "/healthz", "/readyz", "/openapi.json"];

/// The layer around all routes.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    static FAILED: Seldom = Seldom::new();
    let began = Instant::now();
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let active = connection.as_ref().map(Connection::begin);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let (method, path) = (request.method().clone(), shortened(request.uri().path()));
    let response = match admit(&app, &mut request, connection.as_deref()) {
        Err((why, fault)) => {
            app.stats.reject(why);
            fault.into_response()
        }
        // That a server is busy does not make it unhealthy.
        Ok(()) => match Arc::clone(&app.requests).try_acquire_owned() {
            Err(_) if path != "/healthz" => {
                app.stats.reject(Rejected::Requests);
                Fault::too_many("too many requests at once; send it again in a second").into_response()
            }
            _place => {
                let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
                match timeout(app.limits.request_time, answer).await {
                    Ok(Ok(response)) => response,
                    Ok(Err(_)) => Fault::internal().into_response(),
                    Err(_) => {
                        app.stats.reject(Rejected::RequestTime);
                        Fault::unavailable("the answer took too long to make; send it again").into_response()
                    }
                }
            }
        },
    };
    let mut response = cover(response);
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    let (status, took) = (response.status(), began.elapsed());
    app.stats.request(route.as_ref().map(MatchedPath::as_str), status.as_u16());
    tracing::debug!(%method, ?path, status = status.as_u16(), ?took, "request");
    if status.is_server_error()
        && status != StatusCode::SERVICE_UNAVAILABLE
        && let Some(left_out) = FAILED.say()
    {
        tracing::warn!(%method, ?path, status = status.as_u16(), left_out, "a request failed");
    }
    let endless = response.extensions().get::<Endless>().is_some();
    match active {
        Some(active) => response.map(|body| active.answer(body, endless, &app.limits)),
        None => response,
    }
}

/// The path as it is logged; whoever asks chooses its length.
fn shortened(path: &str) -> String {
    path.chars().take(256).collect()
}

type Refusal = (Rejected, Fault);

fn admit(app: &App, request: &mut Request, connection: Option<&Connection>) -> Result<(), Refusal> {
    sizes(app, request)?;
    // Nothing that shows headers shows this one.
    request
        .headers_mut()
        .iter_mut()
        .filter(|(name, _)| *name == AUTHORIZATION)
        .for_each(|(_, token)| token.set_sensitive(true));
    // Without a connection there is nobody to trust.
    let (loopback, tls, certificate) =
        connection.map_or((true, true, false), |it| (it.plain_loopback, it.tls, it.certificate()));
    if loopback && app.tokens.is_none() {
        local_host(app, request)?;
    }
    own_origin(request)?;
    let known = caller(app, request, tls, certificate);
    if known.is_ok() {
        request.extensions_mut().insert(Known);
    }
    let path = request.uri().path();
    if OPEN.contains(&path) || path.starts_with("/assets/") { Ok(()) } else { known }
}

fn sizes(app: &App, request: &Request) -> Result<(), Refusal> {
    let limits = &app.limits;
    let uri = request.uri();
    let bytes = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    if bytes > limits.uri_bytes {
        let detail = format!("the request's target has {bytes} bytes; at most {} are read", limits.uri_bytes);
        return Err((Rejected::UriBytes, Fault::new(StatusCode::URI_TOO_LONG, detail)));
    }
    // As HTTP/2 counts them, but for what it adds to each.
    let bytes: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > limits.header_bytes {
        let detail =
            format!("the request's headers have {bytes} bytes; at most {} are read", limits.header_bytes);
        let fault = Fault::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail);
        return Err((Rejected::HeaderBytes, fault));
    }
    Ok(())
}

/// Who may open a plain loopback address are the local users, not the pages that their browsers show. A page reaches it by a name
/// of its own that it lets resolve to 127.0.0.1 (DNS rebinding); then that name is the `Host`.
fn local_host(app: &App, request: &Request) -> Result<(), Refusal> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let header = match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => {
            return Err((
                Rejected::Host,
                Fault::new(StatusCode::BAD_REQUEST, "the request has two Host headers"),
            ));
        }
        (header, _) => header.map(|value| Authority::try_from(value.as_bytes())),
    };
    let target = request.uri().authority().cloned().map(Ok);
    let named: Vec<_> = [header, target].into_iter().flatten().collect();
    if named.is_empty() {
        return Err((Rejected::Host, Fault::new(StatusCode::BAD_REQUEST, "the request has no Host header")));
    }
    let local = |authority: &Authority| is_local(authority.host(), &app.host_names);
    if named.iter().all(|authority| authority.as_ref().is_ok_and(local)) {
        return Ok(());
    }
    let detail =
        "the Host header names another host; ask localhost, 127.0.0.1 or [::1], or configure the name";
    Err((Rejected::Host, Fault::new(StatusCode::MISDIRECTED_REQUEST, detail)))
}

fn is_local(host: &str, names: &[String]) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || names.iter().any(|name| host.eq_ignore_ascii_case(name))
        || bare.parse::<IpAddr>().is_ok_and(is_loopback)
}

/// A page of another site may make a browser send requests here, with the client certificate that the browser holds. It sees no
/// answer, but a job would begin, and a WebSocket knows no such bound. Browsers say where such requests come from.
fn own_origin(request: &Request) -> Result<(), Refusal> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !changes && !request.uri().path().ends_with("/events") {
        return Ok(());
    }
    let headers = request.headers();
    let own = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(HOST).and_then(|host| host.to_str().ok()),
    };
    let foreign_origin = headers.get_all(ORIGIN).iter().any(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        !origin.zip(own).is_some_and(|((_, origin), own)| origin.eq_ignore_ascii_case(own))
    });
    let foreign_site =
        headers.get_all("sec-fetch-site").iter().any(|site| site == "cross-site" || site == "same-site");
    if foreign_origin || foreign_site {
        let detail =
            "a page of another site may not ask this; call from this server's own page or from no page";
        return Err((Rejected::Origin, Fault::new(StatusCode::FORBIDDEN, detail)));
    }
    Ok(())
}

/// Whether the caller showed everything it must.
fn caller(app: &App, request: &Request, tls: bool, certificate: bool) -> Result<(), Refusal> {
    if tls && app.client_ca && !certificate {
        let detail = "this needs a client certificate, signed by the authority that the server was given";
        return Err((Rejected::Certificate, Fault::new(StatusCode::FORBIDDEN, detail)));
    }
    match &app.tokens {
        Some(tokens) if !tokens.get().admit(request.headers()) => {
            let detail =
                "this needs a bearer token of the server's token file: send `Authorization: Bearer TOKEN`";
            Err((Rejected::Token, Fault::unauthorized(detail)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_hosts() {
        let names = ["node1.example".to_owned()];
        for local in
            ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.1.2.3", "[::1]", "Node1.example"]
        {
            assert!(is_local(local, &names), "{local}");
        }
        for foreign in [
            "",
            ".",
            "evil.example",
            "localhost.evil.example",
            "0.0.0.0",
            "192.0.2.1",
            "[2001:db8::1]",
            "127.0.0.1.x",
        ] {
            assert!(!is_local(foreign, &names), "{foreign}");
        }
    }

    #[test]
    fn foreign_origins() {
        let check = |method: &str, path: &str, headers: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).uri(path).header(HOST, "localhost:9095");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            own_origin(&request.body(axum::body::Body::empty()).unwrap()).is_ok()
        };
        let events = "/api/v1/traces/a/events";
        for (method, path) in [("POST", "/api/v1/traces"), ("DELETE", "/api/v1/traces/a"), ("GET", events)] {
            for own in ["http://localhost:9095", "https://LOCALHOST:9095"] {
                assert!(check(method, path, &[("origin", own)]), "{method} {own}");
            }
            for foreign in
                ["null", "", "http://evil.example", "http://localhost", "http://localhost:9096", "x"]
            {
                assert!(!check(method, path, &[("origin", foreign)]), "{method} {foreign}");
            }
            assert!(check(method, path, &[]));
            assert!(check(method, path, &[("sec-fetch-site", "same-origin")]));
            assert!(!check(method, path, &[("sec-fetch-site", "cross-site")]));
            assert!(!check(
                method,
                path,
                &[("origin", "http://localhost:9095"), ("origin", "http://evil.example")]
            ));
        }
        assert!(check("GET", "/metrics", &[("origin", "http://evil.example")]));
    }
}
