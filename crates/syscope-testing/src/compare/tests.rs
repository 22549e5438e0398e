use super::*;
use crate::strace::parse_strace;
use crate::syscope::parse_json;

fn run(expected: &str, actual: &str) -> Comparison {
    compare(Form::Text, &parse_strace(expected), &parse_strace(actual), &[], &ArgumentNames::new())
}

#[test]
fn equal_runs_with_other_numbers_are_equal() {
    let comparison = run(
        "5001 brk(NULL) = 0x5555000\n5001 fork() = 5002\n5002 getppid() = 5001\n5001 wait4(5002, NULL, 0, NULL) = 5002\n",
        "7001 brk(NULL) = 0x7777000\n7001 fork() = 7005\n7001 wait4(7005, NULL, 0, NULL) = 7005\n7005 getppid() = 7001\n",
    );
    assert!(comparison.sequences_equal(), "{comparison:?}");
    assert_eq!(comparison.threads.len(), 2);
    assert_eq!(comparison.arguments, Count { compared: 5, equal: 5 });
}

#[test]
fn a_missing_call_is_found_and_the_rest_still_compared() {
    let comparison = run("1 close(3) = 0\n1 getpid() = 1\n1 dup(4) = 5\n", "1 close(3) = 0\n1 dup(4) = 5\n");
    let difference = comparison.threads[0].first_difference.as_ref().expect("a difference");
    assert_eq!(difference.index, 1);
    assert_eq!(difference.expected[0], "getpid() = PID:0");
    assert_eq!(difference.actual[0], "dup(4) = 5");
    assert_eq!(comparison.calls, Count { compared: 2, equal: 2 });
}

#[test]
fn another_errno_is_a_difference_of_the_sequence() {
    assert!(!run("1 close(3) = -1 EBADF (x)\n", "1 close(3) = -1 EINTR (x)\n").sequences_equal());
}

#[test]
fn a_killed_call_may_end_in_the_kernel() {
    let killed = "1 read(3,  <unfinished ...>\n1 +++ killed by SIGKILL +++\n";
    let comparison = run(killed, "1 read(3, 0x7fff0000, 1) = ? ERESTARTSYS (x)\n");
    assert!(comparison.sequences_equal());
    assert_eq!(comparison.arguments, Count { compared: 1, equal: 1 });
    assert!(!run(killed, "1 read(3, 0x7fff0000, 1) = 4\n").sequences_equal());
    let itself = "1 kill(1, SIGKILL) = ?\n1 +++ killed by SIGKILL +++\n";
    assert!(run(itself, "1 kill(1, SIGKILL) = 0\n").sequences_equal());
    assert!(!run(itself, "1 kill(1, SIGKILL) = -1 EPERM (x)\n").sequences_equal());
}

#[test]
fn a_call_without_a_result_that_is_not_the_last_has_to_be_one() {
    let expected = "1 pause() = ?\n1 getpid() = 1\n1 +++ killed by SIGKILL +++\n";
    assert!(!run(expected, "1 pause() = ? ERESTARTNOHAND (x)\n1 getpid() = 1\n").sequences_equal());
}

#[test]
fn differing_arguments_are_named() {
    let names: ArgumentNames = [("f".to_owned(), vec!["first".to_owned(), "second".to_owned()])].into();
    let one = |expected: &str, actual: &str| {
        let (expected, actual) = (format!("1 f(1, {expected}) = 0\n"), format!("1 f(1, {actual}) = 0\n"));
        compare(Form::Text, &parse_strace(&expected), &parse_strace(&actual), &[], &names)
            .differences
            .remove(0)
    };
    assert_eq!(one("A|B", "B|A").argument, "second");
    assert_eq!(one("A|B", "B|A").reason, Reason::Unexplained("order"));
    assert_eq!(one("1, 2", "1").argument, "3");
}

#[test]
fn json_values_are_compared_where_they_are_plain() {
    let strace = "1 f(3, \"a\\377\"..., A|B, f(1)) = 0\n";
    let json = |name: &str| {
        format!(
            r#"{{"type":"syscall","syscall":{{"name":"f"}},"args":{{"fd":3,"fd_path":"/x","s":{{"bytes":"Yf8=","truncated":true}},"flags":["A","{name}"],"p":1}},"ret":0,"process":{{"tid":7}}}}"#
        )
    };
    let compare = |name: &str| {
        let json = parse_json(&json(name));
        compare(Form::Json, &parse_strace(strace), &json, &[], &collect_names(&json))
    };
    let (same, other) = (compare("B"), compare("C"));
    assert_eq!((same.arguments, same.passed_over), (Count { compared: 3, equal: 3 }, 1));
    assert_eq!(other.arguments, Count { compared: 3, equal: 2 });
    assert_eq!(other.differences[0].argument, "flags");
}

#[test]
fn remarks_behind_the_result_count_as_an_argument() {
    let comparison = run("1 fcntl(1, F_GETFD) = 0x1 (flags FD_CLOEXEC)\n", "1 fcntl(1, F_GETFD) = 1\n");
    assert_eq!(comparison.arguments, Count { compared: 3, equal: 2 });
    assert_eq!(comparison.differences[0].argument, "result");
}
