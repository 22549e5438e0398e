//! Whose a thread or a cgroup is, in the words of the views.
//!
//! In text a container is one word of one to three parts, `namespace/pod/container`; [`push_container`] says
//! how it is written so that it stays one. In JSON the owner is three objects, which the writers keep as they have
//! written them: a host has few owners and they have millions of events.

mod json;

use syscope_event::{Cgroup, Container, OwnerKind};

use crate::text::{push, push_word};

pub(crate) use json::{Owners, tells_labels};

/// The digits of an id that stand for a container without a name.
const ID_DIGITS: usize = 12;

/// Appends `namespace/pod/container`, as much of it as there is: `pod/container` where pods have no
/// namespace, `container` outside of pods. The container is named by its name, else by the first twelve
/// digits of its id. Each part is quoted for itself where it has to be, as the name of a thread is, and
/// because of a slash: slashes outside of quotes separate the parts.
pub fn push_container(out: &mut Vec<u8>, container: &Container) {
    if let Some(pod) = &container.pod {
        if let Some(namespace) = &container.namespace {
            part(out, namespace);
            out.push(b'/');
        }
        part(out, pod);
        out.push(b'/');
    }
    match container.name.as_deref() {
        Some(name) if !name.is_empty() => part(out, name),
        _ => part(out, short_id(&container.id)),
    }
}

fn part(out: &mut Vec<u8>, text: &str) {
    push_word(out, text.as_bytes(), Some(b'/'));
}

/// The beginning of an id, as people use it.
pub fn short_id(id: &str) -> &str {
    id.char_indices().nth(ID_DIGITS).map_or(id, |(end, _)| &id[..end])
}

/// What a cgroup's owner is called in a sentence: `container prod/web/nginx`, `unit ssh.service`,
/// `owner unknown`; nothing for the host's own.
pub(crate) fn push_words(out: &mut Vec<u8>, cgroup: &Cgroup<'_>) {
    match cgroup.owner.map(|owner| &owner.kind) {
        Some(OwnerKind::Container(container)) => {
            push(out, "container ");
            push_container(out, container);
        }
        Some(OwnerKind::Unit(unit)) => {
            push(out, "unit ");
            push_word(out, unit.name.as_bytes(), None);
        }
        Some(OwnerKind::Unknown) => push(out, "owner unknown"),
        Some(OwnerKind::Host) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(namespace: Option<&str>, pod: Option<&str>, name: Option<&str>, id: &str, expected: &str) {
        let mut out = Vec::new();
        let container = Container {
            id: id.into(),
            name: name.map(Into::into),
            pod: pod.map(Into::into),
            namespace: namespace.map(Into::into),
            ..Container::default()
        };
        push_container(&mut out, &container);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn containers_are_one_word() {
        check(Some("prod"), Some("web-0"), Some("nginx"), "13765a70", "prod/web-0/nginx");
        check(Some("prod"), Some("web-0"), None, "13765a7012345678", "prod/web-0/13765a701234");
        check(None, Some("web"), Some("nginx"), "13765a70", "web/nginx");
        check(None, None, Some("nginx"), "13765a70", "nginx");
        // A namespace is one of pods.
        check(Some("k8s.io"), None, Some("nginx"), "13765a70", "nginx");
        check(None, None, None, "13765a70123456789", "13765a701234");
        check(None, None, Some(""), "13765a70", "13765a70");
        check(None, None, None, "", "\"\"");
        check(None, None, None, "äöüäöüäöüäöüäöü", "äöüäöüäöüäöü");
    }

    #[test]
    fn hostile_names_stay_their_part() {
        check(Some("a/b"), Some("c d"), Some("e[1]"), "x", r#""a/b"/"c d"/"e[1]""#);
        check(None, None, Some("a\nb\x1b[2J"), "x", r#""a\nb\33[2J""#);
        check(None, None, Some("a\"/\"b"), "x", r#""a\"/\"b""#);
        check(None, None, Some("sh[1] read(0) = 0\n"), "x", r#""sh[1] read(0) = 0\n""#);
    }
}
