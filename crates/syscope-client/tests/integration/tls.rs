//! Who is who.

use syscope_client::{Agent, Error, Kind, Settings, Trust};
use syscope_testing::agent::{Authority, FakeAgent, Options, Tls};

use crate::{Dir, agent, wait};

fn serve(
    identity: (std::path::PathBuf, std::path::PathBuf),
    client_ca: Option<std::path::PathBuf>,
) -> FakeAgent {
    FakeAgent::with(Options { tls: Some(Tls { identity, client_ca }), ..Options::default() })
}

#[test]
fn an_agent_is_who_its_authority_says() {
    let dir = Dir::new("server");
    let (ours, other) = (Authority::new(dir.path(), "ours"), Authority::new(dir.path(), "other"));
    let fake = serve(ours.sign("agent", &["127.0.0.1"]), None);
    let of = |authority: &Authority| Settings { ca: Some(authority.certificate()), ..Settings::default() };
    assert_eq!(wait(agent(&fake.endpoint(), of(&ours)).jobs()).unwrap(), []);
    for settings in [of(&other), Settings::default()] {
        let error = wait(agent(&fake.endpoint(), settings).jobs()).unwrap_err();
        assert!(matches!(error, Error::Tls(_)) && error.to_string().contains("UnknownIssuer"), "{error}");
    }
    // Another name than that of the certificate.
    let error =
        wait(agent(&fake.endpoint().replace("127.0.0.1", "localhost"), of(&ours)).jobs()).unwrap_err();
    assert!(matches!(error, Error::Tls(_)) && error.to_string().contains("not valid for name"), "{error}");
    // Plain HTTP where TLS is spoken.
    let error =
        wait(agent(&fake.endpoint().replace("https://", ""), Settings::default()).jobs()).unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error}");
}

#[test]
fn a_client_is_who_its_authority_says() {
    let dir = Dir::new("client");
    let (ours, other) = (Authority::new(dir.path(), "ours"), Authority::new(dir.path(), "other"));
    let fake = serve(ours.sign("agent", &["127.0.0.1"]), Some(ours.certificate()));
    let as_client = |identity| Settings { ca: Some(ours.certificate()), identity, ..Settings::default() };
    assert_eq!(wait(agent(&fake.endpoint(), as_client(Some(ours.sign("me", &["me"])))).jobs()).unwrap(), []);
    for wrong in [None, Some(other.sign("me", &["me"]))] {
        let error = wait(agent(&fake.endpoint(), as_client(wrong)).jobs()).unwrap_err();
        assert_eq!((error.kind(), error.trust()), (Kind::Refused, Some(Trust::Us)), "{error}");
    }
}

#[test]
fn files_that_are_none_are_named() {
    let dir = Dir::new("files");
    let ours = Authority::new(dir.path(), "ours");
    let (cert, key) = ours.sign("me", &["me"]);
    let empty = dir.file("empty", "");
    let missing = dir.path().join("missing");
    let new = |ca, identity| {
        let settings = Settings { ca, identity, ..Settings::default() };
        Agent::new("https://127.0.0.1:1".parse().unwrap(), settings).unwrap_err().to_string()
    };
    assert!(
        new(Some(missing.clone()), None).contains("the authority ")
            && new(Some(missing), None).contains("missing")
    );
    assert!(new(Some(empty.clone()), None).ends_with("empty: there is no certificate in it"));
    assert!(new(None, Some((cert.clone(), cert.clone()))).contains("the key "));
    assert!(new(None, Some((empty, key))).contains("there is no certificate"));
    let (_, another) = ours.sign("you", &["you"]);
    assert!(new(None, Some((cert, another))).contains("the certificate "));
}
