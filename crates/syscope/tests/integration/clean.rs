//! However a run ends, the kernel and the host are as before.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{Dir, Live, Objects, finish, mounts, program, run, start, syscope, until};

/// Does `work` and checks that what came into being during it is gone after it.
fn check_clean(work: impl FnOnce()) {
    let (before, mounted) = (Objects::now(), mounts());
    work();
    // Ids only grow, and objects of others that came meanwhile go in their time as well.
    Objects::now().since(&before).wait_until_gone();
    assert_eq!(mounts(), mounted);
}

/// A process whose calls are traced; ended with the value.
struct Busy(Child);

impl Busy {
    fn start() -> Busy {
        Busy(Command::new(program("loop_getppid")).arg("1000000000000").spawn().expect("start a loop"))
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_run_has_programs_maps_and_links_to_clean_up() {
    let busy = Busy::start();
    let before = Objects::now();
    let mut live = Live::start(&["-s", "getppid", "-p", &busy.pid(), "--latency"]);
    live.until_call("a call", |_| true);
    let during = Objects::now().since(&before);
    for kind in ["prog", "map", "link"] {
        assert!(during.count(kind) > 0, "{kind}: {during:?}");
    }
    live.end(libc::SIGINT);
    during.wait_until_gone();
}

#[test]
#[ignore = "root+bpf"]
fn nothing_is_left_when_the_command_ends() {
    check_clean(|| {
        for flags in [&[][..], &["--latency"], &["-C"], &["--explain-cost"], &["-y", "--types"]] {
            let ended = run(syscope().arg("trace").args(flags).args(["--", "true"]));
            assert!(ended.status.success(), "{ended:?}");
        }
    });
}

#[test]
#[ignore = "root+bpf"]
fn nothing_is_left_after_a_signal() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGKILL] {
        check_clean(|| {
            let busy = Busy::start();
            let mut live = Live::start(&["-s", "getppid", "-p", &busy.pid()]);
            live.until_call("a call", |_| true);
            // SAFETY: a plain system call on our own child.
            unsafe { libc::kill(live.pid() as i32, signal) };
            let ended = live.wait();
            if signal != libc::SIGKILL {
                assert!(ended.status.success(), "{ended:?}");
                assert!(ended.stderr.contains(" lost"), "the account is printed: {}", ended.stderr);
            }
        });
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_command_ends_or_goes_on_when_we_are_killed() {
    // It has begun: it goes on like any process whose parent dies.
    let dir = Dir::new();
    let go = dir.join("go");
    let script = format!("echo ready; while [ ! -e {} ]; do sleep 0.01; done; echo went on", go.display());
    check_clean(|| {
        let mut child = start(syscope().args(["trace", "-s", "exit_group", "--", "sh", "-c", &script]), &dir);
        let output = || std::fs::read_to_string(dir.join("stdout")).unwrap_or_default();
        until("the command is ready", || output().contains("ready").then_some(()));
        child.kill().and_then(|()| child.wait()).expect("kill syscope");
        std::fs::write(&go, "").expect("make a file");
        until("the command goes on", || output().contains("went on").then_some(()));
    });
}

#[test]
#[ignore = "root+bpf"]
fn nothing_is_left_after_a_closed_pipe_which_is_a_clean_end() {
    check_clean(|| {
        let busy = Busy::start();
        for format in ["cli", "json"] {
            let mut command = syscope();
            command.args(["trace", "-s", "getppid", "-o", format, "-p", &busy.pid()]);
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start");
            let mut line = String::new();
            // As `head -1` does: one line is read, then the pipe is closed.
            let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
            stdout.read_line(&mut line).expect("read a line");
            drop(stdout);
            let output = child.wait_with_output().expect("wait");
            assert!(line.contains("getppid"), "{line:?}");
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{:?}: {stderr}", output.status);
            assert!(!stderr.contains("roken pipe"), "{stderr}");
        }
    });
}

#[test]
#[ignore = "root+bpf"]
fn a_full_disk_is_an_error_that_names_the_file() {
    check_clean(|| {
        let busy = Busy::start();
        for format in ["cli", "json"] {
            let flags = ["trace", "-s", "getppid", "-o", format, "-w", "/dev/full", "-p"];
            let ended = run(syscope().args(flags).arg(busy.pid()));
            assert_eq!(ended.code(), Some(1), "{ended:?}");
            let message = "syscope: write to /dev/full: No space left on device";
            assert!(ended.stderr.contains(message), "{}", ended.stderr);
        }
    });
}

#[test]
#[ignore = "root+bpf"]
fn a_full_disk_is_an_error_also_at_the_end_of_a_run() {
    for flags in [&["-C"][..], &["-o", "json"], &[]] {
        let dir = Dir::new();
        let mut command = syscope();
        command
            .args(["trace", "-s", "exit_group", "-w", "/dev/full"])
            .args(flags)
            .args(["--", "sh", "-c", "echo out"]);
        let ended = finish(start(&mut command, &dir), &dir);
        assert_eq!(ended.stdout(), "out\n", "the command is not disturbed");
        assert_eq!(ended.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains("/dev/full: No space left"), "{}", ended.stderr);
    }
}

#[test]
#[ignore = "root+bpf"]
fn nothing_is_left_of_a_run_that_could_not_start() {
    check_clean(|| {
        for words in [&["-p", "4194999"][..], &["--", "no-such-command-here"], &["-s", "opena"]] {
            let ended = run(syscope().arg("trace").args(words));
            assert_eq!(ended.code(), Some(2), "{ended:?}");
        }
    });
}
