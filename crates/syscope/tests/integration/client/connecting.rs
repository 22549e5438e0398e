//! How agents are reached, and who may know what.

use syscope_testing::agent::{Authority, FakeAgent, Options, Tls};

use super::{client, ran};
use crate::support::{Dir, Ended, run, syscope};

fn check(ended: &Ended, status: i32, message: &str) {
    assert_eq!(ended.code(), Some(status), "{ended:?}");
    assert!(ended.stderr.contains(message), "{message:?} is not in {:?}", ended.stderr);
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn a_token_is_not_sent_in_clear_to_another_host() {
    let dir = Dir::new();
    let token = dir.file("token", "secret");
    let list = |endpoint: &str| {
        run(syscope().args(["client", "--endpoint", endpoint, "--token-file", text(&token), "list"]))
    };
    check(&list("http://192.0.2.1:9095"), 2, "a token is not sent over plain http to another host");
    let agent = FakeAgent::with(Options { token: Some("secret".into()), ..Options::default() });
    assert_eq!(list(&agent.endpoint()).code(), Some(0));
    check(&ran(&[&agent], &["list"]), 1, "401 Unauthorized");
}

#[test]
fn tls_knows_both_sides() {
    let dir = Dir::new();
    let (ours, other) = (Authority::new(dir.path(), "ours"), Authority::new(dir.path(), "other"));
    let tls = Tls { identity: ours.sign("agent", &["127.0.0.1"]), client_ca: Some(ours.certificate()) };
    let agent = FakeAgent::with(Options { tls: Some(tls), ..Options::default() });
    let list = |ca: &Authority, of: &Authority| {
        let (cert, key) = of.sign("me", &["me"]);
        run(client(&[&agent], &["list", "--ca", text(&ca.certificate())])
            .arg("--cert")
            .arg(cert)
            .arg("--key")
            .arg(key))
    };
    let ended = list(&ours, &ours);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    check(&list(&other, &ours), 1, "UnknownIssuer");
    assert_eq!(list(&ours, &other).code(), Some(1));
    check(&ran(&[&agent], &["list", "--ca", text(&ours.certificate())]), 1, "");
    check(&ran(&[&agent], &["list", "--cert", "x"]), 2, "--cert needs --key");
    check(&ran(&[&agent], &["list", "--ca", "/missing"]), 2, "/missing");
}

#[test]
fn what_is_wrong_with_an_endpoint_is_told() {
    for wrong in ["ftp://a", "a:0", "unix:x", ""] {
        let ended = run(syscope().args(["client", "--endpoints", wrong, "list"]));
        check(&ended, 2, "is no endpoint");
    }
}

#[test]
fn flags_come_from_the_environment_and_the_file_too() {
    let (dir, agent) = (Dir::new(), FakeAgent::start("n1"));
    let ended = run(syscope()
        .args(["client", "create"])
        .env("SYSCOPE_ENDPOINTS", agent.endpoint())
        .env("SYSCOPE_NAME", "a"));
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let config = format!(
        "[client]\nendpoints = [{:?}]\n[client.create]\nname = \"b\"\nsample-rate = 7\n",
        agent.endpoint()
    );
    let config = dir.file("config.toml", &config);
    let ended = run(syscope().args(["client", "create", "--config", text(&config)]));
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let jobs = agent.jobs();
    assert_eq!(jobs.iter().map(|job| job.name.as_deref()).collect::<Vec<_>>(), [Some("a"), Some("b")]);
    assert_eq!(jobs[1].spec.sample_rate, 7);
    let config = dir.file("config.toml", "[client.create]\nnonsense = 1\n");
    check(
        &run(syscope().args(["client", "list", "--config", text(&config)])),
        2,
        "no flag is called \"nonsense\"",
    );
}
