//! Processes that are moved between cgroups, and made in other ones than their parent's.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use syscope_testing::containers::cgroups::{
    self, Directory, directory_of, hierarchies, move_process, tracked,
};
use syscope_testing::containers::{Bundle, Host, OciRuntime};

use super::watch::{Events, Watch, hex_id, ticking};
use crate::support::program;

/// Moves a process to the place that another has in every hierarchy.
fn follow(pid: u32, other: u32) {
    for hierarchy in hierarchies() {
        move_process(pid, &directory_of(other, &hierarchy.name)).expect("move a process");
    }
}

/// The owners of a mark, in order, each once in a row.
fn owners(events: &Events, mark: &str) -> Vec<Option<String>> {
    let owner = |event: &Value| event["container"]["id"].as_str().map(str::to_owned);
    let mut owners: Vec<_> = events.of(mark).into_iter().map(owner).collect();
    owners.dedup();
    owners
}

#[test]
#[ignore = "root+bpf"]
fn a_process_that_is_moved_changes_its_owner() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let watch = Watch::execs();
    let ids = [hex_id(1), hex_id(2)];
    let args = ticking("mark-moved");
    let mover = runc.start(&ids[0], &Bundle::new(&host, &args.each_ref().map(String::as_str)));
    let rest = runc.start(&ids[1], &Bundle::new(&host, &["/bin/sleep", "1000"]));
    let last_is = |id: Option<&str>| {
        watch.until_events("a tick of the new owner", |events| {
            owners(events, "mark-moved").last().is_some_and(|last| last.as_deref() == id)
        });
    };
    last_is(Some(&ids[0]));
    follow(mover, rest);
    last_is(Some(&ids[1]));
    for hierarchy in hierarchies() {
        move_process(mover, &hierarchy.mount).expect("move it out");
    }
    last_is(None);
    follow(mover, rest);
    last_is(Some(&ids[1]));
    let events = watch.end();
    let [first, second] = ids.map(Some);
    assert_eq!(owners(&events, "mark-moved"), [first, second.clone(), None, second]);
}

/// A process of the host that is put into a container is of it from the next program on.
#[test]
#[ignore = "root+bpf"]
fn a_process_of_the_host_can_be_put_into_a_container() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let id = hex_id(1);
    let rest = runc.start(&id, &Bundle::new(&host, &["/bin/sleep", "1000"]));
    let watch = Watch::execs();
    let args = ticking("mark-host");
    let mut ticker =
        Command::new(&args[0]).args(&args[1..]).stdin(Stdio::null()).spawn().expect("start a shell");
    watch.until("mark-host");
    follow(ticker.id(), rest);
    let inside = |events: &Events| owners(events, "mark-host").last().is_some_and(Option::is_some);
    watch.until_events("a tick inside", inside);
    let _ = ticker.kill();
    let _ = ticker.wait();
    assert_eq!(owners(&watch.end(), "mark-host"), [None, Some(id)]);
}

/// clone3(2) with `CLONE_INTO_CGROUP`: the child never was in its parent's cgroup. The call knows v2 only, so
/// the owner changes where v2 is what counts.
#[test]
#[ignore = "root+bpf"]
fn a_child_made_in_a_container_is_of_it() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let id = hex_id(1);
    let rest = runc.start(&id, &Bundle::new(&host, &["/bin/sleep", "1000"]));
    let target = directory_of(rest, "unified");
    let watch = Watch::execs();
    let helper = program("into_cgroup");
    let status = Command::new(helper).arg(&target).args(["/bin/true", "mark-clone"]).status();
    assert!(status.expect("run the helper").success());
    watch.until("mark-clone");
    let events = watch.end();
    if tracked().name == "unified" {
        events.check_id("mark-clone", &id);
    } else {
        events.check_none("mark-clone");
    }
}

/// Cgroups that come and go by the thousand, some deep, some with a process: all of them are followed.
#[test]
#[ignore = "root+bpf"]
fn a_thousand_cgroups_leave_no_trace() {
    let host = Host::enter();
    let watch = Watch::execs();
    let top = Directory::make(tracked().mount.join(format!("syscope-it-{}-many", std::process::id())));
    for number in 0..1000 {
        let path: PathBuf = top.path().join(format!("{number}/inner"));
        let directory = Directory::make(path);
        if number % 50 == 0 {
            let mut sleep = Command::new("/bin/sleep").arg("0").spawn().expect("start a process");
            let _ = move_process(sleep.id(), directory.path());
            sleep.wait().expect("its end");
        }
    }
    let listed = listed_cgroups();
    let id = cgroups::id(top.path());
    assert!(listed.contains(&id), "{id} is there");
    let walked = walked_cgroups();
    assert_eq!(listed, walked, "the table is the file system");
    drop(top);
    super::watch::mark_on_host("mark-end");
    watch.until("mark-end");
    assert!(!listed_cgroups().contains(&id));
    watch.end();
    drop(host);
}

/// The ids of the tracked hierarchy that `syscope cgroups` shows.
fn listed_cgroups() -> BTreeSet<u64> {
    let ended = crate::support::run(crate::support::syscope().args(["cgroups", "-o", "json"]));
    assert!(ended.status.success(), "{ended:?}");
    let read = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    let id = |line: &str| read(line)["id"].as_u64().expect("an id");
    ended.stdout().lines().map(id).collect()
}

fn walked_cgroups() -> BTreeSet<u64> {
    let root = tracked().mount;
    let all = RefCell::new(BTreeSet::from([cgroups::id(&root)]));
    cgroups::highest(&root, &|path| {
        all.borrow_mut().insert(cgroups::id(path));
        false
    });
    all.into_inner()
}
