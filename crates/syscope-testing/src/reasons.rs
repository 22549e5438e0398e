//! Why arguments differ: the differences that are understood, and in what way the others differ.

use Side::{Actual, Expected};

/// Why two arguments differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is known; the text is the title of an [`Explanation`].
    Known(&'static str),
    /// It is not; this is in what way they differ.
    Unexplained(&'static str),
}

/// A kind of difference that is understood.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// What it is called.
    pub title: &'static str,
    /// Why it is so, for the documentation.
    pub why: &'static str,
    /// Where it occurs.
    pub places: &'static [Place],
}

/// An argument of some calls, and how it looks when it differs for the reason.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The calls.
    pub calls: &'static [&'static str],
    /// The arguments by name.
    pub arguments: &'static [&'static str],
    /// What one of the sides shows then.
    pub looks: Side,
}

/// What one of the sides shows.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// strace shows something with this in it.
    Expected(&'static str),
    /// Syscope shows something with this in it.
    Actual(&'static str),
}

const fn at(calls: &'static [&'static str], arguments: &'static [&'static str], looks: Side) -> Place {
    Place { calls, arguments, looks }
}

/// All explanations. The first that fits counts.
pub const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        title: "known at the entry only",
        why: "The kernel overwrites the argument: the size of a buffer (`[128 => 16]`), the sets of `select`, \
              the time that is left, the answer in a struct that was the question, the \
              empty argument of a program that was given none. strace stops at the entry as \
              well and shows what was there before; Syscope reads memory once, at the exit.",
        places: &[
            at(
                &["accept", "accept4", "getsockname", "getpeername", "recvfrom", "getsockopt"],
                &["addrlen", "optlen"],
                Expected("=>"),
            ),
            at(&["select", "pselect6", "_newselect"], &["readfds", "writefds", "exceptfds"], Expected("[")),
            at(
                &["select", "pselect6", "_newselect", "ppoll", "recvmmsg"],
                &["timeout", "tmo_p"],
                Expected("{tv_sec"),
            ),
            at(&["clock_nanosleep", "nanosleep"], &["request", "req"], Expected("{tv_sec")),
            at(&["capget"], &["hdrp"], Actual("_LINUX_CAPABILITY_VERSION_3")),
            at(&["set_thread_area"], &["u_info"], Expected("entry_number=-1")),
            // The kernel gives a program without arguments an empty one.
            at(&["execve", "execveat"], &["argv"], Actual("[\"\"]")),
        ],
    },
    Explanation {
        title: "memory that is not present",
        why: "A call that seccomp denies never touches its strings. A page the program has not touched either is \
              not in memory, and a tracer inside the kernel can't wait for it to be read from the file; the \
              address is shown.",
        places: &[at(&["mkdir", "rmdir"], &["pathname"], Actual("ADDR"))],
    },
    Explanation {
        title: "shown by Syscope as far as it can be read",
        why: "The buffer runs beyond what is mapped. strace shows the address, Syscope the bytes that are there, \
              marked as cut.",
        places: &[at(&["write"], &["buf"], Expected("ADDR"))],
    },
    Explanation {
        title: "only what was received",
        why: "strace shows the buffer in the size the program gave, with what lies behind the message.",
        places: &[at(&["msgrcv"], &["msgp"], Expected("mtext"))],
    },
    Explanation {
        title: "newer than strace",
        why: "The constant has no name in strace 6.1.",
        places: &[at(&["membarrier"], &["result"], Actual("MEMBARRIER_CMD_GET_REGISTRATIONS"))],
    },
    Explanation {
        title: "longer lists",
        why: "strace's limit for strings is its limit for the number of arguments too; Syscope has one of its own.",
        places: &[at(&["execve", "execveat"], &["argv"], Expected("\", ...]"))],
    },
];

/// Why `expected` (strace) and `actual` (Syscope) differ in this argument.
pub fn explain(call: &str, argument: &str, expected: &str, actual: &str) -> Reason {
    let fits = |place: &Place| {
        place.calls.contains(&call)
            && place.arguments.contains(&argument)
            && match place.looks {
                Expected(part) => expected.contains(part),
                Actual(part) => actual.contains(part),
            }
    };
    match EXPLANATIONS.iter().find(|explanation| explanation.places.iter().any(fits)) {
        Some(explanation) => Reason::Known(explanation.title),
        None => Reason::Unexplained(classify(expected, actual)),
    }
}

/// In what way two arguments differ.
pub fn classify(expected: &str, actual: &str) -> &'static str {
    let sorted = |text: &str| {
        let mut words: Vec<String> = text.split(['|', ' ']).map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let strip = |text: &str| text.split(" /*").next().unwrap_or_default().to_owned();
    let is_address = |text: &str| text == "ADDR" || text == "NULL" || text.starts_with("0x");
    match (expected, actual) {
        ("", _) => "only Syscope shows it",
        (_, "") => "only strace shows it",
        _ if sorted(expected) == sorted(actual) => "order",
        _ if strip(expected) == strip(actual) => "remark",
        _ if expected.starts_with('"') && actual.starts_with('"') => "string",
        _ if is_address(actual) && !is_address(expected) => "decoded by strace only",
        _ if is_address(expected) && !is_address(actual) => "decoded by Syscope only",
        _ if expected.starts_with('{') && actual.starts_with('{') => "struct",
        _ if expected.starts_with('[') && actual.starts_with('[') => "list",
        _ if expected.contains('_') || actual.contains('_') => "names of flags",
        _ => "value",
    }
}

impl Reason {
    /// The words for it.
    pub fn text(&self) -> &'static str {
        match self {
            Reason::Known(text) | Reason::Unexplained(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_has_its_title() {
        let known = |call, argument, expected, actual| match explain(call, argument, expected, actual) {
            Reason::Known(title) => title,
            Reason::Unexplained(_) => "",
        };
        assert_eq!(known("getsockname", "addrlen", "[128 => 16]", "[16]"), "known at the entry only");
        assert_eq!(known("getsockname", "addrlen", "[16]", "[128]"), "");
        assert_eq!(known("mkdir", "pathname", "\"a\"", "ADDR"), "memory that is not present");
        assert_eq!(known("mkdir", "pathname", "\"a\"", "\"b\""), "");
    }

    #[test]
    fn what_is_not_known_is_described() {
        let describe = |expected: &str, actual: &str| explain("f", "x", expected, actual).text();
        assert_eq!(describe("A|B", "B|A"), "order");
        assert_eq!(describe("\"a\"...", "\"a\""), "string");
        assert_eq!(describe("{a=1}", "0x7fff0000"), "decoded by strace only");
        assert_eq!(describe("0x7fff0000", "[1]"), "decoded by Syscope only");
        assert_eq!(describe("5 /* x */", "5"), "remark");
        assert_eq!(describe("", "5"), "only Syscope shows it");
    }
}
