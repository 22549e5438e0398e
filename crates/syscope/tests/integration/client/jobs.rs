//! Jobs on one and many agents.

use syscope_testing::agent::{FakeAgent, Options};

use super::ran;

#[test]
fn jobs_are_created_shown_and_deleted() {
    let (a, b) = (FakeAgent::start("n1"), FakeAgent::start("n2"));
    let both = [&a, &b];
    let created = ran(
        &both,
        &["create", "--name", "hosts", "-n", "prod", "-s", "openat,%network", "-l", "app=web", "-o", "json"],
    );
    assert_eq!(created.code(), Some(0), "{created:?}");
    let jobs: Vec<serde_json::Value> =
        created.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(jobs.iter().map(|job| job["id"].as_str().unwrap()).collect::<Vec<_>>(), ["n1-1", "n2-1"]);
    assert_eq!(jobs[0]["endpoint"].as_str(), Some(a.endpoint().as_str()));
    assert_eq!(a.jobs()[0].spec.syscalls, ["openat", "%network"]);
    assert_eq!(a.jobs()[0].namespace.as_deref(), Some("prod"));
    for words in [&["list"][..], &["get", "hosts"]] {
        let shown = ran(&both, words);
        let lines: Vec<String> = shown.stdout().lines().map(str::to_owned).collect();
        assert_eq!((shown.code(), lines.len()), (Some(0), 3), "{shown:?}");
        assert!(
            lines[0].starts_with("ENDPOINT") && lines[2].contains("n2-1") && lines[2].contains("running"),
            "{lines:?}"
        );
    }
    let one = ran(&both, &["get", "n2-1"]);
    assert_eq!(one.stdout().lines().count(), 2);
    let deleted = ran(&both, &["delete", "hosts"]);
    assert_eq!(deleted.stdout().lines().count(), 2, "{deleted:?}");
    assert!(a.jobs().is_empty() && b.jobs().is_empty());
    for words in [&["get", "hosts"][..], &["delete", "hosts"]] {
        let ended = ran(&both, words);
        assert_eq!((ended.code(), ended.stdout().as_str()), (Some(1), ""));
        assert!(ended.stderr.contains("no agent has a job called \"hosts\""), "{ended:?}");
    }
}

#[test]
fn an_agent_that_is_away_fails_the_command_and_hides_nothing_of_the_others() {
    let (a, away) = (FakeAgent::start("n1"), FakeAgent::start("n2"));
    let port = away.port();
    drop(away);
    let endpoints = format!("{},127.0.0.1:{port}", a.endpoint());
    for words in [&["create", "--name", "x"][..], &["list"], &["get", "x"], &["delete", "x"]] {
        let ended = crate::support::run(
            crate::support::syscope().args(["client", "--endpoints", &endpoints]).args(words),
        );
        assert_eq!(ended.code(), Some(1), "{ended:?}");
        assert!(ended.stdout().contains("n1-1"), "{ended:?}");
        assert!(
            ended.stderr.contains(&format!("127.0.0.1:{port}: connect: Connection refused")),
            "{ended:?}"
        );
    }
}

#[test]
fn what_an_agent_says_does_not_speak_to_the_terminal() {
    let refuses = Some((400, "no\u{1b}[2J\u{202e}\n such call".to_owned()));
    let agent = FakeAgent::with(Options { node: "n\u{1b}[1m".into(), ..Options::default() });
    ran(&[&agent], &["create", "--name", "a\u{1b}[2J b"]);
    let listed = ran(&[&agent], &["list"]);
    let refused = ran(&[&FakeAgent::with(Options { refuses, ..Options::default() })], &["create"]);
    assert_eq!((listed.code(), refused.code()), (Some(0), Some(1)));
    for text in [listed.stdout(), refused.stderr] {
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    }
}
