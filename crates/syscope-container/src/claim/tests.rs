use super::*;

/// `A` and `P` stand for ids, `U` for the id of a pod, `V` for it with underscores.
fn expand(text: &str) -> String {
    text.replace("{A}", &"0123456789abcdef".repeat(4))
        .replace("{P}", &"fedcba9876543210".repeat(4))
        .replace("{U}", "8dbc1a2c-1f5e-4c0a-9a63-0c1c6a0f4d11")
        .replace("{V}", "8dbc1a2c_1f5e_4c0a_9a63_0c1c6a0f4d11")
        .replace("{H}", "5c9d1a2c1f5e4c0a9a630c1c6a0f4d11")
}

/// The claim in one line: `container ID RUNTIME level=N [pod=UID] [user=N] [uncertain]`, `unit NAME [in SLICE]
/// [user=N]`, `nothing`.
fn show(claim: &Claim) -> String {
    let user = |user: Option<u32>| user.map_or_else(String::new, |user| format!(" user={user}"));
    match claim {
        Claim::Container(found) => format!(
            "container {} {} level={}{}{}{}",
            found.id,
            found.runtime.unwrap_or("?"),
            found.level,
            found.pod_uid.as_ref().map_or_else(String::new, |pod| format!(" pod={pod}")),
            user(found.user),
            if found.certain { "" } else { " uncertain" }
        ),
        Claim::Unit(unit) => format!(
            "unit {}{}{}",
            unit.name,
            unit.slice.as_ref().map_or_else(String::new, |slice| format!(" in {slice}")),
            user(unit.user)
        ),
        Claim::Nothing => "nothing".to_owned(),
    }
}

fn check(table: &[(&str, &str)]) {
    for (path, expected) in table {
        let path = expand(path);
        assert_eq!(show(&parse(path.as_bytes())), expand(expected), "{path}");
    }
}

#[test]
fn kubernetes() {
    check(&[
        ("/kubepods/burstable/pod{U}/{A}", "container {A} ? level=4 pod={U}"),
        ("/kubepods/besteffort/pod{U}/{A}", "container {A} ? level=4 pod={U}"),
        ("/kubepods/pod{U}/{A}", "container {A} ? level=3 pod={U}"),
        ("/kubepods/pod{H}/{A}", "container {A} ? level=3 pod={H}"),
        ("/kubelet/kubepods/burstable/pod{U}/{A}", "container {A} ? level=5 pod={U}"),
        ("/x/kubepods/pod{U}/{A}/init.scope", "container {A} ? level=4 pod={U}"),
        ("/kubepods/burstable/pod{U}/crio-{A}", "container {A} cri-o level=4 pod={U}"),
        ("/kubepods/burstable/pod{U}/crio-{A}/container", "container {A} cri-o level=4 pod={U}"),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{V}.slice/cri-containerd-{A}.scope",
            "container {A} containerd level=4 pod={U}",
        ),
        (
            "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{V}.slice/crio-{A}.scope/container",
            "container {A} cri-o level=4 pod={U}",
        ),
        ("/kubepods.slice/kubepods-pod{V}.slice/docker-{A}.scope", "container {A} docker level=3 pod={U}"),
        ("/kubepods.slice/kubepods-pod{H}.slice/crio-{A}.scope", "container {A} cri-o level=3 pod={H}"),
        (
            "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{V}.slice/cri-containerd-{A}.scope",
            "container {A} containerd level=4 pod={U}",
        ),
        (
            "/system.slice/containerd.service/kubepods-burstable-pod{V}.slice:cri-containerd:{A}",
            "container {A} containerd level=3 pod={U}",
        ),
        (
            "/kubepods.slice/kubepods-pod{V}.slice/cri-containerd-{A}.scope/init.scope",
            "container {A} containerd level=3 pod={U}",
        ),
        // The pod's own cgroup, the classes of service, and monitors are no containers.
        ("/kubepods", "nothing"),
        ("/kubepods/burstable/pod{U}", "nothing"),
        ("/kubepods/burstable/pod{U}/crio-conmon-{A}", "nothing"),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{V}.slice",
            "unit kubepods-burstable-pod{V}.slice in kubepods-burstable.slice",
        ),
        (
            "/kubepods.slice/kubepods-pod{V}.slice/crio-conmon-{A}.scope",
            "unit crio-conmon-{A}.scope in kubepods-pod{V}.slice",
        ),
        // Pods are known by their place.
        ("/other/pod{U}/{A}", "container {A} ? level=3 uncertain"),
        ("/kubepods/podnouid/{A}", "container {A} ? level=3 uncertain"),
        ("/x.slice/x-pod{V}.slice/cri-containerd-{A}.scope", "container {A} containerd level=3"),
    ]);
}

#[test]
fn docker_podman_and_containerd() {
    check(&[
        ("/docker/{A}", "container {A} docker level=2"),
        ("/docker/{A}/kubelet/kubepods/pod{U}/{P}", "container {A} docker level=2"),
        ("/docker/{A}/docker/{P}", "container {A} docker level=2"),
        ("/system.slice/docker-{A}.scope", "container {A} docker level=2"),
        ("/my.slice/docker-{A}.scope/init.scope", "container {A} docker level=2"),
        ("/ecs/0f3c/{A}", "container {A} docker level=3"),
        ("/custom/{A}", "container {A} ? level=2 uncertain"),
        ("/system.slice/docker.service", "unit docker.service in system.slice"),
        ("/system.slice/docker.service/docker/{A}", "container {A} docker level=4"),
        ("/machine.slice/libpod-{A}.scope", "container {A} podman level=2"),
        ("/machine.slice/libpod-{A}.scope/container", "container {A} podman level=2"),
        (
            "/machine.slice/machine-libpod_pod_{P}.slice/libpod-{A}.scope",
            "container {A} podman level=3 pod={P}",
        ),
        ("/libpod_parent/libpod-{A}", "container {A} podman level=2"),
        ("/libpod_parent/{P}/libpod-{A}/a/b", "container {A} podman level=3 pod={P}"),
        ("/libpod_parent/{P}", "nothing"),
        ("/system.slice/web.service/libpod-payload-{A}", "container {A} podman level=3"),
        ("/system.slice/web.service/supervisor", "unit web.service in system.slice"),
        ("/machine.slice/libpod-conmon-{A}.scope", "unit libpod-conmon-{A}.scope in machine.slice"),
        ("/libpod_parent/conmon", "nothing"),
        ("/machine.slice/machine-libpod_pod_{P}.slice", "unit machine-libpod_pod_{P}.slice in machine.slice"),
        ("/default/{A}", "container {A} containerd level=2"),
        ("/k8s.io/{A}", "container {A} containerd level=2"),
        ("/default/redis-1", "container redis-1 containerd level=2 uncertain"),
        ("/default/redis-1/sub", "container redis-1 containerd level=2 uncertain"),
        ("/system.slice:nerdctl:{A}", "container {A} containerd level=1"),
        ("/system.slice/nerdctl-{A}.scope", "container {A} containerd level=2"),
        ("/system.slice/runc-box1.scope", "container box1 runc level=2 uncertain"),
        ("/system.slice/crun-{A}.scope", "container {A} crun level=2 uncertain"),
        ("/default", "nothing"),
        ("/box1", "nothing"),
    ]);
}

#[test]
fn other_machines() {
    check(&[
        ("/lxc/web", "container web lxc level=2"),
        ("/lxc/101/ns/init.scope", "container 101 lxc level=2"),
        ("/lxc.payload.web/system.slice/ssh.service", "container web lxc level=1"),
        ("/lxc.payload/web", "container web lxc level=2"),
        ("/lxc.monitor.web", "nothing"),
        ("/lxc/lxc.monitor", "nothing"),
        ("/lxc", "nothing"),
        ("/machine.slice/machine-web.scope", "container web systemd-nspawn level=2"),
        ("/machine.slice/machine-my\\x2dweb.scope/payload", "container my-web systemd-nspawn level=2"),
        ("/machine.slice/machine-web.scope/supervisor", "unit machine-web.scope in machine.slice"),
        (
            "/machine.slice/systemd-nspawn@web.service/payload/init.scope",
            "container web systemd-nspawn level=2",
        ),
        ("/machine.slice/machine-lxc\\x2d7\\x2dweb\\x2d1.scope", "container web-1 libvirt level=2"),
        (
            "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt",
            "unit machine-qemu\\x2d1\\x2dvm.scope in machine.slice",
        ),
        ("/system.slice/machine-web.scope", "unit machine-web.scope in system.slice"),
    ]);
}

#[test]
fn below_a_user_the_user_is_named() {
    const MANAGER: &str = "/user.slice/user-1000.slice/user@1000.service";
    let table = [
        ("/user.slice/libpod-{A}.scope/container", "container {A} podman level=5 user=1000"),
        (
            "/user.slice/user-libpod_pod_{P}.slice/libpod-{A}.scope",
            "container {A} podman level=6 pod={P} user=1000",
        ),
        ("/user.slice/docker-{A}.scope", "container {A} docker level=5 user=1000"),
        ("/app.slice/docker.service/docker/{A}", "container {A} docker level=7 user=1000"),
        ("/app.slice/web.service/libpod-payload-{A}", "container {A} podman level=6 user=1000"),
        ("/user.slice/libpod-conmon-{A}.scope", "unit libpod-conmon-{A}.scope in user.slice user=1000"),
        ("/lxc.payload.web", "container web lxc level=4 user=1000"),
        ("", "unit user@1000.service in user-1000.slice user=1000"),
        ("/init.scope", "unit init.scope in user-1000.slice user=1000"),
        ("/app.slice/foo.service", "unit foo.service in app.slice user=1000"),
        ("/app.slice/foo.service/below/bar.service", "unit foo.service in app.slice user=1000"),
        ("/app.slice/app-a.slice/run-u7.scope", "unit run-u7.scope in app-a.slice user=1000"),
        ("/app.slice", "unit user@1000.service in user-1000.slice user=1000"),
    ];
    for (below, expected) in table {
        check(&[(&format!("{MANAGER}{below}"), expected)]);
    }
    check(&[
        ("/user.slice/user-0.slice/session-3.scope", "unit session-3.scope in user-0.slice user=0"),
        ("/user.slice/user-1000.slice", "unit user-1000.slice in user.slice user=1000"),
        ("/user.slice", "unit user.slice"),
        ("/user.slice/user-x.slice/session-3.scope", "unit session-3.scope in user-x.slice"),
        ("/user.slice/user-99999999999.slice", "unit user-99999999999.slice in user.slice"),
    ]);
}

#[test]
fn forgeries() {
    const APP: &str = "/user.slice/user-1000.slice/user@1000.service/app.slice";
    let long = "z".repeat(64);
    for (below, expected) in [
        ("run-{A}.scope", "unit run-{A}.scope in app.slice user=1000"),
        ("{A}.scope", "unit {A}.scope in app.slice user=1000"),
        ("docker-{A}.scope", "container {A} docker level=5 user=1000"),
        ("cri-containerd-{A}.scope", "container {A} containerd level=5 user=1000"),
        ("x.service/kubepods/burstable/pod{U}/{A}", "container {A} ? level=9 pod={U} user=1000"),
        ("x.service/{A}", "container {A} ? level=6 user=1000 uncertain"),
    ] {
        check(&[(&format!("{APP}/{below}"), expected)]);
    }
    check(&[
        // Inside a container everything is that container.
        ("/docker/{A}/{P}", "container {A} docker level=2"),
        ("/docker/{A}/kubepods/burstable/pod{U}/{P}", "container {A} docker level=2"),
        ("/kubepods/pod{U}/{A}/user.slice/user-7.slice", "container {A} ? level=3 pod={U}"),
        // Not an id: other letters, digits in capitals, too short, too long.
        (&format!("/docker/{long}"), "nothing"),
        (&format!("/system.slice/docker-{long}.scope"), &format!("unit docker-{long}.scope in system.slice")),
        (&format!("/docker/{}", "ABCDEF01".repeat(8)), "nothing"),
        (&format!("/docker/{}", "0a".repeat(31)), "nothing"),
        (&format!("/docker/{}", "0a".repeat(33)), "nothing"),
        ("/system.slice/docker-{A}", "container {A} docker level=2 uncertain"),
        ("/system.slice/evil-docker-{A}.scope", "unit evil-docker-{A}.scope in system.slice"),
        ("/docker-{A}.scope", "container {A} docker level=1 uncertain"),
    ]);
}

#[test]
fn units() {
    check(&[
        ("/", "nothing"),
        ("", "nothing"),
        ("/init.scope", "unit init.scope"),
        ("/system.slice", "unit system.slice"),
        ("/system.slice/ssh.service", "unit ssh.service in system.slice"),
        ("/system.slice/ssh.service/sub/x.service", "unit ssh.service in system.slice"),
        (
            "/system.slice/system-getty.slice/getty@tty1.service",
            "unit getty@tty1.service in system-getty.slice",
        ),
        ("/system.slice/boot-efi.mount", "unit boot-efi.mount in system.slice"),
        ("/system.slice/dev-disk\\x2da.swap", "unit dev-disk\\x2da.swap in system.slice"),
        ("/system.slice/_memory.service", "unit memory.service in system.slice"),
        ("/../system.slice/ssh.service", "unit ssh.service in system.slice"),
        ("/a/ssh.service", "nothing"),
        ("/.service", "nothing"),
        ("/system.slice/a b.service", "unit system.slice"),
        ("/process_api/b42edf7ae68f93a038da1bd682b1a829", "nothing"),
    ]);
    assert_eq!(show(&parse(b"/system.slice/\xff.service")), "unit system.slice");
    assert_eq!(show(&parse(format!("/{}.service", "a".repeat(300)).as_bytes())), "nothing");
}

#[test]
fn escapes_are_undone_where_that_is_visible() {
    for (name, expected) in [
        ("dev-disk\\x2dby.swap", "dev-disk-by.swap"),
        ("a\\x0ab\\x2", "a\\x0ab\\x2"),
        ("\\x2d\\x2d", "--"),
        ("a\\xzz\\x\\x41", "a\\xzz\\xA"),
        ("\\x+1", "\\x+1"),
        ("plain", "plain"),
    ] {
        assert_eq!(unescape_unit(name), expected);
    }
    assert_eq!(unescape_unit("\\x\u{fc}\\x2d"), "\\x\u{fc}-");
}

/// No path makes it panic, or slow: names put together from what forms are made of, and random bytes.
#[test]
fn any_bytes_are_read_in_bounded_time() {
    let parts = [
        "/",
        "/",
        "-",
        ":",
        "docker",
        "kubepods",
        "pod",
        ".slice",
        ".scope",
        ".service",
        "libpod",
        "user-",
        "user@",
        "7",
        "\\x2",
        "\\x",
        "machine",
        "lxc",
        "{A}",
        "{U}",
        "{V}",
        "_",
        "crio",
        "default",
        "..",
        "burstable",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..20_000 {
        let mut path = Vec::new();
        for _ in 0..next() % 24 {
            match next() % 8 {
                0 => path.push(next() as u8),
                _ => path.extend(expand(parts[next() as usize % parts.len()]).into_bytes()),
            }
        }
        if let Claim::Container(found) = parse(&path) {
            let names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).count();
            assert!((1..=names).contains(&found.level) && !found.id.is_empty(), "round {round}");
        }
    }
    let start = std::time::Instant::now();
    for unit in ["/", "/a", "-", ":", "\\x", "/pod", "/user-1.slice", "/docker", "\u{fc}", "a:"] {
        parse(&unit.repeat(4096 / unit.len()).into_bytes());
    }
    assert!(start.elapsed() < std::time::Duration::from_millis(200), "{:?}", start.elapsed());
}
