//! How a run ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::running::{Running, ok, probe};
use crate::support::{Dir, Objects, mounts, program, start, syscope};

#[test]
#[ignore = "root+bpf"]
fn a_signal_ends_it_with_the_account() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        let mut running = Running::start(&["--exit"]);
        ok(Command::new("/bin/true").arg("the last one"));
        // SAFETY: a plain system call on our own child.
        unsafe { libc::kill(running.pid() as i32, signal) };
        let ended = running.finish();
        assert!(ended.status.success(), "{ended:?}");
        let text = ended.stdout();
        assert!(text.contains("the last one") && text.ends_with("}\n"), "{text}");
        let account = text.lines().last().expect("the account");
        assert!(account.contains("\"final\":true") && account.contains("\"lost\":0"), "{account}");
        let events = ended.stderr.trim_end().strip_prefix("syscope: ").expect("one line");
        assert!(events.ends_with(" events, 0 lost") && !events.contains('\n'), "{events}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_closed_stdout_is_a_clean_end() {
    let mut command = syscope();
    command.args(["exec", "-f", "json"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("start syscope");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    // Until the first line is there and from then on, so that there is something to write.
    let stop = std::sync::atomic::AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                probe();
            }
        });
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        drop(stdout);
        let output = child.wait_with_output().expect("wait");
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        output
    });
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panic") && !said.contains("Broken pipe"), "{said}");
}

#[test]
#[ignore = "root+bpf"]
fn a_file_without_room_is_counted() {
    let dir = Dir::new();
    let mut command = syscope();
    command.args(["exec", "-f", "json", "--exit", "--write", "/dev/full", "--duration", "3s"]);
    let child = start(&mut command, &dir);
    // More than is held back while there is no room.
    let mut spawns = Command::new(program("spawns")).arg("100000").spawn().expect("start a loop");
    let ended = crate::support::finish(child, &dir);
    let _ = spawns.kill();
    let _ = spawns.wait();
    assert!(ended.status.success(), "{ended:?}");
    let line = ended.stderr.lines().last().unwrap_or_default();
    assert!(line.ends_with("more were lost because the file had no room"), "{}", ended.stderr);
}

#[test]
#[ignore = "root+bpf"]
fn nothing_is_left_of_it() {
    for signal in [libc::SIGTERM, libc::SIGKILL] {
        let (before, mounted) = (Objects::now(), mounts());
        let mut running = Running::start(&["--exit", "--failed"]);
        let during = Objects::now().since(&before);
        for kind in ["prog", "map", "link"] {
            assert!(during.count(kind) > 0, "{kind}: {during:?}");
        }
        // SAFETY: a plain system call on our own child.
        unsafe { libc::kill(running.pid() as i32, signal) };
        running.finish();
        during.wait_until_gone();
        assert_eq!(mounts(), mounted);
    }
}
