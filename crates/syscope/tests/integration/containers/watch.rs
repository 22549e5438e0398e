//! Runs of Syscope beside containers, and what their events say of marks.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::process::{Child, Command};

use serde_json::Value;

use crate::support::{Dir, finish, start, syscope, until};

/// What the host runs until Syscope records.
const PROBE: &str = "mark-probe";

/// A running Syscope.
pub struct Watch {
    child: Option<Child>,
    dir: Dir,
    kind: &'static str,
}

impl Watch {
    /// The exec log of everything.
    pub fn execs() -> Watch {
        let watch = Watch::new("exec", &["-f", "json"]);
        watch.begin(&|| mark_on_host(PROBE));
        watch
    }

    /// The exec log of some containers; it has begun when it shows what `probe` runs.
    pub fn execs_of(flags: &[&str], probe: &dyn Fn(&str)) -> Watch {
        let watch = Watch::new("exec", &[&["-f", "json"], flags].concat());
        watch.begin(&|| probe(PROBE));
        watch
    }

    /// A trace; it has begun when it shows what `probe` runs.
    pub fn calls_of(flags: &[&str], probe: &dyn Fn(&str)) -> Watch {
        let watch = Watch::new("trace", &[&["-o", "json"], flags].concat());
        watch.begin(&|| probe(PROBE));
        watch
    }

    fn new(command: &'static str, flags: &[&str]) -> Watch {
        let dir = Dir::new();
        let child = start(syscope().arg(command).args(flags), &dir);
        Watch { child: Some(child), dir, kind: command }
    }

    fn begin(&self, probe: &dyn Fn()) {
        until("Syscope records", || {
            probe();
            std::thread::sleep(std::time::Duration::from_millis(50));
            self.check_alive();
            self.shows(PROBE).then_some(())
        });
    }

    fn check_alive(&self) {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        assert!(!stat.is_empty() && !stat.contains(") Z "), "{} ended: {}", self.kind, self.stderr());
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.dir.join("stderr")).unwrap_or_default()
    }

    /// What is in the log so far.
    pub fn events(&self) -> Events {
        parse(&std::fs::read(self.dir.join("stdout")).unwrap_or_default())
    }

    fn shows(&self, mark: &str) -> bool {
        !self.events().of(mark).is_empty()
    }

    /// Waits until a mark shows.
    pub fn until(&self, mark: &str) {
        until(&format!("{mark} ({})", self.kind), || {
            self.check_alive();
            self.shows(mark).then_some(())
        });
    }

    /// Waits until the events fulfil a condition.
    pub fn until_events(&self, what: &str, condition: impl Fn(&Events) -> bool) {
        until(what, || {
            self.check_alive();
            condition(&self.events()).then_some(())
        });
    }

    /// Ends it, which must be a clean end with nothing lost, and hands over all events.
    pub fn end(mut self) -> Events {
        // SAFETY: a plain system call on our own child.
        unsafe { libc::kill(self.pid() as i32, libc::SIGTERM) };
        let ended = finish(self.child.take().expect("it runs"), &self.dir);
        assert!(ended.status.success(), "{ended:?}");
        let events = parse(&ended.stdout);
        assert_eq!(events.lost(), 0, "{}", ended.stderr);
        events
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs `/bin/true MARK` on the host.
pub fn mark_on_host(mark: &str) {
    let status = Command::new("/bin/true").arg(mark).status().expect("run true");
    assert!(status.success());
}

/// A shell that runs `/bin/true MARK` twenty times a second. Paths are whole, so that busybox starts programs.
pub fn ticking(mark: &str) -> [String; 3] {
    let script = format!("while :; do /bin/true {mark}; /bin/sleep 0.05; done");
    ["/bin/sh".to_owned(), "-c".to_owned(), script]
}

/// An id as runtimes make them, unlike any other.
pub fn hex_id(number: u32) -> String {
    thread_local!(static NEXT: Cell<u32> = const { Cell::new(0) });
    let next = NEXT.replace(NEXT.get() + 1);
    let (pid, time) = (std::process::id(), std::time::UNIX_EPOCH.elapsed().expect("a time").as_nanos());
    format!("{number:08x}{next:08x}{pid:016x}{time:032x}")
}

/// Whole lines; the last one may still be in the making.
fn parse(text: &[u8]) -> Events {
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines = text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = |line: &[u8]| {
        let parsed = serde_json::from_slice(line);
        parsed.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
    };
    Events(lines.map(read).collect())
}

/// Events, in order.
#[derive(Debug)]
pub struct Events(Vec<Value>);

impl Events {
    /// All of them, without the account of losses.
    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(|event| event["type"] != "loss")
    }

    /// The execs with this mark.
    pub fn of(&self, mark: &str) -> Vec<&Value> {
        self.all().filter(|event| self::mark(event) == Some(mark)).collect()
    }

    /// The marks that were seen, but for the probe's.
    pub fn marks(&self) -> BTreeSet<String> {
        self.all().filter_map(mark).filter(|mark| *mark != PROBE).map(str::to_owned).collect()
    }

    fn lost(&self) -> u64 {
        let losses = self.0.iter().filter(|event| event["type"] == "loss");
        losses.filter_map(|event| event["lost"].as_u64()).sum()
    }

    /// Every exec with this mark is of a container with these fields (`("id", ...)`, `("name", ...)`).
    #[track_caller]
    pub fn check(&self, mark: &str, expected: &[(&str, &str)]) {
        let found = self.of(mark);
        assert!(!found.is_empty(), "{mark} is missing");
        for event in found {
            for (field, value) in expected {
                assert_eq!(event["container"][field].as_str(), Some(*value), "{field} of {mark}: {event}");
            }
        }
    }

    /// Every exec with this mark is of this container, and all that is known of one is known.
    #[track_caller]
    pub fn check_id(&self, mark: &str, id: &str) {
        self.check(mark, &[("id", id)]);
    }

    /// No exec with this mark is of a container.
    #[track_caller]
    pub fn check_none(&self, mark: &str) {
        let found = self.of(mark);
        assert!(!found.is_empty(), "{mark} is missing");
        for event in found {
            assert!(event["container"].is_null(), "{mark}: {event}");
        }
    }
}

/// The mark of an event, by the exec log or by a trace. (Who starts a session has it among its words, too.)
fn mark(event: &Value) -> Option<&str> {
    let words = [&event["argv"], &event["args"]["argv"]].into_iter().find_map(Value::as_array)?;
    let program = words.first()?.as_str()?;
    (program.rsplit('/').next() == Some("true")).then(|| words.get(1)?.as_str())?
}
