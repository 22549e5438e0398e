use super::*;
use crate::fixtures;

fn written(owners: &mut Owners, cgroup: &Cgroup<'_>, ns_pid: Option<u32>) -> String {
    let mut out = Vec::new();
    let written = owners.get(cgroup);
    written.push_owner(&mut out, ns_pid);
    written.push_cgroup(&mut out);
    String::from_utf8(out).unwrap()
}

/// What is kept is the same as what is written anew.
fn check(owners: &mut Owners, cgroup: &Cgroup<'_>) {
    let anew = written(&mut Owners::default(), cgroup, Some(3));
    assert_eq!(written(owners, cgroup, Some(3)), anew);
    assert_eq!(written(owners, cgroup, Some(3)), anew);
}

#[test]
fn an_owner_that_changes_is_written_anew() {
    let mut owners = Owners::default();
    let mut owner = fixtures::guessed();
    check(&mut owners, &fixtures::cgroup(1, &owner));
    // At the same address.
    owner = fixtures::pod();
    check(&mut owners, &fixtures::cgroup(1, &owner));
    owner.source = Source::Docker;
    check(&mut owners, &fixtures::cgroup(1, &owner));
    if let OwnerKind::Container(container) = &mut owner.kind {
        container.labels.insert("later".into(), "yes".into());
    }
    check(&mut owners, &fixtures::cgroup(1, &owner));
    let cgroup = fixtures::cgroup(1, &owner);
    check(&mut owners, &Cgroup { entering: true, ..cgroup });
    check(&mut owners, &Cgroup { path: Some(b"/renamed"), ..cgroup });
    check(&mut owners, &Cgroup { tracking_id: None, ..cgroup });
    check(&mut owners, &Cgroup { hierarchy: "unified", ..cgroup });
    check(&mut owners, &Cgroup { owner: None, ..cgroup });
    check(&mut owners, &Cgroup { owner: None, path: None, ..cgroup });
    check(&mut owners, &Cgroup::default());
    check(&mut owners, &cgroup);
}

#[test]
fn more_cgroups_than_are_kept() {
    let mut owners = Owners::default();
    let (pod, guessed) = (fixtures::pod(), fixtures::guessed());
    for round in 0..3 {
        for id in 1..4 * SLOTS as u64 {
            let owner = if (id + round) % 3 == 0 { &guessed } else { &pod };
            check(&mut owners, &fixtures::cgroup(id, owner));
        }
    }
    assert_eq!(owners.slots.len(), SLOTS);
}

#[test]
fn ids_that_follow_each_other_do_not_collide() {
    let owner = fixtures::pod();
    let places: std::collections::BTreeSet<usize> =
        (5000..5128).map(|id| place(&fixtures::cgroup(id, &owner))).collect();
    assert!(places.len() > 110, "{}", places.len());
}

#[test]
fn what_is_very_long_is_not_kept() {
    let mut owners = Owners::default();
    let labels = (0..5000).map(|n| (format!("label-{n}").into(), "x".repeat(100).into())).collect();
    let long = fixtures::container(Container { labels, ..Container::default() });
    check(&mut owners, &fixtures::cgroup(1, &long));
    assert!(owners.slots.iter().all(Option::is_none));
    let owner = fixtures::pod();
    check(&mut owners, &fixtures::cgroup(1, &owner));
    check(&mut owners, &Cgroup::default());
    assert!(owners.passing.owner.capacity() <= LONG);
}
