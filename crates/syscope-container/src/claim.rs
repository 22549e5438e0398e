//! What the path of a cgroup claims it to be. A path is only a claim: whoever may make directories can
//! imitate one, so the runtime's word goes first, and a claim counts alone only at places where root
//! makes cgroups.
//!
//! ```text
//! ID: 64 lower-case hexadecimal digits; UID: a pod's unique id (UUID, or a static pod's hash), with "_" for
//! "-" in slices; "...": any directories, among them those of a user's manager. What lies below a container is
//! part of it: the first container of a path counts.
//!
//!   path                                                        container of      pod    alone enough
//!   .../kubepods[/burstable|/besteffort]/podUID/ID               a CRI runtime     UID    yes
//!   .../kubepods[/...]/podUID/crio-ID                            cri-o             UID    yes
//!   .../[X-]kubepods[-...]-podUID.slice/cri-containerd-ID.scope  containerd        UID    yes
//!   .../[X-]kubepods[-...]-podUID.slice/{crio,docker}-ID.scope   cri-o, docker     UID    yes
//!   .../kubepods[-...]-podUID.slice:cri-containerd:ID            containerd        UID    yes (drivers disagree)
//!   .../docker/ID, .../X.slice/docker-ID.scope                   docker                   yes
//!   .../ecs/TASK/ID                                              docker                   yes
//!   .../X.slice/libpod-ID.scope                                  podman                   yes
//!   .../[machine|user]-libpod_pod_POD.slice/libpod-ID.scope      podman            POD    yes
//!   .../libpod_parent[/POD]/libpod-ID                            podman            POD    yes
//!   .../UNIT.service/libpod-payload-ID   (--cgroups=split)       podman                   yes
//!   /default/ID, /k8s.io/ID                                      containerd               yes
//!   /default/NAME                                                containerd               no
//!   .../X.slice/nerdctl-ID.scope, X.slice:nerdctl:ID             containerd               yes
//!   .../{runc,crun}-NAME.scope                                   runc, crun               no
//!   .../ID at any other place                                    unknown                  no
//!   .../lxc.payload.NAME, /lxc.payload/NAME, /lxc/NAME           lxc                      yes
//!   .../machine.slice/machine-NAME.scope                         systemd-nspawn           yes
//!   .../machine.slice/machine-lxc\x2dN\x2dNAME.scope             libvirt                  yes
//!   .../machine.slice/systemd-nspawn@NAME.service                systemd-nspawn           yes
//!
//! Not containers: the monitors crio-conmon-ID.scope, libpod-conmon-ID.scope, lxc.monitor.NAME, the
//! "supervisor" of podman and systemd-nspawn, virtual machines (machine-qemu\x2d...), ID.scope and run-ID.scope
//! (no runtime makes them), names of other length, digits or case. What is left and begins with units of
//! systemd.unit(5) claims a unit: in the manager of a user that user's unit, else the first service or scope,
//! else the last slice.
//! ```

mod container;
mod unit;

use syscope_event::Unit;

pub(crate) use container::is_drawn_id;

pub use unit::unescape_unit;

/// What a path claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// To be a container's.
    Container(ContainerClaim),
    /// To be a unit's of the service manager.
    Unit(Unit),
    /// Nothing.
    Nothing,
}

/// A container by the path of its cgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerClaim {
    /// Its id as the path shows it: 64 hexadecimal digits, or the name where a runtime has no other id.
    pub id: String,
    /// The runtime whose form it is: `docker`, `podman`, `containerd`, `cri-o`, `lxc`, `systemd-nspawn`,
    /// `libvirt`, `runc`, `crun`; `None`: several use it.
    pub runtime: Option<&'static str>,
    /// The pod's unique id, with dashes as Kubernetes shows it (podman: the id of its pod).
    pub pod_uid: Option<String>,
    /// The user below whose slice or manager it lies (a rootless container, or a forgery): such a path is
    /// never believed alone.
    pub user: Option<u32>,
    /// The depth of the container's own cgroup: how many names of the path lead to it. A longer path is of a
    /// cgroup inside the container.
    pub level: usize,
    /// Whether form and place are those of a runtime. Otherwise it may as well be something else with such a name,
    /// and only a runtime's word makes it a container, whoever made the directory.
    pub certain: bool,
}

/// Reads the claim of a cgroup's path in its hierarchy. Any bytes are allowed; the time grows with the length.
pub fn parse(path: &[u8]) -> Claim {
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
    match container::parse(&names) {
        Some(container) => Claim::Container(container),
        None => unit::parse(&names).map_or(Claim::Nothing, Claim::Unit),
    }
}

/// The unit that a path lies in, whatever else it claims.
pub(crate) fn parse_unit(path: &[u8]) -> Option<Unit> {
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
    unit::parse(&names)
}

#[cfg(test)]
mod tests;
