//! What a server is told, and what can be wrong with it.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::limits::Limits;

/// How a server is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where it listens.
    pub listen: Vec<Listen>,
    /// With these, all TCP addresses speak TLS only.
    pub tls: Option<TlsFiles>,
    /// A file of bearer tokens, one a line. With it every listener wants one of them, Unix sockets and loopback too.
    pub token_file: Option<PathBuf>,
    /// Names of this host that a request to a loopback address may carry as its `Host`, besides `localhost` and loopback
    /// addresses.
    pub host_names: Vec<String>,
    /// Bounds.
    pub limits: Limits,
    /// How long open requests and streams may take to come to their end at shutdown.
    pub grace: Duration,
    /// How often certificates and tokens are looked at for a change.
    pub reload_every: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: vec![Listen::Tcp(SocketAddr::from(([127, 0, 0, 1], 9095)))],
            tls: None,
            token_file: None,
            host_names: Vec::new(),
            limits: Limits::default(),
            grace: Duration::from_secs(5),
            reload_every: Duration::from_secs(2),
        }
    }
}

/// Files in PEM form, read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// With it, callers must show a certificate that one of these authorities has signed.
    pub client_ca: Option<PathBuf>,
}

/// Where to listen: `127.0.0.1:9095`, `[::1]:9095` or `unix:/run/syscope.sock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address and port; port 0 takes a free one.
    Tcp(SocketAddr),
    /// A socket file.
    Unix(PathBuf),
}

/// Where a server does listen: a [`Listen`] whose port is known.
pub type Address = Listen;

impl FromStr for Listen {
    type Err = Error;

    fn from_str(text: &str) -> Result<Listen, Error> {
        if let Some(path) = text.strip_prefix("unix:") {
            let ok = !path.is_empty() && !path.contains('\0');
            return ok.then(|| Listen::Unix(path.into())).ok_or_else(|| Error::NoAddress(text.into()));
        }
        text.parse().map(Listen::Tcp).map_err(|_| Error::NoAddress(text.into()))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Tcp(address) => address.fmt(f),
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Config {
    /// Whether what it says goes together. Reads no file.
    ///
    /// # Errors
    /// [`Error::NoListener`]; [`Error::Open`] for an address that others reach, without TLS and a way to tell who calls.
    pub fn check(&self) -> Result<(), Error> {
        if self.listen.is_empty() {
            return Err(Error::NoListener);
        }
        let client_ca = self.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        let known = self.token_file.is_some() || client_ca;
        for listen in &self.listen {
            if let Listen::Tcp(address) = listen
                && !is_loopback(address.ip())
                && !(self.tls.is_some() && known)
            {
                return Err(Error::Open { address: *address, tls: self.tls.is_some() });
            }
        }
        Ok(())
    }
}

/// Whether only this host reaches the address.
pub(crate) fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Why a server does not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It would listen nowhere.
    #[error("no address to listen on: give one, as 127.0.0.1:9095 or unix:/run/syscope.sock")]
    NoListener,
    /// The text is no address.
    #[error("{0:?} is no address to listen on; write 127.0.0.1:9095, [::1]:9095 or unix:/run/syscope.sock")]
    NoAddress(String),
    /// Others would reach it, unprotected.
    #[error(
        "{address} can be reached from other hosts, and {}: listen on 127.0.0.1, [::1] or unix:PATH, or give {}a token file or \
         the authority of client certificates",
        if *tls { "every caller would be let in" } else { "neither who calls nor what is said would be protected" },
        if *tls { "" } else { "a TLS certificate with its key and " }
    )]
    Open {
        /// The address.
        address: SocketAddr,
        /// Whether TLS is there.
        tls: bool,
    },
    /// An address cannot be had.
    #[error("listen on {listen}")]
    Bind {
        /// The address.
        listen: Listen,
        /// Why.
        source: io::Error,
    },
    /// Another process listens on the socket file.
    #[error("listen on unix:{}: another process listens there; stop it or choose another path", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Something else is where the socket file should be.
    #[error("listen on unix:{}: the file is no socket, so it stays; remove it or choose another path", path.display())]
    NotSocket {
        /// The file.
        path: PathBuf,
    },
    /// A certificate, key or authority is of no use.
    #[error("{}: {detail}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The token file is of no use.
    #[error("token file {}: {detail}", path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; never a token.
        detail: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str, tls: bool, client_ca: bool, token: bool) -> Config {
        Config {
            listen: vec![listen.parse().unwrap()],
            tls: tls.then(|| TlsFiles {
                cert: "c".into(),
                key: "k".into(),
                client_ca: client_ca.then(|| "ca".into()),
            }),
            token_file: token.then(|| "t".into()),
            ..Config::default()
        }
    }

    #[test]
    fn an_open_address_needs_tls_and_a_way_to_tell_who_calls() {
        for open in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[2001:db8::1]:1", "[::ffff:192.0.2.1]:1"] {
            for (tls, ca, token, ok) in [
                (false, false, false, false),
                (false, false, true, false),
                (true, false, false, false),
                (true, false, true, true),
                (true, true, false, true),
                (true, true, true, true),
            ] {
                let checked = config(open, tls, ca, token).check();
                assert_eq!(checked.is_ok(), ok, "{open} {tls} {ca} {token}");
                if let Err(error) = checked {
                    let text = error.to_string();
                    assert!(text.contains(open) && text.contains("unix:PATH"), "{text}");
                    assert!(text.contains("token file"), "{text}");
                }
            }
        }
    }

    #[test]
    fn loopback_and_socket_files_are_fine_alone() {
        for near in ["127.0.0.1:0", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "unix:/run/x.sock"] {
            config(near, false, false, false).check().unwrap();
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["", "unix:", "9095", "localhost", "host:1", "127.0.0.1", "127.0.0.1:99999", "unix:a\0b"]
        {
            assert!(wrong.parse::<Listen>().unwrap_err().to_string().contains("unix:/run/"), "{wrong}");
        }
        assert!(matches!(Config { listen: vec![], ..Config::default() }.check(), Err(Error::NoListener)));
    }
}
