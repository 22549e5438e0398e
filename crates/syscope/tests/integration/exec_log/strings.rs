//! Arguments as hostile as they can be.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use super::running::{Running, all_bytes, ok, plain};
use crate::support::{program, run};

const HOSTILE: &[&[u8]] = &[
    b"line\nbreak",
    b"carriage\rreturn",
    b"tab\t and spaces  ",
    b"it's \"quoted\" `here` $(there) \\",
    b"\x1b[31mred\x1b[0m \x1b]0;title\x07",
    b"\xff\xfe not UTF-8 \xc3",
    b"",
    b"\xe2\x80\xae right to left \xc2\x85 next line \xe2\x80\xa8",
    b"[4711, comm=\"sh\", uid=0, gid=0, filename=/bin/sh] forged",
    b"= -1 ENOENT (No such file or directory)",
    b"...",
    b"-",
    b"\x7f",
];

/// All of them, then a word by which they are found.
fn arguments(word: &str) -> Vec<OsString> {
    HOSTILE.iter().map(|bytes| OsStr::from_bytes(bytes).to_owned()).chain([word.into()]).collect()
}

#[test]
#[ignore = "root+bpf"]
fn json_has_every_byte() {
    let running = Running::start(&[]);
    ok(Command::new("/bin/true").args(arguments("hostile-word")));
    let log = running.end();
    let argv = all_bytes(&log.only("hostile-word").argv);
    assert_eq!(argv[1..HOSTILE.len() + 1], *HOSTILE);
}

/// The lines that `flags` make of the hostile arguments, without those of others.
fn lines(flags: &[&str]) -> Vec<String> {
    let running = Running::plain(flags);
    ok(Command::new("/bin/true").args(arguments("hostile-word")));
    let ended = running.stop();
    let text = String::from_utf8(ended.stdout.clone()).expect("the log is UTF-8");
    let parts = ["hostile-word", "forged", "title", "break", "return", "left", "UTF-8", "quoted"];
    text.lines().filter(|line| parts.iter().any(|part| line.contains(part))).map(str::to_owned).collect()
}

#[test]
#[ignore = "root+bpf"]
fn text_is_one_safe_line_that_a_shell_reads_back() {
    let lines = lines(&[]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let line = &lines[0];
    assert!(
        line.chars().all(|char| !char.is_control() && !"\u{202e}\u{2028}\u{2029}".contains(char)),
        "{line:?}"
    );
    let (_, command) = line.split_once("] ").expect("the end of the bracket");
    // Bash knows $'...'.
    let script = format!("set -- {command}; printf '%s\\0' \"$@\"");
    let ended = run(Command::new("bash").env("LC_ALL", "C").args(["-c", &script]));
    let words: Vec<&[u8]> = ended.stdout.split(|byte| *byte == 0).collect();
    assert_eq!(words[1..HOSTILE.len() + 1], *HOSTILE, "{line}");
}

#[test]
#[ignore = "root+bpf"]
fn a_log_entry_is_one_safe_line() {
    let lines = lines(&["-f", "log"]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let entry: serde_json::Value = serde_json::from_str(&lines[0]).expect("an entry");
    let cmdline = entry["fields"]["cmdline"].as_str().expect("a command line");
    assert!(cmdline.chars().all(|char| !char.is_control()), "{cmdline:?}");
    assert!(cmdline.starts_with("/bin/true ") && cmdline.ends_with(" hostile-word"), "{cmdline}");
}

#[test]
#[ignore = "root+bpf"]
fn no_arguments_at_all_are_one_empty_one() {
    let running = Running::start(&[]);
    let mut child = Command::new(program("execs")).args(["run", "/bin/true"]).spawn().expect("start");
    child.wait().expect("wait");
    let log = running.end();
    let found: Vec<_> = log.execs().filter(|exec| exec.pid == child.id()).collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[1].filename, plain("/bin/true"));
    // Linux puts an empty one in its place since 5.18.
    assert!(all_bytes(&found[1].argv).iter().all(Vec::is_empty), "{:?}", found[1].argv);
    assert!(found[1].argv.len() <= 1 && !found[1].truncated);
}
