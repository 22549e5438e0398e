use super::*;
use crate::runtime::place::Place;

const PATH: &str = "/system.slice/docker-abc.scope";
const USERS: &str = "/user.slice/user-7.slice/user@7.service/app.slice/docker-abc.scope";

fn claim(runtime: Option<&'static str>, user: Option<u32>) -> Claim {
    Claim::Container(ContainerClaim {
        id: "abc".into(),
        runtime,
        pod_uid: None,
        user,
        level: 1,
        certain: true,
    })
}

fn asked(kind: Kind, reply: Reply) -> Asked {
    Asked { kind, name: kind.name().into(), reply }
}

fn known(source: Source, name: &str, place: &str) -> Reply {
    let container = Container { id: "abc".into(), name: Some(name.into()), ..Container::default() };
    Reply::Known(Box::new(Found { source, container, place: Place::of_spec(place) }))
}

/// `last`, `guess` or `again`, then kind, source, name and doubt: as much of a decision as matters.
fn shown(decision: &Decision) -> String {
    let (word, owner) = match decision {
        Decision::Last(owner) => ("last", owner),
        Decision::Guess(owner) => ("guess", owner),
        Decision::Again { verdict, .. } => ("again", verdict),
    };
    let name = owner.container().and_then(|container| container.name.as_deref()).unwrap_or("-");
    let name = owner.unit().map_or(name, |unit| &unit.name);
    format!(
        "{word} {} {} {name} {}",
        owner.kind_name(),
        owner.source.name(),
        owner.doubt.as_deref().unwrap_or("-")
    )
}

fn check(claim: Claim, path: &str, by_root: bool, replies: &[(Kind, Reply)], expected: &str) {
    let asked: Vec<Asked> = replies.iter().map(|(kind, reply)| asked(*kind, reply.clone())).collect();
    let decision = decide(Case { path, by_root, claim: &claim }, &asked);
    assert_eq!(shown(&decision), expected, "{claim:?} {replies:?}");
}

#[test]
fn a_units_place_needs_nobody() {
    let unit = Unit { name: "ssh.service".into(), ..Unit::default() };
    check(Claim::Unit(unit), "/system.slice/ssh.service", true, &[], "last unit unit ssh.service -");
}

#[test]
fn the_runtimes_word_goes_before_the_path() {
    use Kind::{Containerd, Docker, Oci};
    let docker = || claim(Some("docker"), None);
    let told = |place: &str| known(Source::Docker, "web", place);
    let at_path = "system.slice:docker:abc";
    check(docker(), PATH, true, &[(Docker, told("")), (Oci, Reply::Denied)], "last container docker web -");
    check(
        docker(),
        PATH,
        true,
        &[(Docker, told(at_path)), (Oci, Reply::Pending)],
        "last container docker web -",
    );
    // A worse informed one is not the last word while the better one may still speak.
    let state = || known(Source::Oci, "o", at_path);
    check(docker(), PATH, true, &[(Docker, Reply::Pending), (Oci, state())], "guess container oci o -");
    check(docker(), PATH, true, &[(Docker, Reply::Denied), (Oci, state())], "last container oci o -");
    check(
        docker(),
        PATH,
        true,
        &[
            (Docker, Reply::Silent),
            (Containerd, known(Source::Containerd, "c", at_path)),
            (Oci, Reply::Denied),
        ],
        "last container containerd c docker does not answer",
    );
}

#[test]
fn an_id_at_another_place_is_refuted() {
    use Kind::{Docker, Oci};
    let elsewhere = "its path claims to be container abc; docker has that at /machine.slice/docker-abc.scope";
    let replies = [(Docker, known(Source::Docker, "web", "machine.slice:docker:abc")), (Oci, Reply::Denied)];
    check(
        claim(Some("docker"), None),
        PATH,
        true,
        &replies,
        &format!("last unit unit docker-abc.scope {elsewhere}"),
    );
    check(
        claim(Some("docker"), None),
        "/forged/abc",
        true,
        &replies,
        &format!("last host none - {elsewhere}"),
    );
    // One that tells this very cgroup outdoes it: two runtimes may both have a container of one name.
    let both = [(Docker, replies[0].1.clone()), (Oci, known(Source::Oci, "o", "system.slice:docker:abc"))];
    check(claim(None, None), PATH, true, &both, "last container oci o -");
}

#[test]
fn what_all_deny_is_refuted_after_patience() {
    use Kind::{Cri, Docker, Oci, Podman};
    let denied = [(Docker, Reply::Denied), (Oci, Reply::Denied)];
    let doubt = "its path claims to be container abc: not known to docker";
    check(
        claim(Some("docker"), None),
        PATH,
        true,
        &denied,
        &format!("again unit unit docker-abc.scope {doubt}"),
    );
    // Any runtime could have made it: all that are there deny it.
    let any = [(Cri, Reply::Absent), (Docker, Reply::Absent), (Podman, Reply::Denied), (Oci, Reply::Denied)];
    let doubt = "its path claims to be container abc: not known to podman";
    check(claim(None, None), "/x/abc", true, &any, &format!("again host none - {doubt}"));
    // One that is silent could know it.
    let silent = [(Cri, Reply::Silent), (Podman, Reply::Denied), (Oci, Reply::Denied)];
    check(claim(None, None), "/x/abc", true, &silent, "last container path - cri does not answer");
}

#[test]
fn a_path_alone_counts_only_where_root_made_it() {
    use Kind::{Docker, Oci};
    let docker = || claim(Some("docker"), None);
    let silent = [(Docker, Reply::Silent), (Oci, Reply::Denied)];
    check(docker(), PATH, true, &silent, "last container path - docker does not answer");
    let refused = [(Docker, Reply::Refused("no".into())), (Oci, Reply::Denied)];
    check(docker(), PATH, true, &refused, "last container path - docker refuses: no");
    let absent = [(Docker, Reply::Absent), (Oci, Reply::Absent)];
    check(docker(), PATH, true, &absent, "last container path - no docker found");
    let why = "its path claims to be container abc; docker does not answer";
    check(docker(), PATH, false, &silent, &format!("again unit unit docker-abc.scope {why}"));
    check(docker(), PATH, true, &[(Docker, Reply::Pending)], "guess container path - -");
    check(docker(), PATH, false, &[(Docker, Reply::Pending)], "guess unit unit docker-abc.scope -");
    // Where others can make directories, the runtime has to tell this very one.
    let untold = [(Docker, known(Source::Docker, "web", ""))];
    let why = "its path claims to be container abc; docker does not tell its cgroup";
    check(docker(), PATH, false, &untold, &format!("again unit unit docker-abc.scope {why}"));
    let told = [(Docker, known(Source::Docker, "web", "system.slice:docker:abc"))];
    check(docker(), PATH, false, &told, "last container docker web -");
}

#[test]
fn below_a_users_manager_only_the_users_own_runtime_counts() {
    use Kind::{Docker, Oci, Rootless};
    let users = || claim(Some("docker"), Some(7));
    let check = |replies: &[(Kind, Reply)], expected: &str| check(users(), USERS, true, replies, expected);
    let own = || known(Source::Podman, "mine", "app.slice:docker:abc");
    let said = "only the files of user 7 say so";
    check(&[(Rootless, own()), (Docker, Reply::Denied)], &format!("last container podman mine {said}"));
    check(&[(Rootless, own()), (Docker, Reply::Pending)], &format!("guess container podman mine {said}"));
    // The id of a container of the host's: a forgery, whatever the user's files say.
    let real = known(Source::Docker, "web", "");
    let why = "its path claims to be container abc; that is one of docker";
    check(&[(Rootless, own()), (Docker, real.clone())], &format!("last unit unit docker-abc.scope {why}"));
    check(
        &[(Rootless, Reply::Denied), (Oci, real)],
        &why.replace("docker", "oci").replacen("", "last unit unit docker-abc.scope ", 1),
    );
    for reply in [Reply::Denied, Reply::Silent, Reply::Absent] {
        let asked = [asked(Rootless, reply.clone()), asked(Docker, Reply::Silent)];
        let claim = users();
        let decision = decide(Case { path: USERS, by_root: true, claim: &claim }, &asked);
        let (Decision::Last(owner) | Decision::Again { verdict: owner, .. }) = decision else {
            panic!("{reply:?}")
        };
        let unit = owner.unit().expect("a unit");
        assert_eq!(
            (&*unit.name, unit.slice.as_deref(), unit.user),
            ("docker-abc.scope", Some("app.slice"), Some(7))
        );
        assert!(owner.doubt.is_some(), "{reply:?}");
    }
}

#[test]
fn without_a_claim_state_files_and_containerd_may_know() {
    use Kind::{Containerd, Oci};
    let check = |path: &str, replies: &[(Kind, Reply)], expected: &str| {
        check(Claim::Nothing, path, true, replies, expected);
    };
    check("/x", &[(Oci, Reply::Absent), (Containerd, Reply::Absent)], "last host none - -");
    check("/x", &[(Oci, Reply::Denied), (Containerd, Reply::Absent)], "again host none - -");
    check("/x", &[(Oci, Reply::Pending), (Containerd, Reply::Denied)], "guess host none - -");
    check(
        "/x",
        &[(Oci, known(Source::Oci, "o", "/x")), (Containerd, Reply::Absent)],
        "last container oci o -",
    );
    // Somewhere else, or untold: nothing claims it to be here.
    check("/x", &[(Oci, known(Source::Oci, "o", ""))], "last host none - -");
    let ctr = known(Source::Containerd, "web", "/default/web");
    check("/default/web", &[(Oci, Reply::Pending), (Containerd, ctr)], "last container containerd web -");
    check(
        "/default/web",
        &[(Oci, Reply::Denied), (Containerd, Reply::Silent)],
        "again host none - containerd does not answer",
    );
}

#[test]
fn an_uncertain_claim_needs_the_runtime_to_tell_the_path() {
    use Kind::{Containerd, Oci};
    let claim = |runtime| {
        let Claim::Container(claim) = claim(Some(runtime), None) else { unreachable!() };
        Claim::Container(ContainerClaim { certain: false, ..claim })
    };
    let ctr = |reply| [(Containerd, reply), (Oci, Reply::Denied)];
    let told = known(Source::Containerd, "web", "/default/abc");
    check(claim("containerd"), "/default/abc", true, &ctr(told), "last container containerd web -");
    let why = "its path claims to be container abc";
    let untold = known(Source::Containerd, "web", "");
    let expected = format!("again host none - {why}; containerd does not tell its cgroup");
    check(claim("containerd"), "/default/abc", true, &ctr(untold), &expected);
    let expected = format!("again host none - {why}; containerd does not answer");
    check(claim("containerd"), "/default/abc", true, &ctr(Reply::Silent), &expected);
    let expected = format!("again unit unit runc-abc.scope {why}: not known to oci");
    check(claim("runc"), "/system.slice/runc-abc.scope", true, &[(Oci, Reply::Denied)], &expected);
}

#[test]
fn machines_are_known_by_their_paths() {
    let expected = "last container path abc lxc is not asked: only the path says so";
    check(claim(Some("lxc"), None), "/lxc.payload.abc", true, &[(Kind::Oci, Reply::Denied)], expected);
    let decision = |by_root| {
        let claim = claim(Some("lxc"), None);
        decide(Case { path: "/lxc.payload.abc", by_root, claim: &claim }, &[asked(Kind::Oci, Reply::Denied)])
    };
    assert!(matches!(decision(false), Decision::Again { verdict, .. } if verdict.container().is_none()));
}
