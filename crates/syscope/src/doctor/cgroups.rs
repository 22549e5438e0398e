//! Cgroups: the layout, the hierarchy that they are followed in and why, and whether they fit the kernel's
//! table.

use std::io;

use syscope_bpf::wire::Limit;
use syscope_container::layout::{self, Layout, Mode};
use syscope_container::walk::{self, Walk};

use super::probe::Host;
use super::report::{Finding, Group, Status};

/// The inode number of the first cgroup namespace of every machine (include/linux/proc_ns.h).
const FIRST_CGROUP_NAMESPACE: u64 = 0xEFFF_FFFB;

/// All probes of the group, for this layout.
pub fn probe(host: &Host, layout: &Layout) -> Vec<Finding> {
    let mut findings = vec![mode(layout), tracked(layout), namespace(host, layout)];
    if let Some(tracked) = &layout.tracked {
        findings.push(count(walk::walk(tracked)));
    }
    findings
}

/// The layout of the host.
pub fn read(host: &Host) -> Layout {
    layout::read(&host.path("proc"))
}

fn finding(name: &str, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Cgroups, name, status, result)
}

fn mode(layout: &Layout) -> Finding {
    let mounted = layout.hierarchies.iter().filter(|hierarchy| hierarchy.mount.is_some()).count();
    let all = layout.hierarchies.len();
    let result = match layout.mode {
        Mode::V2 => "v2",
        Mode::V1 => "v1",
        Mode::Hybrid => "hybrid: v1 hierarchies and a v2 one",
        Mode::None => {
            return finding("layout", Status::Degraded, "no hierarchy is mounted")
                .because("none is in the mount table of this process")
                .so("containers cannot be told apart; syscope doctor --fix mounts a v2 hierarchy");
        }
    };
    finding(
        "layout",
        Status::Ok,
        format!("{result}; {mounted} of {all} hierarchies are mounted; named by {}", layout.naming.name()),
    )
}

fn tracked(layout: &Layout) -> Finding {
    match &layout.tracked {
        Some(tracked) => {
            let place =
                format!("{} (number {}) at {}", tracked.name, tracked.hierarchy_id, tracked.at.display());
            let found = finding("tracked", Status::Ok, place).because(layout.reason.as_str());
            if tracked.whole {
                return found;
            }
            Finding { status: Status::Degraded, ..found }.so(
                "containers outside this part cannot be told apart; mount the host's hierarchy, or start with the \
                 host's cgroup namespace",
            )
        }
        None => finding("tracked", Status::Degraded, "none")
            .because(layout.reason.as_str())
            .so("containers cannot be told apart; trace and exec work without them"),
    }
}

fn namespace(host: &Host, layout: &Layout) -> Finding {
    match host.namespace("cgroup") {
        Some(FIRST_CGROUP_NAMESPACE) => finding("namespace", Status::Ok, "the host's"),
        Some(inode) => {
            let found = finding("namespace", Status::Note, format!("another one ({inode})"))
                .because("this process was started in a cgroup namespace (as most containers are)");
            match &layout.tracked {
                Some(tracked) if tracked.whole => found.so("nothing: the whole hierarchy is mounted here"),
                _ => found.so("paths of cgroups are seen from a container's point of view"),
            }
        }
        None => finding("namespace", Status::Note, "unknown").because("/proc/self/ns cannot be read"),
    }
}

/// How many cgroups there are, and how many the kernel's table holds.
fn count(walked: io::Result<Walk>) -> Finding {
    let capacity = Limit::CGROUPS_MAX as usize;
    let walked = match walked {
        Ok(walked) => walked,
        Err(err) => {
            return finding("table", Status::Degraded, "the cgroups cannot be listed")
                .because(err.to_string())
                .so("containers that run already are known from their first event on only");
        }
    };
    let count = walked.cgroups.len();
    let result = format!("{count} cgroups; the kernel's table holds {capacity}");
    if count > capacity {
        return finding("table", Status::Degraded, result)
            .because("each cgroup takes an entry")
            .so(format!("{} of them are not told apart from the host", count - capacity));
    }
    let found = match count * 10 > capacity * 8 {
        true => finding("table", Status::Note, result)
            .so("few can be added; what does not fit is counted and said"),
        false => finding("table", Status::Ok, result),
    };
    match (walked.unreadable, walked.too_deep) {
        (0, 0) => found,
        (unreadable, 0) => Finding { status: Status::Degraded, ..found }
            .because(format!("{unreadable} directories may not be read"))
            .so("cgroups below them are known from their first event on only"),
        (_, too_deep) => Finding { status: Status::Note, ..found }
            .because(format!("{too_deep} directories are {} levels deep", walk::LEVELS_MAX))
            .so("cgroups below them count as part of those"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use syscope_container::walk::Found;

    use super::*;
    use crate::doctor::testing::{FakeHost, named};

    fn walked(count: usize, unreadable: u64) -> Walk {
        let cgroup =
            |id| Found { id, parent: 0, level: 0, name: Box::default(), populated: false, owner_uid: 0 };
        Walk { cgroups: (0..count as u64).map(cgroup).collect(), too_deep: 0, unreadable }
    }

    #[test]
    fn the_table_holds_them_or_says_that_it_does_not() {
        let status = |count, unreadable| count_status(walked(count, unreadable));
        assert_eq!(status(10, 0), Status::Ok);
        assert_eq!(status(60_000, 0), Status::Note);
        assert_eq!(status(70_000, 0), Status::Degraded);
        assert_eq!(status(10, 1), Status::Degraded);
        assert_eq!(count(Err(io::Error::other("x"))).status, Status::Degraded);
    }

    fn count_status(walked: Walk) -> Status {
        count(Ok(walked)).status
    }

    #[test]
    fn a_host_without_cgroups() {
        let fake =
            FakeHost::new(&[("proc/self/mountinfo", ""), ("proc/self/cgroup", ""), ("proc/cgroups", "")]);
        let host = fake.host();
        let layout = read(&host);
        let findings = probe(&host, &layout);
        assert_eq!(named(&findings, "layout").status, Status::Degraded);
        assert_eq!(named(&findings, "tracked").result, "none");
        assert!(named(&findings, "tracked").reason.as_deref().is_some_and(|reason| !reason.is_empty()));
    }

    #[test]
    fn a_fake_v2_host() {
        let fake = FakeHost::new(&[("proc/self/cgroup", "0::/\n"), ("proc/cgroups", "")]);
        fake.write("cgroup/cgroup.procs", b"1\n");
        fake.write("cgroup/a.slice/cgroup.procs", b"2\n");
        let at = fake.host().path("cgroup");
        // A mount is believed if what lies at its place is of its device.
        let device = std::fs::metadata(&at).unwrap().dev();
        let (major, minor) = (libc::major(device), libc::minor(device));
        let mount = format!("30 20 {major}:{minor} / {} rw - cgroup2 cgroup2 rw\n", at.display());
        fake.write("proc/self/mountinfo", mount.as_bytes());
        let host = fake.host();
        let layout = read(&host);
        let findings = probe(&host, &layout);
        assert!(named(&findings, "layout").result.starts_with("v2;"), "{findings:#?}");
        assert!(named(&findings, "tracked").result.starts_with("unified (number 0)"), "{findings:#?}");
        assert!(
            named(&findings, "table").result.ends_with("the kernel's table holds 65536"),
            "{findings:#?}"
        );
    }
}
