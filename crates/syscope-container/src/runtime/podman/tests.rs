use std::os::unix::fs::MetadataExt as _;

use super::super::place::Fit;
use super::*;

const LIST: &str = r#"[
 {"id":"aaa","names":["looky"],"image":"97a8","layer":"0e28",
  "metadata":"{\"image-name\":\"localhost/look:1\",\"image-id\":\"97a8\",\"name\":\"looky\",\"created-at\":1795286665}",
  "created":"2026-11-21T18:44:25.622205318Z","flags":{"MountLabel":"","ProcessLabel":""}},
 {"id":"bbb","names":["k8s_web_web-1_prod_uid_0"],
  "metadata":"{\"pod-name\":\"k8s_web-1_prod_uid_0\",\"pod-id\":\"sss\",\"image-name\":\"nginx\",\"name\":\"k8s_web_web-1_prod_uid_0\",\"metadata-name\":\"web\"}"},
 {"id":"ccc","names":["bare"],"metadata":"not json"}
]"#;

fn storage_at(root: &Path, driver: &str) -> Storage {
    let at = root.join(format!("var/lib/containers/storage/{driver}-containers"));
    fs::create_dir_all(at.join("aaa/userdata")).unwrap();
    fs::create_dir_all(at.join("bbb/userdata")).unwrap();
    fs::write(at.join("containers.json"), LIST).unwrap();
    let podman = r#"{"annotations":{"io.container.manager":"libpod","own":"x"},"linux":{"cgroupsPath":"/libpod_parent/libpod-aaa"}}"#;
    fs::write(at.join("aaa/userdata/config.json"), podman).unwrap();
    let crio = r#"{"annotations":{"io.kubernetes.pod.name":"web-1","io.kubernetes.pod.namespace":"prod","io.kubernetes.pod.uid":"u"},
        "linux":{"cgroupsPath":"kubepods-podu.slice:crio:bbb"}}"#;
    fs::write(at.join("bbb/userdata/config.json"), crio).unwrap();
    let me = Owner(fs::metadata(root).unwrap().uid());
    Storage { owner: me, ..Storage::of_host(root) }
}

#[test]
fn the_storage_tells_name_image_and_place() {
    for driver in ["overlay", "vfs"] {
        let dir = tempfile::tempdir().unwrap();
        let storage = storage_at(dir.path(), driver);
        let found = storage.by_id("aaa").unwrap();
        assert_eq!(found.container.name.as_deref(), Some("looky"));
        assert_eq!(found.container.image.as_deref(), Some("localhost/look:1"));
        assert_eq!(found.container.runtime.as_deref(), Some("podman"));
        assert_eq!(found.container.labels.len(), 1);
        assert_eq!(found.place.fit("/libpod_parent/libpod-aaa", None), Fit::Confirmed);
        assert_eq!(found.place.fit("/forged/libpod-aaa", None), Fit::Contradicted);
        let bare = storage.by_id("ccc").unwrap();
        assert_eq!((bare.container.name.as_deref(), bare.container.image), (Some("bare"), None));
        assert_eq!(storage.by_id("ddd"), None);
        assert_eq!(storage.by_id(".."), None);
    }
}

#[test]
fn containers_of_crio_have_their_pod() {
    let dir = tempfile::tempdir().unwrap();
    let found = storage_at(dir.path(), "overlay").by_id("bbb").unwrap().container;
    assert_eq!((found.runtime.as_deref(), found.name.as_deref()), (Some("cri-o"), Some("web")));
    assert_eq!((found.pod.as_deref(), found.namespace.as_deref()), (Some("web-1"), Some("prod")));
}

#[test]
fn a_changed_list_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let storage = storage_at(dir.path(), "overlay");
    assert!(storage.by_id("aaa").is_some());
    let list = dir.path().join("var/lib/containers/storage/overlay-containers/containers.json");
    fs::write(&list, r#"[{"id":"ddd","names":["new"]}]"#).unwrap();
    assert!(storage.by_id("aaa").is_none() && storage.by_id("ddd").is_some());
    fs::write(&list, "[[[").unwrap();
    assert!(storage.by_id("ddd").is_none());
}

#[test]
fn pods_of_podman_are_in_the_path() {
    let pod = "e".repeat(64);
    let check = |path: String, expected: Option<&str>| assert_eq!(pod_of_path(&path), expected, "{path}");
    check(format!("/libpod_parent/{pod}/libpod-aaa"), Some(&pod));
    check(format!("/machine.slice/machine-libpod_pod_{pod}.slice/libpod-aaa.scope"), Some(&pod));
    check("/libpod_parent/libpod-aaa".into(), None);
    check("".into(), None);
}
