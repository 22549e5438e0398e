use super::*;

use std::fs;
use std::path::{Path, PathBuf};

/// A hierarchy made of ordinary directories: `cgroup.procs` files in place of the kernel's.
fn fake() -> (tempfile::TempDir, Tracked) {
    let dir = tempfile::tempdir().unwrap();
    let tracked = Tracked {
        name: "memory".into(),
        controller: Some("memory".into()),
        hierarchy_id: 4,
        at: dir.path().to_owned(),
        root: PathBuf::from("/"),
        whole: true,
        namespace: Some(PathBuf::from("/")),
    };
    (dir, tracked)
}

fn add(at: &Path, procs: &str) {
    if !at.is_dir() {
        add(at.parent().unwrap(), "");
        fs::create_dir(at).unwrap();
    }
    fs::write(at.join("cgroup.procs"), procs).unwrap();
}

fn paths(walk: &Walk) -> Vec<String> {
    let parents = parents_of(&walk.cgroups);
    let mut paths: Vec<String> = Vec::new();
    for (index, one) in walk.cgroups.iter().enumerate() {
        let name = String::from_utf8_lossy(&one.name);
        paths.push(if index == 0 { String::new() } else { format!("{}/{name}", paths[parents[index]]) });
        if index > 0 {
            assert_eq!(one.parent, walk.cgroups[parents[index]].id);
            assert_eq!(one.level, walk.cgroups[parents[index]].level + 1);
        }
    }
    paths
}

#[test]
fn parents_come_first_and_hear_of_processes_below() {
    let (dir, tracked) = fake();
    add(dir.path(), "");
    add(&dir.path().join("a/b/c"), "7\n");
    add(&dir.path().join("x"), "");
    let walk = walk(&tracked).unwrap();
    let mut found: Vec<_> =
        paths(&walk).into_iter().zip(walk.cgroups.iter().map(|one| one.populated)).collect();
    found.sort();
    let expected = [("", true), ("/a", true), ("/a/b", true), ("/a/b/c", true), ("/x", false)];
    assert_eq!(found, expected.map(|(path, populated)| (path.to_owned(), populated)));
    assert_eq!((walk.cgroups[0].parent, walk.cgroups[0].level, &*walk.cgroups[0].name), (0, 0, &b""[..]));
}

#[test]
fn names_are_bytes_and_links_are_not_followed() {
    use std::os::unix::ffi::OsStrExt as _;
    let (dir, tracked) = fake();
    add(dir.path(), "1\n");
    add(&dir.path().join(std::ffi::OsStr::from_bytes(b"\xff\x1b[m")), "");
    std::os::unix::fs::symlink("/proc", dir.path().join("link")).unwrap();
    let walk = walk(&tracked).unwrap();
    assert_eq!(walk.cgroups.len(), 2);
    assert_eq!(&*walk.cgroups[1].name, b"\xff\x1b[m");
    let found = path_of(&tracked, walk.cgroups[1].id).unwrap();
    assert_eq!(&*found, b"/\xff\x1b[m");
}

#[test]
fn a_path_is_found_by_its_id_and_nothing_by_another() {
    let (dir, mut tracked) = fake();
    add(dir.path(), "");
    add(&dir.path().join("a/b/c"), "");
    add(&dir.path().join("d"), "");
    for (path, at) in [("/", ""), ("/a/b/c", "a/b/c"), ("/d", "d")] {
        use std::os::unix::fs::MetadataExt as _;
        let id = fs::metadata(dir.path().join(at)).unwrap().ino();
        assert_eq!(path_of(&tracked, id).as_deref(), Some(path.as_bytes()));
    }
    assert_eq!(path_of(&tracked, u64::MAX), None);
    (tracked.root, tracked.whole) = (PathBuf::from("/docker/x"), false);
    let walk = walk(&tracked).unwrap();
    assert_eq!((walk.cgroups[0].level, &*walk.cgroups[0].name), (2, &b"x"[..]));
    let last = walk.cgroups.iter().find(|one| &*one.name == b"c").unwrap();
    assert_eq!(path_of(&tracked, last.id).as_deref(), Some(&b"/docker/x/a/b/c"[..]));
    assert_eq!(path_of(&tracked, walk.cgroups[0].id).as_deref(), Some(&b"/docker/x"[..]));
}

#[test]
fn what_lies_too_deep_is_counted() {
    let (dir, tracked) = fake();
    // Made step by step: the whole path would be longer than one system call takes.
    add(dir.path(), "");
    let name = "n".repeat(60);
    let mut at = rustix::fs::open(dir.path(), OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap();
    for _ in 0..LEVELS_MAX + 5 {
        rustix::fs::mkdirat(&at, &*name, Mode::RWXU).unwrap();
        at = rustix::fs::openat(&at, &*name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap();
        rustix::fs::openat(&at, "cgroup.procs", OFlags::CREATE | OFlags::CLOEXEC, Mode::RUSR).unwrap();
    }
    let walk = walk(&tracked).unwrap();
    assert_eq!((walk.cgroups.len(), walk.too_deep), (LEVELS_MAX as usize + 1, 1));
    let deepest = walk.cgroups.last().unwrap();
    assert_eq!(path_of(&tracked, deepest.id).unwrap().len(), LEVELS_MAX as usize * 61);
}

#[test]
fn a_mount_point_that_is_gone_is_an_error() {
    let (dir, tracked) = fake();
    drop(dir);
    assert!(walk(&tracked).is_err());
    assert_eq!(path_of(&tracked, 1), None);
}

/// A directory of cgroups that is removed with all in it when the test ends, however that is.
struct Cgroups(PathBuf);

impl Cgroups {
    fn make(at: &Path, name: &str) -> Cgroups {
        let path = at.join(format!("syscope-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Cgroups(path)
    }

    fn add(&self, below: &str) -> PathBuf {
        let path = self.0.join(below);
        fs::create_dir_all(&path).unwrap();
        path
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(cgroup: &Path) {
    for entry in fs::read_dir(cgroup).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    // A process that was killed leaves its cgroup a moment later.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while fs::remove_dir(cgroup).is_err() && cgroup.exists() && std::time::Instant::now() < end {
        std::thread::yield_now();
    }
}

struct Sleeper(std::process::Child);

impl Sleeper {
    /// Starts a process in a cgroup; a v1 cpuset takes none before it has processors and memory nodes.
    fn start(cgroup: &Path, mount: &Path) -> Sleeper {
        let below = cgroup.strip_prefix(mount).unwrap();
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let mut at = mount.to_owned();
            let Ok(all) = fs::read(at.join(file)) else { continue };
            for part in below.components() {
                at.push(part);
                fs::write(at.join(file), &all).unwrap();
            }
        }
        let sleeper = Sleeper(std::process::Command::new("sleep").arg("60").spawn().unwrap());
        fs::write(cgroup.join("cgroup.procs"), sleeper.0.id().to_string()).unwrap();
        sleeper
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// All mounted hierarchies as if each were the tracked one.
fn mounted() -> Vec<Tracked> {
    use crate::cgroup_path::Hierarchy;
    let layout = crate::layout::read(Path::new("/proc"));
    assert!(!layout.mounts.is_empty(), "{}", layout.reason);
    let tracked = layout.mounts.iter().filter(|mount| mount.root_id == Some(1)).map(|mount| {
        let controller = match &mount.hierarchy {
            Hierarchy::Unified => None,
            Hierarchy::Named(name) => Some(format!("name={name}")),
            Hierarchy::Controllers(names) => Some(names[0].clone()),
        };
        Tracked {
            name: controller.clone().unwrap_or_else(|| "unified".into()),
            controller,
            hierarchy_id: 0,
            at: mount.at.clone(),
            root: mount.root.clone(),
            whole: true,
            namespace: Some(PathBuf::from("/")),
        }
    });
    tracked.collect()
}

/// What `find` says: id and path below the mount point.
fn find(at: &Path) -> std::collections::BTreeSet<String> {
    let found = std::process::Command::new("find")
        .arg(at)
        .args(["-type", "d", "-printf", "%i %P\n"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&found.stdout).lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "root+bpf"]
fn every_mounted_hierarchy_is_walked_as_find_does() {
    for tracked in mounted() {
        let cgroups = Cgroups::make(&tracked.at, "walk");
        let name = cgroups.0.file_name().unwrap().to_str().unwrap().to_owned();
        let deep = cgroups.add("a/b/c");
        cgroups.add("empty/below");
        let sleeper = Sleeper::start(&deep, &tracked.at);
        let before = find(&tracked.at);
        let walk = walk(&tracked).unwrap();
        let after = find(&tracked.at);
        let seen: std::collections::BTreeSet<String> = paths(&walk)
            .iter()
            .zip(&walk.cgroups)
            .map(|(path, one)| format!("{} {}", one.id, path.strip_prefix('/').unwrap_or(path)))
            .collect();
        // Others make cgroups at the same time: what was there before and after must be seen, and nothing else but
        // what was there before or after.
        let missing: Vec<_> = before.intersection(&after).filter(|line| !seen.contains(*line)).collect();
        let made_up: Vec<_> =
            seen.iter().filter(|line| !before.contains(*line) && !after.contains(*line)).collect();
        assert!(missing.is_empty() && made_up.is_empty(), "{}: {missing:?} {made_up:?}", tracked.name);
        assert_eq!((walk.too_deep, walk.unreadable), (0, 0));

        let all = paths(&walk);
        let one = |below: &str| {
            &walk.cgroups[all.iter().position(|path| *path == format!("/{name}{below}")).unwrap()]
        };
        for (below, populated) in
            [("", true), ("/a", true), ("/a/b/c", true), ("/empty", false), ("/empty/below", false)]
        {
            assert_eq!(one(below).populated, populated, "{} {below}", tracked.name);
            let path = path_of(&tracked, one(below).id);
            assert_eq!(path.as_deref(), Some(format!("/{name}{below}").as_bytes()), "{}", tracked.name);
        }
        assert!(walk.cgroups[0].populated, "{}", tracked.name);
        let members = processes(Path::new("/proc"), &tracked).unwrap();
        let member = members.iter().find(|member| member.pid.0 == sleeper.0.id()).unwrap();
        assert_eq!(member.cgroup, Some(one("/a/b/c").id));
        assert_eq!(&*member.path, format!("/{name}/a/b/c").as_bytes());
        let gone = one("/a/b/c").id;
        drop(sleeper);
        drop(cgroups);
        assert_eq!(path_of(&tracked, gone), None);
    }
}

#[test]
#[ignore = "root+bpf"]
fn ten_thousand_cgroups_are_walked_fast() {
    // Without controllers, so that making them takes no memory to speak of; else where there is one.
    let tracked = mounted().into_iter().min_by_key(|tracked| tracked.controller.is_some()).unwrap();
    let cgroups = Cgroups::make(&tracked.at, "many");
    for group in 0..100 {
        for one in 0..99 {
            cgroups.add(&format!("{group}/{one}"));
        }
    }
    let start = std::time::Instant::now();
    let walk = walk(&tracked).unwrap();
    let walked = start.elapsed();
    assert!(walk.cgroups.len() > 10_000);
    let start = std::time::Instant::now();
    assert!(path_of(&tracked, walk.cgroups.last().unwrap().id).is_some());
    assert!(path_of(&tracked, u64::MAX).is_none());
    let searched = start.elapsed();
    eprintln!("{} cgroups: walked in {walked:?}, searched in {searched:?}", walk.cgroups.len());
    assert!(walked.as_secs() < 2 && searched.as_secs() < 2);
}

#[test]
#[ignore = "root+bpf"]
fn cgroups_that_come_and_go_do_not_disturb_a_walk() {
    use std::sync::atomic::{AtomicBool, Ordering};
    for tracked in mounted() {
        let cgroups = Cgroups::make(&tracked.at, "churn");
        cgroups.add("stays/below");
        let end = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !end.load(Ordering::Relaxed) {
                    for (index, name) in ["x", "x/y", "x/y/z"].iter().enumerate() {
                        let _ = fs::create_dir(cgroups.0.join(name));
                        let _ = fs::create_dir(cgroups.0.join(format!("{name}{index}")));
                    }
                    remove(&cgroups.0.join("x"));
                }
            });
            for _ in 0..100 {
                let walk = walk(&tracked).unwrap();
                let names = paths(&walk);
                assert!(names.iter().any(|path| path.ends_with("/stays/below")));
            }
            end.store(true, Ordering::Relaxed);
        });
    }
}
