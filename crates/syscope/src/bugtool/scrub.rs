//! Nothing secret gets into an archive: every byte of it goes through a [`Scrub`].
//!
//! It hides what looks like a secret (a value whose name says so, a bearer token, a password in a URL, a
//! private key), what the user's own patterns match, and every place where a secret stands that is known
//! by its value ([`super::secrets`]). Texts are looked at line by line. Rather too much is hidden than too
//! little: what is hidden can be asked for, what was sent cannot be called back.

use anyhow::Context as _;
use syscope_output::exec::Redactor;

/// Names whose values are secrets, wherever in a longer name they stand.
const NAMES: &str = r"(?:token|passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key|signing[_-]?key|auth[_-]?key|encryption[_-]?key|credential|cookie|client-key-data|client-certificate-data|certificate-authority-data)";

/// Shorter values are not hidden wherever they stand: they would be found everywhere.
const KNOWN_MIN: usize = 6;
/// Secrets known by value; each costs a search of the whole archive.
const KNOWN_MAX: usize = 256;

/// Hides secrets.
#[derive(Debug)]
pub struct Scrub {
    redactor: Redactor,
}

impl Scrub {
    /// Hides what looks like a secret, what `own` patterns match, and the values `known`.
    pub fn new(own: &[String], known: &[Vec<u8>]) -> anyhow::Result<Scrub> {
        let mut patterns = defaults();
        patterns.extend(own.iter().filter(|pattern| !pattern.is_empty()).cloned());
        let long = known.iter().filter(|value| value.len() >= KNOWN_MIN);
        patterns.extend(long.take(KNOWN_MAX).map(|value| literally(value)));
        Ok(Scrub { redactor: Redactor::new(&patterns).context("patterns to redact")? })
    }

    /// A text of lines without its secrets.
    pub fn text(&self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut in_key = false;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let (line, end) = match line.strip_suffix(b"\n") {
                Some(line) => (line, &b"\n"[..]),
                None => (line, &b""[..]),
            };
            let (begins, ends) = (holds(line, b"-----BEGIN"), holds(line, b"-----END"));
            let private = holds(line, b"PRIVATE KEY");
            if in_key || (begins && private) {
                in_key = !ends;
                out.extend_from_slice(b"[REDACTED]");
            } else {
                // A NUL would make several arguments of the line.
                let line: Vec<u8> = line.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect();
                out.extend_from_slice(&self.redactor.arguments(&line).0);
            }
            out.extend_from_slice(end);
        }
        out
    }

    /// Arguments, each closed by a NUL, without their secrets; also those that stand in the next argument.
    pub fn arguments(&self, area: &[u8]) -> Vec<u8> {
        self.redactor.arguments(area).0.into_owned()
    }
}

/// Whether a variable, flag or key of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 17] = [
        "token",
        "passwd",
        "password",
        "passphrase",
        "secret",
        "apikey",
        "api-key",
        "accesskey",
        "access-key",
        "privatekey",
        "private-key",
        "credential",
        "cookie",
        "key-data",
        "certificate-data",
        "authorization",
        // Patterns name what is to be hidden.
        "redact",
    ];
    let name = name.to_ascii_lowercase().replace('_', "-");
    PARTS.iter().any(|part| name.contains(part)) || name.ends_with("-key") || name == "key"
}

/// What looks like a secret. Every pattern is tried on every line; groups are what is hidden.
fn defaults() -> Vec<String> {
    let name = format!("(?i)[a-z0-9_.-]*{NAMES}[a-z0-9_.-]*");
    // Patterns name what they are to hide.
    let flag = format!("(?i)--?[a-z0-9_.-]*(?:{NAMES}|redact)[a-z0-9_.-]*");
    let quoted = r#"(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')"#;
    vec![
        // NAME=value, NAME: value, "NAME": "value"; at the beginning of a line to its end.
        format!(r#"{name}\\?["']?\s*[=:]\s*([^\s"',;&]+)"#),
        format!(r#"{name}\\?["']?\s*[=:]\s*{quoted}"#),
        format!(r#"{name}\\"\s*[=:]\s*\\"(.*?)\\""#),
        format!(r#"^\s*(?:-\s+)?(?:export\s+)?["']?{name}["']?\s*[=:]\s*(.+)"#),
        // --NAME value, and the same as elements of a list.
        format!(r#"{flag}[ =]+([^\s"']+)"#),
        format!(r#"{flag}[ =]+{quoted}"#),
        format!(r#"["']{flag}["']\s*,\s*{quoted}"#),
        r#"(?i)\bauthorization["']?\s*[:=]\s*["']?(.+)"#.to_owned(),
        r"(?i)\bbearer[\s:=]+([a-z0-9._~+/=-]{4,})".to_owned(),
        r"(?i)[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@".to_owned(),
        r"(?i)[?&](?:sig|signature|code|key|x-amz-[a-z-]+)=([^&\s]+)".to_owned(),
        // JSON web tokens, and tokens that say by their beginning what they are.
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+".to_owned(),
        r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}".to_owned(),
        r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk-|hf_|npm_|dckr_pat_)[A-Za-z0-9_-]{8,}".to_owned(),
    ]
}

/// A pattern for exactly these bytes.
fn literally(value: &[u8]) -> String {
    value.iter().map(|byte| format!(r"\x{byte:02x}")).collect()
}

fn holds(line: &[u8], wanted: &[u8]) -> bool {
    line.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(text: &str) -> String {
        let scrub =
            Scrub::new(&["own-[0-9]+".into()], &[b"known-by-value".to_vec(), b"abc".to_vec()]).unwrap();
        String::from_utf8(scrub.text(text.as_bytes())).unwrap()
    }

    #[test]
    fn secrets_are_hidden() {
        for text in [
            "token=HIDE",
            "TOKEN: HIDE",
            "my_db_password = HIDE",
            "password: HIDE HIDE",
            "  - export API_KEY=\"HIDE HIDE\"",
            "{\"token\":\"HIDE\",\"x\":1}",
            "{\"msg\":\"{\\\"secret\\\":\\\"HIDE\\\"}\"}",
            "mysql --password HIDE db",
            "mysql --password='HIDE HIDE' db",
            "[\"curl\",\"--api-key\",\"HIDE\"]",
            "syscope exec --redact HIDE-[0-9]+",
            "curl -H 'Authorization: Basic HIDE'",
            "Authorization: Bearer HIDE.HIDE",
            "got bearer HIDE here",
            "postgres://user:HIDE@db/x",
            "https://x/y?sig=HIDE&z=1",
            "    client-key-data: HIDE==",
            "jwt eyJhbGciOiJIUzI1HIDE.eyJzdWIiOiHIDE.sigHIDE end",
            "ghp_HIDEHIDE0123",
            "x known-by-value y",
            "an own-123 pattern",
        ] {
            let out = scrubbed(text);
            let found = ["HIDE", "known-by-value", "own-1"].iter().any(|secret| out.contains(secret));
            assert!(!found && out.contains("[REDACTED]"), "{text} -> {out}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "Max locked memory 8388608",
            "kernel.kptr_restrict = 1",
            "tmpfs /run/secrets tmpfs rw 0 0",
            "abc abc",
            "{\"name\":\"sys_exit\",\"status\":\"ok\"}",
            "a\nb\n",
            "no newline at the end",
        ] {
            assert_eq!(scrubbed(text), text);
        }
    }

    #[test]
    fn private_keys_are_hidden_whole() {
        let text = "a\n-----BEGIN RSA PRIVATE KEY-----\nAAAA\nBBBB\n-----END RSA PRIVATE KEY-----\nb\n";
        assert_eq!(scrubbed(text), "a\n[REDACTED]\n[REDACTED]\n[REDACTED]\n[REDACTED]\nb\n");
        assert_eq!(scrubbed("-----BEGIN CERTIFICATE-----\nAAAA\n"), "-----BEGIN CERTIFICATE-----\nAAAA\n");
    }

    #[test]
    fn arguments_are_hidden_across_their_ends() {
        let scrub = Scrub::new(&[], &[]).unwrap();
        let out = scrub.arguments(b"syscope\0--token\0HIDE ME\0-x\0");
        assert_eq!(out, b"syscope\0--token\0[REDACTED]\0-x\0");
    }

    #[test]
    fn names_of_secrets() {
        for name in ["SYSCOPE_TOKEN_FILE", "db-password", "apiKey", "redact", "tls-key", "key"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["max-events", "kubeconfig", "keyboard", "log-level"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_bad_pattern_is_an_error() {
        assert!(Scrub::new(&["(".into()], &[]).is_err());
    }
}
