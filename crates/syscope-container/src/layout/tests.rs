use super::*;

/// Mounts from lines `MOUNT-POINT ROOT OPTIONS INODE`; options `v2` stand for the v2 hierarchy, inode 0 for a
/// mount that cannot be reached.
fn facts(lines: &[&str], controllers: &str) -> Facts {
    let mut mounts = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let fields: Vec<&str> = line.split(' ').collect();
        let kind = if fields[2] == "v2" { "cgroup2" } else { "cgroup" };
        let text =
            format!("3{index} 29 0:{index} {} {} rw - {kind} none rw,{}", fields[1], fields[0], fields[2]);
        let mut mount = mounts::parse(text.as_bytes()).remove(0);
        mount.root_id = Some(fields[3].parse().unwrap()).filter(|id| *id != 0);
        mounts.push(mount);
    }
    Facts { mounts, controllers: controllers.as_bytes().to_vec(), ..Facts::default() }
}

const LISTED: &str = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n\
    cpuset\t3\t1\t1\ncpu\t1\t9\t1\ncpuacct\t1\t9\t1\nmemory\t4\t46\t1\nnet_cls\t0\t1\t1\npids\t8\t1\t1\n";

/// Mode, name, number and mount of the tracked hierarchy.
fn check(lines: &[&str], controllers: &str, expected: &str) -> Layout {
    let layout = decide(&facts(lines, controllers));
    let tracked = match &layout.tracked {
        Some(tracked) => {
            format!(
                "{} {} {}{}",
                tracked.name,
                tracked.hierarchy_id,
                tracked.at.display(),
                if tracked.whole { "" } else { " part" }
            )
        }
        None => "none".to_owned(),
    };
    assert_eq!(format!("{:?} {tracked}", layout.mode), expected, "{}", layout.reason);
    layout
}

#[test]
fn pure_v2_is_the_v2_hierarchy() {
    check(&["/sys/fs/cgroup / v2 1"], "", "V2 unified 0 /sys/fs/cgroup");
}

#[test]
fn v1_and_hybrid_take_the_first_controller_that_works() {
    let v1 = "/sys/fs/cgroup/memory / memory 1";
    let pids = "/sys/fs/cgroup/pids / pids 1";
    let v2 = "/sys/fs/cgroup/unified / v2 1";
    check(&[pids, v1], LISTED, "V1 memory 4 /sys/fs/cgroup/memory");
    check(&[v2, pids, v1], LISTED, "Hybrid memory 4 /sys/fs/cgroup/memory");
    let layout = check(&[v2, pids], LISTED, "Hybrid pids 8 /sys/fs/cgroup/pids");
    assert!(layout.reason.contains("memory is not mounted"), "{}", layout.reason);
}

#[test]
fn co_mounted_controllers_count_each() {
    check(&["/sys/fs/cgroup/cpu,cpuacct / cpu,cpuacct 1"], LISTED, "V1 cpu 1 /sys/fs/cgroup/cpu,cpuacct");
    let listed = LISTED.replace("cpuset\t3", "cpuset\t4");
    check(&["/x / cpuset,memory 1"], &listed, "V1 memory 4 /x");
}

#[test]
fn a_controller_without_a_number_is_passed_over() {
    let lines =
        ["/sys/fs/cgroup/memory / memory 1", "/sys/fs/cgroup/pids / pids 1", "/sys/fs/cgroup/u / v2 1"];
    let listed = LISTED.replace("memory\t4", "memory\t0");
    check(&lines, &listed, "Hybrid pids 8 /sys/fs/cgroup/pids");
    check(&lines[2..], &listed, "V2 unified 0 /sys/fs/cgroup/u");
}

#[test]
fn numbers_come_from_the_own_cgroups_where_proc_cgroups_does_not_tell() {
    let mut facts = facts(&["/sys/fs/cgroup/memory / memory 1"], "");
    assert_eq!(decide(&facts).tracked, None);
    facts.own_cgroups = b"7:memory,hugetlb:/a:b\n0::/\n".to_vec();
    assert_eq!(decide(&facts).tracked.unwrap().hierarchy_id, 7);
}

#[test]
fn hidden_controllers_of_newer_kernels_are_named() {
    // Linux 6.11 without CONFIG_MEMCG_V1 and CONFIG_CPUSETS_V1.
    let listed = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t2\t1\t1\nfreezer\t3\t1\t1\n";
    let layout = check(
        &["/sys/fs/cgroup/freezer / freezer 1", "/sys/fs/cgroup/unified / v2 1"],
        listed,
        "Hybrid freezer 3 /sys/fs/cgroup/freezer",
    );
    assert!(layout.reason.contains("memory is not in the kernel as a v1 controller"), "{}", layout.reason);
}

#[test]
fn a_hierarchy_that_has_only_a_name_is_not_tracked() {
    let systemd = "/sys/fs/cgroup/systemd / name=systemd 1";
    let layout = check(&[systemd], LISTED, "V1 none");
    assert!(layout.reason.contains("only a name"), "{}", layout.reason);
    let layout =
        check(&[systemd, "/sys/fs/cgroup/unified / v2 1"], LISTED, "Hybrid unified 0 /sys/fs/cgroup/unified");
    assert!(layout.reason.contains("so the v2 hierarchy is used"), "{}", layout.reason);
}

#[test]
fn v2_at_the_usual_place_wins_over_v1_beside_it() {
    check(
        &["/sys/fs/cgroup / v2 1", "/mnt/cls / net_cls,memory 1"],
        LISTED,
        "Hybrid unified 0 /sys/fs/cgroup",
    );
}

#[test]
fn another_place_is_found_and_said() {
    let layout = check(&["/mnt/cg / v2 1"], "", "V2 unified 0 /mnt/cg");
    assert!(layout.reason.contains("found at /mnt/cg"), "{}", layout.reason);
}

#[test]
fn the_whole_hierarchy_goes_before_a_part() {
    check(&["/sys/fs/cgroup /a/b v2 40", "/host /a v2 30"], "", "V2 unified 0 /host part");
    check(
        &["/sys/fs/cgroup / v2 40", "/host/sys/fs/cgroup /../.. v2 1"],
        "",
        "V2 unified 0 /host/sys/fs/cgroup",
    );
    let layout = check(&["/sys/fs/cgroup / v2 40"], "", "V2 unified 0 /sys/fs/cgroup part");
    assert!(layout.reason.contains("this cgroup namespace"), "{}", layout.reason);
    let layout = check(&["/sys/fs/cgroup /docker/x v2 40"], "", "V2 unified 0 /sys/fs/cgroup part");
    assert!(layout.reason.contains("below /docker/x"), "{}", layout.reason);
}

#[test]
fn nothing_mounted_says_what_to_do() {
    let layout = check(&[], LISTED, "None none");
    assert!(layout.reason.contains("mount -t cgroup2") && layout.reason.contains("doctor --fix"));
    let layout = check(&["/sys/fs/cgroup / v2 0"], LISTED, "None none");
    assert!(layout.reason.contains("mounted over /sys/fs/cgroup"), "{}", layout.reason);
}

#[test]
fn all_hierarchies_are_listed_with_their_numbers() {
    let mut facts = facts(
        &[
            "/sys/fs/cgroup/cpu,cpuacct / cpu,cpuacct 1",
            "/sys/fs/cgroup/systemd / name=systemd 1",
            "/sys/fs/cgroup/unified / v2 1",
        ],
        LISTED,
    );
    facts.own_cgroups = b"9:name=systemd:/\n1:cpu,cpuacct:/\n8:pids:/x\n0::/\n".to_vec();
    facts.unified_controllers = b"io hugetlb\n".to_vec();
    let found: Vec<String> = decide(&facts)
        .hierarchies
        .iter()
        .map(|one| {
            format!(
                "{} {} [{}] {:?} {:?} {}",
                one.number,
                one.name,
                one.controllers.join(","),
                one.mount,
                one.cgroups,
                one.tracked
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "0 unified [io,hugetlb] Some(\"/sys/fs/cgroup/unified\") None false",
            "1 cpu,cpuacct [cpu,cpuacct] Some(\"/sys/fs/cgroup/cpu,cpuacct\") Some(9) true",
            "8 pids [pids] None Some(1) false",
            "9 name=systemd [] Some(\"/sys/fs/cgroup/systemd\") None false",
        ]
    );
}

#[test]
fn naming_is_told_by_what_lies_at_the_top() {
    let of = |names: &[&str]| naming(names.iter().map(|name| name.as_bytes().to_vec()).collect()).name();
    assert_eq!(of(&["init.scope", "system.slice", "kubepods.slice"]), "systemd");
    assert_eq!(of(&["docker"]), "cgroupfs");
    assert_eq!(of(&["system.slice", "docker"]), "systemd, and runtimes with the cgroupfs driver");
    assert_eq!(of(&["a"]), "nobody in particular");
}

#[test]
fn this_host_has_a_layout() {
    let layout = read(Path::new("/proc"));
    assert!(!layout.reason.is_empty());
    if let Some(tracked) = &layout.tracked {
        assert!(tracked.at.is_dir());
        assert!(layout.hierarchies.iter().any(|one| one.tracked && one.number == tracked.hierarchy_id));
    }
}

#[test]
fn an_unreadable_proc_is_said() {
    let layout = read(Path::new("/no/such"));
    assert_eq!(layout.mode, Mode::None);
    assert!(layout.reason.contains("/no/such cannot be read"), "{}", layout.reason);
}

#[test]
fn paths_are_resolved_from_the_namespace() {
    let layout = decide(&facts(&["/sys/fs/cgroup / v2 40", "/host /../.. v2 1"], ""));
    let mut tracked = layout.tracked.unwrap();
    assert_eq!(tracked.base(), Path::new("/"));
    let path = |tracked: &Tracked, seen: &str| String::from_utf8(tracked.resolve(seen.as_bytes())).unwrap();
    assert_eq!(tracked.namespace, None);
    assert_eq!(path(&tracked, "/../x"), "/../x");
    assert_eq!(path(&tracked, "/../../x/y"), "/x/y");
    assert_eq!(path(&tracked, "/../.."), "/");
    tracked.namespace = Some("/kubepods/pod1".into());
    assert_eq!(path(&tracked, "/../pod2/c"), "/kubepods/pod2/c");
    assert_eq!(path(&tracked, "/../.."), "/");
    assert_eq!(path(&tracked, "/../../.."), "/../../..");
    assert_eq!(path(&tracked, "/"), "/kubepods/pod1");
    assert_eq!(path(&tracked, "/c"), "/kubepods/pod1/c");
}
