//! Runs of `syscope exec`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use syscope_output::record::{Exec, Exit, Loss, Record, Text, Totals};

use crate::support::{Dir, Ended, bytes_of, finish, parse, start, syscope, until};

/// An argument of the program that is run until it shows in the log.
pub const PROBE: &str = "syscope-it-probe";

/// A running `syscope exec`.
pub struct Running {
    child: Option<Child>,
    dir: Dir,
    /// Where the log goes.
    path: PathBuf,
}

impl Running {
    /// Starts `syscope exec -f json` with more flags, and waits until it records.
    pub fn start(flags: &[&str]) -> Running {
        Running::plain(&[&["-f", "json"], flags].concat())
    }

    /// Starts `syscope exec` with these flags alone, and waits until it records.
    pub fn plain(flags: &[&str]) -> Running {
        let running = Running::quiet(flags);
        running.wait_ready(probe);
        running
    }

    /// Starts it and does not wait.
    pub fn quiet(flags: &[&str]) -> Running {
        let dir = Dir::new();
        let mut path = dir.join("stdout");
        let mut command = syscope();
        command.arg("exec").args(flags);
        if let Some(at) = flags.iter().position(|flag| *flag == "--write") {
            path = PathBuf::from(flags[at + 1]);
        }
        Running { child: Some(start(&mut command, &dir)), dir, path }
    }

    /// Waits until what `probe` runs shows.
    pub fn wait_ready(&self, mut probe: impl FnMut()) {
        until("the log begins", || {
            probe();
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert!(self.alive(), "it ended: {}", self.stderr());
            self.text().contains(PROBE).then_some(())
        });
    }

    fn alive(&self) -> bool {
        let path = format!("/proc/{}/stat", self.pid());
        std::fs::read_to_string(path).is_ok_and(|stat| !stat.contains(") Z "))
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// What is in the log so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.path).unwrap_or_default()).into_owned()
    }

    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.dir.join("stderr")).unwrap_or_default()
    }

    /// Ends it by SIGTERM; whatever ended before is in its log.
    pub fn stop(mut self) -> Ended {
        // SAFETY: a plain system call on our own child.
        unsafe { libc::kill(self.pid() as i32, libc::SIGTERM) };
        self.finish()
    }

    /// Ends it by SIGTERM, leaves its log alone and returns what it said.
    pub fn stop_quietly(mut self) -> String {
        // SAFETY: a plain system call on our own child.
        unsafe { libc::kill(self.pid() as i32, libc::SIGTERM) };
        let ended = finish(self.child.take().expect("it runs"), &self.dir);
        assert!(ended.status.success(), "{ended:?}");
        ended.stderr
    }

    /// Waits for its end.
    pub fn finish(&mut self) -> Ended {
        let mut ended = finish(self.child.take().expect("it runs"), &self.dir);
        ended.stdout = std::fs::read(&self.path).unwrap_or_default();
        ended
    }

    /// Ends it and reads its log, in which nothing is missing.
    pub fn end(self) -> Log {
        let ended = self.stop();
        assert!(ended.status.success() && ended.stderr.ends_with(" 0 lost\n"), "{}", ended.stderr);
        let log = Log { records: ended.stdout().lines().map(parse).collect() };
        assert_eq!(log.totals().lost, 0);
        log
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs a program that shows that a log is running.
pub fn probe() {
    ok(Command::new("/bin/true").arg(PROBE));
}

/// Runs a command that must succeed.
pub fn ok(command: &mut Command) {
    let status = command.stdout(std::process::Stdio::null()).status();
    assert!(status.as_ref().is_ok_and(|status| status.success()), "{command:?}: {status:?}");
}

/// The log of a run that has ended.
pub struct Log {
    pub records: Vec<Record>,
}

impl Log {
    pub fn execs(&self) -> impl Iterator<Item = &Exec> {
        self.records.iter().filter_map(|record| match record {
            Record::Exec(exec) => Some(&**exec),
            _ => None,
        })
    }

    pub fn exits(&self) -> impl Iterator<Item = &Exit> {
        self.records.iter().filter_map(|record| match record {
            Record::Exit(exit) => Some(&**exit),
            _ => None,
        })
    }

    /// The execs with this argument.
    pub fn with(&self, argument: &str) -> Vec<&Exec> {
        self.execs().filter(|exec| exec.argv.iter().any(|have| bytes(have) == argument.as_bytes())).collect()
    }

    /// The only exec with this argument, complete.
    pub fn only(&self, argument: &str) -> &Exec {
        let found = self.with(argument);
        assert_eq!(found.len(), 1, "execs with {argument}: {found:#?}");
        assert!(!found[0].truncated && found[0].args_missing == 0, "{found:?}");
        found[0]
    }

    /// The only exec of this process.
    pub fn of(&self, pid: u32) -> &Exec {
        let found: Vec<&Exec> = self.execs().filter(|exec| exec.pid == pid).collect();
        assert_eq!(found.len(), 1, "execs of {pid}: {found:#?}");
        found[0]
    }

    /// The only end of this process.
    pub fn end_of(&self, pid: u32) -> &Exit {
        let found: Vec<&Exit> = self.exits().filter(|exit| exit.pid == pid).collect();
        assert_eq!(found.len(), 1, "ends of {pid}: {found:#?}");
        found[0]
    }

    pub fn totals(&self) -> &Totals {
        match self.records.last() {
            Some(Record::Loss(Loss::Totals(totals))) => totals,
            other => panic!("the last record is no account: {other:?}"),
        }
    }
}

/// The records of a file, one at a time.
pub fn records(path: &Path) -> impl Iterator<Item = Record> {
    let file = BufReader::with_capacity(4 << 20, File::open(path).expect("open a log"));
    file.lines().map(|line| parse(&line.expect("read a log")))
}

/// The bytes of a string.
pub fn bytes(text: &Text) -> Vec<u8> {
    match text {
        Text::Plain(text) => text.clone().into_bytes(),
        Text::Bytes(_) => bytes_of(&serde_json::to_value(text).expect("a value")),
    }
}

/// The bytes of strings.
pub fn all_bytes(texts: &[Text]) -> Vec<Vec<u8>> {
    texts.iter().map(bytes).collect()
}

/// A string that is UTF-8.
pub fn plain(text: &str) -> Text {
    Text::Plain(text.to_owned())
}
