//! Which containers were asked for.
//!
//! Conditions of different kinds must all hold, of one kind any; label and field requirements must all hold,
//! as if those of several flags were joined by commas. What is not known of a container does not
//! match: neither an empty pattern nor a negative requirement selects one that no runtime has described yet.

mod fields;
mod image;
mod labels;
mod pattern;

use syscope_event::Container;

pub use fields::{Field, FieldRequirement};
pub use image::ImagePattern;
pub use labels::{Operator, Requirement};
pub use pattern::{IdOrName, Pattern};

/// What was typed, one string for each time a flag was given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// `-n, --namespace`.
    pub namespaces: &'a [String],
    /// `--pod`.
    pub pods: &'a [String],
    /// `-c, --container`.
    pub containers: &'a [String],
    /// `--image`.
    pub images: &'a [String],
    /// `-l, --selector`.
    pub labels: &'a [String],
    /// `-f, --field-selector`.
    pub fields: &'a [String],
}

/// Containers by what was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Pod namespaces.
    pub namespaces: Vec<Pattern>,
    /// Pod names.
    pub pods: Vec<Pattern>,
    /// Container names or prefixes of ids.
    pub containers: Vec<IdOrName>,
    /// Images.
    pub images: Vec<ImagePattern>,
    /// Label requirements.
    pub labels: Vec<Requirement>,
    /// Requirements on the pod's fields.
    pub fields: Vec<FieldRequirement>,
}

/// Why something typed is no selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A name that no object can have.
    #[error("{flag} `{typed}`: {why}")]
    Name {
        /// The flag.
        flag: &'static str,
        /// Its value.
        typed: String,
        /// What is wrong with it, and the way out.
        why: &'static str,
    },
    /// A selector that cannot be read.
    #[error("{flag} `{typed}`: at character {position}: {why}")]
    Syntax {
        /// The flag.
        flag: &'static str,
        /// Its value.
        typed: String,
        /// Where, counted in characters from 1.
        position: usize,
        /// What was expected, and the way out.
        why: String,
    },
}

impl Selector {
    /// Reads what was typed.
    ///
    /// # Errors
    /// The first flag that cannot be read, with the place and the way out.
    pub fn parse(asked: &Asked<'_>) -> Result<Selector, Error> {
        Ok(Selector {
            namespaces: each(asked.namespaces, |typed| Pattern::parse("--namespace", typed))?,
            pods: each(asked.pods, |typed| Pattern::parse("--pod", typed))?,
            containers: each(asked.containers, IdOrName::parse)?,
            images: each(asked.images, ImagePattern::parse)?,
            labels: each(asked.labels, labels::parse)?.into_iter().flatten().collect(),
            fields: each(asked.fields, fields::parse)?.into_iter().flatten().collect(),
        })
    }

    /// Whether nothing was asked for: everything is selected then, also what is no container.
    pub fn is_empty(&self) -> bool {
        *self == Selector::default()
    }

    /// Whether this container was asked for.
    pub fn matches(&self, container: &Container) -> bool {
        let known = |text: &Option<Box<str>>, patterns: &[Pattern]| {
            patterns.is_empty()
                || text.as_deref().is_some_and(|text| patterns.iter().any(|pattern| pattern.matches(text)))
        };
        known(&container.namespace, &self.namespaces)
            && known(&container.pod, &self.pods)
            && (self.containers.is_empty() || self.containers.iter().any(|one| one.matches(container)))
            && (self.images.is_empty()
                || container
                    .image
                    .as_deref()
                    .is_some_and(|image| self.images.iter().any(|one| one.matches(image))))
            && (self.labels.is_empty()
                || (is_described(container) && self.labels.iter().all(|one| one.matches(&container.labels))))
            && self.fields.iter().all(|one| one.matches(container))
    }
}

/// Whether a runtime has told about the container: only then a label that it does not have is really absent.
fn is_described(container: &Container) -> bool {
    container.name.is_some() || container.image.is_some() || !container.labels.is_empty()
}

fn each<T>(typed: &[String], parse: impl Fn(&str) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    typed.iter().map(|one| parse(one)).collect()
}

#[cfg(test)]
mod tests;
