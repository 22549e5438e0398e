//! The running kernel: release, options, type information, lockdown, settings.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};

use flate2::read::GzDecoder;

use super::probe::{Host, read_text};
use super::report::{Finding, Group, Status};

/// A configuration is some 250 KiB; a crafted one shall not fill the memory.
const CONFIG_BYTES_MAX: u64 = 4 << 20;

/// Options whose absence stops something: name, what it stops, how bad that is.
const OPTIONS: [(&str, Status, &str); 9] = [
    ("BPF_SYSCALL", Status::Missing, "nothing can be traced"),
    ("DEBUG_INFO_BTF", Status::Missing, "no kernel program can be loaded"),
    ("BPF_EVENTS", Status::Missing, "programs cannot be attached to tracepoints"),
    ("TRACEPOINTS", Status::Missing, "there is nothing to attach programs to"),
    ("BPF_JIT", Status::Degraded, "programs are interpreted: every traced call costs several times as much"),
    ("CGROUPS", Status::Degraded, "containers cannot be told apart"),
    ("FTRACE_SYSCALLS", Status::Note, "OCI hooks cannot record with ftrace; tracing does not need it"),
    ("SECCOMP_FILTER", Status::Note, "seccomp profiles have no effect here"),
    ("AUDITSYSCALL", Status::Note, "OCI hooks cannot record with audit; tracing does not need it"),
];

/// All probes of the group.
pub fn probe(host: &Host) -> Vec<Finding> {
    let config = Config::read(host);
    let mut findings = vec![release(host), btf(host)];
    findings.push(options(&config));
    findings.push(lockdown(host, &config));
    findings.push(jit(host));
    findings.push(unprivileged(host));
    findings.push(pointers(host));
    findings.push(statistics(host));
    findings
}

fn finding(name: &str, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Kernel, name, status, result)
}

/// The release, and whether it is new enough (5.8 has the ring buffer).
fn release(host: &Host) -> Finding {
    let arch = std::env::consts::ARCH;
    let Ok(release) = host.read("proc/sys/kernel/osrelease") else {
        return finding("release", Status::Degraded, "unknown")
            .because("/proc/sys/kernel/osrelease cannot be read")
            .so("what is said here of this kernel may be incomplete");
    };
    let found = finding("release", Status::Ok, format!("{release} ({arch})"));
    match parse_release(&release) {
        Some(version) if version < (5, 8) => Finding { status: Status::Missing, ..found }
            .because("Linux 5.8 is the first with a BPF ring buffer")
            .so("nothing can be traced"),
        Some(_) => found,
        None => Finding { status: Status::Note, ..found }.because("the release has an unusual form"),
    }
}

fn parse_release(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The kernel's description of its own types.
fn btf(host: &Host) -> Finding {
    match fs::metadata(host.path("sys/kernel/btf/vmlinux")) {
        Ok(meta) => finding("btf", Status::Ok, format!("/sys/kernel/btf/vmlinux, {} KiB", meta.len() / 1024)),
        Err(err) => finding("btf", Status::Missing, "no /sys/kernel/btf/vmlinux")
            .because(match err.kind() {
                io::ErrorKind::NotFound => {
                    "the kernel was built without CONFIG_DEBUG_INFO_BTF, or /sys is hidden from here"
                        .to_owned()
                }
                _ => err.to_string(),
            })
            .so("kernel programs cannot be fitted to this kernel: nothing can be traced"),
    }
}

/// The options that matter, together: one line if all is well.
fn options(config: &Config) -> Finding {
    let Config::Known { from, options } = config else {
        return finding("options", Status::Note, "unknown")
            .because("neither /proc/config.gz nor /boot/config-RELEASE can be read")
            .so("nothing: what programs need is tried directly");
    };
    let state = |name: &str| options.get(name).map_or("n", String::as_str);
    let absent: Vec<_> = OPTIONS.iter().filter(|(name, ..)| state(name) == "n").collect();
    let worst = absent.iter().map(|(_, status, _)| *status).max().unwrap_or(Status::Ok);
    let result = if absent.is_empty() {
        format!("all {} that matter are on", OPTIONS.len())
    } else {
        let names: Vec<&str> = absent.iter().map(|(name, ..)| *name).collect();
        format!("off: {}", names.join(", "))
    };
    let found = finding("options", worst, result).because(format!("read from {from}"));
    if absent.is_empty() {
        return found;
    }
    let each: Vec<String> = absent.iter().map(|(name, _, then)| format!("without {name} {then}")).collect();
    found.so(each.join("; "))
}

/// The lockdown mode (kernel_lockdown(7)): told by securityfs, else by what the kernel was built and
/// started with.
fn lockdown(host: &Host, config: &Config) -> Finding {
    let told = host.read("sys/kernel/security/lockdown").ok();
    let told = told.as_deref().and_then(|text| text.split_once('[')?.1.split_once(']')).map(|(mode, _)| mode);
    let (mode, reason) = match told {
        Some(mode) => (mode.to_owned(), "read from /sys/kernel/security/lockdown"),
        None => match lockdown_at_start(host, config) {
            Some(mode) => (mode.to_owned(), "securityfs is not mounted; so the kernel was built or started"),
            None => {
                return finding("lockdown", Status::Note, "unknown")
                    .because("securityfs is not mounted, and the kernel's options do not say")
                    .so("nothing by itself: programs are tried below");
            }
        },
    };
    match mode.as_str() {
        "none" => finding("lockdown", Status::Ok, "none").because(reason),
        "integrity" => finding("lockdown", Status::Ok, "integrity")
            .because(reason)
            .so("nothing for tracing; programs may read kernel memory but not write it"),
        "confidentiality" => finding("lockdown", Status::Missing, "confidentiality")
            .because(reason)
            .so("programs may not read memory: arguments of calls cannot be shown, and most do not load"),
        other => finding("lockdown", Status::Note, other).because(reason),
    }
}

fn lockdown_at_start(host: &Host, config: &Config) -> Option<&'static str> {
    let line = host.read("proc/cmdline").unwrap_or_default();
    let started = line.split_whitespace().find_map(|word| word.strip_prefix("lockdown="));
    let built = |name: &str| match config {
        Config::Known { options, .. } => options.get(name).is_some_and(|value| value == "y"),
        Config::Unknown => false,
    };
    if started == Some("confidentiality") || built("LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY") {
        Some("confidentiality")
    } else if started == Some("integrity") || built("LOCK_DOWN_KERNEL_FORCE_INTEGRITY") {
        Some("integrity")
    } else {
        matches!(config, Config::Known { .. }).then_some("none")
    }
}

fn jit(host: &Host) -> Finding {
    match host.read("proc/sys/net/core/bpf_jit_enable").as_deref() {
        Ok("0") => finding("jit", Status::Degraded, "off")
            .because("net.core.bpf_jit_enable is 0")
            .so("programs are interpreted: every traced call costs several times as much"),
        Ok("2") => finding("jit", Status::Note, "on, debugging")
            .because("net.core.bpf_jit_enable is 2")
            .so("the kernel log gets every program's machine code"),
        Ok(_) => finding("jit", Status::Ok, "on"),
        Err(_) => finding("jit", Status::Note, "unknown")
            .because("/proc/sys/net/core/bpf_jit_enable cannot be read")
            .so("a kernel built with CONFIG_BPF_JIT_ALWAYS_ON needs no setting"),
    }
}

fn unprivileged(host: &Host) -> Finding {
    let name = "unprivileged_bpf";
    match host.read("proc/sys/kernel/unprivileged_bpf_disabled").as_deref() {
        Ok("0") => finding(name, Status::Note, "allowed")
            .because("kernel.unprivileged_bpf_disabled is 0")
            .so("nothing for Syscope, which needs privileges anyway; most systems forbid it"),
        Ok(value) => finding(name, Status::Ok, format!("forbidden ({value})"))
            .because("kernel.unprivileged_bpf_disabled")
            .so("loading programs needs CAP_BPF"),
        Err(_) => finding(name, Status::Note, "unknown")
            .because("/proc/sys/kernel/unprivileged_bpf_disabled cannot be read"),
    }
}

fn pointers(host: &Host) -> Finding {
    match host.read("proc/sys/kernel/kptr_restrict") {
        Ok(value) => finding("kptr_restrict", Status::Ok, value)
            .so("nothing: Syscope does not use addresses of the kernel"),
        Err(_) => finding("kptr_restrict", Status::Note, "unknown"),
    }
}

fn statistics(host: &Host) -> Finding {
    match host.read("proc/sys/kernel/bpf_stats_enabled").as_deref() {
        Ok("0") => finding("bpf_stats", Status::Ok, "off")
            .so("run times of kernel programs are not measured (sysctl kernel.bpf_stats_enabled=1 does)"),
        Ok(_) => finding("bpf_stats", Status::Note, "on")
            .so("run times of kernel programs are measured, which costs some 20 ns each run"),
        Err(_) => finding("bpf_stats", Status::Note, "unknown"),
    }
}

/// The options the kernel was built with.
enum Config {
    Known { from: String, options: BTreeMap<String, String> },
    Unknown,
}

impl Config {
    /// From `/proc/config.gz`, else from the host's `/boot`.
    fn read(host: &Host) -> Config {
        let own = fs::File::open(host.path("proc/config.gz")).and_then(|file| {
            let mut text = String::new();
            GzDecoder::new(file).take(CONFIG_BYTES_MAX).read_to_string(&mut text)?;
            Ok(text)
        });
        if let Ok(text) = own {
            return Config::Known { from: "/proc/config.gz".into(), options: parse_config(&text) };
        }
        let Ok(release) = host.read("proc/sys/kernel/osrelease") else { return Config::Unknown };
        if release.contains('/') {
            return Config::Unknown;
        }
        let path = host.file(&format!("boot/config-{release}"));
        match read_text(&path) {
            Ok(text) => Config::Known { from: path.display().to_string(), options: parse_config(&text) },
            Err(_) => Config::Unknown,
        }
    }
}

/// `CONFIG_NAME=value` lines.
fn parse_config(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("CONFIG_")?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

#[cfg(test)]
mod tests;
