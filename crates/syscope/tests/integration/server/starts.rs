//! Signals while the agent starts.

use std::process::Child;
use std::time::Duration;

use crate::support::{Dir, Objects, start, syscope, until, wait};

/// Whether a process catches this signal (`SigCgt` of `/proc/PID/status`).
fn catches(child: &Child, signal: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("its signals");
    u64::from_str_radix(mask.trim(), 16).expect("a mask") >> (signal - 1) & 1 == 1
}

/// The kernel takes seconds to check the programs: whoever ends the agent then is heard at once, and nothing is left.
#[test]
#[ignore = "root+bpf"]
fn a_signal_while_it_starts_is_an_orderly_end() {
    let moments = [0, 30, 100, 300, 600, 1000, 2000, 4000].map(Duration::from_millis);
    for (number, moment) in moments.into_iter().enumerate() {
        let signal = [libc::SIGTERM, libc::SIGINT][number % 2];
        let dir = Dir::new();
        let socket = dir.join("socket");
        let listen = format!("unix:{}", socket.display());
        let mut child = start(syscope().args(["server", "--listen", &listen]), &dir);
        until("the signal is watched for", || catches(&child, signal).then_some(()));
        // Not waited for anything: the moment is what is tried.
        std::thread::sleep(moment);
        let objects = Objects::of(child.id());
        // SAFETY: a plain system call; the child is ours and not reaped.
        unsafe { libc::kill(child.id() as i32, signal) };
        let status = wait(&mut child);
        let said = std::fs::read_to_string(dir.join("stderr")).expect("what it said");
        assert_eq!(status.code(), Some(0), "after {moment:?}: {status}: {said}");
        assert!(!socket.exists(), "after {moment:?}: its socket is left");
        objects.wait_until_gone();
    }
}
