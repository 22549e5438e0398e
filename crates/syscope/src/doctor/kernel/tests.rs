use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::doctor::testing::{FakeHost, named};

/// All options that matter, but these.
fn config_without(absent: &[&str]) -> String {
    OPTIONS
        .iter()
        .map(|(name, ..)| match absent.contains(name) {
            true => format!("# CONFIG_{name} is not set\n"),
            false => format!("CONFIG_{name}=y\n"),
        })
        .collect()
}

fn check(files: &[(&str, &str)], name: &str, status: Status, result: &str) {
    let fake = FakeHost::new(files);
    let findings = probe(&fake.host());
    let found = named(&findings, name);
    assert_eq!((found.status, found.result.as_str()), (status, result), "{found:?}");
}

#[test]
fn releases() {
    let arch = std::env::consts::ARCH;
    let release = |text: &str, status| {
        check(
            &[("proc/sys/kernel/osrelease", text)],
            "release",
            status,
            &format!("{} ({arch})", text.trim()),
        );
    };
    release("6.18.44-fc\n", Status::Ok);
    release("5.8", Status::Ok);
    release("5.7.19\n", Status::Missing);
    release("4.19.0-27-amd64\n", Status::Missing);
    release("custom\n", Status::Note);
    check(&[], "release", Status::Degraded, "unknown");
}

#[test]
fn type_information() {
    check(
        &[("sys/kernel/btf/vmlinux", &"x".repeat(4096))],
        "btf",
        Status::Ok,
        "/sys/kernel/btf/vmlinux, 4 KiB",
    );
    check(&[], "btf", Status::Missing, "no /sys/kernel/btf/vmlinux");
}

#[test]
fn options_are_read_from_boot() {
    let release = ("proc/sys/kernel/osrelease", "6.1.0\n");
    check(&[release], "options", Status::Note, "unknown");
    let all = config_without(&[]);
    check(&[release, ("boot/config-6.1.0", &all)], "options", Status::Ok, "all 9 that matter are on");
    let some = config_without(&["BPF_JIT", "AUDITSYSCALL"]);
    check(
        &[release, ("boot/config-6.1.0", &some)],
        "options",
        Status::Degraded,
        "off: BPF_JIT, AUDITSYSCALL",
    );
    let none = config_without(&["DEBUG_INFO_BTF"]);
    check(&[release, ("boot/config-6.1.0", &none)], "options", Status::Missing, "off: DEBUG_INFO_BTF");
}

#[test]
fn options_are_read_from_the_running_kernel_first() {
    let fake = FakeHost::new(&[("proc/sys/kernel/osrelease", "6.1.0"), ("boot/config-6.1.0", "")]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(config_without(&[]).as_bytes()).unwrap();
    fake.write("proc/config.gz", &gzip.finish().unwrap());
    let findings = probe(&fake.host());
    assert_eq!(named(&findings, "options").status, Status::Ok);
    assert_eq!(named(&findings, "options").reason.as_deref(), Some("read from /proc/config.gz"));
}

#[test]
fn a_release_cannot_lead_out_of_boot() {
    let files = [("proc/sys/kernel/osrelease", "x/../../etc/config"), ("etc/config", "CONFIG_BPF=y\n")];
    check(&files, "options", Status::Note, "unknown");
}

#[test]
fn lockdown_modes() {
    let told = |mode| ("sys/kernel/security/lockdown", mode);
    check(&[told("[none] integrity confidentiality\n")], "lockdown", Status::Ok, "none");
    check(&[told("none [integrity] confidentiality\n")], "lockdown", Status::Ok, "integrity");
    check(&[told("none integrity [confidentiality]\n")], "lockdown", Status::Missing, "confidentiality");
    check(&[], "lockdown", Status::Note, "unknown");
    check(&[("proc/cmdline", "quiet lockdown=integrity")], "lockdown", Status::Ok, "integrity");
    let built = [
        ("proc/sys/kernel/osrelease", "6.1.0"),
        ("boot/config-6.1.0", "CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y\n"),
    ];
    check(&built, "lockdown", Status::Missing, "confidentiality");
}

#[test]
fn settings() {
    check(&[("proc/sys/net/core/bpf_jit_enable", "0\n")], "jit", Status::Degraded, "off");
    check(&[("proc/sys/net/core/bpf_jit_enable", "1\n")], "jit", Status::Ok, "on");
    check(&[], "jit", Status::Note, "unknown");
    let disabled = "proc/sys/kernel/unprivileged_bpf_disabled";
    check(&[(disabled, "0\n")], "unprivileged_bpf", Status::Note, "allowed");
    check(&[(disabled, "2\n")], "unprivileged_bpf", Status::Ok, "forbidden (2)");
    check(&[("proc/sys/kernel/kptr_restrict", "1\n")], "kptr_restrict", Status::Ok, "1");
    check(&[("proc/sys/kernel/bpf_stats_enabled", "1\n")], "bpf_stats", Status::Note, "on");
}
