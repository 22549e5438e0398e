//! Where no cgroups are to be seen: everything works but the names of owners, and that is said.

use std::ffi::OsStr;
use std::process::Command;

use crate::support::{Ended, run, syscope};

/// Runs the binary in a mount namespace without cgroups.
fn without_cgroups(words: &[&str]) -> Ended {
    const SCRIPT: &str = "mount --make-rprivate / && umount --recursive /sys/fs/cgroup && umount -a -t cgroup,cgroup2; \
         ! grep -q ' - cgroup2\\? ' /proc/self/mountinfo && exec \"$0\" \"$@\"";
    let binary = syscope();
    let mut command = Command::new("unshare");
    command.args([OsStr::new("-m"), OsStr::new("sh"), OsStr::new("-c"), OsStr::new(SCRIPT)]);
    run(command.arg(binary.get_program()).args(words))
}

#[test]
#[ignore = "root+bpf"]
fn a_trace_goes_on_and_says_that_owners_are_unknown() {
    let ended = without_cgroups(&["trace", "-s", "execve", "-o", "json", "--", "/bin/true"]);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.contains("the owners of all events are unknown: no cgroup"), "{ended:?}");
    // The output of a command's trace goes to stderr.
    let events = ended.stderr.lines().filter(|line| line.contains(r#""type":"syscall""#));
    let events: Vec<&str> = events.collect();
    assert_eq!(events.len(), 1, "{ended:?}");
    let event: serde_json::Value = serde_json::from_str(events[0]).expect("JSON");
    let owner = &event["owner"];
    assert_eq!(owner["kind"], "unknown", "{event}");
    assert!(owner["doubt"].as_str().is_some_and(|doubt| doubt.contains("no cgroup")), "{event}");
}

/// All of the host is not what was asked for.
#[test]
#[ignore = "root+bpf"]
fn a_container_filter_is_refused() {
    for command in
        [&["trace", "-c", "web", "--duration", "1s"][..], &["exec", "-c", "web", "--duration", "1s"]]
    {
        let ended = without_cgroups(command);
        assert_eq!(ended.code(), Some(3), "{ended:?}");
        assert!(ended.stderr.contains("containers cannot be selected here: no cgroup"), "{ended:?}");
        assert!(ended.stdout.is_empty(), "{ended:?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn what_was_not_asked_for_is_not_missed() {
    let ended = without_cgroups(&["trace", "-s", "execve", "--no-containers", "--", "/bin/true"]);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("unknown"), "{ended:?}");
}
