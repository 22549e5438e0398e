//! What exectrace tests: a user, many arguments, a long one, pid namespaces.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::running::{Log, PROBE, Running, bytes, ok, plain, probe};
use super::space::Space;
use crate::support::{Dir, Puppet, parse, until};

#[test]
#[ignore = "root+bpf"]
fn an_exec_is_logged_with_its_user() {
    let running = Running::start(&[]);
    let dir = Dir::new();
    let child = Command::new("/bin/true").arg("one user").uid(1002).gid(1003).current_dir(dir.path()).spawn();
    let mut child = child.expect("start a program");
    assert!(child.wait().expect("wait").success());
    let log = running.end();
    let exec = log.only("one user");
    assert_eq!((exec.filename.clone(), exec.pid, exec.tid), (plain("/bin/true"), child.id(), child.id()));
    assert_eq!(exec.argv, [plain("/bin/true"), plain("one user")]);
    assert_eq!((exec.uid, exec.gid, exec.euid, exec.egid), (1002, 1003, Some(1002), Some(1003)));
    assert_eq!((exec.suid, exec.sgid), (Some(1002), Some(1003)));
    assert_eq!(exec.ppid, Some(std::process::id()));
    assert_eq!(exec.exe, std::fs::canonicalize("/bin/true").ok().map(|path| plain(path.to_str().unwrap())));
    assert_eq!(exec.cwd, dir.path().to_str().map(plain));
    assert_eq!(exec.comm_after, Some(plain("true")));
    assert_eq!(exec.capabilities_gained, Some(Vec::new()));
    assert!(!exec.exe_unlinked && exec.error.is_none() && exec.interpreter.is_none());
}

#[test]
#[ignore = "root+bpf"]
fn thirty_three_arguments_are_all_there() {
    let running = Running::start(&[]);
    let arguments: Vec<String> = (1..=33).map(|n| format!("argument-{n}")).collect();
    ok(Command::new("/bin/true").args(&arguments));
    let log = running.end();
    let argv: Vec<String> =
        log.only("argument-33").argv.iter().map(|text| String::from_utf8(bytes(text)).unwrap()).collect();
    assert_eq!(argv[0], "/bin/true");
    assert_eq!(argv[1..], arguments);
}

#[test]
#[ignore = "root+bpf"]
fn long_arguments_are_whole() {
    let running = Running::start(&[]);
    // The longest that Linux allows is 128 KiB with its NUL.
    for len in [1023, 1024, 1025, 4095, 4096, 16383, 16384, 16385, 131_071] {
        ok(Command::new("/bin/true").arg("x".repeat(len)).arg(format!("{len} bytes")));
    }
    let log = running.end();
    for len in [1023, 1024, 1025, 4095, 4096, 16383, 16384, 16385, 131_071] {
        assert_eq!(log.only(&format!("{len} bytes")).argv[1], plain(&"x".repeat(len)));
    }
}

/// Runs programs in the watched namespace, below it, beside it and above it.
fn run_everywhere(watched: &mut Space) {
    assert_eq!(watched.run("/bin/true in-same"), "0");
    assert_eq!(watched.run("unshare --pid --fork /bin/true in-child"), "0");
    assert_eq!(watched.run("unshare --pid --fork unshare --pid --fork /bin/true in-grandchild"), "0");
    assert_eq!(Space::new().run("/bin/true in-other"), "0");
    ok(Command::new("/bin/true").arg("in-parent"));
}

fn check_everywhere(log: &Log, watched: &Space) {
    for seen in ["in-same", "in-child", "in-grandchild"] {
        let exec = log.with(seen).into_iter().find(|exec| exec.filename == plain("/bin/true"));
        let namespace = exec.unwrap_or_else(|| panic!("{seen}")).ns.as_ref().and_then(|ns| ns.pid);
        let same = namespace.map(|inode| inode.to_string()).as_ref() == Some(&watched.inode);
        assert_eq!(same, seen == "in-same", "{seen}: {namespace:?}");
    }
    for unseen in ["in-other", "in-parent"] {
        assert!(log.with(unseen).is_empty(), "{unseen}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_pid_namespace_is_logged_with_those_below_it() {
    let mut watched = Space::new();
    let running = Running::quiet(&["-f", "json", "--pid-ns", &watched.inode]);
    running.wait_ready(|| assert_eq!(watched.run(&format!("/bin/true {PROBE}")), "0"));
    run_everywhere(&mut watched);
    check_everywhere(&running.end(), &watched);
}

#[test]
#[ignore = "root+bpf"]
fn the_own_pid_namespace_is_logged_with_those_below_it() {
    let dir = Dir::new();
    let (out, err) = (dir.join("out"), dir.join("err"));
    let mut watched = Space::new();
    let binary = env!("CARGO_BIN_EXE_syscope");
    let line = format!(
        "{binary} exec --use-local-pidns -f json --exit >{} 2>{} </dev/null &",
        out.display(),
        err.display()
    );
    assert_eq!(watched.run(&line), "0");
    let text = || std::fs::read_to_string(&out).unwrap_or_default();
    until("the log begins", || {
        assert_eq!(watched.run(&format!("/bin/true {PROBE}")), "0");
        text().contains(PROBE).then_some(())
    });
    run_everywhere(&mut watched);
    assert_eq!(watched.run("kill $!; wait $!"), "0", "{:?}", std::fs::read_to_string(&err));
    check_everywhere(&Log { records: text().lines().map(parse).collect() }, &watched);
}

/// Seen from within a pid namespace our own pid is another process's outside.
#[test]
#[ignore = "root+bpf"]
fn a_process_with_the_number_of_ours_in_another_namespace_is_logged() {
    let script = "echo ready yes; read -r go; exec /bin/true same-number";
    let mut other = Puppet::start(Command::new("sh").args(["-c", script]));
    other.hear("ready");
    let dir = Dir::new();
    let out = dir.join("out");
    let mut space = Space::new();
    let (binary, number) = (env!("CARGO_BIN_EXE_syscope"), other.pid());
    assert_eq!(space.run(&format!("echo {} >/proc/sys/kernel/ns_last_pid", number - 1)), "0");
    let line = format!("{binary} exec -f json >{} 2>&1 </dev/null & test $! = {number}", out.display());
    assert_eq!(space.run(&line), "0", "it has the number");
    let text = || std::fs::read_to_string(&out).unwrap_or_default();
    until("the log begins", || {
        probe();
        text().contains(PROBE).then_some(())
    });
    other.say("x\n");
    assert!(other.end().success());
    assert_eq!(space.run("kill $!; wait $!"), "0");
    assert!(text().contains("same-number"), "{}", text());
}
