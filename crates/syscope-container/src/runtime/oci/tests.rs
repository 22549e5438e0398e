use std::os::unix::fs::MetadataExt as _;

use std::thread;

use super::*;

/// State files of a host whose administrator is whoever runs the test.
fn files_below(root: &Path) -> StateFiles {
    let me = Owner(fs::metadata(root).unwrap().uid());
    StateFiles { owner: me, ..StateFiles::of_host(root) }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn runc(path: &str) -> String {
    format!(
        r#"{{"id":"x","cgroup_paths":{{"":"/sys/fs/cgroup/unified{path}","memory":"/sys/fs/cgroup/memory{path}"}},
        "config":{{"labels":["bundle=/b","app=web","odd"]}}}}"#
    )
}

#[test]
fn containers_are_found_by_path_and_by_id() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "run/runc/web/state.json", &runc("/some/where"));
    write(root, "run/containerd/runc/default/job/state.json", &runc("/default/job"));
    write(root, "run/crun/cr/status", r#"{"pid":1,"cgroup-path":"/own/cr/container"}"#);
    write(root, "run/crun/cr/config.json", r#"{"annotations":{"k":"v"}}"#);
    let files = files_below(root);
    let by_path = |path: &str| files.by_path(path).map(|state| (state.id.to_string(), state.runtime));
    assert_eq!(by_path("/some/where"), Some(("web".into(), "runc")));
    assert_eq!(by_path("/default/job"), Some(("job".into(), "containerd")));
    assert_eq!(by_path("/own/cr"), Some(("cr".into(), "crun")));
    for nobody in ["/web", "/some", "/some/where/else", "/forged/some/where", "/", ""] {
        assert_eq!(by_path(nobody), None, "{nobody}");
    }
    let web = files.by_id("web", "/some/where").unwrap();
    let labels = web.into_found().container.labels;
    assert_eq!(labels.get("app").map(|value| &**value), Some("web"));
    assert_eq!(labels.len(), 1);
    assert_eq!(files.by_id("../runc/web", ""), None);
}

#[test]
fn the_index_follows_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    fs::create_dir_all(root.join("run/runc/web")).unwrap();
    let files = files_below(root);
    assert_eq!(files.by_path("/a/b"), None);
    // The state file comes after its directory.
    write(root, "run/runc/web/state.json", &runc("/a/b"));
    assert!(files.by_path("/a/b").is_some());
    thread::sleep(RESCAN);
    // Made anew under the same name, at another place.
    fs::remove_dir_all(root.join("run/runc/web")).unwrap();
    write(root, "run/runc/web/state.json", &runc("/c"));
    assert_eq!(files.by_path("/a/b"), None);
    assert!(files.by_path("/c").is_some());
    fs::remove_dir_all(root.join("run/runc")).unwrap();
    assert_eq!(files.by_path("/c"), None);
}

#[test]
fn hostile_files_tell_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for (n, json) in
        ["", "[]", "{", r#"{"cgroup_paths":7}"#, r#"{"cgroup_paths":{"memory":"/"}}"#].iter().enumerate()
    {
        write(root, &format!("run/runc/bad{n}/state.json"), json);
    }
    let deep = "[".repeat(200_000);
    write(root, "run/runc/deep/state.json", &deep);
    write(root, "run/runc/large/state.json", &" ".repeat(STATE_BYTES as usize + 1));
    write(root, "run/crun/up/status", r#"{"cgroup-path":"/../../x"}"#);
    write(root, "run/runc/good/state.json", &runc("/good-one"));
    let files = files_below(root);
    assert!(files.by_path("/good-one").is_some());
    assert_eq!(files.by_path("/x"), None);
    // Somebody else's files are not read.
    let others = StateFiles { owner: Owner(files.owner.0 + 1), ..StateFiles::of_host(root) };
    assert_eq!(others.by_path("/good-one"), None);
}
