//! Processes that end: every run has a limit, and nothing is left of one that reaches it.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A run that takes longer has failed.
pub const LIMIT: Duration = Duration::from_secs(40);

/// A directory of a test's own, removed with all that is in it.
#[derive(Debug)]
pub struct Dir(PathBuf);

impl Dir {
    pub fn new() -> Dir {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("syscope-it-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("make a directory");
        Dir(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file into it.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, text).expect("write a file");
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ended {
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// The binary under test, without settings from the surroundings.
pub fn syscope() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syscope"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SYSCOPE_") || name == "NO_COLOR" {
            command.env_remove(name);
        }
    }
    command
}

/// The binary where `nobody` can run it.
pub fn for_everybody(dir: &Dir) -> Command {
    let copy = dir.join("syscope");
    std::fs::copy(Path::new(env!("CARGO_BIN_EXE_syscope")), &copy).expect("copy the binary");
    for (path, mode) in [(copy.as_path(), 0o755), (dir.path(), 0o755)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("open it to everybody");
    }
    Command::new(copy)
}

/// Runs a command to its end, with nothing to read. What it writes goes to files: a descendant that
/// outlives it holds nobody up.
pub fn run(command: &mut Command) -> Ended {
    let dir = Dir::new();
    let child = start(command, &dir);
    finish(child, &dir)
}

/// Starts a command that writes into `dir`, in a process group of its own.
pub fn start(command: &mut Command, dir: &Dir) -> Child {
    let file = |name| File::create(dir.join(name)).expect("make a file for output");
    command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr")).process_group(0);
    command.spawn().unwrap_or_else(|error| panic!("start {command:?}: {error}"))
}

/// Waits for what [`start`] has started.
pub fn finish(mut child: Child, dir: &Dir) -> Ended {
    let status = wait(&mut child);
    let read = |name| fs::read(dir.join(name)).unwrap_or_default();
    Ended { status, stdout: read("stdout"), stderr: String::from_utf8_lossy(&read("stderr")).into_owned() }
}

/// Waits for the end of a child that leads its process group; kills the group at the limit.
pub fn wait(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().expect("wait for a child") {
            return status;
        }
        if Instant::now() > end {
            // SAFETY: a plain system call; the group was made for this child.
            unsafe { libc::kill(-(child.id() as i32), libc::SIGKILL) };
            let _ = child.wait();
            panic!("a run took longer than {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until `condition` gives something.
pub fn until<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    wait_for(condition).unwrap_or_else(|| panic!("waited in vain: {what}"))
}

/// The same; `None`: it did not within [`LIMIT`].
pub fn wait_for<T>(mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + LIMIT;
    loop {
        let found = condition();
        if found.is_some() || Instant::now() >= end {
            return found;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
