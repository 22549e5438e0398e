//! Which processes are traced. Each traced process calls `getpgid(4000000 + N)` with an N of its own, so
//! that the events tell who is in and who is out.

mod cgroups;

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use syscope_output::record::{Record, Syscall};

use crate::support::{Live, Puppet, calls, program, trace};

/// The first of the process ids that stand for an N; no system has so many.
const BASE: u64 = 4_000_000;

/// The N of a call.
fn mark(call: &Syscall) -> Option<u64> {
    call.args.get("pid")?.as_u64()?.checked_sub(BASE)
}

/// Every N that was seen.
fn marks(records: &[Record]) -> BTreeSet<u64> {
    calls(records).filter_map(mark).collect()
}

/// A process that makes the calls of `number` alone.
fn single(number: u64) -> Puppet {
    prepared(number, |_| {})
}

/// The same with its command prepared.
fn prepared(number: u64, prepare: impl FnOnce(&mut Command)) -> Puppet {
    let mut command = Command::new(program("family"));
    prepare(command.arg(number.to_string()));
    let puppet = Puppet::start(&mut command);
    puppet.hear("ready");
    puppet
}

/// A process with a child, a grandchild and threads: 1 to 5.
fn family() -> Puppet {
    let family = Puppet::start(&mut Command::new(program("family")));
    family.hear("ready");
    family
}

/// Starts a trace of the marks with more flags.
fn live(flags: &[&str]) -> Live {
    Live::start(&[&["-s", "getpgid"], flags].concat())
}

/// Waits until exactly these are seen, watches on until each of them was seen often, and ends the trace.
fn check(mut live: Live, expected: &[u64]) {
    let often = |records: &[Record]| {
        expected.iter().all(|wanted| calls(records).filter(|call| mark(call) == Some(*wanted)).count() > 20)
    };
    live.until(&format!("marks {expected:?}"), often);
    let traced = live.end(libc::SIGINT);
    assert_eq!(marks(&traced.records), expected.iter().copied().collect());
    assert!(traced.ended.status.success(), "{:?}", traced.ended);
}

#[test]
#[ignore = "root+bpf"]
fn a_pid_includes_its_descendants_and_threads_and_later_ones() {
    let (_outside, mut family) = (single(99), family());
    let mut live = live(&["-p", &family.pid().to_string()]);
    live.until("those that exist", |records| marks(records) == (1..=5).collect());
    family.say("x");
    check(live, &[1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
#[ignore = "root+bpf"]
fn several_pids_are_all_traced() {
    let puppets = [single(11), single(12), single(13), single(14)];
    let pid = |index: usize| puppets[index].pid().to_string();
    check(live(&["-p", &pid(0), "-p", &pid(1)]), &[11, 12]);
    check(live(&["-p", &format!("{},{}", pid(2), pid(3))]), &[13, 14]);
}

#[test]
#[ignore = "root+bpf"]
fn a_trace_of_processes_ends_with_the_last_of_them() {
    let puppet = single(11);
    let mut live = live(&["-p", &puppet.pid().to_string()]);
    live.until("a mark", |records| !marks(records).is_empty());
    assert!(puppet.end().success());
    let traced = live.finish();
    assert!(traced.ended.status.success(), "{:?}", traced.ended);
    assert_eq!(traced.totals().lost, 0);
}

/// A copy of the program under another name.
fn named(name: &str) -> (crate::support::Dir, std::path::PathBuf) {
    let dir = crate::support::Dir::new();
    let path = dir.join(name);
    std::fs::copy(program("family"), &path).expect("copy the program");
    (dir, path)
}

fn start_named(path: &std::path::Path, number: u64) -> Puppet {
    let puppet = Puppet::start(Command::new(path).arg(number.to_string()));
    puppet.hear("ready");
    puppet
}

#[test]
#[ignore = "root+bpf"]
fn a_name_selects_the_threads_that_have_it() {
    let ((_one, name), (_two, longer), (_three, fifteen)) =
        (named("it-name"), named("it-name-longer"), named("it-fifteen-bytes-are-kept"));
    let _puppets = [start_named(&name, 11), start_named(&longer, 12), start_named(&fifteen, 13)];
    check(live(&["--comm", "it-name"]), &[11]);
    check(live(&["--comm", "it-name-longer"]), &[12]);
    check(live(&["--comm", "it-fifteen-byte"]), &[13]);
    check(live(&["--comm", "it-fifteen-bytes-are-kept"]), &[13]);
}

#[test]
#[ignore = "root+bpf"]
fn a_uid_selects_the_processes_of_that_user() {
    // The program lies where another user can run it.
    let (_dir, path) = named("it-uid");
    let other = |number: u64, uid: u32| {
        let mut command = Command::new(&path);
        let puppet = Puppet::start(command.arg(number.to_string()).current_dir("/").uid(uid).gid(uid));
        puppet.hear("ready");
        puppet
    };
    let _puppets = [other(11, 65533), other(12, 65534), single(13)];
    check(live(&["--uid", "65533"]), &[11]);
    check(live(&["--uid", "65534"]), &[12]);
    let traced = {
        let mut live = live(&["--uid", "0"]);
        live.until("root's", |records| marks(records).contains(&13));
        live.end(libc::SIGINT)
    };
    assert_eq!(marks(&traced.records), [13].into());
    assert!(traced.calls().all(|call| call.process.uid == 0));
}

#[test]
#[ignore = "root+bpf"]
fn a_pid_namespace_includes_those_below_it() {
    let puppet = Puppet::start(&mut Command::new(program("namespaces")));
    let mut inodes = [puppet.hear_any(), puppet.hear_any()];
    puppet.hear("ready");
    inodes.sort();
    let [outer, inner] = inodes.map(|line| line.split_once(' ').expect("a value").1.to_owned());
    check(live(&["--pid-ns", &inner]), &[2]);
    check(live(&["--pid-ns", &outer]), &[1, 2]);
    // All of this host: the first namespace has everything.
    let own = std::fs::metadata("/proc/self/ns/pid").expect("the own namespace");
    let inode = std::os::unix::fs::MetadataExt::ino(&own).to_string();
    check(live(&["--pid-ns", &inode]), &[0, 1, 2]);
    let records = {
        let mut live = live(&["--pid-ns", &inner]);
        live.until("a mark", |records| !marks(records).is_empty());
        live.end(libc::SIGINT).records
    };
    // The pids are the host's, the namespace is the process's own.
    for call in calls(&records) {
        assert!(
            call.process.pid > 2
                && call.ns.as_ref().is_some_and(|ns| ns.pid.map(|ns| ns.to_string()) == Some(inner.clone())),
            "{call:?}"
        );
    }
}

#[test]
#[ignore = "root+bpf"]
fn filters_hold_together() {
    let (_dir, path) = named("it-both");
    let (first, second) = (start_named(&path, 11), start_named(&path, 12));
    let third = single(13);
    let pids = format!("{},{}", first.pid(), third.pid());
    check(live(&["-p", &pids, "--comm", "it-both"]), &[11]);
    check(live(&["-p", &pids, "--comm", "it-both", "--uid", "0", "-Z", "--errno", "ESRCH"]), &[11]);
    drop(second);
    let mut nothing = live(&["-p", &pids, "-z", "-s", "getpgid,mlockall", "--duration", "300ms"]);
    let traced = nothing.finish();
    assert_eq!(traced.calls().count(), 0, "{:#?}", traced.records);
}

#[test]
#[ignore = "root+bpf"]
fn a_trace_of_everything_does_not_show_itself() {
    let _puppet = single(11);
    let mut live = Live::start(&[]);
    live.until("calls of another process", |records| !marks(records).is_empty());
    let tracer = live.pid();
    let traced = live.end(libc::SIGINT);
    let own: Vec<&Syscall> = traced.calls().filter(|call| call.process.pid == tracer).collect();
    assert!(own.is_empty(), "{:?}", &own[..own.len().min(3)]);
}

#[test]
#[ignore = "root+bpf"]
fn a_command_is_narrowed_by_the_other_filters() {
    let script = "/bin/true; /bin/false";
    let traced = trace(&["--comm", "false", "-s", "exit_group"], ["sh", "-c", script]);
    let names: Vec<_> = traced.calls().map(|call| call.process.comm.clone()).collect();
    assert_eq!(names, [syscope_output::record::Text::Plain("false".into())]);
}
