//! Field selectors, as far as a node knows the fields of its pods.

use syscope_event::Container;

use super::Error;

/// One requirement of a field selector; a container that is in no pod satisfies none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRequirement {
    /// The field.
    pub field: Field,
    /// Whether it must be equal (`=`, `==`), or must not (`!=`).
    pub equal: bool,
    /// The value it is compared with.
    pub value: String,
}

/// A field of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `metadata.name`.
    Name,
    /// `metadata.namespace`.
    Namespace,
    /// `metadata.uid`.
    Uid,
}

impl FieldRequirement {
    /// Whether the container's pod is as required.
    pub fn matches(&self, container: &Container) -> bool {
        let value = match self.field {
            Field::Name => &container.pod,
            Field::Namespace => &container.namespace,
            Field::Uid => &container.pod_uid,
        };
        value.as_deref().is_some_and(|value| (value == self.value) == self.equal)
    }
}

/// Reads a field selector: requirements with commas between them.
pub(super) fn parse(typed: &str) -> Result<Vec<FieldRequirement>, Error> {
    let mut position = 1;
    typed
        .split(',')
        .map(|one| {
            let start = position + (one.chars().count() - one.trim_start().chars().count());
            position += one.chars().count() + 1;
            parse_one(one.trim()).map_err(|why| Error::Syntax {
                flag: "--field-selector",
                typed: typed.to_owned(),
                position: start,
                why,
            })
        })
        .collect()
}

fn parse_one(one: &str) -> Result<FieldRequirement, String> {
    let at = one.find(['=', '!']).ok_or("expected FIELD=VALUE, FIELD==VALUE or FIELD!=VALUE")?;
    let (field, rest) = one.split_at(at);
    let (equal, value) = match (rest.strip_prefix("!="), rest.strip_prefix("==").or(rest.strip_prefix('='))) {
        (Some(value), _) => (false, value),
        (None, Some(value)) => (true, value),
        _ => return Err("expected `=`, `==` or `!=` after the field".to_owned()),
    };
    let field = match field.trim() {
        "metadata.name" => Field::Name,
        "metadata.namespace" => Field::Namespace,
        "metadata.uid" => Field::Uid,
        other => {
            return Err(format!(
                "the field `{other}` is not known on a node; it can be metadata.name, metadata.namespace or \
                 metadata.uid (labels: --selector)"
            ));
        }
    };
    match value.trim() {
        "" => Err("expected a value".to_owned()),
        value if value.contains(['=', '!']) => Err(format!("`{value}` is no value that this field can have")),
        value => Ok(FieldRequirement { field, equal, value: value.to_owned() }),
    }
}
