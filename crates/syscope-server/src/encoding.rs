//! Answers as bytes, compressed for whoever takes that.

use std::io::Write as _;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};

use crate::negotiate::{self, Accept};

/// What is not worth compressing.
const SMALL: usize = 1024;

/// A finite answer.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    plain: Bytes,
    gzip: Option<Bytes>,
}

impl Encoded {
    /// With `gzip` also compressed, which takes a while.
    pub(crate) fn new(plain: Bytes, gzip: bool) -> Encoded {
        let gzip = (gzip && plain.len() > SMALL).then(|| compress(&plain, Compression::fast()));
        Encoded { plain, gzip }
    }

    /// The answer, in the form that is wanted and there.
    pub(crate) fn response(&self, gzip: bool, content_type: &'static str) -> Response {
        let compressed = self.gzip.as_ref().filter(|_| gzip);
        let mut response = Response::new(Body::from(compressed.unwrap_or(&self.plain).clone()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
        if compressed.is_some() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }

    /// The answer as JSON.
    pub(crate) fn json(&self, gzip: bool) -> Response {
        self.response(gzip, "application/json")
    }
}

/// Compresses with gzip.
pub(crate) fn compress(plain: &[u8], level: Compression) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), level);
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("a vector takes everything").into()
}

/// Whether the caller takes gzip.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    negotiate::accepts(headers, &ACCEPT_ENCODING)
        .find(|accept: &Accept| accept.is("gzip"))
        .is_some_and(|accept| accept.quality > 0)
}
