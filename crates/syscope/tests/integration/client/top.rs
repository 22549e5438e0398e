//! `syscope top`.

use syscope_api::Syscalls;
use syscope_api::syscalls::{Call, Caller};
use syscope_testing::agent::FakeAgent;

use crate::support::{Dir, run, start, syscope, until};

fn counts(ts: u64, calls: u64) -> Syscalls {
    Syscalls {
        ts,
        node: Some("n1".into()),
        owners: vec![Caller { container: "a\u{1b}[2J".into(), ..Caller::default() }],
        syscalls: vec![Call { name: "read".into(), ..Call::default() }],
        errors: vec!["EIO".into()],
        rows: vec![[0, 0, 0, calls, 0]],
        ..Syscalls::default()
    }
}

#[test]
fn one_measurement_is_printed_for_a_pipe() {
    for (format, expected) in [
        ("table", "CALLS/S  ERRORS/S   ERR%  NAME\n     50        50  100.0  a\\33[2J\n"),
        (
            "json",
            "{\"node\":\"n1\",\"name\":\"a\\u001b[2J\",\"calls_per_second\":50,\"errors_per_second\":50}\n",
        ),
    ] {
        let agent = FakeAgent::start("n1");
        agent.set_syscalls(counts(1000, 0));
        let dir = Dir::new();
        let endpoint = agent.endpoint();
        let words = ["top", "--endpoint", &endpoint, "--once", "--interval", "100ms", "-o", format];
        let child = start(syscope().args(words), &dir);
        until("it was read once", || agent.asked().first().map(drop));
        agent.set_syscalls(counts(3000, 100));
        let ended = crate::support::finish(child, &dir);
        assert_eq!((ended.code(), ended.stdout().as_str()), (Some(0), expected), "{ended:?}");
    }
}

#[test]
fn an_agent_that_is_away_is_an_error() {
    let port = FakeAgent::start("n1").port();
    let ended = run(syscope().args(["top", "--once", "--endpoint", &format!("127.0.0.1:{port}")]));
    assert_eq!(ended.code(), Some(1));
    assert!(ended.stderr.contains("Connection refused"), "{ended:?}");
}

#[test]
fn a_pipe_is_no_screen() {
    let agent = FakeAgent::start("n1");
    let ended = run(syscope().args(["top", "--endpoint", &agent.endpoint()]));
    assert_eq!(ended.code(), Some(2));
    assert!(ended.stderr.contains("--once"), "{ended:?}");
}
