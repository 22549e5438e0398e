//! Whose events are, where things go wrong: the table is full, changes are lost, the programs do not load.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use syscope_container::resolver;
use syscope_container::selector::{Asked, Selector};
use syscope_event::{CgroupState, Ending, Event, OwnerKind, Source};
use syscope_tracer::{Builder, Error, Execs, Trace};

use crate::cgroups::{Cgroup, Dir, agree, id, read_until, tempdir, tracked};

/// Where no runtime is; with `run`, one may come to be, so that it takes a while until nobody is known to know.
fn nowhere(dir: &Dir, is_slow: bool) -> resolver::Config {
    if is_slow {
        fs::create_dir(dir.0.join("run")).expect("make a directory");
    }
    resolver::Config { root: dir.0.clone(), ..resolver::Config::default() }
}

/// An id that no container has.
fn hex_id(number: u32) -> String {
    format!("{number:032x}{:032x}", std::process::id())
}

/// The cgroup of a container as systemd's names tell it, below a slice; nobody is there to say otherwise.
fn container(slice: &Cgroup, id: &str) -> PathBuf {
    slice.below(&format!("docker-{id}.scope"))
}

fn slice(name: &str) -> Cgroup {
    Cgroup::new(&tracked().at, &format!("{name}.slice"))
}

fn selector(id: &str) -> Selector {
    Selector::parse(&Asked { containers: &[id[..60].to_owned()], ..Asked::default() }).expect("an id")
}

fn execs() -> Builder {
    Builder::new().execs(Execs { args_limit: 4096, env_limit: 0, exits: false })
}

fn move_to(child: &Child, cgroup: &Path) {
    fs::write(cgroup.join("cgroup.procs"), child.id().to_string()).expect("move a process");
}

/// A shell that does what it is told when it is told so, and ends with the test.
struct Shell(Child);

impl Shell {
    fn new(script: &str) -> Shell {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::null());
        Shell(command.spawn().expect("start a shell"))
    }

    fn go_on(&mut self) {
        self.0.stdin.as_mut().expect("a pipe").write_all(b"\n").expect("write to the shell");
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads for a while.
fn read_for(trace: &mut Trace, time: Duration, see: impl FnMut(&Event<'_>)) {
    let until = Instant::now() + time;
    read_until(trace, see, |_| Instant::now() >= until);
}

/// Reads to the end.
fn read_out(mut trace: Trace, mut see: impl FnMut(&Event<'_>)) {
    trace.stopper().stop();
    while let Some(event) = trace.next().expect("read events") {
        see(&event);
    }
    let totals = trace.totals();
    assert_eq!(totals.produced, totals.delivered + totals.lost(), "{totals:?}");
}

#[test]
#[ignore = "root+bpf"]
fn a_call_in_progress_has_its_owner() {
    let slice = slice("progress");
    let (wanted, other) = (hex_id(1), hex_id(2));
    let (inside, outside) = (container(&slice, &wanted), container(&slice, &other));
    let sleepers = [&inside, &outside].map(|cgroup| {
        let sleeper =
            Shell(Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().expect("start sleep"));
        move_to(&sleeper.0, cgroup);
        sleeper
    });
    let nothing = tempdir("progress");
    let builder = Builder::new().syscalls("clock_nanosleep,nanosleep").expect("known calls").entry(true);
    let mut trace = builder
        .owners(nowhere(&nothing, false))
        .containers(selector(&wanted))
        .start()
        .expect("start a trace");
    read_for(&mut trace, Duration::from_millis(100), |_| {});
    let mut seen = Vec::new();
    read_out(trace, |event| {
        if let Event::Syscall(call) = event
            && call.ending == Ending::Unfinished
        {
            let cgroup = &call.thread.cgroup;
            let owner = cgroup.owner.and_then(|owner| owner.container()).map(|one| one.id.to_string());
            seen.push((call.thread.tid.0, cgroup.id, owner));
        }
    });
    assert_eq!(seen, [(sleepers[0].0.id(), id(&inside), Some(wanted))]);
}

/// What was noted of a call when its cgroup was not decided yet is no entry of a later one.
#[test]
#[ignore = "root+bpf"]
fn a_call_of_before_is_no_entry_of_a_later_exec() {
    let slice = slice("entry");
    let wanted = hex_id(1);
    let inside = container(&slice, &wanted);
    let nothing = tempdir("entry");
    let builder = Builder::new().syscalls("read,execve").expect("known calls").entry(true);
    let mut trace =
        builder.owners(nowhere(&nothing, true)).containers(selector(&wanted)).start().expect("start a trace");
    let mut shell = Shell::new("read a; read b; exec /bin/sleep 60");
    let undecided = Cgroup::new(&tracked().at, "entry-undecided");
    let wanted_id = id(&undecided.0);
    move_to(&shell.0, &undecided.0);
    // The second read begins while nobody knows whose the cgroup is.
    shell.go_on();
    read_until(
        &mut trace,
        |_| {},
        |trace| {
            let table = trace.cgroup_table().expect("cgroups are followed");
            table.known.iter().any(|node| node.id == wanted_id && node.owner.is_some())
        },
    );
    read_for(&mut trace, Duration::from_secs(2), |_| {});
    move_to(&shell.0, &inside);
    shell.go_on();
    let mut execs = Vec::new();
    let pid = shell.0.id();
    let mut see = |event: &Event<'_>| {
        if let Event::Syscall(call) = event
            && call.thread.process.pid.0 == pid
            && call.call.syscall.is_some_and(|syscall| syscall.name == "execve")
        {
            execs.push(call.latency_ns);
        }
    };
    read_for(&mut trace, Duration::from_millis(300), &mut see);
    read_out(trace, &mut see);
    assert_eq!(execs.len(), 1, "the exec is of the container");
    assert!(execs[0].is_none_or(|latency| latency < 1_000_000_000), "{execs:?}");
}

/// A container whose path tells nothing, made slowly: what its runtime does first must not settle whose it is.
#[test]
#[ignore = "root+bpf"]
fn a_runtime_may_take_its_time() {
    let name = hex_id(1);
    let nothing = tempdir("slow");
    let config = nowhere(&nothing, true);
    let state = nothing.0.join("run/runc").join(&name);
    fs::create_dir_all(&state).expect("make a directory");
    let builder = Builder::new().syscalls("read,execve").expect("known calls").owners(config);
    let mut trace = builder.start().expect("start a trace");
    // Before the process in it, so that it goes after that.
    let cgroup = Cgroup::new(&tracked().at, "slow");
    let mut shell = Shell::new("read a; read b; exec /bin/sleep 60");
    move_to(&shell.0, &cgroup.0);
    let pid = shell.0.id();
    let mut owners = Vec::new();
    let mut see = |event: &Event<'_>| {
        if let Event::Syscall(call) = event
            && call.thread.process.pid.0 == pid
            && call.call.syscall.is_some_and(|syscall| syscall.name == "execve")
            && call.thread.cgroup.id == id(&cgroup.0)
        {
            let owner = call.thread.cgroup.owner.and_then(|owner| owner.container());
            owners.push(owner.map(|container| container.id.to_string()));
        }
    };
    // What the runtime does in the container's cgroup waits, and goes.
    shell.go_on();
    read_for(&mut trace, Duration::from_millis(400), &mut see);
    let path = cgroup.0.strip_prefix(tracked().at).expect("it is below").display().to_string();
    let controller = tracked().controller.unwrap_or_default();
    let text = format!(r#"{{"cgroup_paths":{{"{controller}":"{}"}}}}"#, cgroup.0.display());
    fs::write(state.join("state.json"), text).expect("write a state file");
    shell.go_on();
    read_for(&mut trace, Duration::from_millis(1000), &mut see);
    read_out(trace, &mut see);
    assert_eq!(owners, [Some(name)], "/{path}");
}

#[test]
#[ignore = "root+bpf"]
fn where_cgroups_cannot_be_followed_all_else_works() {
    let nothing = tempdir("fallback");
    // A table without room is refused by the kernel, and with it all programs that need it.
    let broken = || execs().cgroup_capacity(0).owners(nowhere(&nothing, false));
    let mut trace = broken().start().expect("start a trace");
    let why = trace.untracked().expect("owners cannot be told").to_owned();
    assert!(why.contains("cannot be loaded"), "{why}");
    assert!(trace.hooks().iter().all(|hook| !hook.starts_with("cgroup_")), "{:?}", trace.hooks());
    assert!(Command::new("/bin/true").status().expect("run true").success());
    let mut owners = Vec::new();
    let mut see = |event: &Event<'_>| {
        if let Event::Exec(exec) = event {
            let owner = exec.thread.cgroup.owner.expect("an owner");
            assert_ne!(exec.thread.cgroup.id, 0, "the cgroup itself is known");
            owners.push((owner.kind.clone(), owner.source, owner.doubt.as_deref().map(str::to_owned)));
        }
    };
    read_for(&mut trace, Duration::from_millis(100), &mut see);
    read_out(trace, &mut see);
    assert!(owners.contains(&(OwnerKind::Unknown, Source::None, Some(why))), "{owners:?}");
    // Everything instead of some containers would be wrong.
    let refused = broken().containers(selector(&hex_id(1))).start();
    assert!(matches!(refused, Err(Error::NoContainers(_))), "{:?}", refused.err());
}

/// The making of a directory inside a container was lost; what is made in that is called like a container.
#[test]
#[ignore = "root+bpf"]
fn a_lost_change_makes_no_forgery_true() {
    let slice = slice("forged");
    let (owner, forged) = (hex_id(1), hex_id(2));
    let inside = container(&slice, &owner);
    let nothing = tempdir("forged");
    let builder = execs().ring_bytes(64 << 10).owners(nowhere(&nothing, false));
    let mut trace = builder.start().expect("start a trace");
    let noise = Cgroup::new(&tracked().at, "forged-noise");
    pin(0);
    for n in 0..400 {
        noise.below(&format!("n{n}"));
    }
    let between = inside.join("between.slice");
    fs::create_dir(&between).expect("make a cgroup");
    // The other CPU has lost nothing so far.
    pin(1);
    let deep = between.join(format!("docker-{forged}.scope"));
    fs::create_dir(&deep).expect("make a cgroup");
    let (deep, tracking) = (id(&deep), id(&inside));
    let mut first = None;
    read_until(
        &mut trace,
        |_| {},
        |trace| {
            let table = trace.cgroup_table().expect("cgroups are followed");
            first = table.known.iter().find(|node| node.id == deep).cloned();
            first.as_ref().is_some_and(|node| node.owner.is_some())
        },
    );
    let node = first.expect("it is known");
    let id = node.owner.as_ref().and_then(|owner| owner.container()).map(|one| one.id.to_string());
    assert_eq!((id, node.tracking), (Some(owner), Some(tracking)), "{}", String::from_utf8_lossy(&node.path));
    assert!(trace.attribution().is_some_and(|attribution| attribution.rereads > 0));
}

#[test]
#[ignore = "root+bpf"]
fn ten_thousand_cgroups_fit() {
    const COUNT: usize = 10_000;
    let tracked = tracked();
    let crowd = Cgroup::new(&tracked.at, "crowd");
    let mut ids = BTreeSet::new();
    let mut make = |range: std::ops::Range<usize>| {
        for n in range {
            let parent = crowd.0.join(format!("p{}", n % 100));
            if n < 100 {
                fs::create_dir(&parent).expect("make a cgroup");
            } else {
                fs::create_dir(parent.join(format!("c{n}"))).expect("make a cgroup");
            }
            ids.insert(id(&if n < 100 { parent } else { parent.join(format!("c{n}")) }));
        }
    };
    make(0..COUNT / 2);
    let nothing = tempdir("crowd");
    let began = Instant::now();
    let mut trace = execs().owners(nowhere(&nothing, false)).start().expect("start a trace");
    println!("start with {} cgroups: {:?}", COUNT / 2, began.elapsed());
    // Half of them come while it runs.
    let began = Instant::now();
    make(COUNT / 2..COUNT);
    println!("as many more made: {:?}", began.elapsed());
    let began = Instant::now();
    read_until(&mut trace, |_| {}, |trace| agree(trace, &tracked));
    read_until(
        &mut trace,
        |_| {},
        |trace| {
            let table = trace.cgroup_table().expect("cgroups are followed");
            let known = table.known.iter().filter(|node| ids.contains(&node.id));
            known.filter(|node| node.owner.is_some()).count() == COUNT
        },
    );
    println!("all {COUNT} are known: {:?} later", began.elapsed());
    let table = trace.cgroup_table().expect("cgroups are followed");
    let kernel: BTreeSet<u64> = table.kernel.iter().copied().collect();
    assert!(ids.is_subset(&kernel), "the kernel's table has them all");
    assert!(table.capacity as usize >= kernel.len());
    assert_eq!(trace.attribution().map(|attribution| attribution.table_full), Some(0));
    let began = Instant::now();
    drop(crowd);
    println!("all removed: {:?}", began.elapsed());
    let began = Instant::now();
    read_until(&mut trace, |_| {}, |trace| agree(trace, &tracked));
    println!("that is known: {:?} later", began.elapsed());
    let table = trace.cgroup_table().expect("cgroups are followed");
    assert!(table.kernel.iter().all(|id| !ids.contains(id)), "no entry is left");
    drop(trace);
}

/// What finds no room in the kernel's table is counted, and has its owner all the same.
#[test]
#[ignore = "root+bpf"]
fn a_full_table_is_counted_and_mistakes_no_owner() {
    let slice = slice("full");
    let (wanted, other) = (hex_id(1), hex_id(2));
    let nothing = tempdir("full");
    let crowd = Cgroup::new(&tracked().at, "full-crowd");
    for n in 0..150 {
        crowd.below(&format!("n{n}"));
    }
    let builder = execs().cgroup_capacity(100).owners(nowhere(&nothing, false));
    let mut trace = builder.containers(selector(&wanted)).start().expect("start a trace");
    let at_start = trace.attribution().expect("owners are told").table_full;
    assert!(at_start >= 50, "{at_start}");
    let mut shells = [&wanted, &other].map(|id| {
        let cgroup = container(&slice, id);
        let shell = Shell::new("read a; exec /bin/sleep 60");
        move_to(&shell.0, &cgroup);
        shell
    });
    shells.iter_mut().for_each(Shell::go_on);
    let mut seen = BTreeSet::new();
    let mut see = |event: &Event<'_>| {
        if let Event::Exec(exec) = event {
            let owner = exec.thread.cgroup.owner.and_then(|owner| owner.container());
            seen.insert((exec.thread.process.pid.0, owner.map(|container| container.id.to_string())));
        }
    };
    read_for(&mut trace, Duration::from_millis(500), &mut see);
    let attribution = trace.attribution().expect("owners are told");
    assert!(attribution.table_full >= at_start + 2, "{attribution:?}");
    assert!(attribution.trouble().is_some_and(|words| words.contains("no room in the kernel's table")));
    let table = trace.cgroup_table().expect("cgroups are followed");
    assert_eq!((table.capacity, table.kernel.len()), (100, 100));
    assert!(table.known.iter().filter(|node| node.state != CgroupState::Removed).count() > 150);
    read_out(trace, &mut see);
    assert_eq!(seen, BTreeSet::from([(shells[0].0.id(), Some(wanted))]));
}

/// Runs this thread on one CPU.
fn pin(cpu: usize) {
    // SAFETY: the set is plain data, for which zero is valid, and outlives the call.
    let done = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set)
    };
    assert_eq!(done, 0, "two CPUs are needed");
}
