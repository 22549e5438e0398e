//! `syscope ps`: what it lists is what `/proc` says, whatever processes call themselves.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use syscope_output::record::{ProcessEntry, Text};

use crate::support::{Dir, Ended, for_everybody, run, syscope};

/// Runs the command.
fn ps(words: &[&str]) -> Ended {
    run(syscope().arg("ps").args(words))
}

/// Its list as JSON.
fn entries(words: &[&str]) -> Vec<ProcessEntry> {
    let ended = ps(&[&["-o", "json"], words].concat());
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    ended.stdout().lines().map(parse).collect()
}

/// The processes that `/proc` has.
fn pids() -> BTreeSet<u32> {
    let entries = fs::read_dir("/proc").expect("read /proc");
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// A process that ends with the test.
struct Sleeper(Child);

impl Sleeper {
    /// One whose first argument is `name`, and so the only one besides the time.
    fn new(name: &str) -> Sleeper {
        Sleeper(Command::new("sleep").arg0(name).arg("600").spawn().expect("start sleep"))
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn all_processes_are_listed_once() {
    let before = pids();
    let listed = entries(&["--kernel", "--no-containers"]);
    let after = pids();
    let found: BTreeSet<u32> = listed.iter().map(|process| process.pid).collect();
    assert_eq!(found.len(), listed.len());
    let missing: Vec<&u32> = before.intersection(&after).filter(|pid| !found.contains(pid)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(listed.is_sorted_by_key(|process| process.pid));
}

#[test]
fn a_process_is_as_it_is() {
    let sleeper = Sleeper::new("a\u{1b}[2J b\n");
    let pid = sleeper.0.id();
    let listed = entries(&["--no-containers"]);
    let found = listed.iter().find(|process| process.pid == pid).expect("it is there");
    // SAFETY: plain system calls without arguments.
    let (uid, gid) = unsafe { (libc::getuid(), libc::getgid()) };
    assert_eq!((found.ppid, found.uid, found.gid), (Some(std::process::id()), uid, gid));
    assert_eq!(found.comm, Text::Plain("sleep".into()));
    assert_eq!(found.args, ["a\u{1b}[2J b\n", "600"].map(|arg| Text::Plain(arg.into())));
    assert!(!found.kernel && !found.truncated);
    let exe = fs::read_link(format!("/proc/{pid}/exe")).expect("its program");
    assert_eq!(found.exe, Some(Text::Plain(exe.to_str().expect("UTF-8").into())));
    let cgroup = found.cgroup.as_ref().expect("its cgroup");
    let Some(Text::Plain(path)) = &cgroup.path else { panic!("{cgroup:?}") };
    let cgroups = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("its cgroups");
    let hierarchy = cgroup.hierarchy.as_deref().expect("its hierarchy");
    let is_its = |line: &str| {
        let fields: Vec<&str> = line.splitn(3, ':').collect();
        let named =
            fields[1].split(',').any(|name| name == hierarchy) || hierarchy == "unified" && fields[0] == "0";
        named && fields[2] == path
    };
    assert!(cgroups.lines().any(is_its), "{cgroup:?} is not in {cgroups}");
    let rows = ps(&["--no-containers"]).stdout();
    let row =
        rows.lines().find(|row| row.split_whitespace().next() == Some(&pid.to_string())).expect("its row");
    assert!(row.ends_with(r"  $'a\x1b[2J b\n' 600"), "{row:?}");
}

#[test]
fn children_are_below_their_parents() {
    let sleeper = Sleeper::new("the sleeper");
    let (pid, own) = (sleeper.0.id().to_string(), std::process::id().to_string());
    let rows = ps(&["--tree", "--no-containers"]).stdout();
    let at = |pid: &str| {
        let is_its = |row: &str| row.split_whitespace().next() == Some(pid);
        rows.lines()
            .enumerate()
            .find(|(_, row)| is_its(row))
            .unwrap_or_else(|| panic!("{pid} is not in\n{rows}"))
    };
    let ((parent, above), (child, below)) = (at(&own), at(&pid));
    assert!(parent < child, "{rows}");
    let depth = |row: &str| {
        row.chars().filter(|c| matches!(c, '│' | '├' | '└')).count().max(row.find(['├', '└']).unwrap_or(0))
    };
    assert!(depth(below) > depth(above), "{above}\n{below}");
    assert!(below.ends_with("─ 'the sleeper' 600"), "{below}");
}

#[test]
fn threads_of_the_kernel_are_shown_on_request() {
    let kernel = |words: &[&str]| entries(words).iter().filter(|process| process.kernel).count();
    assert_eq!(kernel(&["--no-containers"]), 0);
    // In a container there are none to be seen.
    if fs::read_to_string("/proc/2/comm").is_ok_and(|name| name == "kthreadd\n") {
        assert!(kernel(&["--kernel", "--no-containers"]) > 1);
        let rows = ps(&["--kernel", "--no-containers"]).stdout();
        assert!(rows.lines().any(|row| row.ends_with("  [kthreadd]")), "{rows}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn without_privilege_all_are_listed_with_what_may_be_read() {
    const NOBODY: u32 = 65_534;
    let dir = Dir::new();
    for list in ["ps", "cgroups"] {
        let ended = run(for_everybody(&dir).args([list, "-o", "json"]).uid(NOBODY).gid(NOBODY));
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        assert!(ended.stdout().lines().count() > 1, "{ended:?}");
    }
    let ended =
        run(for_everybody(&dir).args(["ps", "-o", "json", "--no-containers"]).uid(NOBODY).gid(NOBODY));
    let own = format!("\"pid\":{},", std::process::id());
    let stdout = ended.stdout();
    let line = stdout.lines().find(|line| line.contains(&own)).expect("this process");
    let own: ProcessEntry = serde_json::from_str(line).expect("a process");
    assert!(own.exe.is_none() && own.ns.is_none() && !own.args.is_empty(), "{own:?}");
}

#[test]
fn every_process_has_an_owner() {
    for process in entries(&["--kernel"]) {
        assert!(process.owner.is_some(), "{process:?}");
    }
}

#[test]
fn a_container_that_is_not_there_has_no_processes() {
    let ended = ps(&["-c", "syscope-no-such-container"]);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout(), "PID  PPID  USER  OWNER  SOURCE  COMMAND\n");
    let ended = ps(&["--no-containers", "--pod", "x"]);
    assert_eq!(ended.code(), Some(2), "{ended:?}");
}
