//! File systems of the kernel: which are mounted, what lacks without them, and `--fix`.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use syscope_container::mounts::entries;

use super::probe::Host;
use super::report::{Finding, Fix, FixOutcome, Group, Status};

/// A file system of the kernel, where it belongs, and what lacks without it.
struct Expected {
    kind: &'static str,
    name: &'static str,
    /// Its usual places, the best first.
    at: &'static [&'static str],
    lacks: &'static str,
}

const EXPECTED: [Expected; 4] = [
    Expected {
        kind: "tracefs",
        name: "tracefs",
        at: &["/sys/kernel/tracing", "/sys/kernel/debug/tracing"],
        lacks: "nothing for trace and exec; OCI hooks cannot record with ftrace",
    },
    Expected {
        kind: "debugfs",
        name: "debugfs",
        at: &["/sys/kernel/debug"],
        lacks: "nothing: Syscope does not use it",
    },
    Expected {
        kind: "bpf",
        name: "bpffs",
        at: &["/sys/fs/bpf"],
        lacks: "nothing for trace and exec, which pin nothing; other tools keep their programs there",
    },
    Expected {
        kind: "securityfs",
        name: "securityfs",
        at: &["/sys/kernel/security"],
        lacks: "the lockdown mode and the security modules are read from elsewhere or not known",
    },
];

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    /// Its type.
    pub kind: String,
    /// Its mount point, with white space escaped as in `/proc/self/mountinfo`.
    pub at: String,
    /// Whether it can be written through this mount.
    pub writable: bool,
}

/// All probes of the group.
pub fn probe(host: &Host) -> Vec<Finding> {
    let mounted = match read(host) {
        Ok(mounted) => mounted,
        Err(err) => {
            let reason = format!("/proc/self/mountinfo cannot be read: {err}");
            return vec![Finding::new(Group::Mounts, "mounts", Status::Degraded, "unknown").because(reason)];
        }
    };
    EXPECTED.iter().map(|expected| one(expected, &mounted)).chain([cgroups(&mounted)]).collect()
}

/// Mounts what is missing and belongs to every system that traces: tracefs, bpffs, and a cgroup hierarchy
/// where there is none. Nothing else is changed, and what is there stays as it is.
pub fn fix(host: &Host) -> Vec<Fix> {
    let done = |filesystem: &str, at: &str, outcome, reason: Option<String>| Fix {
        filesystem: filesystem.to_owned(),
        at: at.to_owned(),
        outcome,
        reason,
    };
    let mounted = match read(host) {
        Ok(mounted) => mounted,
        Err(err) => {
            return vec![done("all", "/", FixOutcome::Failed, Some(format!("read the mounts: {err}")))];
        }
    };
    let wanted = [("tracefs", "/sys/kernel/tracing"), ("bpf", "/sys/fs/bpf"), ("cgroup2", "/sys/fs/cgroup")];
    let mut fixes = Vec::new();
    for (kind, at) in wanted {
        let there = match kind {
            "cgroup2" => mounted.iter().find(|mount| mount.kind.starts_with("cgroup")),
            _ => mounted.iter().find(|mount| mount.kind == kind),
        };
        fixes.push(match there {
            Some(mount) => done(
                kind,
                at,
                FixOutcome::Unchanged,
                Some(format!("{} is mounted at {}", mount.kind, mount.at)),
            ),
            None => match mount(host, kind, at) {
                Ok(()) => done(kind, at, FixOutcome::Mounted, None),
                Err(err) => done(kind, at, FixOutcome::Failed, Some(err.to_string())),
            },
        });
    }
    fixes
}

/// The mounts of this process (proc_pid_mountinfo(5)).
pub fn read(host: &Host) -> io::Result<Vec<Mounted>> {
    Ok(parse(&host.read("proc/self/mountinfo")?))
}

fn parse(mountinfo: &str) -> Vec<Mounted> {
    let has = |options: &[u8], wanted: &[u8]| options.split(|byte| *byte == b',').any(|one| one == wanted);
    entries(mountinfo.as_bytes())
        .map(|mount| Mounted {
            kind: String::from_utf8_lossy(mount.kind).into_owned(),
            at: mount.at.to_string_lossy().into_owned(),
            writable: has(mount.options, b"rw") && !has(mount.super_options, b"ro"),
        })
        .collect()
}

fn one(expected: &Expected, mounted: &[Mounted]) -> Finding {
    let found = |status, result: String| Finding::new(Group::Mounts, expected.name, status, result);
    let of_kind: Vec<&Mounted> = mounted.iter().filter(|mount| mount.kind == expected.kind).collect();
    let usual = expected.at.iter().find_map(|at| of_kind.iter().find(|mount| mount.at == *at));
    match (usual, of_kind.first()) {
        (Some(mount), _) if mount.writable => found(Status::Ok, mount.at.clone()),
        (Some(mount), _) => found(Status::Ok, format!("{}, read-only", mount.at)),
        (None, Some(mount)) => found(Status::Note, mount.at.clone())
            .because(format!("the usual place is {}", expected.at[0]))
            .so("tools that look there do not find it"),
        (None, None) => {
            if expected.kind == "debugfs" {
                return found(Status::Ok, "not mounted, not needed".into()).so(expected.lacks);
            }
            let found = found(Status::Note, "not mounted".into());
            let fixable = matches!(expected.kind, "tracefs" | "bpf");
            let reason = if fixable { "; syscope doctor --fix mounts it" } else { "" };
            found.because(format!("nothing at {}{reason}", expected.at[0])).so(expected.lacks)
        }
    }
}

fn cgroups(mounted: &[Mounted]) -> Finding {
    let places = |kind: &str| -> Vec<&str> {
        mounted.iter().filter(|mount| mount.kind == kind).map(|mount| mount.at.as_str()).collect()
    };
    let (v2, v1) = (places("cgroup2"), places("cgroup"));
    let found = |status, result: String| Finding::new(Group::Mounts, "cgroup", status, result);
    match (v2.as_slice(), v1.as_slice()) {
        ([], []) => found(Status::Degraded, "not mounted".into())
            .because("nothing at /sys/fs/cgroup; syscope doctor --fix mounts a v2 hierarchy")
            .so("containers that run already cannot be found, and --cgroup cannot be used"),
        (v2, []) => found(Status::Ok, format!("v2 at {}", v2.join(", "))),
        ([], v1) => found(Status::Ok, format!("{} v1 hierarchies: {}", v1.len(), v1.join(", "))),
        (v2, v1) => found(
            Status::Ok,
            format!("v2 at {}; {} v1 hierarchies: {}", v2.join(", "), v1.len(), v1.join(", ")),
        ),
    }
}

fn mount(host: &Host, kind: &str, at: &str) -> io::Result<()> {
    let target = host.path(at);
    if !target.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("there is no directory {at}: the kernel lacks {kind}, or /sys is not the kernel's own"),
        ));
    }
    let kind = CString::new(kind)?;
    let target = CString::new(target.as_os_str().as_bytes())?;
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    // No data: options of tracefs would change every mount of it.
    // SAFETY: three strings that outlive the call, and no data.
    let mounted =
        unsafe { libc::mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, std::ptr::null()) };
    if mounted == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{FakeHost, named};

    const HYBRID: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:7 master:1 - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
42 23 0:13 / /sys/kernel/debug/tracing rw,relatime - tracefs nodev ro
43 23 0:14 / /mnt/my\\040bpf ro,relatime - bpf bpf rw
cut
";

    #[test]
    fn what_is_mounted_is_found() {
        let fake = FakeHost::new(&[("proc/self/mountinfo", HYBRID)]);
        let findings = probe(&fake.host());
        let check = |name, status, result: &str| {
            let found = named(&findings, name);
            assert_eq!((found.status, found.result.as_str()), (status, result), "{found:?}");
        };
        check("tracefs", Status::Ok, "/sys/kernel/debug/tracing, read-only");
        check("bpffs", Status::Note, "/mnt/my bpf");
        check("debugfs", Status::Ok, "not mounted, not needed");
        check("cgroup", Status::Ok, "v2 at /sys/fs/cgroup/unified; 1 v1 hierarchies: /sys/fs/cgroup/memory");
    }

    #[test]
    fn what_is_not_mounted_has_a_consequence() {
        let fake = FakeHost::new(&[("proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n")]);
        let findings = probe(&fake.host());
        assert_eq!(findings.len(), 5);
        for found in findings {
            assert!(found.result.starts_with("not mounted"), "{found:?}");
            assert!(found.consequence.is_some(), "{found:?}");
        }
    }

    #[test]
    fn unknown_mounts_are_said() {
        let findings = probe(&FakeHost::new(&[]).host());
        assert_eq!(named(&findings, "mounts").status, Status::Degraded);
    }

    #[test]
    fn what_is_mounted_is_left_alone() {
        let fake = FakeHost::new(&[("proc/self/mountinfo", HYBRID)]);
        assert!(fix(&fake.host()).iter().all(|fix| fix.outcome == FixOutcome::Unchanged));
    }

    #[test]
    fn nothing_is_mounted_where_there_is_no_place() {
        let fake = FakeHost::new(&[("proc/self/mountinfo", "")]);
        for fix in fix(&fake.host()) {
            assert_eq!(fix.outcome, FixOutcome::Failed);
            assert!(fix.reason.unwrap().contains(&fix.at));
        }
    }
}
