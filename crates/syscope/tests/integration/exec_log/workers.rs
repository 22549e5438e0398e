//! Threads of the kernel are no processes.

use std::process::Command;

use super::running::Running;
use crate::support::{program, said};

#[test]
#[ignore = "root+bpf"]
fn io_uring_workers_are_no_processes() {
    let running = Running::start(&["--exit"]);
    let output = Command::new(program("workers")).arg("io-uring").output().expect("run it");
    let seen = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{seen} {}", String::from_utf8_lossy(&output.stderr));
    let workers: u32 = said(&seen, "workers")[0].parse().expect("a number");
    assert!(workers > 0, "the kernel used no worker");
    let log = running.end();
    let pid = log.only("io-uring").pid;
    let ends: Vec<_> = log.exits().filter(|exit| exit.pid == pid || exit.ppid == Some(pid)).collect();
    assert_eq!(ends.len(), 1, "one process, one end: {ends:?}");
    assert!(log.execs().filter(|exec| exec.pid == pid).count() == 1);
}
