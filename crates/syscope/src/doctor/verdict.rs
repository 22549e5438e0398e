//! From findings to what is missing for the main jobs, and how to get it.

use super::report::{Finding, Group, Jobs, Lack, Status};

/// Findings that stop the main jobs, and what helps; the first that applies explains the others.
const REMEDIES: [(Group, &str, &str, &str); 7] = [
    (Group::Kernel, "release", "a kernel of Linux 5.8 or later", "boot a newer kernel"),
    (
        Group::Privileges,
        "user_namespace",
        "the right to load kernel programs: capabilities of this user namespace do not count",
        "start as root of the host, not in a rootless container or below unshare",
    ),
    (
        Group::Privileges,
        "load_programs",
        "the right to load kernel programs",
        "start as root (sudo), or with the capabilities CAP_BPF and CAP_PERFMON (also CAP_SYS_PTRACE and \
         CAP_DAC_READ_SEARCH to see other users' processes)",
    ),
    (
        Group::Kernel,
        "btf",
        "type information of the kernel (/sys/kernel/btf/vmlinux)",
        "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (those of all current distributions are); in a \
         container make /sys visible",
    ),
    (
        Group::Kernel,
        "lockdown",
        "reading memory from kernel programs: lockdown is in confidentiality mode",
        "start the kernel with lockdown=integrity",
    ),
    (
        Group::Kernel,
        "options",
        "options of the kernel",
        "use a kernel built with BPF_SYSCALL, BPF_EVENTS, TRACEPOINTS and DEBUG_INFO_BTF",
    ),
    (Group::Rings, "cpus", "the number of CPUs", "make /sys visible"),
];

/// What the main jobs lack. `refusal` is the program that stops one, with the kernel's words.
pub fn lacks(findings: &[Finding], jobs: Jobs, refusal: Option<(&str, &str)>) -> Vec<Lack> {
    if jobs.trace && jobs.exec {
        return Vec::new();
    }
    let is_missing = |group, name| {
        findings
            .iter()
            .any(|found| found.group == group && found.name == name && found.status == Status::Missing)
    };
    let mut lacks: Vec<Lack> = REMEDIES
        .iter()
        .filter(|(group, name, ..)| is_missing(*group, *name))
        .map(|(_, _, what, remedy)| Lack { what: (*what).to_owned(), remedy: (*remedy).to_owned() })
        .collect();
    // Both are about the same right; the namespace is the deeper reason.
    if lacks.len() > 1 && is_missing(Group::Privileges, "user_namespace") {
        lacks.retain(|lack| lack.what != "the right to load kernel programs");
    }
    if lacks.is_empty() {
        lacks.push(unexplained(findings, refusal));
    }
    lacks
}

/// The kernel refuses although nothing is missing that we know of.
fn unexplained(findings: &[Finding], refusal: Option<(&str, &str)>) -> Lack {
    let filtered = findings.iter().any(|found| found.name == "seccomp" && found.status != Status::Ok);
    let confined = findings
        .iter()
        .any(|found| matches!(found.name.as_str(), "apparmor" | "selinux") && found.status == Status::Note);
    let (what, refused) = match refusal {
        Some((program, words)) => (format!("the kernel refuses the program {program}: {words}"), words),
        None => ("a result of the trial of the kernel programs".to_owned(), ""),
    };
    let forbidden =
        refused.contains("EPERM") || refused.contains("not permitted") || refused.contains("ermission");
    let remedy = match (forbidden, filtered, confined) {
        (true, true, _) => "the seccomp profile of this process may forbid bpf(2): allow it there",
        (true, _, true) => "a security module may forbid bpf(2): look into its log, and allow it there",
        _ => "please report this with the archive that `syscope bugtool` makes",
    };
    Lack { what, remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Jobs = Jobs { trace: false, exec: false, containers: false };

    fn missing(group: Group, name: &str) -> Finding {
        Finding::new(group, name, Status::Missing, "x")
    }

    #[test]
    fn nothing_lacks_where_the_jobs_run() {
        let jobs = Jobs { trace: true, exec: true, containers: false };
        assert_eq!(lacks(&[missing(Group::Kernel, "options")], jobs, None), []);
    }

    #[test]
    fn each_lack_has_its_remedy() {
        let whats = |findings: &[Finding]| lacks(findings, NOTHING, None).into_iter().map(|lack| lack.what);
        let found = [missing(Group::Kernel, "btf"), missing(Group::Privileges, "load_programs")];
        assert_eq!(whats(&found).len(), 2);
        let found =
            [missing(Group::Privileges, "user_namespace"), missing(Group::Privileges, "load_programs")];
        let whats: Vec<String> = whats(&found).collect();
        assert!(whats.len() == 1 && whats[0].contains("namespace"), "{whats:?}");
    }

    #[test]
    fn a_refusal_without_a_known_reason_is_told_in_the_kernels_words() {
        let lack = &lacks(&[], NOTHING, Some(("sys_exit", "invalid access")))[0];
        assert!(
            lack.what.contains("sys_exit: invalid access") && lack.remedy.contains("bugtool"),
            "{lack:?}"
        );
        let seccomp = Finding::new(Group::Confinement, "seccomp", Status::Note, "a filter is on");
        let lack = &lacks(&[seccomp], NOTHING, Some(("sys_exit", "-EPERM")))[0];
        assert!(lack.remedy.contains("seccomp"), "{lack:?}");
    }
}
