//! The tracking of cgroups against the kernel's own files: what is known equals what a walk finds.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use syscope_container::layout::{self, Tracked};
use syscope_container::resolver;
use syscope_container::walk;
use syscope_event::{CgroupState, Change, Event};
use syscope_tracer::{Builder, Execs, Poll, Trace};

/// A cgroup of ours, removed with all below it.
pub(crate) struct Cgroup(pub(crate) PathBuf);

impl Cgroup {
    pub(crate) fn new(at: &Path, name: &str) -> Cgroup {
        let cgroup = Cgroup(at.join(format!("syscope-test-{}-{name}", std::process::id())));
        fs::create_dir(&cgroup.0).expect("make a cgroup");
        cgroup
    }

    pub(crate) fn below(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir(&path).expect("make a cgroup");
        path
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes a cgroup and all below it.
fn remove(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    // A process that was killed is in its cgroup until it is gone.
    let until = Instant::now() + Duration::from_secs(2);
    while fs::remove_dir(path).is_err_and(|err| err.kind() == std::io::ErrorKind::ResourceBusy)
        && Instant::now() < until
    {
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn id(path: &Path) -> u64 {
    fs::metadata(path).expect("the cgroup is there").ino()
}

pub(crate) fn tracked() -> Tracked {
    let layout = layout::read(Path::new("/proc"));
    layout.tracked.unwrap_or_else(|| panic!("no hierarchy to track: {}", layout.reason))
}

/// Follows cgroups; no runtime is asked, so that only the kernel's word counts here.
fn start(root: &Path) -> Trace {
    follow(root).start().expect("start a trace")
}

fn follow(root: &Path) -> Builder {
    let nowhere = resolver::Config { root: root.into(), ..resolver::Config::default() };
    let none = Execs { args_limit: 4096, env_limit: 0, exits: false };
    Builder::new().execs(none).owners(nowhere).cgroup_changes(true)
}

/// Reads events until `done`, for at most a minute: an emulated machine on a busy host is slow.
pub(crate) fn read_until(
    trace: &mut Trace,
    mut see: impl FnMut(&Event<'_>),
    mut done: impl FnMut(&Trace) -> bool,
) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Poll::Event(event) = trace.poll(Duration::from_millis(20)).expect("read events") {
            see(&event);
            continue;
        }
        if done(trace) {
            return;
        }
        assert!(Instant::now() < until, "what was waited for did not come");
    }
}

/// Whether the kernel's table, the tree and the file system agree.
pub(crate) fn agree(trace: &Trace, tracked: &Tracked) -> bool {
    let table = trace.cgroup_table().expect("cgroups are followed");
    let walked = walk::walk(tracked).expect("walk the hierarchy");
    let walked: BTreeSet<u64> = walked.cgroups.iter().map(|cgroup| cgroup.id).collect();
    let kernel: BTreeSet<u64> = table.kernel.iter().copied().collect();
    let known: BTreeSet<u64> = table.known.iter().map(|node| node.id).collect();
    walked == kernel && walked == known
}

#[test]
#[ignore = "root+bpf"]
fn a_thousand_cgroups_come_and_go() {
    let tracked = tracked();
    let nothing = tempdir("thousand");
    let mut trace = start(&nothing.0);
    let outer = Cgroup::new(&tracked.at, "loop");
    let mut ids = BTreeSet::new();
    for _ in 0..1000 {
        let inner = outer.below("inner");
        ids.insert(id(&inner));
        fs::remove_dir(&inner).expect("remove a cgroup");
    }
    assert_eq!(ids.len(), 1000, "ids are not used again");
    let (mut created, mut removed) = (BTreeSet::new(), BTreeSet::new());
    read_until(
        &mut trace,
        |event| {
            if let Event::Cgroup(change) = event {
                match change.change {
                    Change::Created => created.insert(change.cgroup.id),
                    Change::Removed => removed.insert(change.cgroup.id),
                    _ => false,
                };
            }
        },
        |trace| agree(trace, &tracked),
    );
    assert!(ids.is_subset(&created) && ids.is_subset(&removed));
    let table = trace.cgroup_table().expect("cgroups are followed");
    assert!(table.kernel.iter().all(|id| !ids.contains(id)), "no entry is left");
    assert_eq!(trace.attribution().map(|attribution| attribution.table_full), Some(0));
}

#[test]
#[ignore = "root+bpf"]
fn changes_that_were_lost_are_made_up_for() {
    let tracked = tracked();
    let nothing = tempdir("lost");
    let mut trace = follow(&nothing.0).ring_bytes(64 << 10).start().expect("start a trace");
    let outer = Cgroup::new(&tracked.at, "lost");
    // Nobody reads meanwhile: a ring has room for 150 such records.
    for n in 0..2000 {
        outer.below(&format!("n{n}"));
    }
    for n in 0..1000 {
        fs::remove_dir(outer.0.join(format!("n{n}"))).expect("remove a cgroup");
    }
    let mut last = 0;
    read_until(
        &mut trace,
        |_| {},
        |trace| {
            // Any later change tells of the loss; between two of them there is time to take it in.
            last += 1;
            if last % 20 == 1 {
                outer.below(&format!("later{last}"));
            }
            trace.cgroup_table().is_some_and(|table| table.known.len() > 1000) && agree(trace, &tracked)
        },
    );
    let attribution = trace.attribution().expect("cgroups are followed");
    assert!(attribution.changes_lost > 2000 && attribution.rereads > 0, "{attribution:?}");
}

#[test]
#[ignore = "root+bpf"]
fn states_follow_the_life_of_a_cgroup() {
    let tracked = tracked();
    let nothing = tempdir("states");
    let mut trace = start(&nothing.0);
    let cgroup = Cgroup::new(&tracked.at, "states");
    let (path, wanted) = (cgroup.0.clone(), id(&cgroup.0));
    let mut sleeper = std::process::Command::new("sleep").arg("60").spawn().expect("start sleep");
    fs::write(path.join("cgroup.procs"), sleeper.id().to_string()).expect("move a process");
    let mut changes = Vec::new();
    let mut note = |event: &Event<'_>| {
        if let Event::Cgroup(change) = event
            && change.cgroup.id == wanted
        {
            changes.push((change.change, change.pid.map(|pid| pid.0)));
        }
    };
    let state = |trace: &Trace| {
        let table = trace.cgroup_table().expect("cgroups are followed");
        table.known.iter().find(|node| node.id == wanted).map(|node| node.state)
    };
    read_until(&mut trace, &mut note, |trace| state(trace) == Some(CgroupState::Running));
    sleeper.kill().expect("end sleep");
    sleeper.wait().expect("end sleep");
    read_until(&mut trace, &mut note, |trace| state(trace) == Some(CgroupState::Emptied));
    drop(cgroup);
    read_until(&mut trace, &mut note, |trace| state(trace).is_none());
    assert_eq!(
        changes,
        [
            (Change::Created, None),
            (Change::Populated, None),
            (Change::Attached, Some(sleeper.id())),
            (Change::Emptied, None),
            (Change::Removed, None),
        ]
    );
}

#[test]
#[ignore = "root+bpf"]
fn equal_ids_of_other_hierarchies_are_not_mixed_up() {
    let tracked = tracked();
    let others: Vec<PathBuf> = layout::hierarchies(Path::new("/proc"))
        .into_iter()
        .filter(|hierarchy| hierarchy.number != tracked.hierarchy_id)
        .filter_map(|hierarchy| hierarchy.mount)
        .collect();
    assert!(!others.is_empty() || tracked.controller.is_none(), "a v1 host has several hierarchies");
    let nothing = tempdir("hierarchies");
    let mut trace = start(&nothing.0);
    let ours = Cgroup::new(&tracked.at, "ours");
    let wanted = id(&ours.0);
    // Every hierarchy counts on its own, and all begin with the same numbers.
    let roots: BTreeSet<u64> = others.iter().map(|other| id(other)).collect();
    assert!(others.is_empty() || roots.contains(&id(&tracked.at)), "equal ids in several hierarchies");
    for other in &others {
        for _ in 0..50 {
            drop(Cgroup::new(other, "theirs"));
        }
    }
    let mut told = BTreeSet::new();
    let mut note = |event: &Event<'_>| {
        if let Event::Cgroup(change) = event {
            told.insert(String::from_utf8_lossy(change.cgroup.path.unwrap_or_default()).into_owned());
        }
    };
    read_until(&mut trace, &mut note, |trace| agree(trace, &tracked));
    let table = trace.cgroup_table().expect("cgroups are followed");
    let node = table.known.iter().find(|node| node.id == wanted).expect("ours is known");
    assert!(node.path.ends_with(b"-ours"));
    assert!(told.iter().all(|path| !path.ends_with("-theirs")), "{told:?}");
    assert!(table.kernel.contains(&wanted));
}

#[test]
#[ignore = "root+bpf"]
fn nested_cgroups_of_any_depth_have_their_paths() {
    let tracked = tracked();
    let nothing = tempdir("nested");
    let before = Cgroup::new(&tracked.at, "nested");
    let mut deep = vec![before.0.clone()];
    for level in 0..64 {
        let next = deep.last().expect("it has one").join(format!("l{level}"));
        // Half of them before the trace begins.
        if level < 32 {
            fs::create_dir(&next).expect("make a cgroup");
        }
        deep.push(next);
    }
    let mut trace = start(&nothing.0);
    for path in &deep[33..] {
        fs::create_dir(path).expect("make a cgroup");
    }
    let wanted = id(deep.last().expect("it has one"));
    let inner = deep.clone();
    read_until(&mut trace, |_| {}, |trace| agree(trace, &tracked));
    let table = trace.cgroup_table().expect("cgroups are followed");
    let node = table.known.iter().find(|node| node.id == wanted).expect("the deepest is known");
    let expected = inner.last().expect("it has one").strip_prefix(&tracked.at).expect("it is below");
    assert_eq!(String::from_utf8_lossy(&node.path), format!("/{}", expected.display()));
    for path in inner.iter().rev() {
        fs::remove_dir(path).expect("remove a cgroup");
    }
    read_until(&mut trace, |_| {}, |trace| agree(trace, &tracked));
}

/// An empty directory where no runtime is.
pub(crate) struct Dir(pub(crate) PathBuf);

pub(crate) fn tempdir(name: &str) -> Dir {
    let dir = Dir(std::env::temp_dir().join(format!("syscope-{name}-{}", std::process::id())));
    fs::create_dir_all(&dir.0).expect("make a directory");
    dir
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
