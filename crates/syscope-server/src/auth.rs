//! Who may call.
//!
//! | listener | without token file | with token file |
//! | --- | --- | --- |
//! | Unix socket | whoever may open the file (mode 0660) | a token |
//! | loopback, plain | every local user, but only by a local `Host` | a token |
//! | TLS with client authority | a client certificate | a certificate and a token |
//! | TLS, loopback | every local user | a token |
//!
//! The page, its assets, the OpenAPI document and the two health checks hold nothing and need nothing (the details of
//! `/readyz` are left out for a stranger).

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use ring::digest::{SHA256, digest};
use subtle::{Choice, ConstantTimeEq as _};

use crate::config::Error;
use crate::reload::Reloaded;

/// What a token file may hold at most.
const FILE_MAX: u64 = 1 << 20;

/// The tokens that are good.
pub(crate) struct Tokens(Vec<[u8; 32]>);

/// The tokens of a file, which is read again when it changes.
pub(crate) fn reloaded(path: &Path) -> Result<Reloaded<Tokens>, Error> {
    let path: PathBuf = path.to_owned();
    Reloaded::new(vec![path.clone()], Box::new(move || load(&path)))
}

fn load(path: &Path) -> Result<Tokens, Error> {
    let wrong = |detail: String| Error::Tokens { path: path.to_owned(), detail };
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_string(&mut text));
    match read {
        Ok(bytes) if bytes as u64 > FILE_MAX => Err(wrong(format!("larger than {FILE_MAX} bytes"))),
        Ok(_) => Tokens::parse(&text).map_err(wrong),
        Err(error) => Err(wrong(error.to_string())),
    }
}

impl Tokens {
    /// One token a line; empty lines and those that begin with `#` hold none.
    fn parse(text: &str) -> Result<Tokens, String> {
        let mut tokens = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !line.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(format!("line {} is no token: only visible ASCII, no spaces", at + 1));
            }
            tokens.push(hash(line.as_bytes()));
        }
        if tokens.is_empty() { Err("holds no token; write one a line".into()) } else { Ok(Tokens(tokens)) }
    }

    /// Whether the request carries one of them. Takes as long for a wrong one as for a good one.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|token| {
            let given = hash(token);
            self.0.iter().fold(Choice::from(0), |found, good| found | given.ct_eq(good)).into()
        })
    }
}

/// Tokens are compared by their hashes: those have one length.
fn hash(token: &[u8]) -> [u8; 32] {
    digest(&SHA256, token).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    #[test]
    fn only_a_token_of_the_file_is_good() {
        let tokens = Tokens::parse("# comment\n\n  alpha \nbeta\r\n").unwrap();
        for good in ["Bearer alpha", "bearer beta", "BEARER  alpha"] {
            assert!(tokens.admit(&headers(&[good])), "{good}");
        }
        for wrong in [
            "Bearer ",
            "Bearer",
            "",
            "alpha",
            "Basic alpha",
            "Bearer alph",
            "Bearer alphaa",
            "Bearer # comment",
        ] {
            assert!(!tokens.admit(&headers(&[wrong])), "{wrong}");
        }
        assert!(!tokens.admit(&headers(&[])));
        assert!(!tokens.admit(&headers(&["Bearer alpha", "Bearer alpha"])));
    }

    #[test]
    fn a_file_without_tokens_is_an_error_that_shows_none() {
        for (text, line) in [("", "no token"), ("# a\n\n", "no token"), ("good\nse cret\n", "line 2")] {
            let error = Tokens::parse(text).err().unwrap();
            assert!(error.contains(line) && !error.contains("cret"), "{error}");
        }
    }
}
