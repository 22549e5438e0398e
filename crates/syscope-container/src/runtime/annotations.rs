//! What runtimes keep in the annotations and labels of a container: the pod it is in, beside what its author wrote.

use std::collections::BTreeMap;

use syscope_event::Container;

use super::{labels, text};

/// What begins so is a runtime's own note, not a label somebody gave.
const NOTES: [&str; 11] = [
    "io.kubernetes.",
    "io.cri-",
    "io.cri-containerd",
    "io.container.",
    "io.containerd.",
    "containerd.io/",
    "nerdctl/",
    "io.podman.",
    "org.opencontainers.",
    "org.systemd.",
    "kubectl.kubernetes.io/",
];

/// The labels that were given, without runtimes' notes.
pub(crate) fn own_labels<'a>(
    all: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> BTreeMap<Box<str>, Box<str>> {
    let own = all.into_iter().filter(|(name, _)| !NOTES.iter().any(|note| name.starts_with(note)));
    labels(own.map(|(name, value)| (name.as_str(), value.as_str())))
}

/// Takes the pod, and name and image in it, from the annotations by which containerd, CRI-O and the kubelet note
/// them; what they do not tell stays. The container of a sandbox (pause) has no name in its pod.
pub(crate) fn fill<'a>(container: &mut Container, annotation: impl Fn(&str) -> Option<&'a str>) {
    let first = |names: &[&str]| names.iter().find_map(|name| annotation(name)).and_then(text);
    let pod =
        first(&["io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name", "io.kubernetes.cri-o.KubeName"]);
    if pod.is_none() {
        return;
    }
    let kind =
        annotation("io.kubernetes.cri.container-type").or(annotation("io.kubernetes.cri-o.ContainerType"));
    container.pod = pod;
    container.pod_uid =
        first(&["io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"]).or(container.pod_uid.take());
    container.namespace = first(&[
        "io.kubernetes.cri.sandbox-namespace",
        "io.kubernetes.pod.namespace",
        "io.kubernetes.cri-o.Namespace",
    ]);
    container.image =
        first(&["io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"]).or(container.image.take());
    container.name = match kind {
        Some("sandbox") => None,
        _ => first(&["io.kubernetes.cri.container-name", "io.kubernetes.container.name"])
            .or(container.name.take()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(annotations: &[(&str, &str)]) -> Container {
        let mut container = Container { name: Some("own".into()), ..Container::default() };
        fill(&mut container, |wanted| {
            annotations.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
        });
        container
    }

    #[test]
    fn the_pod_is_read_from_either_runtimes_notes() {
        let containerd = filled(&[
            ("io.kubernetes.cri.container-type", "container"),
            ("io.kubernetes.cri.container-name", "nginx"),
            ("io.kubernetes.cri.sandbox-name", "web-1"),
            ("io.kubernetes.cri.sandbox-namespace", "prod"),
            ("io.kubernetes.cri.sandbox-uid", "u"),
        ]);
        let crio = filled(&[
            ("io.kubernetes.cri-o.ContainerType", "container"),
            ("io.kubernetes.container.name", "nginx"),
            ("io.kubernetes.pod.name", "web-1"),
            ("io.kubernetes.pod.namespace", "prod"),
            ("io.kubernetes.pod.uid", "u"),
        ]);
        assert_eq!(containerd, crio);
        assert_eq!((crio.pod.as_deref(), crio.name.as_deref()), (Some("web-1"), Some("nginx")));
        let sandbox = filled(&[
            ("io.kubernetes.cri.container-type", "sandbox"),
            ("io.kubernetes.cri.sandbox-name", "web-1"),
        ]);
        assert_eq!((sandbox.pod.as_deref(), sandbox.name), (Some("web-1"), None));
        assert_eq!(filled(&[]).name.as_deref(), Some("own"));
    }
}
