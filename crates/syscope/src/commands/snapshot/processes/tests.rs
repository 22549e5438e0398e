use std::os::unix::ffi::OsStringExt;

use super::*;

/// A proc file system with one process.
fn process(name: &str, files: &[(&str, &[u8])]) -> Vec<Found> {
    let dir = std::env::temp_dir().join(format!("syscope-proc-{}-{name}", std::process::id()));
    fs::create_dir_all(dir.join("7")).unwrap();
    fs::create_dir_all(dir.join("irq")).unwrap();
    fs::create_dir_all(dir.join("8")).unwrap();
    for (file, text) in files {
        fs::write(dir.join("7").join(file), text).unwrap();
    }
    let found = read_processes(&dir).unwrap();
    fs::remove_dir_all(dir).unwrap();
    found
}

const STAT: &[u8] = b"7 (a) S 1 2 (3) R 5 6 42 8 9 4194304 11 12 13\n";
const STATUS: &[u8] = b"Name:\ta\\nUid:\t0\nUid:\t33\t0\t0\t0\nGid:\t34\t0\t0\t0\nNSpid:\t7\t12\t1\n";
const CGROUP: &[u8] = b"9:name=systemd:/s\n4:cpu,cpuacct:/c:d\n0::/u (deleted)\n";

#[test]
fn a_process_as_its_files_tell() {
    let files = [("stat", STAT), ("status", STATUS), ("cgroup", CGROUP), ("cmdline", &b"a\0\0b c\0\0\0"[..])];
    let found = process("whole", &files);
    assert_eq!(
        found,
        [Found {
            pid: 7,
            ppid: 5,
            uid: 33,
            gid: 34,
            comm: Box::from(&b"a) S 1 2 (3"[..]),
            args: [&b"a"[..], b"", b"b c"].map(Box::from).into(),
            args_cut: false,
            exe: None,
            kernel: false,
            ns_pid: Some(1),
            namespaces: Namespaces::default(),
            cgroups: CGROUP.to_vec(),
        }]
    );
    let cgroup = |controller| found[0].cgroup(controller);
    assert_eq!(cgroup(None), Some(&b"/u (deleted)"[..]));
    assert_eq!(cgroup(Some("cpuacct")), Some(&b"/c:d"[..]));
    assert_eq!(cgroup(Some("cpu,cpuacct")), Some(&b"/c:d"[..]));
    assert_eq!(cgroup(Some("name=systemd")), Some(&b"/s"[..]));
    assert_eq!(cgroup(Some("memory")), None);
}

#[test]
fn one_that_ends_meanwhile_is_left_out() {
    assert_eq!(process("gone", &[("stat", STAT)]), []);
    assert_eq!(process("cut", &[("stat", b"7 (a"), ("status", STATUS), ("cgroup", CGROUP)]), []);
}

#[test]
fn threads_of_the_kernel() {
    let stat = b"7 (kthreadd) S 0 0 0 0 -1 2129984 0 0";
    let found =
        process("kernel", &[("stat", stat), ("status", STATUS), ("cgroup", b"0::/\n"), ("cmdline", b"")]);
    assert!(found[0].kernel && found[0].args.is_empty() && found[0].ppid == 0);
}

#[test]
fn long_arguments_are_cut() {
    let long = [vec![b'x'; ARGS_MAX - 1], vec![0; 10]].concat();
    let files = [("stat", STAT), ("status", STATUS), ("cgroup", CGROUP), ("cmdline", &long[..])];
    let found = &process("long", &files)[0];
    assert!(found.args_cut && found.args[0].len() == ARGS_MAX - 1);
}

#[test]
fn this_process_is_found() {
    let found = read_processes(Path::new("/proc")).unwrap();
    let own = found.iter().find(|found| found.pid == std::process::id()).unwrap();
    let args: Vec<Vec<u8>> = std::env::args_os().map(std::os::unix::ffi::OsStringExt::into_vec).collect();
    assert_eq!(own.args.iter().map(|arg| arg.to_vec()).collect::<Vec<_>>(), args);
    assert_eq!(
        own.exe.as_deref(),
        std::env::current_exe().ok().map(|path| path.into_os_string().into_vec()).as_deref()
    );
    assert!(!own.kernel && own.namespaces.pid.is_some());
}
