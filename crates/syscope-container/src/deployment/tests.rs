use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const UID: &str = "8dbc1a2c_1f5e_4c0a_9a63_0c1c6a0f4d11";

/// The facts of a process of the host, in this cgroup of the v2 hierarchy.
fn host(path: &str) -> Facts {
    Facts {
        cgroup: format!("0::{path}\n").into_bytes(),
        pid_namespace: Some(PID_INITIAL),
        cgroup_namespace: Some(CGROUP_INITIAL),
        ..Facts::default()
    }
}

/// The facts of a process in namespaces of its own.
fn inside() -> Facts {
    Facts { pid_namespace: Some(4_026_532_000), cgroup_namespace: Some(4_026_532_001), ..host("/") }
}

fn check(facts: &Facts, mode: &str, decisive: &str) {
    let found = decide(facts);
    let shown = match &found.mode {
        Mode::Service(name) => format!("service {}", name.as_deref().unwrap_or("?")),
        Mode::UserSession(name) => format!("user-session {name}"),
        other => other.name().to_owned(),
    };
    assert_eq!(shown, mode, "{:?}", found.evidence);
    assert!(found.evidence[0].contains(decisive), "{:?}, not {decisive}", found.evidence);
}

#[test]
fn pods_are_told_by_their_path() {
    let path = format!("/kubepods.slice/kubepods-pod{UID}.slice/cri-containerd-{ID}.scope");
    check(&host(&path), "kubernetes", &path);
    let v1 =
        format!("3:memory:/kubepods/burstable/pod{}/{ID}\n1:name=systemd:/\n0::/\n", UID.replace('_', "-"));
    check(&Facts { cgroup: v1.into_bytes(), ..host("/") }, "kubernetes", "/kubepods/burstable");
}

#[test]
fn pods_are_told_with_a_private_cgroup_namespace() {
    let mount =
        b"700 600 8:1 /var/lib/kubelet/pods/8dbc/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n".to_vec();
    check(&Facts { mountinfo: mount, ..inside() }, "kubernetes", "/etc/hosts is mounted by a kubelet");
    check(&Facts { marks: vec![SERVICE_ACCOUNT], ..inside() }, "kubernetes", "serviceaccount exists");
    check(&Facts { kubernetes_service: true, ..inside() }, "kubernetes", "KUBERNETES_SERVICE_HOST");
    // With the host's pid namespace.
    let pod = Facts { pid_namespace: Some(PID_INITIAL), kubernetes_service: true, ..inside() };
    check(&pod, "kubernetes", "KUBERNETES_SERVICE_HOST");
}

#[test]
fn a_variable_alone_makes_no_pod() {
    check(&Facts { kubernetes_service: true, ..host("/") }, "standalone", "its cgroup / is nobody's");
    let ssh = "/system.slice/ssh.service";
    check(&Facts { kubernetes_service: true, ..host(ssh) }, "service ssh.service", ssh);
}

#[test]
fn a_host_with_pods_is_no_pod() {
    let mounts = b"700 600 0:90 / /var/lib/kubelet/pods/8dbc/volumes/token rw - tmpfs tmpfs rw\n".to_vec();
    check(&Facts { mountinfo: mounts, ..host("/") }, "standalone", "its cgroup / is nobody's");
}

#[test]
fn containers_are_told() {
    check(&host(&format!("/docker/{ID}")), "container", "/docker/");
    check(&host(&format!("/machine.slice/libpod-{ID}.scope/container")), "container", "libpod-");
    let pod = format!("/machine.slice/machine-libpod_pod_{ID}.slice/libpod-{ID}.scope");
    check(&host(&pod), "container", "libpod_pod");
    check(&host("/lxc.payload.web/system.slice/a.service"), "container", "/lxc.payload.web");
    check(&Facts { marks: vec!["/.dockerenv"], ..inside() }, "container", "/.dockerenv exists");
    check(&Facts { marks: vec!["/run/.containerenv"], ..inside() }, "container", "/run/.containerenv exists");
    let nspawn = Facts { cgroup: host("/system.slice/a.service").cgroup, ..inside() };
    check(&Facts { container: Some("systemd-nspawn".into()), ..nspawn }, "container", "nspawn");
    // Where the namespaces cannot be read, a file has to do.
    let unknown = Facts { pid_namespace: None, ..host("/") };
    check(&Facts { marks: vec!["/.dockerenv"], ..unknown }, "container", "/.dockerenv exists");
    check(&inside(), "container", "pid namespace of its own (4026532000)");
    check(&Facts { pid_namespace: Some(PID_INITIAL), ..inside() }, "container", "cgroup namespace");
    let mount =
        format!("700 600 8:1 /docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n");
    check(&Facts { mountinfo: mount.into_bytes(), ..host("/") }, "container", "/etc/hostname is mounted");
}

#[test]
fn a_host_made_from_an_image_is_no_container() {
    let facts =
        Facts { marks: vec!["/.dockerenv", SERVICE_ACCOUNT], container: Some("oci".into()), ..host("/a") };
    check(&facts, "standalone", "its cgroup /a is nobody's");
    let evidence = decide(&facts).evidence;
    assert_eq!(evidence[1], "/.dockerenv exists, but the namespaces are the host's, so that says nothing");
}

#[test]
fn units_are_told() {
    check(&host("/system.slice/syscope.service"), "service syscope.service", "/system.slice/syscope.service");
    check(&host("/user.slice/user-0.slice/session-3.scope"), "user-session session-3.scope", "session-3");
    let manager = "/user.slice/user-1000.slice/user@1000.service/app.slice/gnome-terminal.service";
    check(&host(manager), "user-session gnome-terminal.service", manager);
    // A hybrid host: the v1 controllers may know less than systemd's own hierarchy.
    let hybrid =
        b"4:memory:/user.slice\n1:name=systemd:/user.slice/user-7.slice/session-9.scope\n0::/\n".to_vec();
    check(&Facts { cgroup: hybrid, ..host("/") }, "user-session session-9.scope", "session-9");
    // A service with namespaces of its own.
    check(&Facts { main_of_unit: true, ..inside() }, "service ?", "SYSTEMD_EXEC_PID");
    let private = Facts { cgroup: b"0::/system.slice/a.service\n".to_vec(), ..inside() };
    check(&private, "service a.service", "a.service");
}

#[test]
fn the_rest_is_standalone() {
    check(&host("/"), "standalone", "its cgroup / is nobody's");
    check(&host("/init.scope"), "standalone", "/init.scope");
    check(&host("/system.slice/run-r1.scope"), "standalone", "run-r1.scope");
    check(&host("/user.slice"), "standalone", "/user.slice");
    check(&host(&format!("/custom/{ID}")), "standalone", "/custom/");
    check(&Facts::default(), "standalone", "unknown");
    let found = decide(&Facts { invocation: true, ..host("/") });
    assert!(found.evidence[1].contains("INVOCATION_ID"), "{:?}", found.evidence);
}

#[test]
fn control_characters_of_a_path_do_not_reach_the_words() {
    let found = decide(&host("/\u{1b}[31m"));
    assert!(!found.evidence[0].contains('\u{1b}'), "{:?}", found.evidence);
}

#[test]
fn surroundings_are_read() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("run/systemd")).unwrap();
    fs::write(root.path().join("run/systemd/container"), "lxc\n").unwrap();
    fs::create_dir_all(root.path().join("proc/self/ns")).unwrap();
    fs::write(root.path().join("proc/self/cgroup"), "0::/system.slice/x.service\n").unwrap();
    let found = read(&root.path().join("proc"), root.path(), |_| None);
    assert_eq!(found.mode, Mode::Container);
    assert!(found.evidence[0].contains("container=lxc"), "{:?}", found.evidence);
    let mine = read(Path::new("/proc"), Path::new("/"), |name| {
        (name == "SYSTEMD_EXEC_PID").then(|| std::process::id().to_string().into())
    });
    assert!(!mine.evidence.is_empty());
}
