//! Ways to exec.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use syscope_output::record::Exec;

use super::running::{Log, Running, all_bytes, bytes, ok, plain};
use crate::support::{Dir, program, said};

/// Writes an executable file.
fn script(dir: &Dir, name: &str, text: &str) -> PathBuf {
    let path = dir.file(name, text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("make it executable");
    path
}

/// A copy of a program under another name.
fn copy(dir: &Dir, from: &Path, name: &str, mode: u32) -> PathBuf {
    let to = dir.join(name);
    fs::copy(from, &to).expect("copy a program");
    fs::set_permissions(&to, fs::Permissions::from_mode(mode)).expect("set its mode");
    to
}

fn path(path: &Path) -> String {
    path.to_str().expect("a name in UTF-8").to_owned()
}

/// The path of a program without links in it.
fn real(name: &str) -> String {
    path(&fs::canonicalize(name).unwrap_or_else(|error| panic!("{name}: {error}")))
}

fn argv(exec: &Exec) -> Vec<String> {
    assert!(!exec.truncated, "{exec:?}");
    all_bytes(&exec.argv).into_iter().map(|bytes| String::from_utf8(bytes).expect("UTF-8")).collect()
}

#[test]
#[ignore = "root+bpf"]
fn scripts_show_their_interpreter() {
    let dir = Dir::new();
    let shell = script(&dir, "shell", "#!/bin/sh\nexit 0\n");
    let option = script(&dir, "option", "#! /bin/sh -e \nexit 0\n");
    let nested = script(&dir, "nested", &format!("#!{} two\n", path(&shell)));
    let running = Running::start(&[]);
    let run = |file: &Path| {
        let mut child = Command::new(file).args(["a b", "", "z"]).spawn().expect("start a script");
        assert!(child.wait().expect("wait").success());
        child.id()
    };
    let pids = [&shell, &option, &nested].map(|file| run(file));
    let log = running.end();
    let expected = [
        (&shell, vec!["/bin/sh".to_owned(), path(&shell)]),
        (&option, vec!["/bin/sh".to_owned(), "-e".to_owned(), path(&option)]),
        (&nested, vec!["/bin/sh".to_owned(), path(&shell), "two".to_owned(), path(&nested)]),
    ];
    for (pid, (file, head)) in pids.into_iter().zip(expected) {
        let exec = log.of(pid);
        assert_eq!(exec.filename, plain(&path(file)));
        assert_eq!(exec.interpreter, Some(plain("/bin/sh")));
        assert_eq!(exec.exe, Some(plain(&real("/bin/sh"))));
        // What the interpreter got, which replaced the first argument.
        assert_eq!(argv(exec), [head, vec!["a b".into(), String::new(), "z".into()]].concat());
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        assert_eq!(exec.comm_after, Some(plain(name)), "the kernel names a process after the script");
    }
}

/// Runs `execs MODE` under a log.
fn by(mode: &str) -> (Log, u32, String) {
    let running = Running::start(&[]);
    let child = Command::new(program("execs"))
        .arg(mode)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("start a program");
    let pid = child.id();
    let Output { stdout, .. } = child.wait_with_output().expect("wait");
    (running.end(), pid, String::from_utf8(stdout).expect("UTF-8"))
}

/// The second exec of a process, which is that of the image.
fn second(log: &Log, pid: u32) -> &Exec {
    let found: Vec<&Exec> = log.execs().filter(|exec| exec.pid == pid).collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(argv(found[1]), ["given name", "image", "x y", ""]);
    assert_ne!(found[0].exec_id, found[1].exec_id);
    assert_eq!(found[0].parent_exec_id, found[1].parent_exec_id);
    assert_eq!(found[1].comm, plain("execs"), "the name before");
    found[1]
}

#[test]
#[ignore = "root+bpf"]
fn execveat_with_a_path_is_an_exec() {
    let (log, pid, output) = by("path");
    let exec = second(&log, pid);
    let (dirfd, name) = (&said(&output, "dirfd")[0], &said(&output, "path")[0]);
    assert_eq!(exec.filename, plain(&format!("/dev/fd/{dirfd}/{name}")));
    assert_eq!(exec.exe, Some(plain(&path(&program("execs")))));
    assert!(!exec.exe_unlinked);
}

#[test]
#[ignore = "root+bpf"]
fn execveat_of_a_descriptor_is_an_exec() {
    let (log, pid, output) = by("fd");
    let exec = second(&log, pid);
    assert_eq!(exec.filename, plain(&format!("/dev/fd/{}", said(&output, "dirfd")[0])));
    assert_eq!(exec.exe, Some(plain(&path(&program("execs")))));
}

#[test]
#[ignore = "root+bpf"]
fn a_program_in_memory_is_marked() {
    let (log, pid, output) = by("memfd");
    let exec = second(&log, pid);
    assert_eq!(exec.filename, plain(&format!("/dev/fd/{}", said(&output, "dirfd")[0])));
    assert!(exec.exe_unlinked);
    assert_eq!(exec.exe, Some(plain("/memfd:copy")));
}

#[test]
#[ignore = "root+bpf"]
fn a_thread_that_execs_is_the_process_from_then_on() {
    let (log, pid, output) = by("thread");
    let exec = second(&log, pid);
    assert_ne!(said(&output, "thread")[0], pid.to_string());
    assert_eq!((exec.pid, exec.tid), (pid, pid));
    assert_eq!(exec.ppid, Some(std::process::id()));
}

#[test]
#[ignore = "root+bpf"]
fn a_child_by_vfork_has_its_parents_image() {
    let (log, pid, output) = by("vfork");
    let child = said(&output, "child")[0].parse().expect("a pid");
    let (parent, exec) = (log.of(pid), log.of(child));
    assert_eq!((exec.ppid, exec.parent_exec_id.as_ref()), (Some(pid), Some(&parent.exec_id)));
}

#[test]
#[ignore = "root+bpf"]
fn a_set_uid_program_shows_what_it_gained() {
    let dir = Dir::new();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("let others in");
    let program = copy(&dir, &program("execs"), "powerful", 0o4755);
    let running = Running::start(&[]);
    ok(Command::new(&program).args(["image", "set-uid"]).uid(1002).gid(1003));
    let log = running.end();
    let exec = log.only("set-uid");
    assert_eq!((exec.uid, exec.euid, exec.suid), (1002, Some(0), Some(0)));
    assert_eq!((exec.gid, exec.egid), (1003, Some(1003)));
    let gained = exec.capabilities_gained.as_ref().expect("it is known");
    assert!(gained.iter().any(|name| name == "CAP_SYS_ADMIN"), "{gained:?}");
    assert!(gained.iter().any(|name| name == "CAP_SETUID"), "{gained:?}");
}

#[test]
#[ignore = "root+bpf"]
fn static_and_32_bit_programs_are_logged() {
    let dir = Dir::new();
    let source = dir.file("static.c", "int main(void) { return 0; }\n");
    let (still, compat) = (dir.join("static"), program("compat"));
    ok(Command::new("cc").args(["-static", "-o"]).arg(&still).arg(&source));
    let running = Running::start(&["--exit"]);
    let mut pids = Vec::new();
    for file in [&still, &compat] {
        let mut child = Command::new(file)
            .args(["in bits", "\u{e4}"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("start a program");
        child.wait().expect("wait");
        pids.push(child.id());
    }
    let log = running.end();
    for (pid, file) in pids.into_iter().zip([&still, &compat]) {
        let exec = log.of(pid);
        assert_eq!(argv(exec), [path(file), "in bits".into(), "\u{e4}".into()]);
        assert_eq!(exec.exe, Some(plain(&path(file))));
        assert_eq!(log.end_of(pid).exec_id.as_ref(), Some(&exec.exec_id));
    }
}

#[test]
#[ignore = "root+bpf"]
fn an_applet_has_its_name_and_the_file_behind_it() {
    let dir = Dir::new();
    // Any program of many names will do.
    let busybox = Path::new("/usr/bin/busybox");
    let target = if busybox.exists() { busybox.to_owned() } else { program("execs") };
    let applet = dir.join("true");
    std::os::unix::fs::symlink(&target, &applet).expect("make a link");
    let running = Running::start(&[]);
    let mut child =
        Command::new(&applet).arg("image").stdout(std::process::Stdio::null()).spawn().expect("start");
    assert!(child.wait().expect("wait").success());
    let log = running.end();
    let exec = log.of(child.id());
    assert_eq!(exec.filename, plain(&path(&applet)));
    assert_eq!(exec.exe, Some(plain(&real(&path(&target)))));
    assert_eq!((argv(exec), &exec.comm_after), (vec![path(&applet), "image".into()], &Some(plain("true"))));
}

#[test]
#[ignore = "root+bpf"]
fn a_deleted_program_is_marked() {
    let dir = Dir::new();
    let running = Running::start(&["--exit"]);
    let program = copy(&dir, Path::new("/bin/true"), "gone (deleted)", 0o755);
    // It execs a file through a descriptor, whose name is gone by then.
    let script = "exec 9<\"$1\"; rm \"$1\"; exec /proc/self/fd/9 was-deleted";
    ok(Command::new("sh").args(["-c", script, "sh"]).arg(&program));
    let kept = copy(&dir, Path::new("/bin/true"), "kept (deleted)", 0o755);
    ok(Command::new(&kept).arg("was-kept"));
    let log = running.end();
    let exec = log.only("was-deleted");
    assert!(exec.exe_unlinked);
    assert_eq!(exec.exe, Some(plain(&path(&program))));
    assert_eq!(bytes(&exec.filename), b"/proc/self/fd/9");
    // A name is no proof.
    let exec = log.only("was-kept");
    assert!(!exec.exe_unlinked);
    assert_eq!(exec.exe, Some(plain(&path(&kept))));
}
