//! Successful execs in every form.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::{Dir, Traced, program, said, trace};

/// The arguments that `execs.c` gives its new image.
fn argv() -> Value {
    json!(["given name", "image", "x y", ""])
}

fn execs(mode: &str) -> Traced {
    trace(&["-s", "execve,execveat,vfork"], [program("execs").as_os_str(), mode.as_ref()])
}

fn number(output: &str, key: &str) -> u32 {
    said(output, key)[0].parse().expect("a number")
}

/// An `execveat` shows the descriptor and path it was given, though the kernel makes another path of them.
fn check_execveat(mode: &str) {
    let traced = execs(mode);
    let output = traced.ended.stdout();
    let exec = traced.only("execveat");
    assert_eq!(exec.args["dirfd"], json!(number(&output, "dirfd")), "{exec:?}");
    assert_eq!(exec.args["pathname"], json!(said(&output, "path")[0]), "{exec:?}");
    assert_eq!(exec.args["argv"], argv(), "{exec:?}");
    assert_eq!(said(&output, "argv"), ["given name", "image", "x y", ""]);
    assert_eq!(
        (exec.ret, exec.process.pid, exec.process.tid),
        (Some(0), number(&output, "pid"), number(&output, "tid"))
    );
    assert_eq!(traced.named("execve").len(), 1, "only the exec of the command itself: {:#?}", traced.records);
}

#[test]
#[ignore = "root+bpf"]
fn execveat_of_a_path_shows_the_path_as_given() {
    check_execveat("path");
}

#[test]
#[ignore = "root+bpf"]
fn execveat_of_a_descriptor_shows_an_empty_path() {
    check_execveat("fd");
}

#[test]
#[ignore = "root+bpf"]
fn execveat_of_a_memfd_shows_an_empty_path() {
    check_execveat("memfd");
}

#[test]
#[ignore = "root+bpf"]
fn vfork_returns_once_and_its_child_execs() {
    let traced = execs("vfork");
    let child = number(&traced.ended.stdout(), "child");
    let vfork = traced.only("vfork");
    assert_eq!(vfork.ret, Some(i64::from(child)));
    assert_ne!(vfork.process.tid, child, "the child's way out is not a call");
    let exec = traced.named("execve")[1];
    assert_eq!((exec.process.tid, &exec.args["argv"]), (child, &argv()));
}

#[test]
#[ignore = "root+bpf"]
fn an_exec_in_a_thread_is_one_of_the_process() {
    let traced = execs("thread");
    let output = traced.ended.stdout();
    let leader = number(&output, "leader");
    assert_ne!(number(&output, "thread"), leader);
    // The thread takes the leader's number.
    assert_eq!(number(&output, "tid"), leader);
    let exec = traced.named("execve")[1];
    assert_eq!((exec.process.pid, exec.process.tid, exec.ret), (leader, leader, Some(0)));
    assert_eq!(exec.args["argv"], argv());
    assert_eq!(traced.named("execve").len(), 2);
}

#[test]
#[ignore = "root+bpf"]
fn what_follows_an_exec_in_a_thread_is_recorded_and_ends() {
    let traced =
        trace(&["-s", "write,exit_group", "--latency"], [program("execs").as_os_str(), "thread".as_ref()]);
    let leader = number(&traced.ended.stdout(), "leader");
    assert_eq!(traced.only("exit_group").process.tid, leader);
    assert!(traced.calls().all(|call| call.ending.is_none()), "{:#?}", traced.records);
    assert_eq!(traced.totals().lost, 0);
}

/// A script is shown as it was called, not as the kernel called its interpreter.
fn check_script(first_line: &str) {
    let dir = Dir::new();
    let script = dir
        .file("script", &format!("{first_line}\nfor word in \"$0\" \"$@\"; do echo \"argv $word\"; done\n"));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("make it executable");
    let path = script.to_str().expect("a name in UTF-8");
    let program = program("execs");
    let command = [program.to_str().expect("a name in UTF-8"), "run", path, "given name", "x y", "", "z"];
    let traced = trace(&["-s", "execve"], command);
    let exec = traced.named("execve")[1];
    assert_eq!(exec.args["pathname"], json!(path));
    assert_eq!(exec.args["argv"], json!(["given name", "x y", "", "z"]), "{first_line}");
    // The script sees its path in place of the first; what it sees of the rest is what was given.
    assert_eq!(said(&traced.ended.stdout(), "argv"), [path, "x y", "", "z"]);
}

#[test]
#[ignore = "root+bpf"]
fn a_script_shows_the_arguments_it_was_given() {
    check_script("#!/bin/sh");
    check_script("#!/bin/sh -e");
    check_script("#! /usr/bin/env sh");
}

#[test]
#[ignore = "root+bpf"]
fn many_and_long_arguments_of_an_exec_are_cut_visibly() {
    let long = "l".repeat(100);
    let traced = trace(&["-s", "execve", "--string-limit", "40"], ["true", &long, "short"]);
    let argv = traced.only("execve").args["argv"].as_array().expect("a vector");
    assert_eq!(argv[0], json!("true"));
    assert_eq!(argv[1], json!({"text": "l".repeat(40), "truncated": true}));
    assert_eq!(argv[2], json!("short"));
}
