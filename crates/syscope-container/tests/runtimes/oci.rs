//! Containers of runc and crun alone.

use std::process::Command;
use std::time::Duration;

use syscope_event::Source;

use crate::host::{Cgroups, Host, Undo, ask, cgroup_of, hierarchy, measure, output, run_detached, wait_for};

#[test]
#[ignore = "root+bpf"]
fn runc_alone() {
    let host = Host::new();
    let root = host.text("run/runc");
    let name = format!("web-{}", std::process::id());
    let bundle =
        host.bundle("bundle", Some(&format!("/some-{name}/own")), &["/bin/busybox", "sleep", "1000"]);
    let runc = || {
        let mut command = Command::new("runc");
        command.args(["--root", &root]);
        command
    };
    let _cgroups = Cgroups(format!("/some-{name}"));
    let _undo = Undo(|| drop(runc().args(["delete", "-f", &name]).output()));
    run_detached(runc().args(["run", "-d", "--bundle"]).arg(&bundle).arg(&name), &host.path("log"));
    let state: serde_json::Value = serde_json::from_str(&output(runc().args(["state", &name]))).unwrap();
    let path = cgroup_of(state["pid"].as_u64().unwrap() as u32);
    let resolver = host.resolver();
    let (answer, _) = ask(&resolver, &path);
    let container = answer.owner.container().expect("a container");
    assert_eq!((&*container.id, container.name.as_deref()), (&*name, Some(&*name)));
    assert_eq!((answer.owner.source, container.runtime.as_deref()), (Source::Oci, Some("runc")));
    assert_eq!(container.labels.get("org.example.app").map(|value| &**value), Some("web"));
    assert_eq!(answer.owner.doubt, None);
    measure(&resolver, "runc", &path);
    // A directory of the same name elsewhere is not it.
    assert_eq!(ask(&resolver, &format!("/forged/{name}")).0.owner.kind_name(), "host");
}

#[test]
#[ignore = "root+bpf"]
fn crun_alone() {
    let host = Host::new();
    let root = host.text("run/crun");
    let name = format!("cr-{}", std::process::id());
    let bundle = host.bundle("bundle", None, &["/bin/busybox", "sleep", "1000"]);
    // crun refuses a hybrid layout: it is shown one without the v2 hierarchy.
    let crun = |arguments: &str| {
        let script =
            format!("umount /sys/fs/cgroup/unified 2>/dev/null; exec crun --root {root} {arguments}");
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &script]);
        command
    };
    let _undo = Undo(|| drop(crun(&format!("delete -f {name}")).output()));
    run_detached(&mut crun(&format!("run -d --bundle {} {name}", bundle.display())), &host.path("log"));
    let state: serde_json::Value =
        serde_json::from_str(&output(&mut crun(&format!("state {name}")))).unwrap();
    let path = cgroup_of(state["pid"].as_u64().unwrap() as u32);
    let path = path.strip_suffix("/container").unwrap_or(&path);
    let resolver = host.resolver();
    let (answer, _) = ask(&resolver, path);
    let container = answer.owner.container().unwrap_or_else(|| panic!("{path}: {answer:?}"));
    assert_eq!((&*container.id, container.runtime.as_deref()), (&*name, Some("crun")));
    assert_eq!(container.labels.get("org.example.app").map(|value| &**value), Some("web"));
    measure(&resolver, "crun", path);
}

#[test]
#[ignore = "root+bpf"]
fn runc_of_short_life() {
    let host = Host::new();
    let root = host.text("run/runc");
    let bundle = host.bundle("bundle", None, &["/bin/busybox", "usleep", "30000"]);
    std::fs::create_dir_all(&root).unwrap();
    let resolver = host.resolver();
    let (_, hierarchy) = hierarchy();
    for n in 0..20 {
        let name = format!("short-{}-{n}", std::process::id());
        let own = format!("/{name}-cgroup");
        let spec = bundle.join("config.json");
        let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&spec).unwrap()).unwrap();
        json["linux"]["cgroupsPath"] = own.as_str().into();
        std::fs::write(&spec, json.to_string()).unwrap();
        let mut command = Command::new("runc");
        command.args(["--root", &root, "run", "--bundle"]).arg(&bundle).arg(&name);
        let mut child = command.spawn().unwrap();
        wait_for("the cgroup", Duration::from_secs(5), || hierarchy.join(&own[1..]).exists().then_some(()));
        let (answer, took) = ask(&resolver, &own);
        let container = answer.owner.container().unwrap_or_else(|| panic!("{n}: {answer:?} after {took:?}"));
        assert_eq!(&*container.id, &*name);
        println!("runc of 30 ms: known {took:?} after its cgroup was seen");
        assert!(child.wait().unwrap().success());
    }
}
