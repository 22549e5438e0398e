//! Results that are easily misread.

use syscope_output::record::{Abi, Ending, Syscall};

use crate::support::{Traced, program, said, trace};

fn results(flags: &[&str], mode: &str) -> Traced {
    trace(flags, [program("results").as_os_str(), mode.as_ref()])
}

fn numbers(output: &str, key: &str) -> Vec<i64> {
    said(output, key).iter().map(|text| text.parse().expect("a number")).collect()
}

fn rets(calls: &[&Syscall]) -> Vec<i64> {
    calls.iter().map(|call| call.ret.expect("a result")).collect()
}

#[test]
#[ignore = "root+bpf"]
fn rt_sigreturn_returns_what_the_interrupted_code_had_in_its_register() {
    let traced = results(&["-s", "rt_sigreturn"], "handlers");
    let restored = numbers(&traced.ended.stdout(), "restored");
    assert_eq!(restored.len(), 4);
    assert_eq!(rets(&traced.named("rt_sigreturn")), restored);
}

#[test]
#[ignore = "root+bpf"]
fn rt_sigreturn_is_no_denied_call_when_the_entry_is_watched() {
    let traced = results(&["-s", "rt_sigreturn", "--latency"], "handlers");
    let calls = traced.named("rt_sigreturn");
    assert_eq!(calls.len(), 4);
    for call in calls {
        assert!(call.ending.is_none() && call.latency_ns.is_some(), "{call:?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_read_that_handlers_interrupt_is_shown_each_time_it_is_made() {
    for flags in [&["-s", "read"][..], &["-s", "read", "--latency"]] {
        let traced = results(flags, "restart");
        let output = traced.ended.stdout();
        let child = numbers(&output, "child")[0];
        let reads: Vec<&Syscall> =
            traced.named("read").into_iter().filter(|call| i64::from(call.process.tid) == child).collect();
        let (last, interrupted) = reads.split_last().expect("reads of the child");
        assert_eq!(interrupted.len() as i64, numbers(&output, "interrupted")[0], "{reads:#?}");
        for call in interrupted {
            assert_eq!((call.ret, call.error.as_deref()), (Some(-512), Some("ERESTARTSYS")));
            assert_eq!(call.args["fd"], last.args["fd"], "the arguments are those of the call");
        }
        assert_eq!(last.ret, Some(numbers(&output, "read")[0]));
        assert!(reads.iter().all(|call| call.ending.is_none()), "{reads:#?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_stopped_sleep_goes_on_as_restart_syscall() {
    let traced = results(&["-s", "nanosleep,restart_syscall"], "sleeping");
    let output = traced.ended.stdout();
    let child = numbers(&output, "child")[0];
    let calls: Vec<_> = traced
        .calls()
        .filter(|call| i64::from(call.process.tid) == child)
        .map(|call| (call.syscall.name.as_str(), call.ret.expect("a result")))
        .collect();
    assert_eq!(calls, [("nanosleep", -516), ("restart_syscall", numbers(&output, "nanosleep")[0])]);
}

#[test]
#[ignore = "root+bpf"]
fn results_of_64_bits_are_errors_only_from_minus_4095_to_minus_1() {
    let traced = results(&["-s", "lseek"], "high");
    let calls = traced.named("lseek");
    assert_eq!(rets(&calls), numbers(&traced.ended.stdout(), "lseek"));
    for call in calls {
        let failed = (-4095..0).contains(&call.ret.expect("a result"));
        assert_eq!(call.error.as_deref() != Some("OK"), failed, "{call:?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn high_results_pass_for_successes_in_filters() {
    let failed = results(&["-s", "lseek", "-Z"], "high");
    let successful = results(&["-s", "lseek", "-z"], "high");
    let split = |output: &str, wanted: bool| -> Vec<i64> {
        numbers(output, "lseek").into_iter().filter(|ret| (-4095..0).contains(ret) == wanted).collect()
    };
    assert_eq!(rets(&failed.named("lseek")), split(&failed.ended.stdout(), true));
    assert_eq!(rets(&successful.named("lseek")), split(&successful.ended.stdout(), false));
}

#[test]
#[ignore = "root+bpf"]
fn a_fork_is_one_call_of_the_parent() {
    for flags in [&["-s", "fork,clone,clone3"][..], &["-s", "fork,clone,clone3", "--latency"]] {
        let traced = results(flags, "forks");
        let children = numbers(&traced.ended.stdout(), "child");
        let calls: Vec<&Syscall> = traced.calls().collect();
        assert_eq!(rets(&calls), children, "{calls:#?}");
        assert!(calls.iter().all(|call| call.ending.is_none()), "{calls:#?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn the_first_call_of_a_forked_child_is_not_denied() {
    let traced = results(&["-s", "fork,clone,clone3,exit_group", "--unfinished"], "forks");
    let children = numbers(&traced.ended.stdout(), "child");
    let ends = traced.named("exit_group");
    assert_eq!(ends.len(), children.len() + 1);
    assert!(traced.calls().all(|call| call.ending != Some(Ending::Denied)), "{:#?}", traced.records);
}

#[test]
#[ignore = "root+bpf"]
fn calls_by_int_0x80_are_marked_and_named_by_their_own_table() {
    let traced = results(&["-s", "getpid,getppid,getpgid,lseek"], "compat");
    let output = traced.ended.stdout();
    let seen: Vec<String> = traced
        .calls()
        .map(|call| {
            let bits = if call.syscall.abi == Some(Abi::I386) { 32 } else { 64 };
            format!("{bits} {} {}", call.syscall.name, call.ret.expect("a result"))
        })
        .collect();
    assert_eq!(seen, output.lines().collect::<Vec<_>>());
}

#[test]
#[ignore = "root+bpf"]
fn calls_of_a_32_bit_program_are_marked_and_named_by_their_own_table() {
    let traced = trace(&[], [program("compat")]);
    let output = traced.ended.stdout();
    let after_exec: Vec<&Syscall> =
        traced.calls().skip_while(|call| call.syscall.name != "execve").skip(1).collect();
    assert!(after_exec.iter().all(|call| call.syscall.abi == Some(Abi::I386)), "{after_exec:#?}");
    for name in ["getpid", "getuid32"] {
        assert_eq!(traced.only(name).ret, Some(numbers(&output, name)[0]));
    }
    assert_eq!(traced.only("getpgid").ret, Some(-numbers(&output, "errno")[0]));
    assert_eq!(traced.only("exit_group").ret, None);
}
