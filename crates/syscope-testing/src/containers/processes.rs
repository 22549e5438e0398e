//! Processes of a test's host: those in its mount namespace, and how they end.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// No command of a runtime takes longer, on two busy cores.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Waits until `condition` gives something; panics with `what` after [`LIMIT`].
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a command to its end and returns what it printed, without the last newline; panics when it fails.
pub fn run(command: &mut Command) -> String {
    let output = output(command);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}: {}", output.status, said.trim());
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The same, but a failure is an answer too. What the command prints goes through files: a daemon that it
/// leaves behind would keep a pipe open.
pub fn output(command: &mut Command) -> Output {
    within(command, LIMIT).unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// The same for cleaning up: whatever happens is no panic, and it takes ten seconds at most.
pub fn attempt(command: &mut Command) -> Option<Output> {
    within(command, Duration::from_secs(10)).ok()
}

fn within(command: &mut Command, limit: Duration) -> io::Result<Output> {
    let [stdout, stderr] = ["stdout", "stderr"].map(Captured::new);
    command.stdin(Stdio::null()).stdout(stdout.file()?).stderr(stderr.file()?);
    let mut child = command.spawn()?;
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Output { status, stdout: stdout.read(), stderr: stderr.read() });
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::other(format!("it takes longer than {limit:?}")));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A file of a command's output, removed afterwards.
struct Captured(PathBuf);

impl Captured {
    fn new(name: &str) -> Captured {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("syscope-{name}-{}-{number}", std::process::id());
        Captured(std::env::temp_dir().join(name))
    }

    fn file(&self) -> io::Result<fs::File> {
        fs::File::create(&self.0)
    }

    fn read(&self) -> Vec<u8> {
        fs::read(&self.0).unwrap_or_default()
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Sends a signal; a process that is gone has got it.
pub fn signal(pid: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}

/// Whether the process runs: a zombie does not.
pub fn runs(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
}

/// The processes in the mount namespace of this thread, but this process.
pub fn in_this_mount_namespace() -> BTreeSet<u32> {
    let own = fs::read_link("/proc/thread-self/ns/mnt").expect("read the own mount namespace");
    let same = |pid: &u32| fs::read_link(format!("/proc/{pid}/ns/mnt")).is_ok_and(|found| found == own);
    pids().filter(|pid| *pid != std::process::id()).filter(same).collect()
}

/// All processes.
pub fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("read /proc").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Kills until `which` finds none that runs, at most for ten seconds.
pub fn kill_all(which: impl Fn() -> BTreeSet<u32>) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let left: Vec<u32> = which().into_iter().filter(|pid| runs(*pid)).collect();
        if left.is_empty() {
            return;
        }
        if Instant::now() > end {
            eprintln!("processes {left:?} do not end");
            return;
        }
        left.into_iter().for_each(|pid| signal(pid, Signal::SIGKILL));
        std::thread::sleep(Duration::from_millis(5));
    }
}
