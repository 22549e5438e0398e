//! The page's files, which are part of the binary.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::Compression;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::encoding::{compress, takes_gzip};
use crate::problem::Fault;

/// The directory `assets`.
#[derive(RustEmbed)]
#[folder = "assets"]
struct Assets;

/// What a page may do: use what comes from here, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Compressed forms of files, made when they are first asked for. There are as many as there are files.
static COMPRESSED: Mutex<Option<HashMap<String, Bytes>>> = Mutex::new(None);

/// The page.
pub(crate) fn page(headers: &HeaderMap) -> Response {
    file("index.html", headers)
}

/// A file by its path below `assets`. Paths are names here, no file system is asked: `..` is nothing special.
pub(crate) fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Assets::get(path) else {
        return Fault::new(StatusCode::NOT_FOUND, "there is no such file").into_response();
    };
    let gzip = takes_gzip(headers) && is_text(path);
    let etag = etag(&file, gzip);
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|value| value.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    });
    let mut response = Response::new(match (known, gzip) {
        (true, _) => Body::empty(),
        (false, true) => Body::from(compressed(path, &file)),
        (false, false) => Body::from(plain(file)),
    });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let answer = response.headers_mut();
    if gzip && !known {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    answer.insert(ETAG, HeaderValue::from_str(&etag).expect("hexadecimal digits in quotes"));
    // Files keep their names from version to version, so they are asked for again each time; mostly the answer is 304.
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    answer.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    answer.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn plain(file: EmbeddedFile) -> Bytes {
    match file.data {
        std::borrow::Cow::Borrowed(data) => Bytes::from_static(data),
        std::borrow::Cow::Owned(data) => data.into(),
    }
}

fn compressed(path: &str, file: &EmbeddedFile) -> Bytes {
    let mut all = COMPRESSED.lock().unwrap_or_else(PoisonError::into_inner);
    let all = all.get_or_insert_default();
    if let Some(bytes) = all.get(path) {
        return bytes.clone();
    }
    let bytes = compress(&file.data, Compression::best());
    all.insert(path.to_owned(), bytes.clone());
    bytes
}

fn etag(file: &EmbeddedFile, gzip: bool) -> String {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}{}\"", if gzip { "-gzip" } else { "" })
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn is_text(path: &str) -> bool {
    content_type(path).contains("utf-8") || matches!(extension(path), "svg" | "json" | "map")
}

fn content_type(path: &str) -> &'static str {
    match extension(path) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        // Licences of what is vendored.
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_type_and_is_given_out() {
        let mut files = 0;
        for path in Assets::iter() {
            let response = file(&path, &HeaderMap::new());
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert!(response.headers().contains_key(ETAG));
            files += 1;
        }
        assert!(files > 0);
        assert_eq!(content_type("vendor/echarts.min.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("LICENSE"), "text/plain; charset=utf-8");
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        for encoding in ["", "gzip"] {
            let asked: HeaderMap =
                [(http::header::ACCEPT_ENCODING, encoding.parse().unwrap())].into_iter().collect();
            let first = page(&asked);
            let mut again = asked.clone();
            again.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
            assert_eq!(page(&again).status(), StatusCode::NOT_MODIFIED);
            again.insert(IF_NONE_MATCH, HeaderValue::from_static("\"other\""));
            assert_eq!(page(&again).status(), StatusCode::OK);
        }
    }
}
