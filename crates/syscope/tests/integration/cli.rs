//! What is typed: every way to get it wrong is said clearly, with the right exit status.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::support::{Dir, Ended, for_everybody, run, syscope};

/// Runs the binary with these words.
fn typed<S: AsRef<OsStr>>(words: &[S]) -> Ended {
    run(syscope().args(words))
}

/// These words end with this status, say nothing on stdout, and on stderr all of `messages`.
fn check(words: &[&str], status: i32, messages: &[&str]) {
    check_ended(&format!("{words:?}"), &typed(words), status, messages);
}

fn check_ended(what: &str, ended: &Ended, status: i32, messages: &[&str]) {
    assert_eq!(ended.code(), Some(status), "{what}: {ended:?}");
    assert_eq!(ended.stdout(), "", "{what}");
    for message in messages {
        assert!(ended.stderr.contains(message), "{what}: {message:?} is not in {:?}", ended.stderr);
    }
}

#[test]
fn an_unknown_call_is_an_error_with_the_nearest_names() {
    check(&["trace", "-s", "opena"], 2, &["--syscalls", "\"opena\"", "did you mean", "openat"]);
    check(&["trace", "-s", "read,wriet", "--", "true"], 2, &["\"wriet\"", "write"]);
    check(&["trace", "-s", "%newtork"], 2, &["\"%newtork\"", "%network"]);
    check(&["trace", "-s", "read,,write"], 2, &["an item is missing"]);
    check(&["trace", "-s", "99999"], 2, &["99999"]);
    check(&["trace", "-s", ""], 2, &["--syscalls"]);
}

#[test]
fn flags_that_contradict_each_other_are_an_error() {
    check(&["trace", "-Z", "-z"], 2, &["--failed-only", "--successful-only", "cannot be used with"]);
    check(&["trace", "-z", "--errno", "ENOENT"], 2, &["--successful-only", "--errno"]);
    check(&["trace", "-p", "1", "--", "true"], 2, &["--pid", "exclude each other"]);
}

#[test]
fn an_unknown_flag_is_an_error_with_the_nearest_flag() {
    check(&["trace", "--sumary"], 2, &["--sumary", "--summary"]);
    check(&["--nonsense"], 2, &["--nonsense"]);
    check(&["tarce"], 2, &["tarce", "trace"]);
    // A command needs `--` before it.
    check(&["trace", "ls"], 2, &["'ls'", "[-- <COMMAND>...]"]);
}

#[test]
fn a_missing_command_is_an_error() {
    assert_eq!(typed::<&str>(&[]).code(), Some(2));
    check(&["trace", "--"], 2, &["after --"]);
    check(&["trace", "--", ""], 2, &["empty"]);
    check(&["completions"], 2, &["SHELL"]);
    check(&["completions", "tcsh"], 2, &["tcsh", "bash"]);
    check(&["man", "nonsense"], 2, &["\"nonsense\""]);
}

#[test]
fn a_command_that_cannot_be_run_is_an_error() {
    let dir = Dir::new();
    let path = |name: &str| dir.join(name).to_str().expect("a name in UTF-8").to_owned();
    dir.file("plain", "#!/bin/sh\n");
    check(&["trace", "--", "no-such-command-here"], 2, &["no-such-command-here", "PATH"]);
    check(&["trace", "--", &path("missing")], 2, &["missing", "No such file or directory"]);
    check(&["trace", "--", dir.path().to_str().expect("a name in UTF-8")], 2, &["is a directory"]);
    check(&["trace", "--", &path("plain")], 2, &["plain", "ermission denied"]);
    let ended = run(syscope().env("PATH", dir.path()).args(["trace", "--", "plain"]));
    check_ended("a file in PATH", &ended, 2, &["plain", "not executable"]);
}

#[test]
fn a_process_that_does_not_exist_is_an_error() {
    check(&["trace", "-p", "0"], 2, &["0", "--pid"]);
    check(&["trace", "-p", "x"], 2, &["'x'"]);
    check(&["trace", "-p", "4194999"], 2, &["no process 4194999"]);
    check(&["trace", "--pid-ns", "1"], 2, &["no process lives in pid namespace 1"]);
}

#[test]
fn a_cgroup_that_does_not_exist_is_an_error() {
    check(&["trace", "--cgroup", "/no/such/group"], 2, &["--cgroup", "/no/such/group"]);
    check(&["trace", "--cgroup", "/etc"], 2, &["--cgroup", "/etc"]);
}

#[test]
fn bad_values_are_errors_that_show_good_ones() {
    check(&["trace", "--duration", "10x"], 2, &["10x", "500ms"]);
    check(&["trace", "--duration", "-1"], 2, &["-1"]);
    check(&["trace", "--min-latency", "soon"], 2, &["soon", "500ms"]);
    check(&["trace", "--ring-size", "8X"], 2, &["8X", "256K"]);
    check(&["trace", "--ring-size", "1K"], 2, &["too small", "64K"]);
    check(&["trace", "--ring-size", "64G"], 2, &["too large"]);
    check(&["trace", "--errno", "ENOSUCH"], 2, &["ENOSUCH", "ENOENT"]);
    check(&["trace", "--errno", "0"], 2, &["0"]);
    check(&["trace", "--errno", "4096"], 2, &["4096"]);
    check(&["trace", "--max-events", "0"], 2, &["0"]);
    check(&["trace", "--string-limit", "5000"], 2, &["5000", "1024"]);
    check(&["trace", "-o", "xml"], 2, &["xml", "json"]);
    check(&["trace", "--uid", "root"], 2, &["root"]);
    check(&["--log-format", "xml", "trace"], 2, &["xml"]);
}

/// With it all that is said is JSON, also how a run ended.
#[test]
fn errors_have_the_form_of_the_log() {
    let ended = typed(&["--log-format", "json", "--log-level", "error", "trace", "-s", "nosuch"]);
    assert_eq!(ended.code(), Some(2), "{ended:?}");
    let said: Vec<serde_json::Value> =
        ended.stderr.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(said.len(), 1, "{ended:?}");
    assert_eq!(said[0]["level"], "ERROR");
    assert!(
        said[0]["fields"]["message"].as_str().is_some_and(|text| text.contains("\"nosuch\"")),
        "{ended:?}"
    );
}

#[test]
fn a_bad_log_level_is_an_error() {
    check(&["--log-level", "loud=very", "man"], 2, &["loud=very"]);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    check(&["trace", "-w", "/no/such/directory/file"], 2, &["/no/such/directory/file", "No such file"]);
    check(&["trace", "-w", "/", "--", "true"], 2, &["/", "s a directory"]);
}

/// Runs `trace` with a configuration file of this text.
fn configured(text: &str, words: &[&str]) -> Ended {
    let dir = Dir::new();
    let file = dir.file("syscope.toml", text);
    run(syscope().arg("--config").arg(file).args(words))
}

#[test]
fn a_bad_configuration_is_an_error_that_names_the_file() {
    check(&["--config", "/no/such/file.toml", "man"], 2, &["/no/such/file.toml", "No such file"]);
    let check = |text: &str, messages: &[&str]| {
        let ended = configured(text, &["trace", "--", "true"]);
        check_ended(text, &ended, 2, &[&["syscope.toml"], messages].concat());
    };
    check("[trace\n", &["parse"]);
    check("[trace]\nno-such-flag = 1\n", &["\"no-such-flag\""]);
    check("no-such-flag = 1\n", &["\"no-such-flag\""]);
    check("[tarce]\nsummary = true\n", &["\"tarce\""]);
    check("[trace]\nsyscalls = 1979-05-27\n", &["syscalls", "datetime"]);
    check("[trace.syscalls]\nx = 1\n", &["syscalls", "table"]);
    check("[trace]\nmax-events = [1, 2]\n", &["max-events takes one value, not 2"]);
    check("[trace]\nsyscalls = []\n", &["syscalls takes one value, not 0"]);
    // All of a list are taken.
    check_ended(
        "a list",
        &configured("[trace]\nsyscalls = [\"openat\", \"opena\"]\n", &["trace"]),
        2,
        &["\"opena\""],
    );
    check_ended(
        "a list",
        &configured("[trace]\nerrno = [\"ENOENT\", \"ENOSUCH\"]\n", &["trace"]),
        2,
        &["ENOSUCH"],
    );
}

#[test]
fn a_value_of_the_wrong_kind_in_a_configuration_is_an_error() {
    for text in
        ["max-events = \"many\"", "summary = \"perhaps\"", "duration = true", "output = 3", "pid = [\"x\"]"]
    {
        let ended = configured(&format!("[trace]\n{text}\n"), &["trace", "--", "true"]);
        let flag = text.split(' ').next().expect("a word");
        check_ended(text, &ended, 2, &[flag]);
    }
}

/// The error that a value of `--syscalls` causes tells which of several sources was taken.
fn taken(command_line: Option<&str>, environment: Option<&str>, file: Option<&str>) -> String {
    let dir = Dir::new();
    let mut command = syscope();
    if let Some(value) = environment {
        command.env("SYSCOPE_SYSCALLS", value);
    }
    if let Some(value) = file {
        command.arg("--config").arg(dir.file("syscope.toml", &format!("[trace]\nsyscalls = \"{value}\"\n")));
    }
    command.arg("trace");
    if let Some(value) = command_line {
        command.args(["-s", value]);
    }
    let ended = run(&mut command);
    assert_eq!(ended.code(), Some(2), "{ended:?}");
    ended.stderr
}

#[test]
fn the_command_line_goes_before_the_environment_before_the_file() {
    assert!(taken(None, None, Some("fromfile")).contains("\"fromfile\""));
    assert!(taken(None, Some("fromenv"), Some("fromfile")).contains("\"fromenv\""));
    assert!(taken(Some("typed"), Some("fromenv"), Some("fromfile")).contains("\"typed\""));
    assert!(taken(Some("typed"), Some("fromenv"), None).contains("\"typed\""));
}

#[test]
fn every_kind_of_flag_can_be_set_by_a_variable() {
    let check = |name: &str, value: &str, message: &str| {
        let ended = run(syscope().env(name, value).args(["trace", "-s", "opena"]));
        check_ended(name, &ended, 2, &[message]);
    };
    check("SYSCOPE_MAX_EVENTS", "many", "many");
    check("SYSCOPE_FAILED_ONLY", "perhaps", "perhaps");
    check("SYSCOPE_DURATION", "10x", "500ms");
    check("SYSCOPE_LOG_FORMAT", "xml", "xml");
    check("SYSCOPE_ERRNO", "ENOENT,ENOSUCH", "ENOSUCH");
    check("SYSCOPE_CONFIG", "/no/such/file.toml", "/no/such/file.toml");
}

#[test]
fn a_contradiction_with_a_variable_is_an_error_too() {
    for value in ["true", "1", "yes"] {
        let ended = run(syscope().env("SYSCOPE_FAILED_ONLY", value).args(["trace", "-z", "-s", "opena"]));
        check_ended(value, &ended, 2, &["--failed-only"]);
    }
    let ended = run(syscope().env("SYSCOPE_FAILED_ONLY", "0").args(["trace", "-s", "opena"]));
    check_ended("off", &ended, 2, &["\"opena\""]);
}

#[test]
fn a_flag_of_a_file_that_is_false_does_not_stand_in_the_way() {
    let ended = configured("[trace]\nfailed-only = false\n", &["trace", "-z", "-s", "opena"]);
    check_ended("false", &ended, 2, &["\"opena\""]);
}

/// These words succeed and print something that has all of `parts`.
fn check_print(words: &[&str], parts: &[&str]) {
    let ended = typed(words);
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{words:?}");
    for part in parts {
        assert!(ended.stdout().contains(part), "{words:?}: {part:?} is not in {}", ended.stdout());
    }
}

#[test]
fn the_version_and_help_are_printed_to_stdout() {
    check_print(&["--version"], &[concat!("syscope ", env!("CARGO_PKG_VERSION"), "\n")]);
    check_print(&["--help"], &["Usage: syscope", "trace", "completions", "Exit status", "SYSCOPE_<FLAG>"]);
    check_print(&["trace", "--help"], &["Usage: syscope trace", "--syscalls", "--min-latency", "Examples"]);
    check_print(&["help", "trace"], &["Usage: syscope trace"]);
    check_print(&["completions", "--help"], &["Usage: syscope completions", "bash"]);
    check_print(&["man", "--help"], &["Usage: syscope man"]);
}

#[test]
fn completions_exist_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        check_print(&["completions", shell], &["syscope", "trace", "min-latency"]);
    }
}

#[test]
fn the_completions_for_bash_are_valid() {
    let script = typed(&["completions", "bash"]).stdout();
    let dir = Dir::new();
    let file = dir.file("syscope.bash", &script);
    let ended = run(Command::new("bash").arg("-n").arg(file));
    assert!(ended.status.success(), "{ended:?}");
}

#[test]
fn manual_pages_exist_for_every_command() {
    check_print(&["man"], &[".TH syscope 1", "Exit status", "trace"]);
    check_print(&["man", "trace"], &[".TH syscope-trace 1", "min\\-latency"]);
    check_print(&["man", "completions"], &[".TH syscope-completions 1"]);
}

#[test]
fn a_closed_stdout_is_a_clean_end() {
    for words in [&["--help"][..], &["trace", "--help"], &["man", "trace"], &["completions", "zsh"]] {
        let mut child = syscope();
        // Rust ignores SIGPIPE for itself and not for its children, so the binary gets the default.
        let mut child =
            child.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start");
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("read stderr");
        let status = child.wait().expect("wait");
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""), "{words:?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn missing_privilege_is_named_and_ends_with_status_3() {
    let dir = Dir::new();
    let unprivileged = |words: &[&str]| {
        let ended = run(for_everybody(&dir).args(words).current_dir("/").uid(65534).gid(65534));
        check_ended(&format!("{words:?}"), &ended, 3, &["root", "CAP_BPF", "CAP_PERFMON"]);
    };
    unprivileged(&["trace"]);
    unprivileged(&["trace", "--", "true"]);
    unprivileged(&["trace", "--explain-cost"]);
    unprivileged(&["trace", "-C", "--latency", "-p", "1"]);
}

#[test]
#[ignore = "root+bpf"]
fn wrong_usage_is_said_before_missing_privilege() {
    let dir = Dir::new();
    let ended =
        run(for_everybody(&dir).args(["trace", "-s", "opena"]).current_dir("/").uid(65534).gid(65534));
    check_ended("nobody", &ended, 2, &["\"opena\""]);
}

#[test]
#[ignore = "root+bpf"]
fn missing_type_information_is_named_and_ends_with_status_3() {
    // A mount namespace of its own, in which an empty file system covers the type information.
    let script = "mount -t tmpfs none /sys/kernel/btf && exec \"$@\"";
    for words in [&["trace", "--duration", "1s"][..], &["trace", "--", "true"]] {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
        let ended = run(command.arg(env!("CARGO_BIN_EXE_syscope")).args(words));
        check_ended(&format!("{words:?}"), &ended, 3, &["/sys/kernel/btf/vmlinux", "BTF"]);
    }
}
