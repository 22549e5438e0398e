//! `syscope doctor`: what it finds on this machine, without privilege, and where things are hidden.

use std::process::Command;

use crate::support::{Dir, Ended, Objects, finish, for_everybody, mounts, run, start, syscope};

#[path = "../../src/doctor/report.rs"]
#[expect(dead_code, reason = "the words are for the table")]
pub mod report;

use report::{Finding, FixOutcome, Group, Report, Status};

/// The report, which is one object of the documented form.
fn parse(ended: &Ended) -> Report {
    serde_json::from_slice(&ended.stdout).unwrap_or_else(|err| panic!("{err}: {ended:?}"))
}

fn find<'a>(report: &'a Report, group: Group, name: &str) -> &'a Finding {
    let found = report.findings.iter().find(|found| found.group == group && found.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {report:#?}"))
}

/// A report names each probe once, and says why whenever something is not well.
fn check_form(report: &Report) {
    let mut seen = std::collections::BTreeSet::new();
    for found in &report.findings {
        assert!(seen.insert((found.group, found.name.clone())), "{found:?} is there twice");
        assert!(!found.result.is_empty(), "{found:?}");
        let explained = found.reason.is_some() || found.consequence.is_some();
        assert!(found.status == Status::Ok || explained, "{found:?}");
        assert_ne!(found.result, "probes", "{found:?}");
    }
    let works = report.jobs.trace && report.jobs.exec;
    assert_eq!(report.lacks.is_empty(), works, "{:?}", report.lacks);
}

/// Runs in a mount namespace of its own, after this script.
fn in_namespace(script: &str, words: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    let script = format!("{script} && exec \"$@\"");
    command.args(["--mount", "--propagation", "private", "sh", "-c", &script, "sh"]);
    command.arg(env!("CARGO_BIN_EXE_syscope")).args(words);
    command
}

#[test]
#[ignore = "root+bpf"]
fn the_main_jobs_work_here_and_nothing_is_changed() {
    let (objects, mounted) = (Objects::now(), mounts());
    let ended = run(syscope().args(["doctor", "-o", "json"]));
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    let report = parse(&ended);
    check_form(&report);
    assert!(report.jobs.trace && report.jobs.exec && report.fixes.is_empty(), "{report:#?}");
    let tracked = find(&report, Group::Cgroups, "tracked");
    assert!(
        report.jobs.containers && tracked.status == Status::Ok && tracked.reason.is_some(),
        "{tracked:?}"
    );
    assert!(find(&report, Group::Cgroups, "table").result.ends_with("the kernel's table holds 65536"));
    assert!(find(&report, Group::Deployment, "started").reason.is_some());
    assert!(report.findings.iter().any(|found| found.group == Group::Runtimes));
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("read the release");
    assert!(find(&report, Group::Kernel, "release").result.contains(release.trim()));
    assert_eq!(find(&report, Group::Privileges, "load_programs").status, Status::Ok);
    for program in ["sys_exit", "sys_enter", "sched_process_exec", "sched_process_exit"] {
        let found = find(&report, Group::Programs, program);
        assert!(found.status == Status::Ok && found.result.contains("tp_btf/"), "{found:?}");
    }
    Objects::now().since(&objects).wait_until_gone();
    assert_eq!(mounts(), mounted);
}

#[test]
#[ignore = "root+bpf"]
fn the_table_has_every_probe_and_fits() {
    let report = parse(&run(syscope().args(["doctor", "-o", "json"])));
    for width in [60, 100] {
        let ended = run(syscope().arg("doctor").env("COLUMNS", width.to_string()));
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        let table = ended.stdout();
        assert!(!table.contains('\x1b'), "no colours for a file");
        for found in &report.findings {
            assert!(table.contains(&found.name), "{} is not in {table}", found.name);
        }
        for line in table.lines() {
            assert!(line.chars().count() <= width, "{width}: {line:?}");
        }
        assert!(table.contains("trace       works"), "{table}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn without_privilege_it_says_what_is_missing() {
    let dir = Dir::new();
    let mut command = for_everybody(&dir);
    let ended = run(as_nobody(command.args(["doctor", "-o", "json"])));
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(3), ""), "{ended:?}");
    let report = parse(&ended);
    check_form(&report);
    assert!(!report.jobs.trace && !report.jobs.exec);
    let remedy = &report.lacks[0].remedy;
    assert!(remedy.contains("root") && remedy.contains("CAP_BPF"), "{:?}", report.lacks);
    let refused = find(&report, Group::Programs, "sys_exit");
    assert!(refused.status == Status::Missing && refused.reason.is_some(), "{refused:?}");
    assert_eq!(find(&report, Group::Privileges, "user").result, "uid 65534");
    // The files of the kernel can be read all the same.
    assert_eq!(find(&report, Group::Kernel, "btf").status, Status::Ok);
}

#[test]
#[ignore = "root+bpf"]
fn capabilities_of_a_user_namespace_are_not_taken_for_real() {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", env!("CARGO_BIN_EXE_syscope"), "doctor", "-o", "json"]);
    let ended = run(&mut command);
    assert_eq!(ended.code(), Some(3), "{ended:?}");
    let report = parse(&ended);
    check_form(&report);
    assert_eq!(find(&report, Group::Privileges, "user_namespace").status, Status::Missing);
    assert!(report.lacks.len() == 1 && report.lacks[0].what.contains("namespace"), "{:?}", report.lacks);
}

#[test]
#[ignore = "root+bpf"]
fn another_pid_namespace_is_told_with_what_follows() {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", env!("CARGO_BIN_EXE_syscope"), "doctor", "-o", "json"]);
    let ended = run(&mut command);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let found = find(&parse(&ended), Group::Privileges, "pid_namespace").clone();
    assert_eq!(found.status, Status::Degraded);
    assert!(found.consequence.expect("a consequence").contains("hostPID"));
}

#[test]
#[ignore = "root+bpf"]
fn hidden_type_information_is_the_reason() {
    let mut command = in_namespace("mount -t tmpfs none /sys/kernel/btf", &["doctor", "-o", "json"]);
    let ended = run(&mut command);
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(3), ""), "{ended:?}");
    let report = parse(&ended);
    check_form(&report);
    assert_eq!(find(&report, Group::Kernel, "btf").status, Status::Missing);
    let refused = find(&report, Group::Programs, "sys_exit").reason.clone().expect("a reason");
    assert!(refused.contains("/sys/kernel/btf/vmlinux"), "{refused}");
    assert!(
        report.lacks.iter().any(|lack| lack.remedy.contains("CONFIG_DEBUG_INFO_BTF")),
        "{:?}",
        report.lacks
    );
}

#[test]
#[ignore = "root+bpf"]
fn a_host_without_cgroups_traces_all_the_same_and_says_so() {
    let mut command = in_namespace("umount -l /sys/fs/cgroup", &["doctor", "-o", "json"]);
    let ended = run(&mut command);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let report = parse(&ended);
    check_form(&report);
    assert!(report.jobs.trace && !report.jobs.containers, "{:?}", report.jobs);
    let tracked = find(&report, Group::Cgroups, "tracked");
    assert!(tracked.status == Status::Degraded && tracked.reason.is_some(), "{tracked:?}");
}

#[test]
#[ignore = "root+bpf"]
fn a_runtime_that_hangs_is_told_in_time() {
    let dir = Dir::new();
    let socket = dir.join("hangs.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("bind a socket");
    let start = std::time::Instant::now();
    let ended = run(syscope().args(["doctor", "-o", "json", "--cri"]).arg(&socket));
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    drop(listener);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let report = parse(&ended);
    check_form(&report);
    let found = find(&report, Group::Runtimes, "cri");
    assert!(found.status == Status::Degraded && found.result.contains("hangs.sock"), "{found:?}");
    let gone = dir.join("nothing.sock");
    let report = parse(&run(syscope().args(["doctor", "-o", "json", "-r"]).arg(&gone)));
    assert_eq!(find(&report, Group::Runtimes, "cri").status, Status::Degraded);
}

/// What `--fix` did to the mounts of a namespace that began with this script: those before, and after.
fn fixed(script: &str) -> (Report, Vec<String>, Vec<String>) {
    let dir = Dir::new();
    let copy = |name: &str| format!("cat /proc/self/mountinfo > {}", dir.join(name).display());
    let script = format!("{script} && {}", copy("before"));
    let mut command = Command::new("unshare");
    let doctor = "\"$@\"; status=$?";
    let script = format!("{script}; {doctor}; {}; exit $status", copy("after"));
    command.args(["--mount", "--propagation", "private", "sh", "-c", &script, "sh"]);
    command.arg(env!("CARGO_BIN_EXE_syscope")).args(["doctor", "--fix", "-o", "json"]);
    let output = Dir::new();
    let ended = finish(start(&mut command, &output), &output);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    // Without the ids of mounts: type and mount point.
    let mounted = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(dir.join(name)).expect("read the mounts");
        let line = |line: &str| {
            let (before, after) = line.split_once(" - ")?;
            Some(format!("{} {}", after.split(' ').next()?, before.split(' ').nth(4)?))
        };
        text.lines().filter_map(line).collect()
    };
    (parse(&ended), mounted("before"), mounted("after"))
}

const WITHOUT_TRACEFS: &str = "while umount /sys/kernel/debug/tracing 2>/dev/null || umount /sys/kernel/tracing 2>/dev/null; do :; done; \
     while umount /sys/kernel/debug 2>/dev/null; do :; done";
const WITH_BPFFS: &str = "{ grep -q ' /sys/fs/bpf ' /proc/self/mountinfo || mount -t bpf bpf /sys/fs/bpf; }";

#[test]
#[ignore = "root+bpf"]
fn fix_mounts_what_is_missing_and_only_that() {
    let host = mounts();
    let (report, before, mut after) = fixed(&format!("{WITHOUT_TRACEFS}; {WITH_BPFFS}"));
    let outcome = |report: &Report, kind: &str| {
        report.fixes.iter().find(|fix| fix.filesystem == kind).map(|fix| fix.outcome)
    };
    assert_eq!(outcome(&report, "tracefs"), Some(FixOutcome::Mounted), "{:?}", report.fixes);
    assert_eq!(outcome(&report, "bpf"), Some(FixOutcome::Unchanged), "{:?}", report.fixes);
    assert_eq!(outcome(&report, "cgroup2"), Some(FixOutcome::Unchanged), "{:?}", report.fixes);
    assert_eq!(find(&report, Group::Mounts, "tracefs").result, "/sys/kernel/tracing");
    assert!(!before.iter().any(|mount| mount.starts_with("tracefs")), "{before:?}");
    after.retain(|mount| mount != "tracefs /sys/kernel/tracing");
    assert_eq!(after, before, "nothing else was mounted or unmounted");
    assert_eq!(mounts(), host, "the host's own mounts are as they were");
}

#[test]
#[ignore = "root+bpf"]
fn fix_changes_nothing_where_all_is_there() {
    let tracefs =
        "{ grep -q ' /sys/kernel/tracing ' /proc/self/mountinfo || mount -t tracefs t /sys/kernel/tracing; }";
    let (report, before, after) = fixed(&format!("{tracefs} && {WITH_BPFFS}"));
    assert!(report.fixes.iter().all(|fix| fix.outcome == FixOutcome::Unchanged), "{:?}", report.fixes);
    assert_eq!(before, after);
}

#[test]
#[ignore = "root+bpf"]
fn fix_gives_a_host_without_cgroups_a_hierarchy() {
    let bare = "umount -l /sys/fs/cgroup";
    let script = format!("{WITH_BPFFS}; {bare}");
    let (report, _, after) = fixed(&script);
    let fix = report.fixes.iter().find(|fix| fix.filesystem == "cgroup2").expect("it was looked after");
    assert_eq!(fix.outcome, FixOutcome::Mounted, "{fix:?}");
    assert!(after.contains(&"cgroup2 /sys/fs/cgroup".to_owned()), "{after:?}");
}

#[test]
#[ignore = "root+bpf"]
fn fix_without_privilege_says_that_it_failed() {
    let dir = Dir::new();
    let binary = for_everybody(&dir);
    let mut command = in_namespace(WITHOUT_TRACEFS, &[]);
    command = {
        let words: Vec<_> = command.get_args().map(|word| word.to_owned()).collect();
        let mut command = Command::new("unshare");
        command.args(&words[..words.len() - 1]).args(["setpriv", "--reuid", "65534", "--regid", "65534"]);
        command.arg("--clear-groups").arg(binary.get_program()).args(["doctor", "--fix", "-o", "json"]);
        command
    };
    let ended = run(&mut command);
    assert_eq!(ended.code(), Some(3), "{ended:?}");
    let report = parse(&ended);
    let fix = report.fixes.iter().find(|fix| fix.filesystem == "tracefs").expect("it was looked after");
    assert_eq!(fix.outcome, FixOutcome::Failed, "{fix:?}");
    assert!(fix.reason.as_deref().is_some_and(|reason| reason.contains("not permitted")), "{fix:?}");
}

#[test]
fn wrong_usage_of_doctor_is_an_error() {
    let ended = run(syscope().args(["doctor", "-o", "xml"]));
    assert_eq!(ended.code(), Some(2), "{ended:?}");
    let ended = run(syscope().args(["doctor", "--altroot", "/no/such/directory"]));
    assert!(ended.code() == Some(2) && ended.stderr.contains("/no/such/directory"), "{ended:?}");
}

/// The same command as user and group nobody.
fn as_nobody(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt as _;
    command.current_dir("/").uid(65534).gid(65534)
}
