//! Names.

use syscope_event::Container;

use super::Error;

/// The fewest digits of an id that are taken for its beginning: with fewer, a short name would select
/// containers by chance (4 digits: one of 65,536).
const ID_DIGITS_MIN: usize = 4;

/// A name, in which each `*` stands for any characters or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Reads what was given for a flag.
    pub(super) fn parse(flag: &'static str, typed: &str) -> Result<Pattern, Error> {
        let why = match typed {
            "" => Some("it is empty; `*` selects all that have one"),
            _ if typed.contains(|c: char| c.is_whitespace() || c == ',') => {
                Some("a name has no blanks and no commas; give the flag once for each name")
            }
            _ if typed.contains('/') => Some("a name has no slash; namespace and pod are two flags"),
            _ => None,
        };
        match why {
            Some(why) => Err(Error::Name { flag, typed: typed.to_owned(), why }),
            None => Ok(Pattern(typed.to_owned())),
        }
    }

    /// Whether it stands for this name.
    pub fn matches(&self, name: &str) -> bool {
        matches_glob(&self.0, name)
    }
}

/// Whether `text` is what `pattern` describes, `*` standing for anything. The parts between are looked for
/// from the left, each once: time grows with the product of the two lengths at worst.
pub(super) fn matches_glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

/// A container by its name, or by the beginning of its id.
///
/// A name matches as a whole. Four or more hexadecimal digits also match an id that begins with them. Where a
/// container is named like the beginning of another's id, both are selected: containers that start later are
/// matched one by one, and nothing would tell which was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdOrName {
    name: String,
    digits: Option<String>,
}

impl IdOrName {
    pub(super) fn parse(typed: &str) -> Result<IdOrName, Error> {
        let error = |why| Err(Error::Name { flag: "--container", typed: typed.to_owned(), why });
        // Docker's own interface writes a slash before names.
        let name = typed.strip_prefix('/').unwrap_or(typed);
        if name.is_empty() {
            return error("it is empty; give a name, or the first digits of an id");
        }
        if name.contains(|c: char| c.is_whitespace() || c == ',' || c == '/') {
            return error("a name has no blanks, commas or slashes; give the flag once for each container");
        }
        let digits = name.to_ascii_lowercase();
        let is_id = (ID_DIGITS_MIN..=64).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        Ok(IdOrName { name: name.to_owned(), digits: is_id.then_some(digits) })
    }

    /// Whether it stands for this container.
    pub fn matches(&self, container: &Container) -> bool {
        container.name.as_deref() == Some(&*self.name)
            || *container.id == *self.name
            || self.digits.as_ref().is_some_and(|digits| container.id.starts_with(&**digits))
    }
}
