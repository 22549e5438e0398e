//! Versions, limits, settings and pressure of the host, and the state of tracefs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Context;
use super::collect::Collected;
use crate::doctor::mounts;
use crate::doctor::probe::{Host, read_text};

/// Settings that matter, below `/proc/sys`.
const SETTINGS: [&str; 22] = [
    "kernel/bpf_stats_enabled",
    "kernel/core_pattern",
    "kernel/dmesg_restrict",
    "kernel/ftrace_enabled",
    "kernel/kptr_restrict",
    "kernel/ns_last_pid",
    "kernel/perf_event_paranoid",
    "kernel/pid_max",
    "kernel/random/boot_id",
    "kernel/seccomp/actions_avail",
    "kernel/seccomp/actions_logged",
    "kernel/tainted",
    "kernel/threads-max",
    "kernel/tracepoint_printk",
    "kernel/unprivileged_bpf_disabled",
    "kernel/yama/ptrace_scope",
    "net/core/bpf_jit_enable",
    "net/core/bpf_jit_harden",
    "net/core/bpf_jit_limit",
    "user/max_cgroup_namespaces",
    "user/max_user_namespaces",
    "vm/overcommit_memory",
];

/// Words of the kernel's command line that matter; others may hold anything.
const BOOT_WORDS: [&str; 9] =
    ["lockdown=", "lsm=", "security=", "cgroup", "systemd.unified", "audit=", "apparmor=", "selinux=", "bpf"];

/// Instances of tracefs that are described.
const INSTANCES_MAX: usize = 100;

/// All of it.
pub fn collect(context: &Context) -> Collected {
    let host = &context.host;
    let mut collected = Collected::default();
    collected.add("versions.txt", versions(host));
    collected.add_or_say("system/limits.txt", host.read("proc/self/limits"));
    collected.add_or_say("system/status.txt", host.read("proc/self/status"));
    collected.add("system/sysctl.txt", settings(host));
    collected.add("system/pressure.txt", pressure(host));
    collected.add_or_say("system/memory.txt", host.read("proc/meminfo"));
    match mounts::read(host).unwrap_or_default().iter().find(|mount| mount.kind == "tracefs") {
        Some(mount) => collected.add("system/tracefs.txt", tracefs(Path::new(&mount.at))),
        None => collected.problems.push("tracefs is not mounted".into()),
    }
    collected
}

fn versions(host: &Host) -> String {
    let read = |path: &str| host.read(path).unwrap_or_else(|err| format!("unknown ({err})"));
    let mut text = String::new();
    let _ = writeln!(text, "syscope: {}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(
        text,
        "built by: {} for {} ({})",
        env!("SYSCOPE_RUSTC"),
        env!("SYSCOPE_TARGET"),
        env!("SYSCOPE_PROFILE")
    );
    let _ = writeln!(text, "libbpf: {}", syscope_bpf::inventory::libbpf_version());
    let _ = writeln!(text, "kernel: {}", read("proc/version"));
    let _ = writeln!(text, "uptime: {}", read("proc/uptime"));
    let boot = read("proc/cmdline");
    let known = |word: &&str| BOOT_WORDS.iter().any(|known| word.starts_with(known));
    let words: Vec<&str> = boot.split_whitespace().filter(known).collect();
    let _ = writeln!(text, "started with: {}", words.join(" "));
    let release =
        read_text(&host.file("etc/os-release")).or_else(|_| read_text(&host.file("usr/lib/os-release")));
    let _ = writeln!(text, "\n{}", release.unwrap_or_default().trim());
    text
}

fn settings(host: &Host) -> String {
    let mut text = String::new();
    for setting in SETTINGS {
        let value = host.read(&format!("proc/sys/{setting}")).unwrap_or_else(|err| format!("({err})"));
        let _ = writeln!(text, "{} = {value}", setting.replace('/', "."));
    }
    text
}

fn pressure(host: &Host) -> String {
    let mut text = String::new();
    for file in ["proc/loadavg", "proc/pressure/cpu", "proc/pressure/memory", "proc/pressure/io"] {
        let value = host.read(file).unwrap_or_else(|err| format!("({err})"));
        let _ = writeln!(text, "{file}: {}", value.replace('\n', "; "));
    }
    text
}

/// What is traced with ftrace, by whom; nothing of what was traced is read.
fn tracefs(at: &Path) -> String {
    let mut text = state("the first instance", at);
    let mut instances: Vec<_> = fs::read_dir(at.join("instances"))
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    instances.sort();
    for instance in instances.iter().take(INSTANCES_MAX) {
        let name = instance.file_name().unwrap_or_default().to_string_lossy();
        text += &state(&format!("instance {}", name.escape_debug()), instance);
    }
    text
}

fn state(title: &str, at: &Path) -> String {
    let mut text = format!("{title}\n");
    let files =
        ["current_tracer", "tracing_on", "set_event", "set_event_pid", "buffer_size_kb", "trace_clock"];
    for file in files {
        // These files say that their size is zero and are regular all the same.
        let value = read_text(&at.join(file)).unwrap_or_else(|err| format!("({err})"));
        let lines: Vec<&str> = value.lines().take(50).collect();
        let _ = writeln!(text, "  {file}: {}", lines.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_kernels_command_line_only_known_words() {
        let top = std::env::temp_dir().join(format!("syscope-system-{}", std::process::id()));
        fs::create_dir_all(top.join("proc")).unwrap();
        fs::write(top.join("proc/cmdline"), "quiet lockdown=integrity secret.key=hunter2 cgroup_no_v1=all\n")
            .unwrap();
        let text = versions(&Host::new(&top, &top));
        fs::remove_dir_all(&top).unwrap();
        assert!(text.contains("started with: lockdown=integrity cgroup_no_v1=all\n"), "{text}");
        assert!(!text.contains("hunter2"));
    }
}
