//! Containers.

use super::ContainerClaim;
use super::unit::{manager_user, slice_user, unescape_unit};

/// What runtimes put before an id, and who they are.
const PREFIXES: [(&str, &str); 7] = [
    ("cri-containerd", "containerd"),
    ("crio", "cri-o"),
    ("docker", "docker"),
    ("libpod", "podman"),
    ("libpod-payload", "podman"),
    ("nerdctl", "containerd"),
    ("containerd", "containerd"),
];

/// A name that says it is a container's.
struct Form {
    id: String,
    runtime: Option<&'static str>,
    pod_uid: Option<String>,
    certain: bool,
}

/// The first container on the way down a path.
pub(super) fn parse(names: &[&[u8]]) -> Option<ContainerClaim> {
    let mut user = None;
    // Names with other bytes are nobody's form, but may have containers below them.
    let names: Vec<&str> = names.iter().map(|name| std::str::from_utf8(name).unwrap_or("\u{fffd}")).collect();
    for (index, name) in names.iter().enumerate() {
        if let Some(Form { id, runtime, pod_uid, certain }) = form(&names[..=index], names.get(index + 1)) {
            return Some(ContainerClaim { id, runtime, pod_uid, user, level: index + 1, certain });
        }
        user = slice_user(name).or_else(|| manager_user(name)).or(user);
    }
    None
}

/// What the last of these names claims, `next` being the one below it.
fn form(names: &[&str], next: Option<&&str>) -> Option<Form> {
    let (name, above) = names.split_last()?;
    with_prefix(name, above)
        .or_else(|| with_colons(name))
        .or_else(|| bare(name, above))
        .or_else(|| low_level(name, above))
        .or_else(|| lxc(name, above))
        .or_else(|| machine(name, above).filter(|_| next != Some(&"supervisor")))
}

/// `docker-ID.scope`, `crio-ID`, `libpod-payload-ID`.
fn with_prefix(name: &str, above: &[&str]) -> Option<Form> {
    let (stem, scope) = match name.strip_suffix(".scope") {
        Some(stem) => (stem, true),
        None => (name, false),
    };
    let (prefix, id) = stem.rsplit_once('-')?;
    let (_, runtime) = PREFIXES.iter().find(|(known, _)| *known == prefix)?;
    if !is_drawn_id(id) {
        return None;
    }
    let parent = above.last().copied().unwrap_or_default();
    let pod_uid = pod_above(above).or_else(|| podman_pod_above(above, scope));
    let certain = match (scope, prefix) {
        (true, "libpod-payload") => false,
        (true, _) => parent.ends_with(".slice"),
        (false, "libpod-payload") => parent.ends_with(".service"),
        (false, "libpod") => above.iter().rev().take(2).any(|name| *name == "libpod_parent"),
        (false, _) => pod_uid.is_some(),
    };
    Some(Form { id: id.to_owned(), runtime: Some(runtime), pod_uid, certain })
}

/// `SLICE:PREFIX:ID`, a path meant for systemd that was taken for a directory's name.
fn with_colons(name: &str) -> Option<Form> {
    let mut parts = name.rsplitn(3, ':');
    let (id, prefix, slice) = (parts.next()?, parts.next()?, parts.next()?);
    let (_, runtime) = PREFIXES.iter().find(|(known, _)| *known == prefix)?;
    let certain = slice.ends_with(".slice");
    is_drawn_id(id).then(|| Form {
        id: id.to_owned(),
        runtime: Some(runtime),
        pod_uid: slice_pod(slice),
        certain,
    })
}

/// An id alone: the place says whose.
fn bare(name: &str, above: &[&str]) -> Option<Form> {
    // Podman's pods have such ids too.
    if !is_drawn_id(name) || above.last() == Some(&"libpod_parent") {
        return None;
    }
    let pod_uid = pod_above(above);
    let (runtime, certain) = match above {
        _ if pod_uid.is_some() => (None, true),
        [.., "docker"] | [.., "ecs", _] => (Some("docker"), true),
        ["default" | "k8s.io"] => (Some("containerd"), true),
        _ => (None, false),
    };
    Some(Form { id: name.to_owned(), runtime, pod_uid, certain })
}

/// Containers that somebody named: containerd's in its default namespace, and those of a runtime used alone.
fn low_level(name: &str, above: &[&str]) -> Option<Form> {
    let (id, runtime) = if above == ["default"] {
        (name, "containerd")
    } else {
        let (runtime, id) = name.strip_suffix(".scope")?.split_once('-')?;
        (id, *["runc", "crun"].iter().find(|known| **known == runtime)?)
    };
    // containerd allows 76 characters, runc and crun 1,024: no file name is longer than 255.
    is_word(id).then(|| Form { id: id.to_owned(), runtime: Some(runtime), pod_uid: None, certain: false })
}

fn lxc(name: &str, above: &[&str]) -> Option<Form> {
    let (id, certain) = match name.strip_prefix("lxc.payload.") {
        Some(id) => (id, true),
        None if matches!(above, [.., "lxc" | "lxc.payload"]) && !name.starts_with("lxc.") => {
            (name, above.len() == 1)
        }
        None => return None,
    };
    is_word(id).then(|| Form { id: id.to_owned(), runtime: Some("lxc"), pod_uid: None, certain })
}

/// What is registered with systemd-machined: `machine-NAME.scope`, and nspawn's service.
fn machine(name: &str, above: &[&str]) -> Option<Form> {
    if above.last() != Some(&"machine.slice") {
        return None;
    }
    let scope = name.strip_suffix(".scope").and_then(|stem| stem.strip_prefix("machine-"));
    let service = name.strip_suffix(".service").and_then(|stem| stem.strip_prefix("systemd-nspawn@"));
    let unescaped = unescape_unit(scope.or(service)?);
    let (runtime, id) = match unescaped.split_once('-') {
        Some(("qemu" | "xen" | "libxl" | "bhyve" | "ch", _)) if scope.is_some() => return None,
        Some(("lxc", rest)) if scope.is_some() => {
            ("libvirt", rest.split_once('-').map_or(rest, |(_, name)| name))
        }
        _ => ("systemd-nspawn", &*unescaped),
    };
    is_word(id).then(|| Form { id: id.to_owned(), runtime: Some(runtime), pod_uid: None, certain: true })
}

/// The Kubernetes pod whose cgroup the last of these names is.
fn pod_above(above: &[&str]) -> Option<String> {
    let (parent, above) = above.split_last()?;
    if parent.ends_with(".slice") {
        return slice_pod(parent);
    }
    let uid = parent.strip_prefix("pod").filter(|uid| is_pod_uid(uid))?;
    let qos = matches!(above.last(), Some(&("burstable" | "besteffort" | "guaranteed")));
    let kubepods = above.len().checked_sub(if qos { 2 } else { 1 }).map(|index| above[index]);
    (kubepods == Some("kubepods")).then(|| uid.to_owned())
}

/// The pod of `kubepods-burstable-podUID.slice`; below a parent of its own `X-kubepods-podUID.slice`.
fn slice_pod(slice: &str) -> Option<String> {
    let mut parts = slice.strip_suffix(".slice")?.rsplit('-');
    let uid = parts.next()?.strip_prefix("pod")?.replace('_', "-");
    let kubepods = match parts.next()? {
        "burstable" | "besteffort" | "guaranteed" => parts.next()?,
        other => other,
    };
    (kubepods == "kubepods" && is_pod_uid(&uid)).then_some(uid)
}

/// The pod of podman: `machine-libpod_pod_POD.slice/libpod-ID.scope`, `libpod_parent/POD/libpod-ID`.
fn podman_pod_above(above: &[&str], scope: bool) -> Option<String> {
    let pod = match above {
        [.., slice] if scope => {
            let (_, pod) = slice.strip_suffix(".slice")?.split_once("-libpod_pod_")?;
            pod
        }
        [.., "libpod_parent", pod] => pod,
        _ => return None,
    };
    is_drawn_id(pod).then(|| pod.to_owned())
}

/// Whether it is an id as engines draw them, rather than a name.
pub(crate) fn is_drawn_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A UUID, or the 32 digits of a static pod.
fn is_pod_uid(text: &str) -> bool {
    (text.len() == 32 || text.len() == 36)
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// A name as the runtimes allow users to choose.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+'))
}
