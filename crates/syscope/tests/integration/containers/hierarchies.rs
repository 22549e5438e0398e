//! Ids of cgroups mean something only together with their hierarchy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use syscope_testing::containers::cgroups::{directory_of, id, tracked};
use syscope_testing::containers::processes::run;
use syscope_testing::containers::{Bundle, Host, OciRuntime};

use super::watch::{Watch, hex_id, ticking};

/// A v1 hierarchy without controllers, made for a test: its ids begin anew and are near each other.
struct Fresh(PathBuf);

/// Cgroups that are made until an id has come.
const TRIES: u64 = 2_000_000;

impl Fresh {
    fn mount(host: &Host) -> Fresh {
        let path = host.directory().join("hierarchy");
        fs::create_dir_all(&path).expect("make a directory");
        let options = format!("none,name=syscope-it-{}", std::process::id());
        run(Command::new("mount").args(["-t", "cgroup", "-o", &options, "cgroup"]).arg(&path));
        Fresh(path)
    }

    /// Makes a cgroup here that has the id of one elsewhere; `None` when this id is left out here.
    fn same_id(&self, wanted: u64) -> Option<PathBuf> {
        let path = self.0.join("twin");
        for _ in 0..TRIES {
            fs::create_dir(&path).expect("make a cgroup");
            match id(&path) {
                found if found == wanted => return Some(path),
                found => fs::remove_dir(&path).ok().filter(|()| found < wanted)?,
            }
        }
        panic!("{wanted} is too far away");
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// The id of the container's cgroup.
fn tracked_id(pid: u32) -> u64 {
    id(&directory_of(pid, &tracked().name))
}

#[test]
#[ignore = "root+bpf"]
fn equal_ids_in_two_hierarchies_are_two_cgroups() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let fresh = Fresh::mount(&host);
    let args = ticking("mark-own");
    // Some of the ids are those of files in the fresh hierarchy: then another container is tried.
    let (container, pid, twin) = (0..64)
        .find_map(|number| {
            let container = hex_id(number);
            let bundle = Bundle::new(&host, &args.each_ref().map(String::as_str));
            let pid = runc.start(&container, &bundle);
            let twin = fresh.same_id(tracked_id(pid));
            if twin.is_none() {
                runc.delete(&container);
            }
            twin.map(|twin| (container, pid, twin))
        })
        .expect("a pair of equal ids");
    assert_eq!(id(&twin), tracked_id(pid));
    let watch = Watch::execs();
    watch.until("mark-own");

    // A process of the host goes through the twin; then the twin gets a name like a container, and goes.
    check_stranger(&watch, &twin, "mark-stranger-1");
    let renamed = twin.with_file_name(hex_id(1000));
    fs::rename(&twin, &renamed).expect("give it another name");
    check_stranger(&watch, &renamed, "mark-stranger-2");
    fs::remove_dir(&renamed).expect("remove it");
    let before = watch.events().of("mark-own").len();
    watch.until_events("the container goes on", |events| events.of("mark-own").len() > before + 10);
    runc.exec(&container, &["/bin/true", "mark-session"]);
    watch.until("mark-session");
    let events = watch.end();
    events.check_id("mark-own", &container);
    events.check_id("mark-session", &container);
    events.check_none("mark-stranger-1");
    events.check_none("mark-stranger-2");
}

fn check_stranger(watch: &Watch, directory: &Path, mark: &str) {
    let script = format!("echo 0 >{}/cgroup.procs; /bin/true {mark}", directory.display());
    run(Command::new("/bin/sh").args(["-c", &script]));
    watch.until(mark);
}
