//! What a caller accepts.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderName};

/// One entry of an `Accept` or `Accept-Encoding` header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accept<'a> {
    range: &'a str,
    parameters: &'a str,
    /// Thousandths.
    pub(crate) quality: u16,
}

impl<'a> Accept<'a> {
    fn parse(entry: &'a str) -> Accept<'a> {
        let (range, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let accept = Accept { range: range.trim(), parameters, quality: 1000 };
        let quality = accept.parameter("q").map_or(1000, |q| {
            let q: f32 = q.parse().unwrap_or(0.0);
            (q.clamp(0.0, 1.0) * 1000.0) as u16
        });
        Accept { quality, ..accept }
    }

    /// Whether it names this.
    pub(crate) fn is(&self, range: &str) -> bool {
        self.range.eq_ignore_ascii_case(range)
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    }
}

/// The entries of a header.
pub(crate) fn accepts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Accept<'a>> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(Accept::parse)
}

/// Whether the caller wants OpenMetrics: it names it, and likes it no less than Prometheus text.
pub(crate) fn wants_open_metrics(headers: &HeaderMap) -> bool {
    let best = |range: &str, versions: &[&str]| {
        accepts(headers, &ACCEPT)
            .filter(|accept| {
                accept.is(range) && accept.parameter("version").is_none_or(|v| versions.contains(&v))
            })
            .map(|accept| accept.quality)
            .max()
            .unwrap_or(0)
    };
    let open = best("application/openmetrics-text", &["1.0.0"]);
    open > 0 && open >= best("text/plain", &["0.0.4"])
}

/// Whether the caller wants server-sent events: it names them, and likes them no less than lines of JSON.
pub(crate) fn wants_event_stream(headers: &HeaderMap) -> bool {
    let best = |range: &str| {
        let named = accepts(headers, &ACCEPT).filter(|accept| accept.is(range));
        named.map(|accept| accept.quality).max().unwrap_or(0)
    };
    let events = best("text/event-stream");
    events > 0 && events >= best("application/x-ndjson")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accept: &str) -> HeaderMap {
        [(ACCEPT, accept.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn open_metrics_only_for_those_who_name_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                          text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for (accept, open) in [
            (prometheus, true),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", true),
            ("application/openmetrics-text", true),
            ("Application/OpenMetrics-Text;version=\"1.0.0\"", true),
            ("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.8", false),
            ("application/openmetrics-text;version=2.0.0", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=x", false),
            ("text/plain", false),
            ("*/*", false),
            ("", false),
            (";;;,,,=,q=", false),
        ] {
            assert_eq!(wants_open_metrics(&headers(accept)), open, "{accept}");
        }
        assert!(!wants_open_metrics(&HeaderMap::new()));
    }

    #[test]
    fn event_streams_only_for_those_who_name_them() {
        for (accept, events) in [
            ("text/event-stream", true),
            ("text/event-stream, */*;q=0.1", true),
            ("application/x-ndjson, text/event-stream;q=0.5", false),
            ("text/*", false),
            ("*/*", false),
        ] {
            assert_eq!(wants_event_stream(&headers(accept)), events, "{accept}");
        }
    }
}
