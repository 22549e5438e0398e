//! Sets of system calls, written as a user types them (`-s, --syscalls LIST`).
//!
//! A list is items between commas:
//!
//! | item | selects |
//! | --- | --- |
//! | `openat`, `sys_openat` | the call of that name, on every ABI that has it |
//! | `257`, `11@32` | a number, of this machine's 64-bit calls unless an ABI is named |
//! | `%file`, `%%stat` | a class of strace: `%desc %file %memory %process %signal %ipc %network` (`%net`) `%creds %clock %pure %stat %lstat %fstat %statfs %fstatfs %%stat %%statfs` |
//! | `%FileSystem`, `%Sockets` | a class or group of the [taxonomy](crate::taxonomy) |
//! | `/^sched_` | every call whose name the regular expression finds |
//! | `all`, `none` | every call, known or not; nothing |
//!
//! * `!` before an item takes its calls out again, wherever in the list it stands: `%file,!readlink`.
//!   `!` before the first item negates the whole list: `!read,write` is everything but those two, and so is
//!   `!read,!write`. A negated list selects calls that no table knows, as `all` does.
//! * `?` before an item makes it no error if nothing is called that: `?futex_wake,futex`.
//! * `@64`, `@32`, `@x86_64`, `@i386`, `@aarch64` after an item limit it to those calls.
//! * A name also stands for what a 32-bit C library calls in its place on i386, so that `mmap` misses
//!   nothing there: `mmap2`, `stat64`, `_llseek`, `getuid32`, `futex_time64` and their like. With an ABI it is
//!   meant exactly: `stat@32` is not `stat64`. The multiplexers `socketcall` and `ipc` have to be named.
//! * Strace's classes are in small letters. `%ipc`, `%network` and `%process` written so are strace's, in any
//!   other spelling (`%IPC`) they are the taxonomy's, where small and capital letters are otherwise the same.

use std::fmt;

use crate::Abi;
use crate::syscall::Syscall;
use crate::table::{self, WIDTH};
use crate::taxonomy::{Class, Group, Sets};

pub mod suggest;

/// Words of a [bitmap](Set::bitmap).
pub const WORDS: usize = WIDTH / 64;

/// A set of system calls. Equal sets select the same calls, however they were written.
#[derive(Debug, Clone)]
pub struct Set {
    numbers: Numbers,
    text: String,
}

/// What is wrong with a list.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("an item is missing in the list of system calls {list:?}")]
    Empty { list: String },
    #[error("no system call is called {item:?}{}", suggest::Question(suggestions))]
    UnknownName { item: String, suggestions: Vec<String> },
    #[error("no class is called {item:?}{}; classes are {}", suggest::Question(suggestions), Classes)]
    UnknownClass { item: String, suggestions: Vec<String> },
    #[error("no ABI is called {abi:?} in {item:?}; there are 64, 32, x86_64, i386 and aarch64")]
    UnknownAbi { item: String, abi: String },
    #[error("{item:?} selects nothing: no such call by that ABI")]
    OtherAbi { item: String },
    #[error("the number {item:?} is too large: system calls are numbered from 0 to {}", WIDTH - 1)]
    NumberTooLarge { item: String },
    #[error("the pattern {item:?} is not a regular expression")]
    Pattern { item: String, source: regex_lite::Error },
    #[error("the pattern {item:?} matches no system call")]
    NoMatch { item: String },
}

impl Set {
    /// Every call, also those that no table knows.
    pub fn all() -> Set {
        Set { numbers: Numbers::NONE.complement(), text: "all".into() }
    }

    /// Reads a list.
    pub fn parse(list: &str) -> Result<Set, Error> {
        let trimmed = list.trim();
        let (negated, items) = match trimmed.strip_prefix('!') {
            Some(items) => (true, items),
            None => (false, trimmed),
        };
        let (mut included, mut excluded) = (Numbers::NONE, Numbers::NONE);
        let mut text = String::from(if negated { "!" } else { "" });
        for (index, item) in items.split(',').map(str::trim).enumerate() {
            let (sign, name) = match item.strip_prefix('!') {
                Some(name) => ("!", name.trim()),
                None => ("", item),
            };
            if name.is_empty() {
                return Err(Error::Empty { list: list.into() });
            }
            let numbers = select(name)?;
            if sign.is_empty() || negated {
                included = included.or(&numbers);
            } else {
                excluded = excluded.or(&numbers);
            }
            text.extend([if index > 0 { "," } else { "" }, sign, name]);
        }
        let numbers = if negated { included.complement() } else { included.minus(&excluded) };
        Ok(Set { numbers, text })
    }

    /// Whether a call is selected.
    pub fn contains(&self, abi: Abi, nr: u32) -> bool {
        match self.numbers.words.get(abi as usize) {
            Some(words) if (nr as usize) < WIDTH => words[nr as usize / 64] >> (nr % 64) & 1 != 0,
            _ => self.numbers.unknown,
        }
    }

    /// The selected numbers of an ABI: bit `n % 64` of word `n / 64` stands for number `n`.
    pub fn bitmap(&self, abi: Abi) -> [u64; WORDS] {
        let unknown = if self.numbers.unknown { u64::MAX } else { 0 };
        self.numbers.words.get(abi as usize).copied().unwrap_or([unknown; WORDS])
    }

    /// Whether numbers outside every table are selected, beyond the bitmap and on ABIs without a table
    /// included.
    pub fn includes_unknown(&self) -> bool {
        self.numbers.unknown
    }

    /// Whether every call is selected.
    pub fn is_all(&self) -> bool {
        self.numbers == Numbers::NONE.complement()
    }

    /// Whether no call is selected.
    pub fn is_empty(&self) -> bool {
        self.numbers == Numbers::NONE
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Set) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for Set {}

impl std::str::FromStr for Set {
    type Err = Error;

    fn from_str(list: &str) -> Result<Set, Error> {
        Set::parse(list)
    }
}

/// The list as it was written, without superfluous spaces.
impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Every class and group that `%` knows, without the `%`: strace's, then the taxonomy's classes, then its groups.
pub fn classes() -> impl Iterator<Item = &'static str> {
    let strace = Sets::ALL.iter().map(|entry| entry.0).chain(["net"]);
    let classes = Class::ALL.iter().map(|class| class.name());
    strace.chain(classes).chain(Group::ALL.iter().map(|group| group.name()))
}

/// Numbers of all ABIs that have a table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Numbers {
    /// By `Abi as usize`.
    words: [[u64; WORDS]; Abi::ALL.len()],
    /// Whether everything without a place in `words` is in.
    unknown: bool,
}

impl Numbers {
    const NONE: Numbers = Numbers { words: [[0; WORDS]; Abi::ALL.len()], unknown: false };

    fn add(&mut self, abi: Abi, nr: u32) {
        self.words[abi as usize][nr as usize / 64] |= 1 << (nr % 64);
    }

    fn zip(&self, other: &Numbers, op: impl Fn(u64, u64) -> u64) -> [[u64; WORDS]; Abi::ALL.len()] {
        std::array::from_fn(|abi| std::array::from_fn(|at| op(self.words[abi][at], other.words[abi][at])))
    }

    fn or(&self, other: &Numbers) -> Numbers {
        Numbers { words: self.zip(other, |a, b| a | b), unknown: self.unknown || other.unknown }
    }

    fn minus(&self, other: &Numbers) -> Numbers {
        Numbers { words: self.zip(other, |a, b| a & !b), unknown: self.unknown && !other.unknown }
    }

    fn complement(&self) -> Numbers {
        Numbers { words: self.zip(self, |a, _| !a), unknown: !self.unknown }
    }
}

/// The calls of one item, which has no `!` any more.
fn select(item: &str) -> Result<Numbers, Error> {
    let (optional, item) = match item.strip_prefix('?') {
        Some(rest) => (true, rest),
        None => (false, item),
    };
    let found = match item.strip_prefix('/') {
        // An `@` in a pattern belongs to the pattern.
        Some(pattern) => by_pattern(item, pattern),
        None => {
            let (name, abis) = split_abi(item)?;
            match name.strip_prefix('%') {
                Some(class) => by_class(item, class, abis),
                None => by_name(item, name, abis),
            }
        }
    };
    match found {
        Err(
            Error::UnknownName { .. }
            | Error::UnknownClass { .. }
            | Error::OtherAbi { .. }
            | Error::NoMatch { .. },
        ) if optional => Ok(Numbers::NONE),
        found => found,
    }
}

/// Splits `name@abi`; without `@` there is no limit.
fn split_abi(item: &str) -> Result<(&str, Option<&'static [Abi]>), Error> {
    let Some((name, abi)) = item.split_once('@') else { return Ok((item, None)) };
    let abis: &[Abi] = match abi {
        "64" => &[Abi::X86_64, Abi::Aarch64],
        "32" | "i386" => &[Abi::I386],
        "x86_64" => &[Abi::X86_64],
        "aarch64" | "arm64" => &[Abi::Aarch64],
        _ => return Err(Error::UnknownAbi { item: item.into(), abi: abi.into() }),
    };
    Ok((name, Some(abis)))
}

/// The calls for which `holds`, by their table entry.
fn filter(abis: Option<&[Abi]>, holds: impl Fn(Abi, &'static str, Option<&Syscall>) -> bool) -> Numbers {
    let mut numbers = Numbers::NONE;
    for abi in abis.unwrap_or(Abi::ALL).iter().copied() {
        for &(nr, name) in table::numbers(abi) {
            if holds(abi, name, table::syscall(abi, nr)) {
                numbers.add(abi, nr);
            }
        }
    }
    numbers
}

fn by_pattern(item: &str, pattern: &str) -> Result<Numbers, Error> {
    let pattern =
        regex_lite::Regex::new(pattern).map_err(|source| Error::Pattern { item: item.into(), source })?;
    let numbers = filter(None, |_, name, _| pattern.is_match(name));
    if numbers == Numbers::NONE { Err(Error::NoMatch { item: item.into() }) } else { Ok(numbers) }
}

fn by_class(item: &str, class: &str, abis: Option<&[Abi]>) -> Result<Numbers, Error> {
    let set = match class {
        "net" => Some(Sets::NETWORK),
        _ => Sets::ALL.iter().find(|entry| entry.0 == class).map(|entry| entry.1),
    };
    if let Some(set) = set {
        return Ok(filter(abis, |_, _, syscall| syscall.is_some_and(|syscall| syscall.sets.meets(set))));
    }
    let same = |name: &str| name.eq_ignore_ascii_case(class);
    if let Some(class) = Class::ALL.iter().find(|class| same(class.name())) {
        return Ok(filter(abis, |_, _, syscall| {
            syscall.is_some_and(|syscall| syscall.group.class() == *class)
        }));
    }
    if let Some(group) = Group::ALL.iter().find(|group| same(group.name())) {
        return Ok(filter(abis, |_, _, syscall| syscall.is_some_and(|syscall| syscall.group == *group)));
    }
    let suggestions = suggest::nearest(class, classes()).into_iter().map(|name| format!("%{name}")).collect();
    Err(Error::UnknownClass { item: item.into(), suggestions })
}

fn by_name(item: &str, name: &str, abis: Option<&[Abi]>) -> Result<Numbers, Error> {
    match name {
        "all" if abis.is_none() => return Ok(Numbers::NONE.complement()),
        "all" => return Ok(filter(abis, |_, _, _| true)),
        "none" => return Ok(Numbers::NONE),
        _ => {}
    }
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return by_number(item, name, abis);
    }
    let name = name.strip_prefix("sys_").unwrap_or(name);
    // An alias selects what it stands for beside the call of its own name, if there is one (`umount`).
    let alias = ALIASES.iter().find(|entry| entry.0 == name).map(|entry| entry.1);
    let numbers = filter(abis, |abi, entry, _| {
        entry == name
            || Some(entry) == alias
            || abis.is_none()
                && abi == Abi::I386
                && (replaces(name, entry) || alias.is_some_and(|alias| replaces(alias, entry)))
    });
    if numbers != Numbers::NONE {
        return Ok(numbers);
    }
    if Abi::ALL.iter().any(|abi| table::number(*abi, name).is_some()) {
        return Err(Error::OtherAbi { item: item.into() });
    }
    Err(Error::UnknownName { item: item.into(), suggestions: similar_names(name) })
}

fn by_number(item: &str, digits: &str, abis: Option<&[Abi]>) -> Result<Numbers, Error> {
    let nr = digits.parse().ok().filter(|nr| (*nr as usize) < WIDTH);
    let nr: u32 = nr.ok_or_else(|| Error::NumberTooLarge { item: item.into() })?;
    let mut numbers = Numbers::NONE;
    for abi in abis.unwrap_or(&[Abi::native()]).iter().copied() {
        numbers.add(abi, nr);
    }
    Ok(numbers)
}

/// Names that no table has but people use, and the call each means: those of the C library, and those
/// of the kernel's functions where they differ. `umount` is also a call of its own on i386.
const ALIASES: &[(&str, &str)] = &[
    ("fstatat", "newfstatat"),
    ("newfstat", "fstat"),
    ("newlstat", "lstat"),
    ("newstat", "stat"),
    ("newuname", "uname"),
    ("pread", "pread64"),
    ("prlimit", "prlimit64"),
    ("pwrite", "pwrite64"),
    ("umount", "umount2"),
];

/// Whether a 32-bit C library on i386 calls `wide` where a 64-bit one calls `name`: the same function with
/// wider offsets, ids or times.
fn replaces(name: &str, wide: &str) -> bool {
    const IRREGULAR: &[(&str, &str)] = &[
        ("getrlimit", "ugetrlimit"),
        ("lseek", "_llseek"),
        ("mmap", "mmap2"),
        ("newfstatat", "fstatat64"),
        ("select", "_newselect"),
    ];
    if IRREGULAR.contains(&(name, wide)) {
        return true;
    }
    // A name of a 64-bit call too (`getdents64`) is a function of its own.
    matches!(wide.strip_prefix(name), Some("64" | "32" | "_64" | "_time64"))
        && table::number(Abi::X86_64, wide).is_none()
        && table::number(Abi::Aarch64, wide).is_none()
}

/// What a user who typed `name` may have meant; calls of 64-bit ABIs before those of i386 alone.
fn similar_names(name: &str) -> Vec<String> {
    let mut similar: Vec<String> = classes()
        .filter(|class| class.eq_ignore_ascii_case(name))
        .take(1)
        .map(|class| format!("%{class}"))
        .collect();
    let names = |abi| table::numbers(abi).iter().map(|entry| entry.1);
    let natives = names(Abi::native()).chain(ALIASES.iter().map(|entry| entry.0));
    for nearest in [suggest::nearest(name, natives), suggest::nearest(name, names(Abi::I386))] {
        for candidate in nearest {
            if !similar.iter().any(|other| other == candidate) && similar.len() < suggest::MOST {
                similar.push(candidate.into());
            }
        }
    }
    similar
}

/// The classes in the words of an error message. The groups are too many for it.
struct Classes;

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in Sets::ALL.iter().map(|entry| entry.0).chain(Class::ALL.iter().map(|class| class.name())) {
            write!(f, "%{name}, ")?;
        }
        f.write_str("and groups such as %Sockets")
    }
}

#[cfg(test)]
mod tests;
