//! Attempts that failed, and ends.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::Command;
use std::time::Instant;

use super::running::{Running, bytes, ok, plain, probe};
use crate::support::{Dir, program};

#[test]
#[ignore = "root+bpf"]
fn failed_attempts_are_logged_with_their_error() {
    let dir = Dir::new();
    let name = |name: &str| dir.join(name).to_str().expect("UTF-8").to_owned();
    let (missing, forbidden, nonsense) = (name("missing"), name("forbidden"), name("nonsense"));
    fs::write(&forbidden, "#!/bin/sh\n").expect("write");
    fs::write(&nonsense, "\x01\x02\x03 no program\n").expect("write");
    fs::set_permissions(&nonsense, fs::Permissions::from_mode(0o755)).expect("set the mode");
    let large = "x".repeat(200_000);
    let attempts = [
        (missing.as_str(), "ENOENT", "short"),
        (&forbidden, "EACCES", "short"),
        (&nonsense, "ENOEXEC", "short"),
        ("/bin/true", "E2BIG", &large),
    ];
    let running = Running::start(&["--failed"]);
    let mut pids = Vec::new();
    for (file, _, argument) in attempts {
        let own = format!("attempted-{}", pids.len());
        let result = Command::new(file).arg(&own).arg(argument).arg("").arg("x\ny").spawn();
        assert!(result.is_err(), "{file}");
        pids.push(own);
    }
    ok(Command::new("/bin/true").arg("succeeded"));
    let log = running.end();
    for ((file, error, argument), own) in attempts.into_iter().zip(pids) {
        let found = log.with(&own);
        assert_eq!(found.len(), 1, "{found:#?}");
        let exec = found[0];
        assert_eq!((&exec.filename, exec.error.as_deref()), (&plain(file), Some(error)));
        assert_eq!(bytes(&exec.argv[0]), file.as_bytes());
        if argument == "short" {
            assert_eq!(exec.argv[2..], [plain("short"), plain(""), plain("x\ny")]);
            assert!(!exec.truncated, "{exec:?}");
        } else {
            assert!(exec.truncated && large.as_bytes().starts_with(&bytes(&exec.argv[2])));
        }
    }
    assert_eq!(log.only("succeeded").error, None);
}

/// Whichever thread is the last, the process has its own name and number.
#[test]
#[ignore = "root+bpf"]
fn the_end_of_a_process_is_told_of_the_process() {
    let running = Running::plain(&["--exit"]);
    let mut child = Command::new(program("last_thread")).spawn().expect("spawn");
    assert_eq!(child.wait().expect("wait").code(), Some(3));
    let text = running.stop().stdout();
    let end = format!("[{}, comm=\"last_thread\", uid=0, gid=0] exited with 3 after ", child.id());
    assert!(text.contains(&end), "{text}");
}

/// The names of the programs that a process has in the kernel.
fn programs(pid: u32) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fdinfo")).expect("its descriptors").flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let value = |key| text.lines().find_map(|line| line.strip_prefix(key)?.split_whitespace().next());
        let Some(id) = value("prog_id:") else { continue };
        let show = Command::new("bpftool").args(["-j", "prog", "show", "id", id]).output().expect("bpftool");
        let json: serde_json::Value = serde_json::from_slice(&show.stdout).expect("a program");
        names.push(json["name"].as_str().unwrap_or_default().to_owned());
    }
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
#[ignore = "root+bpf"]
fn system_calls_are_hooked_for_failed_attempts_only() {
    for (flags, hooked) in [(&["--exit", "--env", "PATH"][..], false), (&["--failed"], true)] {
        let running = Running::start(flags);
        let names = programs(running.pid());
        assert!(
            names.iter().any(|name| name == "sched_process_e" || name == "sched_process_exec"),
            "{names:?}"
        );
        assert_eq!(names.iter().any(|name| name == "sys_exit"), hooked, "{names:?}");
        assert!(names.iter().all(|name| name != "sys_enter"), "{names:?}");
        running.end();
    }
}

#[test]
#[ignore = "root+bpf"]
fn ends_have_a_status_or_a_signal() {
    let dir = Dir::new();
    let running = Running::start(&["--exit"]);
    let scripts = [
        "exit 0",
        "exit 7",
        "exit 255",
        "kill -KILL $$",
        "kill -TERM $$",
        "ulimit -c 0; kill -SEGV $$",
        "ulimit -c unlimited; kill -ABRT $$",
        "sleep 0.3",
    ];
    let mut ends = Vec::new();
    for script in scripts {
        let started = Instant::now();
        let mut child =
            Command::new("bash").args(["-c", script]).current_dir(dir.path()).spawn().expect("start a shell");
        ends.push((child.id(), child.wait().expect("wait"), started.elapsed(), script));
    }
    let log = running.end();
    for (pid, status, elapsed, script) in ends {
        let exit = log.end_of(pid);
        assert_eq!(exit.status.map(i32::from), status.code(), "{script}");
        let signal = status.signal().map(|number| match number {
            libc::SIGKILL => "SIGKILL",
            libc::SIGTERM => "SIGTERM",
            libc::SIGSEGV => "SIGSEGV",
            libc::SIGABRT => "SIGABRT",
            other => panic!("signal {other}"),
        });
        assert_eq!(exit.signal.as_deref(), signal, "{script}");
        assert_eq!(exit.core_dumped, signal.map(|_| status.core_dumped()), "{script}");
        assert!(u128::from(exit.run_ns) <= elapsed.as_nanos(), "{script}: {} of {elapsed:?}", exit.run_ns);
        if script.starts_with("sleep") {
            assert!(exit.run_ns >= 300_000_000, "{exit:?}");
        }
        let begun = log.execs().filter(|exec| exec.pid == pid).last().expect("its program");
        assert_eq!(exit.exec_id.as_ref(), Some(&begun.exec_id), "{script}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_process_of_many_threads_ends_once() {
    let running = Running::start(&["--exit"]);
    let mut ends = Vec::new();
    for how in ["leader", "thread", "killed"] {
        for _ in 0..5 {
            let mut child = Command::new(program("crowd")).arg(how).spawn().expect("start threads");
            let status = child.wait().expect("wait");
            ends.push((child.id(), status));
        }
    }
    let log = running.end();
    for (pid, status) in ends {
        let exit = log.end_of(pid);
        assert_eq!(exit.status.map(i32::from), status.code());
        assert_eq!(exit.signal.as_deref(), status.signal().map(|_| "SIGKILL"));
        assert_eq!(exit.exec_id.as_ref(), Some(&log.of(pid).exec_id));
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_child_without_a_program_of_its_own_ends_as_its_parents() {
    let running = Running::start(&["--exit"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "(exit 3) & wait $!; exit 4"]);
    let mut child = shell.spawn().expect("start a shell");
    child.wait().expect("wait");
    let log = running.end();
    let below: Vec<_> = log.exits().filter(|exit| exit.ppid == Some(child.id())).collect();
    assert_eq!(below.len(), 1, "{below:#?}");
    assert_eq!(below[0].status, Some(3));
    assert_eq!(log.end_of(child.id()).status, Some(4));
}

#[test]
#[ignore = "root+bpf"]
fn ends_are_not_logged_unasked() {
    let running = Running::start(&[]);
    probe();
    assert_eq!(running.end().exits().count(), 0);
}

#[test]
#[ignore = "root+bpf"]
fn a_failed_attempt_of_another_user_is_not_ours() {
    let running = Running::quiet(&["-f", "json", "--failed", "--uid", "1002"]);
    running.wait_ready(|| ok(Command::new("/bin/true").arg(super::running::PROBE).uid(1002)));
    let attempt = |uid| Command::new("/no/such").arg(format!("user-{uid}")).uid(uid).spawn().is_err();
    assert!(attempt(1002) && attempt(1003));
    let log = running.end();
    assert_eq!(log.only("user-1002").error.as_deref(), Some("ENOENT"));
    assert!(log.with("user-1003").is_empty());
}
