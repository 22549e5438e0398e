//! What trying again does not help: it is told, with the way out, and the exit status says so.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use syscope_testing::agent::{Authority, FakeAgent, Options, Tls};

use super::{Running, client, ran};
use crate::support::{Dir, Ended, run, syscope};

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn at(endpoint: &str, words: &[&str]) -> Ended {
    run(syscope().args(["client", "--endpoints", endpoint]).args(words))
}

/// The way to watch that fails at once, whatever it watches.
#[track_caller]
fn check(endpoint: &str, words: &[&str], expected: &[&str]) {
    for command in [&["watch", "x"][..], &["create", "--oneshot"]] {
        let ended = at(endpoint, &[command, words].concat());
        assert_eq!((ended.code(), ended.stdout().as_str()), (Some(1), ""), "{ended:?}");
        for part in expected {
            assert!(ended.stderr.contains(part), "{part:?} is not in {:?}", ended.stderr);
        }
    }
}

#[test]
fn who_does_not_trust_the_other() {
    let dir = Dir::new();
    let (ours, other) = (Authority::new(dir.path(), "ours"), Authority::new(dir.path(), "other"));
    let serve = |client_ca| {
        let tls = Tls { identity: ours.sign("agent", &["127.0.0.1"]), client_ca };
        FakeAgent::with(Options { tls: Some(tls), ..Options::default() })
    };
    let (ca, wrong) = (ours.certificate(), other.certificate());
    let agent = serve(None);
    let unknown = ["UnknownIssuer", "--ca names who signed the agent's certificate"];
    check(&agent.endpoint(), &["--ca", text(&wrong)], &unknown);
    check(&agent.endpoint(), &[], &unknown);
    let by_name = agent.endpoint().replace("127.0.0.1", "localhost");
    check(&by_name, &["--ca", text(&ca)], &["--endpoints must have a name"]);
    // What `openssl req -x509` makes.
    let tls = Tls { identity: ours.identity(), client_ca: None };
    let authority = FakeAgent::with(Options { tls: Some(tls), ..Options::default() });
    check(&authority.endpoint(), &["--ca", text(&ca)], &["the agent's certificate is a CA's"]);
    // Other protocols than agreed.
    let port = agent.port();
    check(&format!("http://127.0.0.1:{port}"), &[], &["is https:// or http:// right?"]);
    let plain = FakeAgent::start("n1");
    check(&format!("https://{}", plain.endpoint()), &["--ca", text(&ca)], &["does the agent speak TLS?"]);
    // Agents that want to know us.
    let agent = serve(Some(ca.clone()));
    check(&agent.endpoint(), &["--ca", text(&ca)], &["--cert and --key must be signed"]);
    let (cert, key) = other.sign("me", &["me"]);
    let words = ["--ca", text(&ca), "--cert", text(&cert), "--key", text(&key)];
    check(&agent.endpoint(), &words, &["--cert and --key must be signed"]);
}

#[test]
fn who_is_not_let_in() {
    let dir = Dir::new();
    let agent = FakeAgent::with(Options { token: Some("secret".into()), ..Options::default() });
    let token = dir.file("token", "public");
    check(&agent.endpoint(), &[], &["401 Unauthorized", "--token-file says who you are"]);
    check(&agent.endpoint(), &["--token-file", text(&token)], &["401 Unauthorized"]);
    let forbidden = FakeAgent::with(Options { refuses: Some((403, "not you".into())), ..Options::default() });
    let ended = at(&forbidden.endpoint(), &["create", "--oneshot"]);
    assert!(ended.code() == Some(1) && ended.stderr.contains("403 Forbidden: not you (--cert"), "{ended:?}");
}

/// A web server that answers every request so, and no agent.
fn web_server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has an address").to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).and_then(|_| stream.write_all(answer.as_bytes()));
        }
    });
    address
}

#[test]
fn what_is_no_agent() {
    let missing = web_server("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    check(&missing, &[], &["the server at this address is no agent (is the port right?)"]);
    let page = web_server("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 13\r\n\r\n<html></html>");
    check(&page, &[], &["the answer is not that of an agent", "(is the port right?)"]);
    check(&web_server("220 mail.example.org ESMTP\r\n"), &[], &["is it an agent"]);
    let ended = at(&missing, &["list"]);
    assert!(ended.code() == Some(1) && ended.stderr.contains("is no agent"), "{ended:?}");
}

#[test]
fn the_others_are_watched_on() {
    let good = FakeAgent::start("n1");
    let closed = FakeAgent::with(Options { token: Some("secret".into()), ..Options::default() });
    assert_eq!(ran(&[&good], &["create", "--name", "x"]).code(), Some(0));
    let running = Running::start(&mut client(&[&good, &closed], &["watch", "x"]));
    good.wait_for_watchers(1);
    running.said("it is not tried again");
    good.open(1, 0, "/1");
    running.lines(1);
    assert_eq!(closed.asked().len(), 1);
    good.end("n1-1", syscope_api::End::Deleted);
    let ended = running.ended();
    assert_eq!(ended.code(), Some(1), "not all was seen: {ended:?}");
}

/// A token that is replaced reaches the agent before us, or us before the agent.
#[test]
fn an_agent_that_knew_us_is_tried_again() {
    let dir = Dir::new();
    let token = dir.file("token", "old");
    let with = |port, token: &str| {
        FakeAgent::with(Options { node: "n1".into(), port, token: Some(token.into()), ..Options::default() })
    };
    let agent = with(0, "old");
    let port = agent.port();
    let words = ["create", "--oneshot", "--token-file", text(&token)];
    let running = Running::start(&mut client(&[&agent], &words));
    agent.wait_for_watchers(1);
    drop(agent);
    running.said("trying again");
    let agent = with(port, "new");
    crate::support::until("it is refused", || (agent.asked().len() > 1).then_some(()));
    dir.file("token", "new");
    running.said("created again as n1-1");
    assert_eq!(running.interrupt().code(), Some(0));
    assert!(agent.jobs().is_empty());
}

#[test]
fn a_job_that_not_all_agents_have_is_told_with_the_command_that_deletes_it() {
    let (a, b) = (FakeAgent::start("n1"), FakeAgent::start("n2"));
    let c = FakeAgent::with(Options { refuses: Some((429, "enough".into())), ..Options::default() });
    for (words, others) in [
        (&["create", "--name", "my job"][..], "the same command creates it on the others too"),
        (&["create"], "it has no name: the same command would create another"),
    ] {
        let ended = ran(&[&a, &c, &b], words);
        assert_eq!(ended.code(), Some(1), "{ended:?}");
        assert!(ended.stdout().contains("n1-") && ended.stdout().contains("n2-"), "{ended:?}");
        assert!(ended.stderr.contains("429 Too Many Requests: enough"), "{ended:?}");
        assert!(ended.stderr.contains(&format!("the job is on 2 of 3 agents ({others}); ")), "{ended:?}");
        assert_eq!((a.jobs().len(), b.jobs().len()), (1, 1));
        let (_, command) = ended.stderr.rsplit_once("to delete it: ").expect("a command");
        let command = command.replacen("syscope", env!("CARGO_BIN_EXE_syscope"), 1);
        let deleted = run(Command::new("sh").arg("-c").arg(&command));
        assert_eq!(deleted.code(), Some(0), "{command}: {deleted:?}");
        assert!(a.jobs().is_empty() && b.jobs().is_empty());
    }
    // What was there before is not ours to delete.
    ran(&[&a], &["create", "--name", "theirs"]);
    let ended = ran(&[&a, &c], &["create", "--name", "theirs"]);
    assert!(ended.code() == Some(1) && !ended.stderr.contains("to delete it"), "{ended:?}");
    let ended = ran(&[&c], &["create", "--name", "theirs"]);
    assert_eq!((ended.code(), ended.stdout().as_str()), (Some(1), ""), "{ended:?}");
}
