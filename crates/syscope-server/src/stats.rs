//! What the server counts about itself; the agent shows it among its metrics.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Why something was refused or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// Too many connections.
    Connections,
    /// Too many requests at once.
    Requests,
    /// Too many watchers at once.
    Watchers,
    /// Too many wait for the same answer.
    Scrapes,
    /// The head of a request, or a TLS handshake, took too long.
    HeaderTime,
    /// The body of a request took too long.
    BodyTime,
    /// The answer took too long to be made.
    RequestTime,
    /// The caller read nothing, or too slowly.
    Stalled,
    /// The body was too large.
    BodyBytes,
    /// The headers were too large.
    HeaderBytes,
    /// The target was too long.
    UriBytes,
    /// No token, or a wrong one.
    Token,
    /// No client certificate.
    Certificate,
    /// A foreign `Host`: DNS rebinding.
    Host,
    /// A foreign `Origin`: another site's page.
    Origin,
    /// The TLS handshake failed.
    Handshake,
    /// What was sent is no HTTP.
    Protocol,
}

impl Rejected {
    /// All of them.
    pub const ALL: [Rejected; 17] = [
        Rejected::Connections,
        Rejected::Requests,
        Rejected::Watchers,
        Rejected::Scrapes,
        Rejected::HeaderTime,
        Rejected::BodyTime,
        Rejected::RequestTime,
        Rejected::Stalled,
        Rejected::BodyBytes,
        Rejected::HeaderBytes,
        Rejected::UriBytes,
        Rejected::Token,
        Rejected::Certificate,
        Rejected::Host,
        Rejected::Origin,
        Rejected::Handshake,
        Rejected::Protocol,
    ];

    /// Its name as a label of a metric.
    pub fn name(self) -> &'static str {
        match self {
            Rejected::Connections => "connections",
            Rejected::Requests => "requests",
            Rejected::Watchers => "watchers",
            Rejected::Scrapes => "scrapes",
            Rejected::HeaderTime => "header_time",
            Rejected::BodyTime => "body_time",
            Rejected::RequestTime => "request_time",
            Rejected::Stalled => "stalled",
            Rejected::BodyBytes => "body_bytes",
            Rejected::HeaderBytes => "header_bytes",
            Rejected::UriBytes => "uri_bytes",
            Rejected::Token => "token",
            Rejected::Certificate => "certificate",
            Rejected::Host => "host",
            Rejected::Origin => "origin",
            Rejected::Handshake => "handshake",
            Rejected::Protocol => "protocol",
        }
    }
}

/// Classes of status codes.
pub const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The route of a request that no route is for.
pub const NO_ROUTE: &str = "none";

/// Counters of one server. All are read at any time, by anyone.
#[derive(Debug)]
pub struct ServerStats {
    routes: Vec<&'static str>,
    requests: Vec<[AtomicU64; 5]>,
    rejected: [AtomicU64; Rejected::ALL.len()],
    pub(crate) accepted: AtomicU64,
    pub(crate) connections: AtomicI64,
    pub(crate) watchers: AtomicI64,
    pub(crate) accept_errors: AtomicU64,
    pub(crate) reloads: AtomicU64,
    pub(crate) reload_errors: AtomicU64,
}

impl ServerStats {
    pub(crate) fn new(mut routes: Vec<&'static str>) -> ServerStats {
        routes.push(NO_ROUTE);
        ServerStats {
            requests: routes.iter().map(|_| Default::default()).collect(),
            routes,
            rejected: Default::default(),
            accepted: AtomicU64::default(),
            connections: AtomicI64::default(),
            watchers: AtomicI64::default(),
            accept_errors: AtomicU64::default(),
            reloads: AtomicU64::default(),
            reload_errors: AtomicU64::default(),
        }
    }

    pub(crate) fn request(&self, route: Option<&str>, status: u16) {
        let at = route.and_then(|route| self.routes.iter().position(|known| *known == route));
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.requests[at.unwrap_or(self.routes.len() - 1)][class].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reject(&self, why: Rejected) {
        self.rejected[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Requests that were answered: route (as in the OpenAPI document, or [`NO_ROUTE`]), class of the status, number.
    pub fn requests(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        self.routes.iter().zip(&self.requests).flat_map(|(route, classes)| {
            let counts = CLASSES.iter().zip(classes);
            counts.map(|(class, count)| (*route, *class, count.load(Ordering::Relaxed)))
        })
    }

    /// How often something was refused or ended for this reason.
    pub fn rejected(&self, why: Rejected) -> u64 {
        self.rejected[why as usize].load(Ordering::Relaxed)
    }

    /// Connections that were accepted.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections that are open.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed).try_into().unwrap_or(0)
    }

    /// Streams that are read now.
    pub fn watchers(&self) -> u64 {
        self.watchers.load(Ordering::Relaxed).try_into().unwrap_or(0)
    }

    /// Times that no connection could be accepted, as without file descriptors.
    pub fn accept_errors(&self) -> u64 {
        self.accept_errors.load(Ordering::Relaxed)
    }

    /// Times that certificates or tokens were read anew.
    pub fn reloads(&self) -> u64 {
        self.reloads.load(Ordering::Relaxed)
    }

    /// Changes of certificates or tokens that were of no use; the old ones stayed.
    pub fn reload_errors(&self) -> u64 {
        self.reload_errors.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_counter_and_a_name_of_its_own() {
        let stats = ServerStats::new(vec!["/a"]);
        for (at, why) in Rejected::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, at);
            assert_eq!(stats.rejected(why), 0, "{why:?}");
            stats.reject(why);
            assert_eq!(stats.rejected(why), 1, "{why:?}");
        }
        let names: std::collections::BTreeSet<_> = Rejected::ALL.into_iter().map(Rejected::name).collect();
        assert_eq!(names.len(), Rejected::ALL.len());
    }

    #[test]
    fn requests_are_counted_by_route_and_class() {
        let stats = ServerStats::new(vec!["/a", "/b"]);
        stats.request(Some("/a"), 200);
        stats.request(Some("/a"), 204);
        stats.request(Some("/b"), 503);
        stats.request(None, 404);
        stats.request(Some("/unheard-of"), 404);
        let counted: Vec<_> = stats.requests().filter(|row| row.2 > 0).collect();
        assert_eq!(counted, [("/a", "2xx", 2), ("/b", "5xx", 1), (NO_ROUTE, "4xx", 2)]);
    }
}
