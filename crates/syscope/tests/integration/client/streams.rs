//! Streams of many agents as one.

use syscope_testing::agent::{FakeAgent, Options, open_line};

use super::{Running, client};
use crate::support::Dir;

/// What the binary itself prints of such a line.
fn line(path: &str) -> String {
    format!("prod/web-0/nginx sh[17] openat(AT_FDCWD, \"{path}\", O_RDONLY|O_CLOEXEC) = 3")
}

/// A watcher of a job that all these agents have.
fn watcher(agents: &[&FakeAgent], words: &[&str]) -> Running {
    assert_eq!(super::ran(agents, &["create", "--name", "x"]).code(), Some(0));
    let running = Running::start(client(agents, &["watch", "x"]).args(words));
    agents.iter().for_each(|agent| agent.wait_for_watchers(1));
    running
}

#[test]
fn three_agents_are_merged_in_the_order_of_time() {
    let agents = ["n1", "n2", "n3"].map(FakeAgent::start);
    let agents: Vec<&FakeAgent> = agents.iter().collect();
    let running = watcher(&agents, &["--merge-delay", "10s"]);
    // Each in its own order, and the slowest last.
    for nanosecond in [3, 6, 9] {
        agents[0].open(1, nanosecond, &format!("/{nanosecond}"));
    }
    for nanosecond in [1, 5, 8] {
        agents[1].open(1, nanosecond, &format!("/{nanosecond}"));
    }
    for nanosecond in [2, 4, 7] {
        agents[2].open(1, nanosecond, &format!("/{nanosecond}"));
    }
    // What may still come from the second and third is not known: 8 and 9 wait.
    assert_eq!(running.lines(7), (1..=7).map(|n| line(&format!("/{n}"))).collect::<Vec<_>>());
    let ended = running.interrupt();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout().lines().count(), 9);
    assert!(ended.stderr.contains("syscope: 9 events of 3 agents, 0 lost\n"), "{ended:?}");
    assert!(agents.iter().all(|agent| agent.jobs().len() == 1), "a job that was there is left alone");
}

#[test]
fn a_silent_agent_holds_events_up_no_longer_than_the_delay_and_late_ones_are_counted() {
    let (a, b) = (FakeAgent::start("n1"), FakeAgent::start("n2"));
    let running = watcher(&[&a, &b], &["--merge-delay", "50ms"]);
    a.open(5, 0, "/5");
    assert_eq!(running.lines(1), [line("/5")]);
    b.open(3, 0, "/3");
    assert_eq!(running.lines(2)[1], line("/3"));
    assert!(running.interrupt().stderr.contains("2 events of 2 agents, 0 lost; 1 came too late"));
}

#[test]
fn json_goes_through_as_it_is_and_gets_its_node() {
    let agent = FakeAgent::start("n1");
    let running = watcher(&[&agent], &["-o", "json"]);
    let (whole, bare) =
        (open_line("n1", 1, 0, "/a b\u{1b}"), open_line("n1", 2, 0, "/b").replace("\"node\":\"n1\",", ""));
    assert_ne!(bare, open_line("n1", 2, 0, "/b"));
    agent.send(whole.clone());
    agent.send(bare.clone());
    agent
        .send("{\"type\":\"loss\",\"ts\":\"2026-11-21T02:30:03Z\",\"reason\":\"slow_watcher\",\"lost\":5}\n");
    let lines = running.lines(3);
    assert_eq!(lines[0], whole.trim_end());
    assert_eq!(lines[1], format!("{},\"node\":\"n1\"}}", bare.trim_end().strip_suffix('}').unwrap()));
    assert!(lines[2].contains("\"lost\":5"));
    assert!(running.interrupt().stderr.contains("2 events of 1 agent, 5 lost"));
}

#[test]
fn gaps_stand_in_their_place_and_the_account_sums_them() {
    let (a, b) = (FakeAgent::start("n1"), FakeAgent::start("n2"));
    let running = watcher(&[&a, &b], &["--show-node"]);
    a.open(1, 0, "/1");
    a.send("{\"type\":\"loss\",\"node\":\"n1\",\"ts\":\"2026-11-21T02:30:02Z\",\"reason\":\"ring_full\",\"lost\":17}\n");
    b.open(3, 0, "/3");
    a.open(4, 0, "/4");
    let expected = [
        format!("n1: {}", line("/1")),
        "n1: ... 17 events lost (ring full) ...".into(),
        format!("n2: {}", line("/3")),
    ];
    assert_eq!(running.lines(4)[..3], expected);
    b.send("not json\n{\"type\":\"loss\",\"final\":true,\"end\":\"duration\",\"produced\":4,\"delivered\":1,\"lost\":3,\"by_reason\":{}}\n");
    b.end("n2-1", syscope_api::End::Duration);
    running.said("the job has ended: time over");
    a.end("n1-1", syscope_api::End::Deleted);
    let ended = running.ended();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.contains("3 events of 2 agents, 20 lost; 1 lines were unreadable"), "{ended:?}");
}

#[test]
fn an_agent_that_is_away_is_told_once_and_comes_back() {
    let (a, b) = (FakeAgent::start("n1"), FakeAgent::start("n2"));
    let port = b.port();
    let running = Running::start(&mut client(&[&a, &b], &["create", "--oneshot", "--merge-delay", "30s"]));
    a.wait_for_watchers(1);
    b.wait_for_watchers(1);
    drop(b);
    running.said("trying again");
    // It holds nobody up.
    a.open(1, 0, "/1");
    assert_eq!(running.lines(1), [line("/1")]);
    let b = FakeAgent::with(Options { node: "n2".into(), port, ..Options::default() });
    running.said(&format!("127.0.0.1:{port}: it had lost the job, which was created again as n2-1"));
    b.wait_for_watchers(1);
    b.open(2, 0, "/2");
    a.open(3, 0, "/3");
    assert_eq!(running.lines(2)[1], line("/2"));
    let ended = running.interrupt();
    assert_eq!((ended.code(), ended.stderr.matches("trying again").count()), (Some(0), 1), "{ended:?}");
    assert!(a.jobs().is_empty() && b.jobs().is_empty());
}

#[test]
fn hostile_events_stay_one_safe_line_each() {
    let agent = FakeAgent::start("n1");
    let running = watcher(&[&agent], &["--show-node"]);
    let evil = "a\u{1b}]0;x\u{7}\n\u{9b}2J\u{202e}";
    agent.open(1, 0, evil);
    let all = open_line("n1", 2, 0, "/x")
        .replace("nginx", "\\u001b[2J")
        .replace("openat", "\\u009b")
        .replace("\"sh\"", "\"\\n\"")
        .replace("\"OK\"", "\"\\u001b\"");
    agent.send(all);
    let text = running.lines(2).join("");
    assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    running.interrupt();
}

#[test]
fn a_unix_socket_is_watched_too() {
    let dir = Dir::new();
    let agent =
        FakeAgent::with(Options { node: "n1".into(), unix: Some(dir.join("s")), ..Options::default() });
    let running = watcher(&[&agent], &[]);
    agent.open(1, 0, "/1");
    assert_eq!(running.lines(1), [line("/1")]);
    assert_eq!(running.interrupt().code(), Some(0));
}

#[test]
fn a_job_that_nobody_has_is_an_error() {
    let agent = FakeAgent::start("n1");
    let ended = super::ran(&[&agent], &["watch", "x"]);
    assert_eq!(ended.code(), Some(1));
    assert!(ended.stderr.contains("no job is called \"x\""), "{ended:?}");
}
