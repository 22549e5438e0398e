//! Runs one command under one tracer, always in the same surroundings.

mod http;

use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::commands::Case;
use crate::record::Log;
use crate::strace::parse_strace;
use crate::syscope::{parse_json, parse_text};
use http::HttpServer;

/// A run that takes longer is killed.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// How much of a string both tracers show; strace's own default.
const STRING_LIMIT: &str = "32";

/// Who watches the command.
#[derive(Clone, Copy, Debug)]
pub enum Tracer<'a> {
    /// Nobody; fills caches, so that all watched runs find the same.
    Nobody,
    /// `strace -f`.
    Strace,
    /// `syscope trace -o json`, by this binary.
    SyscopeJson(&'a Path),
    /// `syscope trace`, by this binary.
    SyscopeText(&'a Path),
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the tracer wrote, parsed.
    pub log: Log,
    /// How the tracer ended, which is how the command ended: `exit 0`, `signal 9`.
    pub status: String,
    /// What tracer and command wrote to stderr.
    pub stderr: String,
}

/// The directory all runs happen in, and the loopback server they may ask.
///
/// Every run sees the same path, emptied and set up anew, so that paths need no normalising.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    programs: PathBuf,
    server: HttpServer,
}

impl Workspace {
    /// Makes the directory and starts the server; `programs` is where the traced programs were built.
    pub fn create(programs: &Path) -> io::Result<Workspace> {
        let root = std::env::temp_dir().join(format!("syscope-parity-{}", std::process::id()));
        fs::create_dir_all(&root)?;
        Ok(Workspace { root, programs: programs.to_owned(), server: HttpServer::start()? })
    }

    /// Runs the case from scratch.
    pub fn run(&self, tracer: Tracer<'_>, case: &Case) -> io::Result<Run> {
        let work = self.root.join("here");
        let trace = self.root.join("trace");
        let _ = fs::remove_dir_all(&work);
        let _ = fs::remove_file(&trace);
        fs::create_dir_all(&work)?;
        self.set_up(case, &work)?;
        let stdin = self.root.join("stdin");
        fs::write(&stdin, &case.stdin)?;
        let stderr = self.root.join("stderr");
        // In the background of a shell, or under nohup, some signals are ignored, and so they would be here.
        let mut command = Command::new("env");
        command.args(["--default-signal", "setarch", "-R"]).args(tracer_arguments(tracer, &trace));
        command.args(case.command.iter().map(|argument| self.fill_in(argument)));
        self.surround(&mut command, case, &work);
        command.stdin(File::open(&stdin)?).stdout(File::create(self.root.join("stdout"))?);
        command.stderr(File::create(&stderr)?).process_group(0);
        let status = wait(command.spawn()?)?;
        let stderr = String::from_utf8_lossy(&fs::read(&stderr)?).into_owned();
        let text = String::from_utf8_lossy(&fs::read(&trace).unwrap_or_default()).into_owned();
        let log = match tracer {
            Tracer::Nobody => Log::default(),
            Tracer::Strace => parse_strace(&text),
            Tracer::SyscopeJson(_) => parse_json(&text),
            Tracer::SyscopeText(_) => parse_text(&text),
        };
        Ok(Run { log, status: describe_status(status), stderr })
    }

    fn set_up(&self, case: &Case, work: &Path) -> io::Result<()> {
        let mut command = Command::new("sh");
        command.args(["-e", "-c", &self.fill_in(&case.setup)]);
        self.surround(&mut command, case, work);
        let output = command.output()?;
        if output.status.success() {
            return Ok(());
        }
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(format!("set up {}: {}", case.name, reason.trim())))
    }

    /// The same environment and directory for every run.
    fn surround(&self, command: &mut Command, case: &Case, work: &Path) {
        command.current_dir(work).env_clear();
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", work).env("TMPDIR", work).env("LC_ALL", "C").env("TZ", "UTC");
        // Hash tables in the same order, no caches written, commits at the same time.
        command.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1").env("PERL_HASH_SEED", "0");
        command.env("GIT_AUTHOR_DATE", "1700000000 +0000").env("GIT_COMMITTER_DATE", "1700000000 +0000");
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command.envs(case.environment.iter().copied());
    }

    /// Puts the port of the server and the directory of the programs in.
    fn fill_in(&self, text: &str) -> String {
        let programs = self.programs.to_string_lossy();
        text.replace("{port}", &self.server.port().to_string()).replace("{programs}", &programs)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn tracer_arguments(tracer: Tracer<'_>, trace: &Path) -> Vec<String> {
    let trace = trace.to_string_lossy().into_owned();
    let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let syscope = |binary: &Path, format: &str| {
        let binary = binary.to_string_lossy();
        strings(&[&binary, "trace", "-o", format, "-w", &trace, "--string-limit", STRING_LIMIT, "--"])
    };
    match tracer {
        Tracer::Nobody => Vec::new(),
        Tracer::Strace => strings(&["strace", "-f", "-s", STRING_LIMIT, "-o", &trace, "--"]),
        Tracer::SyscopeJson(binary) => syscope(binary, "json"),
        Tracer::SyscopeText(binary) => syscope(binary, "cli"),
    }
}

/// Waits for the end, and makes one when it takes too long.
fn wait(mut child: Child) -> io::Result<ExitStatus> {
    let end = Instant::now() + TIME_LIMIT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > end {
            // The group was made for this child alone.
            Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status()?;
            child.wait()?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the run took too long"));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Shells and tracers report a signal as 128 + its number; both forms are one.
fn describe_status(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code)) if code > 128 && code < 128 + 65 => format!("signal {}", code - 128),
        (None, code) => format!("exit {}", code.unwrap_or(-1)),
    }
}
