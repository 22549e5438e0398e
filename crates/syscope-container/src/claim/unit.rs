//! Units of systemd.

use std::borrow::Cow;

use syscope_event::Unit;

/// The kinds of units that have cgroups, but for slices.
const KINDS: [&str; 5] = [".service", ".scope", ".socket", ".mount", ".swap"];

/// The unit of a path: in the manager of a user that user's unit, else the first service or scope (what
/// lies below is its own affair), else the last slice.
pub(super) fn parse(names: &[&[u8]]) -> Option<Unit> {
    let (mut slices, mut user, mut unit) = (Vec::new(), None, None);
    // A path begins with ".." where it leads out of the reader's cgroup namespace.
    for name in names.iter().skip_while(|name| **name == b"..") {
        let Some(name) = unit_name(name) else { break };
        if name.ends_with(".slice") {
            user = slice_user(name).or(user);
            slices.push(name);
            continue;
        }
        unit = Some((name, slices.last().copied()));
        match manager_user(name) {
            Some(uid) => user = Some(uid),
            None => break,
        }
    }
    let (name, slice) = match unit {
        Some(found) => found,
        None => (slices.pop()?, slices.pop()),
    };
    Some(Unit { name: name.into(), slice: slice.map(Box::from), user })
}

/// The unit that a cgroup is named for. systemd puts a `_` before names that the kernel's own files could have.
fn unit_name(name: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(name).ok()?;
    let name = name.strip_prefix('_').unwrap_or(name);
    is_unit(name).then_some(name)
}

/// Whether it is a unit's name as systemd.unit(5) has them.
fn is_unit(name: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.' | b'\\' | b'@');
    let stem = KINDS.iter().chain(&[".slice"]).find_map(|kind| name.strip_suffix(kind));
    name.len() <= 255
        && name.bytes().all(allowed)
        && stem.is_some_and(|stem| !stem.is_empty() && !stem.starts_with('@'))
}

/// The user of `user-UID.slice`.
pub(super) fn slice_user(name: &str) -> Option<u32> {
    parse_uid(name.strip_prefix("user-")?.strip_suffix(".slice")?)
}

/// The user of `user@UID.service`.
pub(super) fn manager_user(name: &str) -> Option<u32> {
    parse_uid(name.strip_prefix("user@")?.strip_suffix(".service")?)
}

fn parse_uid(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// A unit's name as people read it: `\x2d` and its like as the characters they stand for, if those are
/// visible. `systemctl` takes the name as it was.
pub fn unescape_unit(name: &str) -> Cow<'_, str> {
    if !name.contains("\\x") {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find("\\x") {
        out.push_str(&rest[..at]);
        let digits = rest.get(at + 2..at + 4);
        let byte = digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(u8::is_ascii_graphic);
        match byte {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 4..];
            }
            None => {
                out.push_str("\\x");
                rest = &rest[at + 2..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}
