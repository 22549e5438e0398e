//! Calls that do not simply begin and return while the trace runs.

use std::process::Command;

use serde_json::json;
use syscope_output::record::{Ending, Syscall};

use crate::support::{Live, Puppet, calls, program, said, trace};

/// The calls that seccomp answers in `endings.c`, in order.
const ANSWERED: [&str; 3] = ["getppid", "getpgrp", "getsid"];

#[test]
#[ignore = "root+bpf"]
fn calls_that_seccomp_answers_have_its_answer() {
    let traced = trace(
        &["-s", "getppid,getpgrp,getsid,getpgid"],
        [program("endings").as_os_str(), "seccomp".as_ref()],
    );
    let output = traced.ended.stdout();
    for call in traced.calls() {
        let said = said(&output, &call.syscall.name)[0].parse().expect("a number");
        assert_eq!(call.ret, Some(said), "{call:?}");
    }
    assert_eq!(traced.calls().count(), ANSWERED.len() + 1);
}

#[test]
#[ignore = "root+bpf"]
fn calls_that_seccomp_answers_are_shown_as_denied_when_the_entry_is_watched() {
    for flag in ["--latency", "--unfinished"] {
        let flags = ["-s", "getppid,getpgrp,getsid,getpgid", flag];
        let traced = trace(&flags, [program("endings").as_os_str(), "seccomp".as_ref()]);
        for call in traced.calls() {
            let answered = ANSWERED.contains(&call.syscall.name.as_str());
            assert_eq!(call.ending == Some(Ending::Denied), answered, "{call:?}");
            assert_eq!(call.latency_ns.is_none(), answered, "{call:?}");
        }
        assert_eq!(traced.calls().count(), ANSWERED.len() + 1);
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_process_all_of_whose_calls_are_denied_is_seen_to_be() {
    let denied = Puppet::start(Command::new(program("endings")).arg("denied"));
    let pid = denied.hear("ready");
    // No selected call of it ever enters, whether it is followed from the start or found by a filter.
    for which in [["-p", &pid], ["--comm", "endings"]] {
        let mut live = Live::start(&[&["-s", "getppid", "--latency"][..], &which].concat());
        live.until("denied calls", |records| {
            calls(records).filter(|call| call.ending == Some(Ending::Denied)).count() > 3
        });
        let traced = live.end(libc::SIGINT);
        // The first one may have begun before the trace.
        assert!(
            traced.calls().skip(1).all(|call| call.ending == Some(Ending::Denied)),
            "{:#?}",
            traced.records
        );
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_call_in_which_its_process_is_killed_is_shown() {
    for flags in [&["-s", "read,exit_group"][..], &["-s", "read,exit_group", "--latency"]] {
        let traced = trace(flags, [program("endings").as_os_str(), "killed".as_ref()]);
        let output = traced.ended.stdout();
        assert_eq!(said(&output, "signal"), ["9"]);
        let child: u32 = said(&output, "child")[0].parse().expect("a number");
        let calls: Vec<&Syscall> = traced.calls().filter(|call| call.process.tid == child).collect();
        assert_eq!(calls.len(), 1, "{calls:#?}");
        assert_eq!(
            (calls[0].syscall.name.as_str(), calls[0].error.as_deref()),
            ("read", Some("ERESTARTSYS"))
        );
        assert!(calls[0].ending.is_none());
    }
}

/// A process that waits in `read` before the trace of it begins.
fn trace_blocked(flags: &[&str]) -> (Puppet, Live) {
    let blocked = Puppet::start(&mut Command::new(program("blocked")));
    let pid = blocked.hear("ready");
    blocked.wait_until_in(libc::SYS_read);
    let mut live = Live::start(&[&["-s", "read,getpgid", "-p", &pid], flags].concat());
    live.until_call("a call of the other thread", |call| call.syscall.name == "getpgid");
    (blocked, live)
}

#[test]
#[ignore = "root+bpf"]
fn a_call_that_began_before_the_trace_is_shown_when_it_returns() {
    for flags in [&[][..], &["--latency"], &["--unfinished"]] {
        let (mut blocked, mut live) = trace_blocked(flags);
        blocked.say("hello");
        assert_eq!(blocked.hear("read"), "5");
        live.until_call("the read", |call| call.syscall.name == "read");
        let traced = live.end(libc::SIGINT);
        let read = traced.named("read")[0];
        assert_eq!((read.ret, &read.args["buf"]), (Some(5), &json!("hello")));
        // Its entry was not seen, which is not to say that it had none.
        assert_eq!((read.ending, read.latency_ns), (None, None), "{flags:?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_call_in_progress_is_shown_as_unfinished_at_the_end() {
    for flag in ["--latency", "--unfinished"] {
        let (mut blocked, mut live) = trace_blocked(&[flag]);
        blocked.say("hello");
        blocked.hear("read");
        live.until_call("the read", |call| call.syscall.name == "read");
        blocked.wait_until_in(libc::SYS_read);
        let traced = live.end(libc::SIGTERM);
        let unfinished: Vec<&Syscall> =
            traced.calls().filter(|call| call.ending == Some(Ending::Unfinished)).collect();
        assert_eq!(unfinished.len(), 1, "{flag}: {unfinished:#?}");
        let read = unfinished[0];
        assert_eq!((read.syscall.name.as_str(), read.process.pid, read.ret), ("read", blocked.pid(), None));
        assert_eq!(read.args["fd"], json!(0));
        assert!(read.latency_ns.is_some_and(|latency| latency > 0));
    }
}

#[test]
#[ignore = "root+bpf"]
fn without_the_flags_nothing_is_shown_as_unfinished() {
    let (mut blocked, mut live) = trace_blocked(&[]);
    blocked.say("hello");
    live.until_call("the read", |call| call.syscall.name == "read");
    blocked.wait_until_in(libc::SYS_read);
    let traced = live.end(libc::SIGINT);
    assert_eq!(calls(&traced.records).filter(|call| call.ending.is_some()).count(), 0);
}
