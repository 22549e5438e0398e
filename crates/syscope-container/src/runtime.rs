//! What container runtimes say.
//!
//! Every client answers one question: *do you know this container, and where is its cgroup?* It either finds
//! it, denies it, or fails; deciding what to believe is the [`crate::resolver`]'s.
//!
//! ```text
//!   cri         ListContainers, ListPodSandbox ... v1 and v1alpha2, over a unix socket
//!   containerd  containerd's own interface, for what Kubernetes did not make
//!   docker      the Docker Engine API over a unix socket; Podman's service speaks it too
//!   podman      Podman's storage, since its service is usually off
//!   oci         state files of runc and crun: the only ones that are found by cgroup path
//!   rootless    the same two kinds of files, of one user
//! ```

mod annotations;
pub(crate) mod containerd;
pub(crate) mod cri;
pub(crate) mod docker;
pub(crate) mod files;
mod grpc;
pub(crate) mod oci;
pub(crate) mod place;
pub(crate) mod podman;
pub(crate) mod rootless;
mod spec;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use syscope_event::{Container, Source};

use self::place::Place;

/// How many labels of a container are kept, and how long a label or another text may be in bytes: a runtime
/// passes on what an image or a pod's author wrote.
const LABELS: usize = 128;
const TEXT_BYTES: usize = 1024;

/// The kinds of interfaces, best informed first: where several know a container, the first one's word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The Container Runtime Interface of Kubernetes.
    Cri,
    /// Docker Engine.
    Docker,
    /// Podman's service.
    PodmanService,
    /// Podman's storage.
    Podman,
    /// containerd's own interface.
    Containerd,
    /// State files of OCI runtimes.
    Oci,
    /// Storage and state files of users' own containers.
    Rootless,
}

impl Kind {
    /// The name in reports and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Cri => "cri",
            Kind::Docker => "docker",
            Kind::PodmanService => "podman-service",
            Kind::Podman => "podman",
            Kind::Containerd => "containerd",
            Kind::Oci => "oci",
            Kind::Rootless => "rootless",
        }
    }
}

/// A runtime of the host, and how it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeStatus {
    /// What it calls itself (`containerd`, `cri-o`, `docker`), as far as it has answered; else its kind's name.
    pub name: Box<str>,
    /// Which interface it is asked by.
    pub kind: Kind,
    /// The socket or directory.
    pub endpoint: Box<str>,
    /// Whether it answers.
    pub state: State,
    /// Questions asked so far.
    pub asked: u64,
    /// Questions answered, knowing the container or not.
    pub answered: u64,
    /// Questions that it did not answer in time.
    pub timed_out: u64,
}

/// Whether a runtime answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It does.
    Answering {
        /// Its version; empty for files.
        version: Box<str>,
    },
    /// It let a question time out and has answered no probe since then.
    Silent {
        /// Since when.
        since: Instant,
    },
    /// Its socket or directory does not exist, or the interface is not offered there.
    Absent,
    /// It does exist, and answers with an error.
    Refused(Box<str>),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// The cgroup's path in its hierarchy.
    pub path: Box<str>,
    /// The container's id, where the path or another runtime tells it.
    pub id: Option<Box<str>>,
    /// The user below whose manager the cgroup lies.
    pub user: Option<u32>,
}

/// A container that a runtime knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Who says so.
    pub source: Source,
    /// The container.
    pub container: Container,
    /// Where its cgroup is, as far as the runtime tells.
    pub place: Place,
}

/// Why a runtime gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such socket, directory or interface.
    Absent,
    /// It answered with an error, or with what cannot be understood.
    Refused(Box<str>),
    /// It did not answer in time.
    Silent,
}

impl Failure {
    /// A refusal that says what was tried; control characters and length are bounded.
    pub(crate) fn refused(what: impl fmt::Display) -> Failure {
        Failure::Refused(text(&what.to_string()).unwrap_or_else(|| "no reason given".into()))
    }
}

/// How a runtime introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Identity {
    /// Its name; empty: as its kind.
    pub name: Box<str>,
    /// Its version; may be empty.
    pub version: Box<str>,
}

/// A runtime that can be asked. Futures stay on the thread they were made on.
pub(crate) trait Client {
    /// Asks who it is, which also tells whether it answers.
    async fn probe(&self) -> Result<Identity, Failure>;

    /// Asks about a container; `None`: it knows no such one.
    async fn look_up(&self, query: &Query) -> Result<Option<Found>, Failure>;
}

/// Whether `id` may be used as a name of a file or in a request: one component, without control characters.
pub(crate) fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 255
        && id != "."
        && id != ".."
        && !id.contains(|c: char| c == '/' || c.is_control())
}

/// A text of a runtime, bounded; `None` if it is empty.
pub(crate) fn text(value: &str) -> Option<Box<str>> {
    let mut end = value.len().min(TEXT_BYTES);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    let cut = value[..end].trim();
    (!cut.is_empty()).then(|| cut.into())
}

/// Labels, bounded in number and length; the first ones in order of their names stay.
pub(crate) fn labels<'a>(from: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<Box<str>, Box<str>> {
    let all: BTreeMap<&str, &str> = from.into_iter().filter(|(name, _)| !name.is_empty()).collect();
    all.into_iter()
        .filter_map(|(name, value)| Some((text(name)?, text(value).unwrap_or_default())))
        .take(LABELS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_harmless_component() {
        for good in ["a", "my.container_1-x", &"f".repeat(64)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a\nb", "a\0", &"f".repeat(256)] {
            assert!(!is_id(bad), "{bad:?}");
        }
    }

    #[test]
    fn texts_and_labels_are_bounded() {
        assert_eq!(text(" "), None);
        assert_eq!(text(&"é".repeat(4000)).unwrap().len(), TEXT_BYTES);
        let many: Vec<(String, String)> = (0..1000).map(|n| (format!("l{n:04}"), "v".repeat(5000))).collect();
        let kept = labels(many.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        assert_eq!(kept.len(), LABELS);
        assert!(kept.values().all(|value| value.len() == TEXT_BYTES));
    }
}
