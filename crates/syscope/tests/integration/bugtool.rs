//! `syscope bugtool`: an archive from every host, and no secret in it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use flate2::read::GzDecoder;

use crate::doctor::report::Report;
use crate::support::{Dir, Ended, Objects, for_everybody, mounts, run, syscope};

/// The files of an archive, without the directory they are all in.
fn unpack(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let entries = archive.entries().expect("read an archive");
    entries
        .map(|entry| {
            let mut entry = entry.expect("read an entry");
            assert_eq!(entry.header().mode().expect("a mode"), 0o600);
            let path = entry.path().expect("a path").display().to_string();
            let (top, name) = path.split_once('/').expect("a directory");
            assert!(top.starts_with("syscope-bugtool-"), "{path}");
            let name = name.to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("read a file");
            (name, String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect()
}

/// Makes an archive with this command; it has to succeed.
fn collect(command: &mut Command) -> (Ended, BTreeMap<String, String>) {
    let ended = run(command);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let files = unpack(&ended.stdout);
    (ended, files)
}

fn report(files: &BTreeMap<String, String>) -> Report {
    serde_json::from_str(&files["doctor.json"]).expect("a report of the documented form")
}

/// The files that every archive has.
const ALWAYS: [&str; 15] = [
    "doctor.txt",
    "doctor.json",
    "versions.txt",
    "configuration/flags.txt",
    "configuration/environment.txt",
    "configuration/instances.txt",
    "cgroups/self.txt",
    "cgroups/mounts.txt",
    "bpf/programs.txt",
    "bpf/maps.txt",
    "bpf/counters.txt",
    "system/limits.txt",
    "system/status.txt",
    "system/sysctl.txt",
    "errors.txt",
];

fn check_complete(files: &BTreeMap<String, String>) {
    for name in ALWAYS {
        assert!(files.contains_key(name), "{name} is not in {:?}", files.keys());
    }
}

#[test]
#[ignore = "root+bpf"]
fn an_archive_has_what_a_report_needs_and_leaves_the_host_alone() {
    let (objects, mounted) = (Objects::now(), mounts());
    let dir = Dir::new();
    let ended = run(syscope().arg("bugtool").current_dir(dir.path()));
    assert_eq!((ended.code(), ended.stdout.as_slice()), (Some(0), &b""[..]), "{ended:?}");
    let made: Vec<_> = fs::read_dir(dir.path()).expect("list").flatten().map(|entry| entry.path()).collect();
    let archive = made.iter().find(|path| path.to_string_lossy().ends_with(".tar.gz")).expect("an archive");
    assert!(archive.file_name().expect("a name").to_string_lossy().starts_with("syscope-bugtool-"));
    assert_eq!(fs::metadata(archive).expect("its mode").permissions().mode() & 0o7777, 0o600);
    let files = unpack(&fs::read(archive).expect("read the archive"));
    check_complete(&files);
    assert!(report(&files).jobs.trace);
    assert!(files["versions.txt"].contains("libbpf: ") && files["versions.txt"].contains("rustc "));
    assert!(files.keys().any(|name| name.starts_with("cgroups/tree-")));
    // It says what it has, and that it should be looked at.
    for said in [
        "doctor.json",
        "bytes",
        &*archive.file_name().unwrap().to_string_lossy(),
        "look at it before you share",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    Objects::now().since(&objects).wait_until_gone();
    assert_eq!(mounts(), mounted);
}

#[test]
#[ignore = "root+bpf"]
fn running_programs_and_maps_are_listed() {
    let live = crate::support::Live::start(&["-s", "getppid", "--comm", "nobody-is-called-so"]);
    crate::support::until("the programs are listed", || {
        let (_, files) = collect(syscope().args(["bugtool", "-o", "-"]));
        let listed = files["bpf/programs.txt"].contains("\tsys_exit\t")
            && files["bpf/maps.txt"].contains("syscope_ring");
        let listed = listed && files["bpf/counters.txt"].contains("produced: ");
        let known = files["configuration/instances.txt"].contains("nobody-is-called-so");
        (listed && known).then_some(())
    });
    live.end(libc::SIGINT);
}

/// Every secret that is planted has this in it.
const PLANTED: &str = "PLANTED5ecret";

/// A process with the name of ours and secrets in its arguments; ended with the value.
struct Instance(Child);

impl Instance {
    fn start(dir: &Dir) -> Instance {
        // A script's process has its interpreter's name, so the interpreter gets ours.
        let program = dir.join("syscope");
        fs::copy("/bin/sh", &program).expect("copy a program");
        let mut command = Command::new(&program);
        command.args(["-c", "sleep 60; :", "syscope", "--token", &format!("{PLANTED}-8")]);
        command.arg(format!("--password={PLANTED}-9")).arg(format!("https://u:{PLANTED}-10@host/"));
        Instance(command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0).spawn().expect("start"))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: a plain system call; the group was made for this child.
        unsafe { libc::kill(-(self.0.id() as i32), libc::SIGKILL) };
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "root+bpf"]
fn planted_secrets_are_not_in_the_archive() {
    let dir = Dir::new();
    let secret = |n: u32| format!("{PLANTED}-{n}");
    let token_file = dir.file("token", &format!("{}\n", secret(1)));
    let log = dir.file(
        "exec.log",
        &format!(
            "{{\"fields\":{{\"cmdline\":\"curl -H 'Authorization: Bearer {}'\"}}}}\n\
             {{\"argv\":[\"mysql\",\"--password\",\"{}\"]}}\nfree text with {} and {}\n",
            secret(2),
            secret(3),
            // What stands here without a hint is known by value, from the token file and the kubeconfig.
            secret(1),
            secret(4)
        ),
    );
    let kubeconfig = dir.file(
        "kubeconfig",
        &format!(
            "clusters:\n- cluster:\n    server: http://127.0.0.1:1\nusers:\n- name: me\n  user:\n    token: {}\n    \
             client-key-data: {}\n    password: {}\n",
            secret(4),
            secret(5),
            secret(6)
        ),
    );
    let config = dir.file(
        "syscope.toml",
        &format!(
            "log-level = \"warn\"\n[exec]\nwrite = {log:?}\nlabel = [\"api-token={}\", \"{}\"]\nredact = [\"{}\"]\n",
            secret(11),
            secret(12),
            secret(12)
        ),
    );
    let _instance = Instance::start(&dir);
    let mut command = syscope();
    command.args(["bugtool", "-o", "-", "--redact", &format!("{PLANTED}-1[34]"), "--config"]).arg(&config);
    command.env("KUBECONFIG", &kubeconfig).env("MY_TOKEN_FILE", &token_file).env("DB_PASSWORD", secret(7));
    command.env("SYSCOPE_TOKEN", secret(15)).env("SYSCOPE_LABEL", format!("x={}", secret(13)));
    command.env("UNRELATED", secret(16));
    let (ended, files) = collect(&mut command);
    check_complete(&files);
    for (name, text) in &files {
        assert!(!text.contains(PLANTED), "{name}: {text}");
    }
    assert!(!ended.stderr.contains(PLANTED), "{}", ended.stderr);
    // They were there to be hidden.
    assert!(
        files["configuration/instances.txt"].contains("--token [REDACTED]"),
        "{}",
        files["configuration/instances.txt"]
    );
    for name in ["logs/file-0.txt", "configuration/config.toml", "configuration/environment.txt"] {
        assert!(files[name].contains("[REDACTED]"), "{name}: {}", files[name]);
    }
    assert!(files["configuration/config.toml"].contains("log-level = \"warn\""));
    assert!(files["doctor.json"].contains("127.0.0.1:1"), "the server is told");
}

#[test]
#[ignore = "root+bpf"]
fn an_archive_is_made_without_privilege() {
    let dir = Dir::new();
    let mut command = for_everybody(&dir);
    let (ended, files) = collect(command.args(["bugtool", "-o", "-"]).current_dir("/").uid(65534).gid(65534));
    check_complete(&files);
    assert!(!report(&files).jobs.trace);
    assert!(
        files["errors.txt"].contains("bpf: ") && ended.stderr.contains("not: bpf"),
        "{}",
        files["errors.txt"]
    );
}

#[test]
#[ignore = "root+bpf"]
fn an_archive_is_made_where_nothing_can_start() {
    let script = "mount -t tmpfs none /sys/kernel/btf && umount -l /sys/fs/cgroup && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
    let (_, files) = collect(command.arg(env!("CARGO_BIN_EXE_syscope")).args(["bugtool", "-o", "-"]));
    check_complete(&files);
    let report = report(&files);
    assert!(!report.jobs.trace && report.lacks.iter().any(|lack| lack.remedy.contains("BTF")), "{report:#?}");
    assert!(files["doctor.txt"].contains("does not work"));
}

#[test]
#[ignore = "root+bpf"]
fn a_broken_configuration_does_not_stop_it() {
    let dir = Dir::new();
    for text in [&format!("[server]\ntoken = {PLANTED} oops\n"), "[tarce]\nx = 1\n"] {
        let config = dir.file("syscope.toml", text);
        let (_, files) = collect(syscope().args(["bugtool", "-o", "-", "--config"]).arg(&config));
        check_complete(&files);
        assert!(files.values().all(|text| !text.contains(PLANTED)));
    }
    let config = dir.file("syscope.toml", "[server\n");
    let (_, files) = collect(syscope().args(["bugtool", "-o", "-"]).env("SYSCOPE_CONFIG", &config));
    assert!(files["errors.txt"].contains("configuration: the file "), "{}", files["errors.txt"]);
    let ended = run(syscope().args(["doctor", "-o", "json", "--config"]).arg(&config));
    assert_eq!(ended.code(), Some(0), "{ended:?}");
}

#[test]
#[ignore = "root+bpf"]
fn a_file_that_is_there_is_not_overwritten() {
    let dir = Dir::new();
    let file = dir.file("there", "mine");
    let link = dir.join("link");
    std::os::unix::fs::symlink(dir.join("not-yet"), &link).expect("make a link");
    for path in [&file, &link] {
        let ended = run(syscope().args(["bugtool", "-o"]).arg(path));
        assert_eq!(ended.code(), Some(2), "{ended:?}");
        assert!(ended.stderr.contains("File exists"), "{}", ended.stderr);
    }
    assert_eq!(fs::read_to_string(&file).expect("read"), "mine");
    assert!(!dir.join("not-yet").exists());
}

#[test]
#[ignore = "root+bpf"]
fn a_full_disk_is_an_error_and_a_closed_pipe_a_clean_end() {
    let ended = run(syscope().args(["bugtool", "-o", "/dev/full"]));
    assert_eq!(ended.code(), Some(2), "a device is there already: {ended:?}");
    let mut command = Command::new("sh");
    command.args(["-c", "\"$0\" bugtool -o - > /dev/full", env!("CARGO_BIN_EXE_syscope")]);
    let ended = run(&mut command);
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("No space left"), "{}", ended.stderr);
}

#[test]
fn wrong_usage_of_bugtool_is_an_error() {
    for (words, said) in [
        (&["bugtool", "--redact", "("][..], "--redact"),
        (&["bugtool", "--since", "soon"], "soon"),
        (&["bugtool", "-A", "/no/such"], "/no/such"),
        (&["bugtool", "-o", "/no/such/directory/x"], "/no/such/directory/x"),
    ] {
        let ended = run(syscope().args(words));
        assert!(ended.code() == Some(2) && ended.stderr.contains(said), "{words:?}: {ended:?}");
        assert!(!Path::new("/no/such").exists());
    }
}
