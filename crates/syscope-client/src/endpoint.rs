//! Where an agent listens.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// The port of an agent that is not told another.
pub const PORT: u16 = 9095;

/// Where an agent listens.
///
/// | written | is |
/// | --- | --- |
/// | `node1:9095`, `node1`, `[fd00::1]:9095` | https, but plain http for the loopback |
/// | `http://127.0.0.1:9095` | plain http |
/// | `https://node1:9095` | https |
/// | `unix:/run/syscope.sock` | plain http over a socket of this host |
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Over TCP.
    Tcp {
        /// A name or an address, without brackets.
        host: String,
        /// The port.
        port: u16,
        /// Whether in TLS.
        tls: bool,
    },
    /// Over a socket of this host.
    Unix(PathBuf),
}

/// What was written is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{written:?} is no endpoint: {why}; write HOST:PORT, https://HOST:PORT, http://HOST:PORT or unix:/PATH"
)]
pub struct NoEndpoint {
    written: String,
    why: &'static str,
}

impl Endpoint {
    /// Whether it is on this host by what is written: what is said there is not heard elsewhere.
    pub fn is_local(&self) -> bool {
        match self {
            Endpoint::Unix(_) => true,
            Endpoint::Tcp { host, .. } => is_loopback(host),
        }
    }

    /// Whether what is sent could be read on the way.
    pub fn is_clear(&self) -> bool {
        matches!(self, Endpoint::Tcp { tls: false, .. }) && !self.is_local()
    }

    /// What a request's `Host` says.
    pub(crate) fn authority(&self) -> String {
        match self {
            Endpoint::Unix(_) => "localhost".to_owned(),
            Endpoint::Tcp { host, port, .. } if host.contains(':') => format!("[{host}]:{port}"),
            Endpoint::Tcp { host, port, .. } => format!("{host}:{port}"),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl FromStr for Endpoint {
    type Err = NoEndpoint;

    fn from_str(written: &str) -> Result<Endpoint, NoEndpoint> {
        let wrong = |why| NoEndpoint { written: written.chars().take(256).collect(), why };
        if let Some(path) = written.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.starts_with('/') {
                Ok(Endpoint::Unix(path.into()))
            } else {
                Err(wrong("the path is not absolute"))
            };
        }
        let (tls, rest) = match written.split_once("://") {
            Some(("https", rest)) => (Some(true), rest),
            Some(("http", rest)) => (Some(false), rest),
            Some(_) => return Err(wrong("the scheme is neither http nor https")),
            None => (None, written),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@".contains(c)) {
            return Err(wrong("there is more in it than a host and a port"));
        }
        let (host, port) =
            split(rest).ok_or_else(|| wrong("the brackets of an IPv6 address are missing or not closed"))?;
        if host.is_empty() {
            return Err(wrong("the host is missing"));
        }
        let port = match port {
            None => PORT,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| wrong("the port is no number from 1 to 65535"))?,
        };
        Ok(Endpoint::Tcp { host: host.to_owned(), port, tls: tls.unwrap_or(!is_loopback(host)) })
    }
}

/// Host and port; `[...]` around IPv6.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return if rest.is_empty() {
            Some((host, None))
        } else {
            Some((host, Some(rest.strip_prefix(':')?)))
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

/// As it would be written: without what is understood.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Unix(path) => write!(f, "unix:{}", path.display()),
            Endpoint::Tcp { tls, host, .. } => {
                let scheme = if *tls { "https://" } else { "http://" };
                let shown = if *tls != is_loopback(host) { "" } else { scheme };
                write!(f, "{shown}{}", self.authority())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, host: &str, port: u16, tls: bool, shown: &str) {
        let endpoint: Endpoint = written.parse().unwrap();
        assert_eq!(endpoint, Endpoint::Tcp { host: host.into(), port, tls }, "{written}");
        assert_eq!(endpoint.to_string(), shown);
        assert_eq!(shown.parse(), Ok(endpoint));
    }

    #[test]
    fn a_host_is_reached_by_https_but_for_the_own() {
        check("node1", "node1", 9095, true, "node1:9095");
        check("node1:80", "node1", 80, true, "node1:80");
        check("http://node1:80/", "node1", 80, false, "http://node1:80");
        check("localhost", "localhost", 9095, false, "localhost:9095");
        check("127.3.2.1:1", "127.3.2.1", 1, false, "127.3.2.1:1");
        check("https://127.0.0.1:1", "127.0.0.1", 1, true, "https://127.0.0.1:1");
        check("[::1]:7", "::1", 7, false, "[::1]:7");
        check("[fd00::1]", "fd00::1", 9095, true, "[fd00::1]:9095");
    }

    #[test]
    fn what_can_be_read_on_the_way_is_known() {
        let clear = |written: &str| written.parse::<Endpoint>().unwrap().is_clear();
        assert!(clear("http://node1") && clear("http://10.0.0.1") && clear("http://localhost.example.org"));
        assert!(!clear("node1") && !clear("localhost") && !clear("unix:/run/x") && !clear("http://[::1]:1"));
    }

    #[test]
    fn sockets_of_this_host() {
        for written in ["unix:/run/a b", "unix:///run/a b"] {
            assert_eq!(written.parse(), Ok(Endpoint::Unix("/run/a b".into())));
        }
        assert_eq!(Endpoint::Unix("/run/x".into()).to_string(), "unix:/run/x");
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        let wrong = [
            "",
            ":80",
            "http://",
            "a:0",
            "a:x",
            "a:65536",
            "ftp://a",
            "a/b",
            "http://a/b",
            "fd00::1",
            "[fd00::1",
            "[a]:1",
            "unix:run",
            "unix:",
            "user@a",
            "a b",
            "a\nb",
            "a?b",
            "[::1]x",
        ];
        for wrong in wrong {
            let error = wrong.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains("is no endpoint") && error.contains("HOST:PORT"), "{wrong:?}: {error}");
        }
    }
}
