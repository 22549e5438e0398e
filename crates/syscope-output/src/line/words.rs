//! The values of a call, from JSON to strace's form.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use serde::de::{Deserialize, Deserializer, Error as _};
use syscope_syscalls::names::signal;
use syscope_syscalls::sink::text::escape;
use syscope_syscalls::syscall::{Ret, Syscall, Ty};
use syscope_syscalls::{Abi, table};

use super::value::Value;
use crate::decimal::{push_int, push_uint};
use crate::text::push;

/// The specification of each name. Names don't depend on the machine: what another architecture calls is found too.
static NAMES: LazyLock<HashMap<&'static str, &'static Syscall>> = LazyLock::new(|| {
    let of = |abi: Abi| table::numbers(abi).iter().filter_map(move |(nr, _)| table::syscall(abi, *nr));
    // The machine's own last: where two tables differ, they win.
    let abis = Abi::ALL.iter().copied().filter(|abi| *abi != Abi::native()).chain([Abi::native()]);
    abis.flat_map(of).map(|syscall| (syscall.name, syscall)).collect()
});

/// Members whose text is data although it may look like a constant.
const DATA: [&str; 10] = [
    "sun_path",
    "iov_base",
    "d_name",
    "sysname",
    "nodename",
    "release",
    "version",
    "machine",
    "domainname",
    "ifr_name",
];

/// Writes the values of one call.
pub struct Words {
    syscall: Option<&'static Syscall>,
    fd_paths: bool,
}

/// The members of an object, in their order.
pub struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(members) => Ok(Members(members)),
            _ => Err(D::Error::custom("arguments are no object")),
        }
    }
}

/// Bytes from outside: a string, or `{"bytes":"<base64>"}`.
pub struct Bytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Text(text) => Ok(Bytes(text.into_bytes())),
            Value::Object(members) => {
                let data = data(&members).ok_or_else(|| D::Error::custom("neither text nor bytes"))?;
                Ok(Bytes(data.0))
            }
            _ => Err(D::Error::custom("neither text nor bytes")),
        }
    }
}

/// What a string is taken for.
#[derive(Clone, Copy)]
enum Is {
    /// Data: quoted, but for the address of what could not be read.
    Data,
    /// A constant or number.
    Constant,
    /// A set of constants; what stands for none of them.
    Set(&'static str),
    /// What it looks like.
    Either,
}

impl Is {
    fn of(ty: Ty) -> Is {
        match ty {
            Ty::Path | Ty::Str | Ty::Strings | Ty::Bytes(_) | Ty::Iovec(..) => Is::Data,
            Ty::Flags(set) => Is::Set(if set.zero.is_empty() { "0" } else { set.zero }),
            Ty::FlagsBy(set) => Is::of(Ty::Flags(set(Abi::native()))),
            Ty::Enum(_)
            | Ty::Fd
            | Ty::DirFd
            | Ty::Perm
            | Ty::Mode
            | Ty::Signal
            | Ty::Dev
            | Ty::Addr
            | Ty::Hex => Is::Constant,
            Ty::Out(inner) | Ty::When(_, inner) => Is::of(*inner),
            _ => Is::Either,
        }
    }
}

impl Words {
    /// For a call of this name.
    pub fn new(name: &str, fd_paths: bool) -> Words {
        Words { syscall: NAMES.get(name).copied(), fd_paths }
    }

    /// What the result means.
    pub fn ret(&self) -> Ret {
        self.syscall.map_or(Ret::Int, |syscall| syscall.ret)
    }

    fn is(&self, name: &str) -> bool {
        self.syscall.is_some_and(|syscall| syscall.name == name)
    }

    /// Appends the arguments, without their names.
    pub fn arguments(&self, out: &mut Vec<u8>, members: &Members) {
        let mut first = true;
        for (name, value, path) in pairs(&members.0) {
            separate(out, &mut first, ", ");
            let arg = self.syscall.and_then(|syscall| syscall.args.iter().find(|arg| arg.name == name));
            match (arg.map(|arg| arg.ty), value) {
                // A constant without a name is a plain number in JSON.
                (Some(Ty::Enum(_)), Value::Uint(value)) => push(out, &format!("{value:#x}")),
                (Some(Ty::Custom(_)), value) if name == "buf" => match value {
                    // Random bytes are digits in JSON.
                    Value::Text(digits) if self.is("getrandom") && !is_hex(digits) => random(out, digits),
                    value => self.push(out, value, Is::Data),
                },
                (ty, value) => self.push(out, value, ty.map_or(Is::Either, Is::of)),
            }
            self.target(out, path);
        }
    }

    /// Appends a value.
    pub fn value(&self, out: &mut Vec<u8>, value: &Value) {
        self.push(out, value, Is::Either);
    }

    /// Appends ` (details)`.
    pub fn details(&self, out: &mut Vec<u8>, details: &[Value]) {
        push(out, " (");
        let mut first = true;
        for detail in details {
            separate(out, &mut first, ", ");
            match detail {
                // What is left of a time-out has a label: `left {tv_sec=1, tv_nsec=0}`.
                Value::Object(members) if members.len() == 1 && members[0].0 == "left" => {
                    push(out, "left ");
                    self.value(out, &members[0].1);
                }
                Value::Text(word) => push_text(out, word, Is::Constant),
                detail => self.value(out, detail),
            }
        }
        out.push(b')');
    }

    /// Appends what a descriptor refers to, where that is wanted: `</etc/hosts>`.
    pub fn path(&self, out: &mut Vec<u8>, path: Option<&Bytes>) {
        if let Some(path) = path.filter(|_| self.fd_paths) {
            brackets(out, &path.0);
        }
    }

    fn target(&self, out: &mut Vec<u8>, path: Option<&Value>) {
        match path.filter(|_| self.fd_paths) {
            Some(Value::Text(path)) => brackets(out, path.as_bytes()),
            Some(Value::Object(members)) => {
                if let Some((bytes, _)) = data(members) {
                    brackets(out, &bytes);
                }
            }
            _ => {}
        }
    }

    fn push(&self, out: &mut Vec<u8>, value: &Value, is: Is) {
        match value {
            Value::Null => push(out, "NULL"),
            Value::Bool(value) => push(out, if *value { "true" } else { "false" }),
            Value::Int(value) => push_int(out, *value),
            Value::Uint(value) => push_uint(out, *value),
            Value::Float(value) => push(out, &value.to_string()),
            Value::Text(text) => push_text(out, text, is),
            Value::List(items) => self.list(out, items, is),
            Value::Object(members) => match data(members) {
                Some((bytes, cut)) => {
                    quote(out, &bytes);
                    push(out, if cut { "..." } else { "" });
                }
                None => self.structure(out, members, is),
            },
        }
    }

    fn structure(&self, out: &mut Vec<u8>, members: &[(String, Value)], is: Is) {
        out.push(b'{');
        let mut first = true;
        // As strace abbreviates it: what the file is, and how large.
        let stat = members.first().is_some_and(|member| member.0 == "st_dev")
            && members.iter().any(|member| member.0 == "st_mode");
        for (name, value, path) in pairs(members) {
            if stat && !matches!(name, "st_mode" | "st_size" | "st_rdev") {
                continue;
            }
            separate(out, &mut first, ", ");
            if let (Value::Text(address), "sin6_addr") = (value, name) {
                push(out, "inet_pton(AF_INET6, \"");
                escape(out, address.as_bytes());
                push(out, "\", &sin6_addr)");
                continue;
            }
            escape(out, name.as_bytes());
            out.push(b'=');
            match (name, value) {
                ("sin_port" | "sin6_port", Value::Uint(port)) => push(out, &format!("htons({port})")),
                ("sin6_flowinfo", Value::Uint(flow)) => push(out, &format!("htonl({flow})")),
                ("sin_addr", Value::Text(address)) => {
                    push(out, "inet_addr(\"");
                    escape(out, address.as_bytes());
                    push(out, "\")");
                }
                (name, value) if DATA.contains(&name) => self.push(out, value, Is::Data),
                (_, value) => self.push(out, value, is),
            }
            self.target(out, path);
        }
        if stat {
            separate(out, &mut first, ", ");
            push(out, "...");
        }
        out.push(b'}');
    }

    fn list(&self, out: &mut Vec<u8>, items: &[Value], is: Is) {
        if let (Is::Set(zero), true) = (is, items.is_empty()) {
            return push(out, zero);
        }
        let texts =
            || items.iter().map(|item| if let Value::Text(text) = item { Some(&**text) } else { None });
        let all = |holds: fn(&str) -> bool| !items.is_empty() && texts().all(|text| text.is_some_and(holds));
        if !matches!(is, Is::Data) && all(is_signal) {
            return signals(out, texts().flatten());
        }
        if matches!(is, Is::Set(_)) || (!matches!(is, Is::Data) && all(is_flag)) {
            let mut first = true;
            for item in items {
                separate(out, &mut first, "|");
                self.push(out, item, Is::Constant);
            }
            return;
        }
        out.push(b'[');
        let mut first = true;
        for item in items {
            separate(out, &mut first, ", ");
            match item {
                Value::Object(members) if is_cut(members) => push(out, "..."),
                item => self.push(out, item, is),
            }
        }
        out.push(b']');
    }
}

/// Members with what the text shows behind them: `fd_path` behind `fd`.
fn pairs(members: &[(String, Value)]) -> impl Iterator<Item = (&str, &Value, Option<&Value>)> {
    let is_path = |at: usize| {
        let before: usize = at.wrapping_sub(1);
        members.get(before).is_some_and(|(name, _)| members[at].0.strip_suffix("_path") == Some(name))
    };
    let visible = (0..members.len()).filter(move |at| !is_path(*at));
    visible.map(move |at| {
        let (name, value) = &members[at];
        let path = (at + 1 < members.len() && is_path(at + 1)).then(|| &members[at + 1].1);
        (&**name, value, path)
    })
}

fn separate(out: &mut Vec<u8>, first: &mut bool, separator: &str) {
    if !std::mem::take(first) {
        push(out, separator);
    }
}

fn push_text(out: &mut Vec<u8>, text: &str, is: Is) {
    let bare = match is {
        Is::Data => is_address(text),
        Is::Constant | Is::Set(_) => true,
        Is::Either => is_constant(text),
    };
    if bare { escape(out, text.as_bytes()) } else { quote(out, text.as_bytes()) }
}

fn quote(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    escape(out, bytes);
    out.push(b'"');
}

/// `"\x00\xfe"` for `00fe`.
fn random(out: &mut Vec<u8>, digits: &str) {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return quote(out, digits.as_bytes());
    }
    out.push(b'"');
    for byte in digits.as_bytes().chunks_exact(2) {
        push(out, "\\x");
        out.extend_from_slice(byte);
    }
    out.push(b'"');
}

/// `<target>`; the name of a file must not end the brackets.
fn brackets(out: &mut Vec<u8>, target: &[u8]) {
    out.push(b'<');
    let path = matches!(target.first(), Some(b'/' | b'.'));
    for part in target.split_inclusive(|byte| path && matches!(byte, b'<' | b'>')) {
        match part.split_last() {
            Some((b'<', before)) if path => {
                escape(out, before);
                push(out, "\\74");
            }
            Some((b'>', before)) if path => {
                escape(out, before);
                push(out, "\\76");
            }
            _ => escape(out, part),
        }
    }
    out.push(b'>');
}

/// The data of `{"text":...}` and `{"bytes":...}`, and whether it was cut.
fn data(members: &[(String, Value)]) -> Option<(Vec<u8>, bool)> {
    let cut = match members {
        [_] => false,
        [_, (name, Value::Bool(cut))] if name == "truncated" => *cut,
        _ => return None,
    };
    match &members[0] {
        (name, Value::Text(text)) if name == "text" && members.len() == 2 => {
            Some((text.clone().into_bytes(), cut))
        }
        (name, Value::Text(text)) if name == "bytes" => {
            Some((base64::engine::general_purpose::STANDARD.decode(text).ok()?, cut))
        }
        _ => None,
    }
}

/// What ends a list that was cut.
fn is_cut(members: &[(String, Value)]) -> bool {
    matches!(members, [(name, Value::Bool(true))] if name == "truncated")
}

fn is_hex(text: &str) -> bool {
    text.strip_prefix("0x")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether this is rather a pointer than the name of something: as long as addresses of mapped memory are.
fn is_address(text: &str) -> bool {
    is_hex(text) && text.len() >= 6 && !text.starts_with("0x0")
}

/// Whether this is a name in capitals.
fn is_name(text: &str) -> bool {
    let capitals =
        text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    capitals
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    is_hex(text) || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether this is a name, a number, several of them in one, or an expression of them.
fn is_constant(text: &str) -> bool {
    if ["makedev(", "_IOC(", "QCMD("].iter().any(|head| text.starts_with(head)) {
        return text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_(), |".contains(&byte));
    }
    text.split('|').all(|part| is_name(part) || is_number(part))
}

fn is_flag(text: &str) -> bool {
    // A number alone is not told from an argument; names in capitals are sets of bits.
    is_name(text) && text.contains('_') || is_name(text) && text.starts_with("POLL") || is_hex(text)
}

fn is_signal(text: &str) -> bool {
    text.starts_with("SIG") && is_name(text)
}

/// `[INT TERM]`; a set of most signals is shown by those it lacks.
fn signals<'a>(out: &mut Vec<u8>, names: impl Iterator<Item = &'a str>) {
    let names: Vec<&str> = names.collect();
    let short = |name: &str| name.strip_prefix("SIG").unwrap_or(name).to_owned();
    let shown: Vec<String> = if names.len() >= 64 * 2 / 3 {
        out.push(b'~');
        let all = (1..=64).map(|number| signal::name(number).into_owned());
        all.filter(|name| !names.contains(&&**name)).map(|name| short(&name)).collect()
    } else {
        names.into_iter().map(short).collect()
    };
    out.push(b'[');
    escape(out, shown.join(" ").as_bytes());
    out.push(b']');
}
