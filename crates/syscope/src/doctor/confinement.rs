//! What else may forbid things: seccomp and the security modules.

use super::probe::Host;
use super::report::{Finding, Group, Status};

/// All probes of the group.
pub fn probe(host: &Host) -> Vec<Finding> {
    vec![seccomp(host), no_new_privs(host), modules(host), apparmor(host), selinux(host)]
}

fn finding(name: &str, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Confinement, name, status, result)
}

fn seccomp(host: &Host) -> Finding {
    match host.status_field("Seccomp").as_deref() {
        Some("0") => finding("seccomp", Status::Ok, "off"),
        Some("2") => finding("seccomp", Status::Note, "a filter is on")
            .because("this process was started under a seccomp profile (as containers are)")
            .so("if it refuses bpf(2), nothing can be loaded; the programs above tell"),
        Some(_) => finding("seccomp", Status::Note, "strict"),
        None => finding("seccomp", Status::Note, "unknown").because("/proc/self/status does not say"),
    }
}

fn no_new_privs(host: &Host) -> Finding {
    match host.status_field("NoNewPrivs").as_deref() {
        Some("0") => finding("no_new_privs", Status::Ok, "off"),
        Some(_) => finding("no_new_privs", Status::Note, "on")
            .so("sudo and file capabilities give this process and its children nothing"),
        None => finding("no_new_privs", Status::Note, "unknown").because("/proc/self/status does not say"),
    }
}

fn modules(host: &Host) -> Finding {
    match host.read("sys/kernel/security/lsm") {
        Ok(modules) => finding("modules", Status::Ok, modules),
        Err(_) => finding("modules", Status::Note, "unknown")
            .because("/sys/kernel/security/lsm cannot be read (securityfs is not mounted)"),
    }
}

fn apparmor(host: &Host) -> Finding {
    let on = host.read("sys/module/apparmor/parameters/enabled").is_ok_and(|text| text == "Y");
    if !on {
        return finding("apparmor", Status::Ok, "off");
    }
    let own = host.read("proc/self/attr/apparmor/current").or_else(|_| host.read("proc/self/attr/current"));
    match own.as_deref() {
        Ok("unconfined") => finding("apparmor", Status::Ok, "unconfined"),
        Ok(profile) => finding("apparmor", Status::Note, profile.trim_end_matches('\0'))
            .because("this process runs under an AppArmor profile")
            .so("it may forbid mounts, bpf(2) or reading /proc of others; the other probes tell"),
        Err(err) => finding("apparmor", Status::Note, "unknown").because(err.to_string()),
    }
}

fn selinux(host: &Host) -> Finding {
    let context = || host.read("proc/self/attr/current").unwrap_or_default();
    match host.read("sys/fs/selinux/enforce").as_deref() {
        Ok("1") => finding("selinux", Status::Note, "enforcing")
            .because(format!("this process runs as {}", context().trim_end_matches('\0')))
            .so("if the policy refuses the class bpf, nothing can be loaded; the programs above tell"),
        Ok(_) => finding("selinux", Status::Ok, "permissive"),
        Err(_) => finding("selinux", Status::Ok, "off"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{FakeHost, named};

    #[test]
    fn modes() {
        let fake = FakeHost::new(&[
            ("proc/self/status", "NoNewPrivs:\t1\nSeccomp:\t2\n"),
            ("sys/kernel/security/lsm", "lockdown,capability,apparmor,bpf"),
            ("sys/module/apparmor/parameters/enabled", "Y\n"),
            ("proc/self/attr/current", "docker-default (enforce)\n"),
            ("sys/fs/selinux/enforce", "1"),
        ]);
        let findings = probe(&fake.host());
        assert_eq!(named(&findings, "seccomp").result, "a filter is on");
        assert_eq!(named(&findings, "no_new_privs").result, "on");
        assert_eq!(named(&findings, "apparmor").result, "docker-default (enforce)");
        assert_eq!(named(&findings, "selinux").result, "enforcing");
        assert_eq!(named(&findings, "modules").result, "lockdown,capability,apparmor,bpf");
    }

    #[test]
    fn nothing_there() {
        let findings = probe(&FakeHost::new(&[]).host());
        assert_eq!(named(&findings, "selinux").result, "off");
        assert_eq!(named(&findings, "apparmor").result, "off");
        assert_eq!(named(&findings, "seccomp").result, "unknown");
    }
}
