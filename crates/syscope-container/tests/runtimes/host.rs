//! A host of the tests' own: a root directory that the runtimes keep their sockets and state below.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use syscope_container::resolver::{Answer, Config, Question, Resolver};
use syscope_event::Source;
use tempfile::TempDir;

/// The root directory, with an image archive in it.
pub struct Host {
    dir: TempDir,
}

impl Host {
    pub fn new() -> Host {
        assert!(rustix::process::geteuid().is_root(), "these tests need root");
        // Short, for the sockets in it.
        let dir = tempfile::Builder::new().prefix("rt").tempdir_in("/tmp").unwrap();
        fs::create_dir_all(dir.path().join("run")).unwrap();
        let host = Host { dir };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runtimes/image.sh");
        run(Command::new("sh").arg(script).arg(host.image()));
        host
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    pub fn text(&self, below: &str) -> String {
        self.path(below).to_str().unwrap().to_owned()
    }

    pub fn image(&self) -> PathBuf {
        self.path("image.tar")
    }

    pub fn config(&self) -> Config {
        Config { root: self.dir.path().to_owned(), timeout: Duration::from_secs(1), ..Config::default() }
    }

    pub fn resolver(&self) -> Resolver {
        Resolver::start(self.config())
    }

    /// A bundle whose container runs `arguments` with the host's network.
    pub fn bundle(&self, name: &str, cgroup: Option<&str>, arguments: &[&str]) -> PathBuf {
        let bundle = self.path(name);
        let root = bundle.join("rootfs/bin");
        fs::create_dir_all(&root).unwrap();
        let busybox =
            String::from_utf8(run(Command::new("sh").args(["-c", "command -v busybox"])).stdout).unwrap();
        fs::copy(busybox.trim(), root.join("busybox")).unwrap();
        run(Command::new("runc").arg("spec").current_dir(&bundle));
        let file = bundle.join("config.json");
        let mut spec: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        spec["process"]["terminal"] = false.into();
        spec["process"]["args"] = arguments.into();
        spec["process"]["rlimits"] = serde_json::json!([]);
        spec["annotations"] = serde_json::json!({"org.example.app": "web"});
        spec["linux"]["resources"] = serde_json::json!({});
        if let Some(cgroup) = cgroup {
            spec["linux"]["cgroupsPath"] = cgroup.into();
        }
        let namespaces = spec["linux"]["namespaces"].as_array_mut().unwrap();
        namespaces.retain(|namespace| namespace["type"] != "network" && namespace["type"] != "cgroup");
        fs::write(file, spec.to_string()).unwrap();
        bundle
    }
}

/// Runs a command that has to succeed.
pub fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().expect("the program is installed");
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs a command whose output may stay with a process it leaves behind.
pub fn run_detached(command: &mut Command, log: &Path) {
    let file = fs::File::create(log).unwrap();
    let errors = file.try_clone().unwrap();
    let status = command.stdin(Stdio::null()).stdout(file).stderr(errors).status().unwrap();
    assert!(status.success(), "{command:?}: {}", fs::read_to_string(log).unwrap_or_default());
}

/// The standard output of a command, trimmed.
pub fn output(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).unwrap().trim().to_owned()
}

/// Waits until `condition` holds.
pub fn wait_for<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Something to be done at the end of a test, however it ends.
pub struct Undo<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for Undo<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Ends what is left in the cgroup `path`, removes it, and its ancestors that are empty then, in all hierarchies when it
/// is dropped. Make it before what fills them.
pub struct Cgroups(pub String);

impl Drop for Cgroups {
    fn drop(&mut self) {
        let own = Path::new(self.0.trim_start_matches('/'));
        if own.as_os_str().is_empty() {
            return;
        }
        for entry in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            let hierarchy = entry.path();
            remove_cgroup(&hierarchy.join(own));
            for above in own.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()) {
                let _ = fs::remove_dir(hierarchy.join(above));
            }
        }
    }
}

/// Removes a cgroup with all below it; a process that was killed may still be leaving.
fn remove_cgroup(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroup(&entry.path());
        }
    }
    let end = Instant::now() + Duration::from_secs(2);
    while fs::remove_dir(directory).is_err_and(|error| error.kind() == io::ErrorKind::ResourceBusy)
        && Instant::now() < end
    {
        let pids = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
        for pid in pids.lines().filter_map(|pid| rustix::process::Pid::from_raw(pid.parse().ok()?)) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// A daemon of the test's own; it and all that it left in its root's directories end with this.
pub struct Daemon {
    child: Child,
}

impl Daemon {
    pub fn start(command: &mut Command, log: &Path) -> Daemon {
        let file = fs::File::create(log).unwrap();
        let errors = file.try_clone().unwrap();
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn().unwrap();
        Daemon { child }
    }

    /// Stops the daemon, and waits until its last thread has stopped.
    pub fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
        let tasks = format!("/proc/{}/task", self.child.id());
        wait_for("all threads to stop", Duration::from_secs(5), || {
            let is_stopped = |task: fs::DirEntry| {
                let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
                status.contains("State:\tT")
            };
            fs::read_dir(&tasks).unwrap().flatten().all(is_stopped).then_some(())
        });
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        use rustix::process::Signal;
        self.signal(Signal::CONT);
        self.signal(Signal::TERM);
        let end = Instant::now() + Duration::from_secs(10);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > end {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Unmounts and ends what a daemon left below `root`: shims and mounts go by their paths.
pub fn clean(root: &Path) {
    let root = root.to_str().unwrap();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let is_shim = String::from_utf8_lossy(&command).contains("containerd-shim");
        if is_shim && String::from_utf8_lossy(&command).contains(root) {
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_raw(pid).unwrap(),
                rustix::process::Signal::KILL,
            );
        }
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let below = mounts.lines().filter_map(|line| line.split(' ').nth(1)).filter(|at| at.starts_with(root));
    for at in below.collect::<Vec<_>>().into_iter().rev() {
        let _ = Command::new("umount").args(["-l", at]).output();
    }
}

/// The hierarchy that the tests look at: a v1 controller's, else v2; with where it is mounted.
pub fn hierarchy() -> (&'static str, PathBuf) {
    for name in ["memory", "pids"] {
        let at = Path::new("/sys/fs/cgroup").join(name);
        if at.join("cgroup.procs").exists() {
            return (name, at);
        }
    }
    ("", "/sys/fs/cgroup".into())
}

/// The cgroup of a process there.
pub fn cgroup_of(pid: u32) -> String {
    let (name, _) = hierarchy();
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("the process lives");
    let line = text.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        (fields.next()?.split(',').any(|one| one == name)).then(|| fields.next().map(str::to_owned))?
    });
    line.unwrap_or_else(|| panic!("{name:?} in {text}"))
}

/// Asks and waits for the last word; how long it took comes with it.
pub fn ask(resolver: &Resolver, path: &str) -> (Answer, Duration) {
    let started = Instant::now();
    assert!(resolver.ask(Question { cgroup: 1, path: path.as_bytes().into(), by_root: true }));
    loop {
        let answer = resolver.answer_within(Duration::from_secs(10)).expect("an answer");
        if answer.last {
            return (answer, started.elapsed());
        }
    }
}

/// Prints how long a look-up takes: the first one, then the middle and the longest of many, then 200 at once.
pub fn measure(resolver: &Resolver, what: &str, path: &str) {
    let (_, first) = ask(resolver, path);
    let mut times: Vec<Duration> = (0..100).map(|_| ask(resolver, path).1).collect();
    times.sort();
    let mut line = String::new();
    write!(line, "look-up {what}: first {first:?}, median {:?}, p95 {:?}", times[50], times[95]).unwrap();
    let started = Instant::now();
    for cgroup in 0..200 {
        assert!(resolver.ask(Question { cgroup, path: path.as_bytes().into(), by_root: true }));
    }
    let mut known = 0;
    while known < 200 {
        let answer = resolver.answer_within(Duration::from_secs(10)).expect("an answer");
        if answer.last {
            assert!(answer.owner.container().is_some() && answer.owner.source != Source::Path, "{answer:?}");
            known += 1;
        }
    }
    println!("{line}, max {:?}; 200 at once: {:?}", times[99], started.elapsed());
}
