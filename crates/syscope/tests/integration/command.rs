//! `trace -- COMMAND`: the command does what it would do without us.

mod terminal;

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Dir, Ended, Puppet, finish, program, run, said, start, syscope, trace, until};

/// Runs `syscope trace FLAGS -- sh -c SCRIPT`.
fn traced(flags: &[&str], script: &str) -> Ended {
    run(syscope().arg("trace").args(flags).args(["--", "sh", "-c", script]))
}

fn untraced(script: &str) -> ExitStatus {
    run(Command::new("sh").args(["-c", script])).status
}

#[test]
#[ignore = "root+bpf"]
fn the_exit_status_is_that_of_the_command() {
    for code in [0, 1, 2, 3, 42, 125, 126, 127, 128, 137, 254, 255] {
        assert_eq!(traced(&[], &format!("exit {code}")).code(), Some(code));
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_signal_that_ends_the_command_ends_us() {
    for signal in
        ["HUP", "INT", "QUIT", "ILL", "ABRT", "FPE", "KILL", "SEGV", "PIPE", "ALRM", "TERM", "USR1", "SYS"]
    {
        let script = format!("kill -{signal} $$");
        let ended = traced(&["-s", "kill"], &script);
        assert_eq!(ended.status.signal(), untraced(&script).signal(), "{signal}: {ended:?}");
        assert!(ended.status.signal().is_some(), "{signal}");
        // The account is there all the same.
        assert!(ended.stderr.contains(" 0 lost"), "{signal}: {}", ended.stderr);
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_command_that_crashes_is_reported_like_untraced() {
    let script = "ulimit -c 0; kill -SEGV $$";
    assert_eq!(traced(&[], script).status.signal(), Some(libc::SIGSEGV));
}

#[test]
#[ignore = "root+bpf"]
fn a_pipeline_through_the_command_stays_intact() {
    let data: Vec<u8> = (0..3_000_000u32).map(|i| (i * 7 % 251) as u8).collect();
    let dir = Dir::new();
    let mut command = syscope();
    command.args(["trace", "-w"]).arg(dir.join("events")).args(["-s", "read", "--", "cat"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start");
    let mut stdin = child.stdin.take().expect("a pipe");
    let given = data.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&given));
    let output = child.wait_with_output().expect("wait");
    writer.join().expect("the writer ends").expect("write all");
    assert!(output.stdout == data, "{} bytes came of {}", output.stdout.len(), data.len());
    assert!(output.status.success());
}

#[test]
#[ignore = "root+bpf"]
fn stdout_is_the_commands_and_events_go_to_stderr() {
    let ended = traced(&["-s", "exit_group"], "echo out; echo err >&2");
    assert_eq!(ended.stdout(), "out\n");
    assert!(ended.stderr.contains("err\n") && ended.stderr.contains("exit_group(0) = ?"), "{}", ended.stderr);
}

#[test]
#[ignore = "root+bpf"]
fn the_environment_is_the_same() {
    let environment = |command: &mut Command| {
        command.env_clear().env("PATH", "/usr/bin:/bin").env("A", "1 2\n3").env("EMPTY", "");
        run(command).stdout()
    };
    let dir = Dir::new();
    let mut traced = syscope();
    traced.args(["trace", "-w"]).arg(dir.join("events")).args(["--", "env", "-0"]);
    assert_eq!(environment(&mut traced), environment(Command::new("env").arg("-0")));
}

/// What a process inherits, as it sees it itself.
const INHERITED: &str = "grep -E '^(Sig(Blk|Ign|Cgt)|Umask|NoNewPrivs|Seccomp):' /proc/self/status; \
                         ulimit -a; umask; cat /proc/self/oom_score_adj; ls -l /proc/self/fd | grep -c ' -> '; nice";

#[test]
#[ignore = "root+bpf"]
fn signals_limits_and_descriptors_are_inherited_unchanged() {
    let dir = Dir::new();
    let mut command = syscope();
    command.args(["trace", "-w"]).arg(dir.join("events")).args(["--", "sh", "-c", INHERITED]);
    let traced = run(&mut command).stdout();
    let untraced = run(Command::new("sh").args(["-c", INHERITED])).stdout();
    assert_eq!(traced, untraced);
}

#[test]
#[ignore = "root+bpf"]
fn a_signal_that_the_caller_ignores_stays_ignored() {
    let dir = Dir::new();
    let events = dir.join("events");
    let show = "grep SigIgn /proc/self/status";
    for signals in ["HUP", "INT", "PIPE", "HUP INT QUIT TERM USR1"] {
        let ignoring = |command: &str| {
            let script = format!("trap '' {signals}; exec {command}");
            run(Command::new("sh").args(["-c", &script])).stdout()
        };
        let binary = env!("CARGO_BIN_EXE_syscope");
        let traced = ignoring(&format!("{binary} trace -w {} -- {show}", events.display()));
        assert_eq!(traced, ignoring(show), "{signals}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_broken_pipe_ends_the_command_by_sigpipe() {
    // `yes` says "Broken pipe" and goes on to status 1 where the signal is ignored.
    let dir = Dir::new();
    let script = format!(
        "{{ {} trace -w {} -s exit_group -- yes; echo \"status $?\" >&2; }} | head -1",
        env!("CARGO_BIN_EXE_syscope"),
        dir.join("events").display()
    );
    let ended = run(Command::new("sh").args(["-c", &script]));
    assert_eq!(ended.stdout(), "y\n");
    assert!(ended.stderr.contains("status 141"), "{}", ended.stderr);
}

#[test]
#[ignore = "root+bpf"]
fn a_short_command_is_done_within_half_a_second() {
    let times = (0..3).map(|_| {
        let begin = Instant::now();
        let ended = run(syscope().args(["trace", "--", "true"]));
        assert!(ended.status.success(), "{ended:?}");
        begin.elapsed()
    });
    let best = times.min().expect("three times");
    assert!(best < Duration::from_millis(500), "{best:?}");
}

#[test]
#[ignore = "root+bpf"]
fn the_first_and_the_last_call_of_a_command_are_there() {
    let traced = trace(&[], ["true"]);
    let names: Vec<&str> = traced.calls().map(|call| call.syscall.name.as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"execve"), Some(&"exit_group")));
    let pids: std::collections::BTreeSet<u32> = traced.calls().map(|call| call.process.pid).collect();
    assert_eq!(pids.len(), 1);
}

#[test]
#[ignore = "root+bpf"]
fn descendants_in_the_background_are_followed_to_their_end() {
    // The command ends first; what it left behind waits for a file that the test makes.
    let dir = Dir::new();
    let (go, events) = (dir.join("go"), dir.join("events"));
    let script =
        format!("(while [ ! -e {} ]; do sleep 0.01; done; exec sh -c 'exit 7') & exit 3", go.display());
    let mut command = syscope();
    command.args(["trace", "-o", "json", "-s", "exit_group", "-w"]).arg(&events);
    let child = start(command.args(["--", "sh", "-c", &script]), &dir);
    let wait_for = |text: &str| {
        until(text, || std::fs::read_to_string(&events).unwrap_or_default().contains(text).then_some(()));
    };
    wait_for("\"status\":3");
    std::fs::write(&go, "").expect("make a file");
    let ended = finish(child, &dir);
    assert_eq!(ended.code(), Some(3), "{ended:?}");
    wait_for("\"status\":7");
}

/// Ends the trace early; the command goes on and its status counts.
fn check_bound(flags: &[&str]) {
    let ended = traced(flags, "i=0; while [ $i -lt 20 ]; do sleep 0.02; i=$((i+1)); done; echo done; exit 5");
    assert_eq!((ended.stdout().as_str(), ended.code()), ("done\n", Some(5)), "{flags:?}: {}", ended.stderr);
}

#[test]
#[ignore = "root+bpf"]
fn a_bound_ends_the_trace_and_not_the_command() {
    check_bound(&["--max-events", "3"]);
    check_bound(&["--duration", "50ms"]);
    check_bound(&["--duration", "50ms", "-C"]);
}

#[test]
#[ignore = "root+bpf"]
fn a_closed_stderr_does_not_disturb_the_command() {
    let dir = Dir::new();
    let status = dir.join("status");
    let script = format!(
        "{{ {} trace -- sh -c 'for i in 1 2 3; do sleep 0.1; done; exit 9'; echo $? > {}; }} 2>&1 | head -1",
        env!("CARGO_BIN_EXE_syscope"),
        status.display()
    );
    let ended = run(Command::new("bash").args(["-c", &script]));
    assert!(ended.stdout().contains("execve("), "{ended:?}");
    let text = until("the status is written", || {
        std::fs::read_to_string(&status).ok().filter(|text| text.ends_with('\n'))
    });
    assert_eq!(text, "9\n");
}

/// Sends `signal` to syscope alone while its command runs, and returns how both fared.
fn signalled(signal: i32, script: &str) -> Ended {
    let dir = Dir::new();
    let child = start(syscope().args(["trace", "-s", "exit_group", "--", "sh", "-c", script]), &dir);
    let stdout = dir.join("stdout");
    until("the command is ready", || {
        std::fs::read_to_string(&stdout).unwrap_or_default().contains("ready").then_some(())
    });
    // SAFETY: a plain system call on our own child.
    unsafe { libc::kill(child.id() as i32, signal) };
    finish(child, &dir)
}

#[test]
#[ignore = "root+bpf"]
fn a_signal_to_us_passes_to_the_command() {
    for (name, signal) in [("TERM", libc::SIGTERM), ("HUP", libc::SIGHUP), ("INT", libc::SIGINT)] {
        let script =
            format!("trap 'echo got {name}; exit 6' {name}; echo ready; while :; do sleep 0.01; done");
        let ended = signalled(signal, &script);
        assert_eq!(said(&ended.stdout(), "got"), [name]);
        assert_eq!(ended.code(), Some(6), "{ended:?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_signal_to_us_that_ends_the_command_ends_us() {
    let ended = signalled(libc::SIGTERM, "echo ready; while :; do sleep 0.01; done");
    assert_eq!(ended.status.signal(), Some(libc::SIGTERM), "{ended:?}");
}

#[test]
#[ignore = "root+bpf"]
fn a_signal_that_our_caller_ignores_does_not_end_a_run() {
    let puppet = Puppet::start(Command::new(program("family")).arg("1"));
    puppet.hear("ready");
    let dir = Dir::new();
    let events = dir.join("events");
    let script = "trap '' HUP INT; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_syscope"), "trace", "-s", "getpgid", "-w"]);
    let child = start(command.arg(&events).args(["-p", &puppet.pid().to_string()]), &dir);
    let more = || {
        let size = std::fs::metadata(&events).map_or(0, |meta| meta.len());
        until("more events", || (std::fs::metadata(&events).ok()?.len() > size).then_some(()));
    };
    more();
    // SAFETY: plain system calls on our own child.
    let kill = |signal| unsafe { libc::kill(child.id() as i32, signal) };
    for signal in [libc::SIGHUP, libc::SIGINT] {
        kill(signal);
        more();
        more();
    }
    kill(libc::SIGTERM);
    let ended = finish(child, &dir);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
}

#[test]
#[ignore = "root+bpf"]
fn a_traced_build_builds() {
    let dir = Dir::new();
    dir.file("a.c", "int a(void) { return 1; }\n");
    dir.file("b.c", "int a(void);\nint main(void) { return a() - 1; }\n");
    dir.file("Makefile", "prog: a.o b.o\n\tcc -o $@ $^\ntest: prog\n\t./prog\n");
    let mut command = syscope();
    command.args(["trace", "-w"]).arg(dir.join("events")).args(["--", "make", "-j2", "test"]);
    let ended = run(command.current_dir(dir.path()));
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(ended.stdout().contains("./prog"), "{ended:?}");
}

#[test]
#[ignore = "root+bpf"]
fn a_trace_within_a_trace_works() {
    let dir = Dir::new();
    let inner = dir.join("inner");
    let command =
        [env!("CARGO_BIN_EXE_syscope"), "trace", "-s", "exit_group", "-w", inner.to_str().expect("UTF-8")];
    let outer = trace(&["-s", "exit_group"], command.iter().chain(&["--", "sh", "-c", "exit 4"]));
    assert_eq!(outer.ended.code(), Some(4));
    assert!(std::fs::read_to_string(&inner).expect("read").contains("exit_group(4)"));
    assert!(outer.named("exit_group").len() >= 2, "{:#?}", outer.records);
}

#[test]
#[ignore = "root+bpf"]
fn traces_at_the_same_time_do_not_disturb_each_other() {
    let threads: Vec<_> = (0..4)
        .map(|number| {
            std::thread::spawn(move || {
                let count = 2000 + number;
                let script = format!("i=0; while [ $i -lt {count} ]; do umask 22; i=$((i+1)); done");
                let traced = trace(&["-s", "umask"], ["sh", "-c", &script]);
                (traced.calls().count(), count, traced.totals().lost)
            })
        })
        .collect();
    for thread in threads {
        let (seen, count, lost) = thread.join().expect("the trace ends");
        // The shell asks for the old mask with one call and sets the new one with another, or not.
        assert!(lost == 0 && seen >= count && seen % count == 0, "{seen} of {count}, {lost} lost");
    }
}
