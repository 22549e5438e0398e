//! What this process may do: capabilities, limits, and the namespaces it sees the host through.

use super::probe::Host;
use super::report::{Finding, Group, Status};

/// Capabilities that matter (capabilities(7)): bit, name, what is lost without it.
const CAPABILITIES: [(u32, &str, &str); 6] = [
    (39, "CAP_BPF", "programs cannot be loaded (unless CAP_SYS_ADMIN is there)"),
    (38, "CAP_PERFMON", "tracing programs cannot be loaded (unless CAP_SYS_ADMIN is there)"),
    (21, "CAP_SYS_ADMIN", "nothing: CAP_BPF and CAP_PERFMON do"),
    (
        19,
        "CAP_SYS_PTRACE",
        "programs, directories and namespaces of other users' processes are not read from /proc",
    ),
    (24, "CAP_SYS_RESOURCE", "the memory lock limit cannot be raised (before Linux 5.11 the rings need it)"),
    (2, "CAP_DAC_READ_SEARCH", "paths of cgroups cannot be found by id, nor other users' containers read"),
];
const SYS_ADMIN: u64 = 1 << 21;
const BPF_AND_PERFMON: u64 = 1 << 38 | 1 << 39;

/// Inode numbers of the first namespaces of every machine (`PROC_*_INIT_INO`, include/linux/proc_ns.h).
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;
const FIRST_USER_NAMESPACE: u64 = 0xEFFF_FFFD;

/// All probes of the group.
pub fn probe(host: &Host) -> Vec<Finding> {
    vec![
        user(host),
        bpf_rights(host),
        capabilities(host),
        memlock(host),
        user_namespace(host),
        pid_namespace(host),
    ]
}

/// Whether tracing programs may be loaded: CAP_SYS_ADMIN, or CAP_BPF with CAP_PERFMON, where they count.
pub fn may_load(host: &Host) -> Option<bool> {
    let rights = effective(host)?;
    let first = host.namespace("user").is_none_or(|inode| inode == FIRST_USER_NAMESPACE);
    Some(first && (rights & SYS_ADMIN != 0 || rights & BPF_AND_PERFMON == BPF_AND_PERFMON))
}

fn finding(name: &str, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Privileges, name, status, result)
}

fn effective(host: &Host) -> Option<u64> {
    u64::from_str_radix(&host.status_field("CapEff")?, 16).ok()
}

fn user(host: &Host) -> Finding {
    let uid = host.status_field("Uid");
    // Real, effective, saved, file system.
    match uid.as_deref().and_then(|uids| uids.split_whitespace().nth(1)) {
        Some(uid) => finding("user", Status::Ok, format!("uid {uid}")),
        None => finding("user", Status::Note, "unknown").because("/proc/self/status cannot be read"),
    }
}

fn bpf_rights(host: &Host) -> Finding {
    match may_load(host) {
        Some(true) => finding("load_programs", Status::Ok, "allowed"),
        Some(false) => finding("load_programs", Status::Missing, "not allowed")
            .because("needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, in the first user namespace")
            .so("nothing can be traced"),
        None => finding("load_programs", Status::Note, "unknown").because("/proc/self/status cannot be read"),
    }
}

fn capabilities(host: &Host) -> Finding {
    let Some(rights) = effective(host) else {
        return finding("capabilities", Status::Note, "unknown").because("/proc/self/status cannot be read");
    };
    let (have, lack): (Vec<_>, Vec<_>) = CAPABILITIES.iter().partition(|(bit, ..)| rights >> bit & 1 == 1);
    let names =
        |of: &[&(u32, &str, &str)]| of.iter().map(|(_, name, _)| *name).collect::<Vec<_>>().join(", ");
    let result = match (have.as_slice(), lack.as_slice()) {
        (have, []) => names(have),
        ([], _) => "none of those that matter".to_owned(),
        (have, lack) => format!("{}; not {}", names(have), names(lack)),
    };
    let reads_others = rights & (1 << 19) != 0 && rights & (1 << 2) != 0;
    let status = match lack.as_slice() {
        [] => Status::Ok,
        _ if reads_others => Status::Note,
        _ => Status::Degraded,
    };
    let found = finding("capabilities", status, result);
    if lack.is_empty() {
        return found;
    }
    let each: Vec<String> = lack.iter().map(|(_, name, lost)| format!("without {name} {lost}")).collect();
    found.so(each.join("; "))
}

/// The limit of locked memory counts before Linux 5.11 only; then memory of maps is of the cgroup.
fn memlock(host: &Host) -> Finding {
    let limits = host.read("proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max locked memory"));
    let Some(soft) = line.and_then(|line| line.split_whitespace().next()) else {
        return finding("memlock", Status::Note, "unknown").because("/proc/self/limits cannot be read");
    };
    let release = host.read("proc/sys/kernel/osrelease").unwrap_or_default();
    let counts = before_5_11(&release);
    let text = match soft.parse::<u64>() {
        Ok(bytes) => format!("{} KiB", bytes / 1024),
        Err(_) => soft.to_owned(),
    };
    let found = finding("memlock", Status::Ok, text);
    if !counts {
        return found.because("since Linux 5.11 maps count as memory of the cgroup, not against this limit");
    }
    let may_raise = effective(host).is_some_and(|rights| rights >> 24 & 1 == 1);
    match soft {
        "unlimited" => found,
        _ if may_raise => found.because("CAP_SYS_RESOURCE allows to raise it"),
        _ => Finding { status: Status::Degraded, ..found }
            .because("before Linux 5.11 maps count against it, and without CAP_SYS_RESOURCE it stays")
            .so("rings may not fit: allow more (ulimit -l unlimited, LimitMEMLOCK=infinity) or use --ring-size"),
    }
}

fn before_5_11(release: &str) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (5, 11),
        _ => false,
    }
}

fn user_namespace(host: &Host) -> Finding {
    match host.namespace("user") {
        Some(FIRST_USER_NAMESPACE) => finding("user_namespace", Status::Ok, "the host's"),
        Some(inode) => finding("user_namespace", Status::Missing, format!("another one ({inode})"))
            .because("this process was started in a user namespace (rootless container, unshare)")
            .so("its capabilities don't count for loading programs: nothing can be traced"),
        None => finding("user_namespace", Status::Note, "unknown").because("/proc/self/ns cannot be read"),
    }
}

fn pid_namespace(host: &Host) -> Finding {
    match host.namespace("pid") {
        Some(FIRST_PID_NAMESPACE) => finding("pid_namespace", Status::Ok, "the host's"),
        Some(inode) => finding("pid_namespace", Status::Degraded, format!("another one ({inode})"))
            .because("this process was started in a pid namespace (a container without the host's)")
            .so("events show the host's pids, which are not those seen here: -p and what /proc tells of \
                 processes don't fit; start with the host's pid namespace (hostPID: true, --pid=host)"),
        None => finding("pid_namespace", Status::Note, "unknown").because("/proc/self/ns cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{FakeHost, named};

    fn status_file(capabilities: u64) -> String {
        format!("Name:\tsyscope\nUid:\t0\t1000\t0\t0\nCapEff:\t{capabilities:016x}\n")
    }

    fn host(capabilities: u64, user: u64, pid: u64) -> FakeHost {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max locked memory         8388608              8388608              bytes     \n";
        let status = status_file(capabilities);
        let fake = FakeHost::new(&[("proc/self/status", &status), ("proc/self/limits", limits)]);
        fake.link("proc/self/ns/user", &format!("user:[{user}]"));
        fake.link("proc/self/ns/pid", &format!("pid:[{pid}]"));
        fake
    }

    #[test]
    fn root_of_the_host() {
        let fake = host(u64::MAX, FIRST_USER_NAMESPACE, FIRST_PID_NAMESPACE);
        let findings = probe(&fake.host());
        assert!(findings.iter().all(|found| found.status == Status::Ok), "{findings:#?}");
        assert_eq!(named(&findings, "user").result, "uid 1000");
        assert_eq!(named(&findings, "memlock").result, "8192 KiB");
    }

    #[test]
    fn few_capabilities_are_enough() {
        let fake = host(BPF_AND_PERFMON, FIRST_USER_NAMESPACE, FIRST_PID_NAMESPACE);
        assert_eq!(may_load(&fake.host()), Some(true));
        let findings = probe(&fake.host());
        let found = named(&findings, "capabilities");
        assert_eq!(found.status, Status::Degraded);
        assert!(found.result.starts_with("CAP_BPF, CAP_PERFMON; not CAP_SYS_ADMIN"), "{found:?}");
    }

    #[test]
    fn one_of_the_two_is_not_enough() {
        for bit in [38, 39] {
            let fake = host(1 << bit, FIRST_USER_NAMESPACE, FIRST_PID_NAMESPACE);
            assert_eq!(may_load(&fake.host()), Some(false));
        }
    }

    #[test]
    fn capabilities_of_another_user_namespace_do_not_count() {
        let fake = host(u64::MAX, 4_026_532_000, 4_026_532_001);
        assert_eq!(may_load(&fake.host()), Some(false));
        let findings = probe(&fake.host());
        assert_eq!(named(&findings, "load_programs").status, Status::Missing);
        assert_eq!(named(&findings, "user_namespace").status, Status::Missing);
        assert_eq!(named(&findings, "pid_namespace").status, Status::Degraded);
    }

    #[test]
    fn the_memory_lock_limit_counts_on_old_kernels() {
        let fake = host(0, FIRST_USER_NAMESPACE, FIRST_PID_NAMESPACE);
        fake.write("proc/sys/kernel/osrelease", b"5.10.0-28-amd64\n");
        assert_eq!(named(&probe(&fake.host()), "memlock").status, Status::Degraded);
        fake.write("proc/sys/kernel/osrelease", b"5.11.0\n");
        assert_eq!(named(&probe(&fake.host()), "memlock").status, Status::Ok);
    }

    #[test]
    fn nothing_readable_is_unknown() {
        let fake = FakeHost::new(&[]);
        assert!(probe(&fake.host()).iter().all(|found| found.result == "unknown"));
        assert_eq!(may_load(&fake.host()), None);
    }
}
