//! What a client may say, and the answers: pure functions of bytes.
//!
//! | answer | to |
//! | --- | --- |
//! | 204 | `POST /` of `text/plain` with the number of a pid namespace |
//! | 400 | what is not HTTP/1.0 or 1.1, a wrong `Host` or length, a body that is not such a number |
//! | 404, 405 | another path, another method |
//! | 408 | a request that is not complete after five seconds |
//! | 411, 413 | a body without `Content-Length` (chunked too), one of more than 64 bytes |
//! | 415 | another or no `Content-Type` |
//! | 417 | an `Expect` that is not `100-continue` |
//! | 429 | silence, when there are too many connections |
//! | 431 | a head of more than 8 KiB or 64 fields |

use std::borrow::Cow;

use httparse::{Header, Status};

/// The head of a request may have so many bytes...
const HEAD_MAX: usize = 8 << 10;
/// ... and so many fields.
const FIELDS_MAX: usize = 64;
/// A body may have so many bytes: ten digits, and white space around them.
const BODY_MAX: u64 = 64;
/// As much of a request as is looked at.
pub const REQUEST_MAX: usize = HEAD_MAX + BODY_MAX as usize;

/// The answer to the right request.
pub const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
/// What a client waits for that wants to know whether its body is welcome.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What is known of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is not complete.
    More,
    /// The head is complete and right, and the client waits for [`CONTINUE`].
    BodyWanted,
    /// It is complete and right.
    Number(u32),
    /// It is wrong, complete or not.
    Refused(Refusal),
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    reason: Cow<'static, str>,
    /// Whether the client wants the head of the answer only.
    head_only: bool,
}

impl Refusal {
    // Reasons go to the log too: they hold nothing that the client has made up.
    fn new(status: u16, reason: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { status, reason: reason.into(), head_only: false }
    }

    /// The client ended before the request did.
    pub fn ended() -> Refusal {
        Refusal::new(400, "the request ends before it is complete")
    }

    /// The client took too long.
    pub fn slow() -> Refusal {
        Refusal::new(408, "the request was not complete after five seconds")
    }

    /// The place is needed for another client.
    pub fn crowded() -> Refusal {
        Refusal::new(429, "too many connections, and this one was the oldest")
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What is wrong.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The answer.
    pub fn response(&self) -> Vec<u8> {
        let phrase = match self.status {
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            411 => "Length Required",
            413 => "Content Too Large",
            415 => "Unsupported Media Type",
            417 => "Expectation Failed",
            429 => "Too Many Requests",
            431 => "Request Header Fields Too Large",
            _ => "Bad Request",
        };
        let allow = if self.status == 405 { "Allow: POST\r\n" } else { "" };
        let body = format!("{}\n", self.reason);
        format!(
            "HTTP/1.1 {} {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             {allow}Connection: close\r\n\r\n{}",
            self.status,
            body.len(),
            if self.head_only { "" } else { &body },
        )
        .into_bytes()
    }
}

/// Looks at the beginning of a request, or all of it.
pub fn examine(bytes: &[u8]) -> Progress {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    let head = match request.parse(bytes) {
        Ok(Status::Complete(head)) if head <= HEAD_MAX => head,
        Ok(Status::Partial) if bytes.len() < HEAD_MAX => return Progress::More,
        Ok(_) => {
            return Progress::Refused(Refusal::new(431, format!("the head has more than {HEAD_MAX} bytes")));
        }
        Err(httparse::Error::TooManyHeaders) => {
            return Progress::Refused(Refusal::new(
                431,
                format!("the head has more than {FIELDS_MAX} fields"),
            ));
        }
        Err(err) => {
            return Progress::Refused(Refusal::new(400, format!("not a request of HTTP/1.0 or 1.1: {err}")));
        }
    };
    match examine_head(&request) {
        Err(mut refusal) => {
            refusal.head_only = request.method == Some("HEAD");
            Progress::Refused(refusal)
        }
        Ok(length) => match bytes[head..].get(..length) {
            Some(body) => parse_number(body).map_or_else(Progress::Refused, Progress::Number),
            // HTTP/1.0 knows no 100: it is to be ignored there.
            None if request.version == Some(1) && field(request.headers, "Expect").next().is_some() => {
                Progress::BodyWanted
            }
            None => Progress::More,
        },
    }
}

/// The length of the body, if the head is right.
fn examine_head(request: &httparse::Request<'_, '_>) -> Result<usize, Refusal> {
    let fields = &*request.headers;
    if request.version == Some(1) && field(fields, "Host").count() != 1 {
        return Err(Refusal::new(400, "HTTP/1.1 needs one Host field"));
    }
    if path(request.path.unwrap_or_default()) != "/" {
        return Err(Refusal::new(404, "there is only /"));
    }
    if request.method != Some("POST") {
        return Err(Refusal::new(405, "the method must be POST"));
    }
    let mut types = field(fields, "Content-Type");
    if !matches!((types.next(), types.next()), (Some(value), None) if is_plain_text(value)) {
        return Err(Refusal::new(415, "the Content-Type must be text/plain"));
    }
    if field(fields, "Expect").any(|value| !value.eq_ignore_ascii_case(b"100-continue")) {
        return Err(Refusal::new(417, "only 100-continue can be expected"));
    }
    if field(fields, "Transfer-Encoding").next().is_some() {
        return Err(if field(fields, "Content-Length").next().is_some() {
            Refusal::new(400, "Content-Length and Transfer-Encoding exclude each other")
        } else {
            Refusal::new(411, "no Transfer-Encoding is taken: the Content-Length is needed")
        });
    }
    let mut lengths = field(fields, "Content-Length");
    let length = lengths.next().ok_or_else(|| Refusal::new(411, "the Content-Length is missing"))?;
    if lengths.next().is_some() || length.is_empty() || !length.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::new(400, "the Content-Length is not one number"));
    }
    // All digits: what does not fit is too large.
    let length = std::str::from_utf8(length).ok().and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX);
    if length > BODY_MAX {
        return Err(Refusal::new(413, format!("the body has more than {BODY_MAX} bytes")));
    }
    Ok(length as usize)
}

/// The values of a field.
fn field<'a>(fields: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value.trim_ascii())
}

/// The path of a request target, which may also be written as to a proxy.
fn path(target: &str) -> &str {
    match target.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("http://") => {
            target[7..].find(['/', '?']).map_or("/", |start| &target[7 + start..])
        }
        _ => target,
    }
}

/// Whether a type is `text/plain`, with whatever parameters.
fn is_plain_text(value: &[u8]) -> bool {
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    value[..end].trim_ascii().eq_ignore_ascii_case(b"text/plain")
}

fn parse_number(body: &[u8]) -> Result<u32, Refusal> {
    let digits = body.trim_ascii();
    let number = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|&number| number > 0);
    number.ok_or_else(|| {
        Refusal::new(400, "the body must be the number of a pid namespace: decimal, from 1 to 4294967295")
    })
}
