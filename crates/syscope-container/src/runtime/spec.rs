//! The few fields of an OCI runtime specification (`config.json`) that say whose a container is.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::place::Place;

/// A runtime specification, as far as it is read.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Spec {
    /// Annotations; runtimes keep there what they know of pods.
    #[serde(default)]
    pub annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    linux: Option<Linux>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Linux {
    #[serde(default, rename = "cgroupsPath")]
    cgroups_path: Option<String>,
}

impl Spec {
    /// Reads a specification.
    pub(crate) fn parse(json: &[u8]) -> Result<Spec, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// Where the container's cgroup is.
    pub(crate) fn place(&self) -> Place {
        let path = self.linux.as_ref().and_then(|linux| linux.cgroups_path.as_deref());
        path.map_or(Place::UNTOLD, Place::of_spec)
    }

    /// An annotation.
    pub(crate) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
