//! Containers of users, and what pretends to be one.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use syscope_event::Source;

use crate::host::{Host, ask};

const USER: u32 = 12345;
const MANAGER: &str = "/user.slice/user-12345.slice/user@12345.service";

/// Writes a file of the user's, with directories that are the user's too.
fn write(host: &Host, path: &str, text: &str) {
    let file = host.path(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    chown(&file, Some(USER), Some(USER)).unwrap();
}

#[test]
#[ignore = "root+bpf"]
fn users_containers_by_their_own_files() {
    let host = Host::new();
    let (own, forged) = ("a".repeat(64), "b".repeat(64));
    fs::create_dir_all(host.path("etc")).unwrap();
    fs::create_dir_all(host.path("run/user/12345")).unwrap();
    fs::write(host.path("etc/passwd"), format!("ann:x:{USER}:{USER}::/home/ann:/bin/sh\n")).unwrap();
    let storage = "home/ann/.local/share/containers/storage/overlay-containers";
    let list = format!(r#"[{{"id":"{own}","names":["mine"]}},{{"id":"{forged}","names":["prod"]}}]"#);
    write(&host, &format!("{storage}/containers.json"), &list);
    let spec = |id: &str| format!(r#"{{"linux":{{"cgroupsPath":"user.slice:libpod:{id}"}}}}"#);
    for id in [&own, &forged] {
        write(&host, &format!("{storage}/{id}/userdata/config.json"), &spec(id));
    }
    let resolver = host.resolver();
    let (answer, _) = ask(&resolver, &format!("{MANAGER}/user.slice/libpod-{own}.scope"));
    let container = answer.owner.container().unwrap_or_else(|| panic!("{answer:?}"));
    assert_eq!((container.name.as_deref(), answer.owner.source), (Some("mine"), Source::Podman));
    assert!(answer.owner.doubt.is_some_and(|doubt| doubt.contains("12345")));
    // At another place below the same manager: not the one that the files tell.
    let (answer, _) = ask(&resolver, &format!("{MANAGER}/app.slice/libpod-{own}.scope"));
    assert_eq!(answer.owner.kind_name(), "unit", "{answer:?}");
    // A made-up id in a user's scope, which nobody knows.
    let (answer, _) = ask(&resolver, &format!("{MANAGER}/app.slice/libpod-{}.scope", "c".repeat(64)));
    let unit = answer.owner.unit().expect("a unit");
    assert_eq!((unit.user, unit.slice.as_deref()), (Some(USER), Some("app.slice")));
    assert!(answer.owner.doubt.is_some());
    // The id of a container that the host's Podman has: the user's files do not make it the user's.
    let at = "var/lib/containers/storage/overlay-containers";
    fs::create_dir_all(host.path(at)).unwrap();
    fs::write(
        host.path(&format!("{at}/containers.json")),
        format!(r#"[{{"id":"{forged}","names":["prod"]}}]"#),
    )
    .unwrap();
    let (answer, _) = ask(&resolver, &format!("{MANAGER}/user.slice/libpod-{forged}.scope"));
    assert_eq!(answer.owner.kind_name(), "unit", "{answer:?}");
    // Files of somebody else in the user's home tell nothing: a link to the host's own storage, say.
    fs::remove_dir_all(host.path("home/ann/.local/share/containers/storage")).unwrap();
    std::os::unix::fs::symlink(
        host.path(Path::new(at).parent().unwrap().to_str().unwrap()),
        host.path("home/ann/.local/share/containers/storage"),
    )
    .unwrap();
    let (answer, _) = ask(&host.resolver(), &format!("{MANAGER}/user.slice/libpod-{own}.scope"));
    assert_eq!(answer.owner.kind_name(), "unit", "{answer:?}");
}
