//! Traced programs in C, and how a test talks with one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use syscope_testing::programs::{PROGRAMS, Program, build_one};

use super::run::{LIMIT, wait};

macro_rules! own_programs {
    ($($name:literal $(in $bits:literal bits)?),* $(,)?) => {
        &[$(Program {
            name: $name,
            source: include_str!(concat!("../programs/", $name, ".c")),
            bits32: false $(|| $bits == 32)?,
        }),*]
    };
}

/// The programs of these tests; each says what it knows in lines `key value`.
const OWN: &[Program] = own_programs![
    "arguments",
    "blocked",
    "compat" in 32 bits,
    "counted",
    "crowd",
    "endings",
    "execs",
    "family",
    "into_cgroup",
    "last_thread",
    "namespaces",
    "race",
    "results",
    "spawns",
    "workers",
];

/// Builds one of these programs, or of the crate `syscope-testing`, and returns its path.
pub fn program(name: &str) -> PathBuf {
    let found = OWN.iter().chain(PROGRAMS).find(|program| program.name == name);
    let program = found.unwrap_or_else(|| panic!("no program {name}"));
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("integration");
    std::fs::create_dir_all(&directory).expect("make the directory of the programs");
    build_one(program, &directory).expect("build a program")
}

/// The values a program said under `key`, in order.
pub fn said(output: &str, key: &str) -> Vec<String> {
    let value = |line: &str| line.strip_prefix(key)?.strip_prefix(' ').map(str::to_owned);
    output.lines().filter_map(value).collect()
}

/// A running program that a test listens and talks to by its stdout and stdin.
#[derive(Debug)]
pub struct Puppet {
    child: Child,
    lines: Receiver<String>,
}

impl Puppet {
    pub fn start(command: &mut Command) -> Puppet {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().unwrap_or_else(|error| panic!("start {command:?}: {error}"));
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let (send, lines) = channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Puppet { child, lines }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line, which must begin with `key`; returns what follows it.
    pub fn hear(&self, key: &str) -> String {
        let line = self.lines.recv_timeout(LIMIT).unwrap_or_else(|error| panic!("no line {key:?}: {error}"));
        said(&line, key).pop().unwrap_or_else(|| panic!("{key:?} expected, but: {line:?}"))
    }

    /// The next line, whatever it is.
    pub fn hear_any(&self) -> String {
        self.lines.recv_timeout(LIMIT).expect("a line of the program")
    }

    pub fn say(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin is a pipe");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).expect("talk to the program");
    }

    /// Closes its stdin, which ends it, and waits.
    pub fn end(mut self) -> ExitStatus {
        drop(self.child.stdin.take());
        wait(&mut self.child)
    }

    /// Waits until the process sleeps in this call (`/proc/PID/syscall`).
    pub fn wait_until_in(&self, nr: libc::c_long) {
        let path = format!("/proc/{}/syscall", self.pid());
        super::until("the program is in its call", || {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            (text.split(' ').next() == Some(&nr.to_string())).then_some(())
        });
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
