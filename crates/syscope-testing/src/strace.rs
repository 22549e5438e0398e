//! The output of `strace -f -o FILE`.
//!
//! strace changes what it watches in one way that shows: a traced process is woken by signals it ignores.
//! The call it is in is interrupted and begins again, and without strace it would have gone on. The two
//! parts are made one call here, since no other tracer sees them.

use std::collections::{HashMap, HashSet};

use crate::call::parse_call;
use crate::record::{Log, Outcome, Record};

/// Parses everything strace wrote; calls cut by `<unfinished ...>` are joined with their end.
pub fn parse_strace(text: &str) -> Log {
    let mut parser = Parser::default();
    for line in text.lines() {
        if !parser.line(line) {
            parser.log.unparsed.push(line.to_owned());
        }
    }
    parser.join_restarted();
    let open: Vec<i64> = parser.unfinished.keys().copied().collect();
    for tid in open {
        parser.abandon(tid);
    }
    parser.log
}

#[derive(Default)]
struct Parser {
    log: Log,
    /// The beginning of the call each thread is in.
    unfinished: HashMap<i64, String>,
    /// Indices of records that a signal interrupted which is ignored unless there is a handler.
    disturbed: HashSet<usize>,
}

/// The signals that are ignored by default and that happen.
const IGNORED_SIGNALS: &[&str] = &["SIGCHLD", "SIGURG", "SIGWINCH"];

impl Parser {
    /// Takes one line in; false when it is of no known form.
    fn line(&mut self, line: &str) -> bool {
        let (tid, text) = split_tid(line);
        if text.is_empty() || text.starts_with("strace: ") || text.starts_with("[ Process PID=") {
            return true;
        }
        if let Some(event) = text.strip_prefix("+++ ") {
            self.end(tid, event);
            return true;
        }
        if let Some(event) = text.strip_prefix("--- ") {
            self.signal(tid, event);
            return true;
        }
        if let Some(rest) = text.strip_prefix("<... ") {
            return self.resume(tid, rest);
        }
        match text.strip_suffix(" <unfinished ...>") {
            Some(start) => {
                self.abandon(tid);
                self.unfinished.insert(tid, start.to_owned());
                true
            }
            None => self.finish(tid, text),
        }
    }

    /// `SIGCHLD {si_signo=SIGCHLD, ...} ---` or `stopped by SIGSTOP ---`
    fn signal(&mut self, tid: i64, event: &str) {
        let last = self.log.records.iter().rposition(|record| record.tid == tid);
        let interrupted = |index: &usize| matches!(self.log.records[*index].outcome, Outcome::Interrupted(_));
        let ignored = IGNORED_SIGNALS.contains(&event.split(' ').next().unwrap_or_default());
        if ignored && let Some(index) = last.filter(interrupted) {
            self.disturbed.insert(index);
        }
    }

    /// Makes a disturbed call and the one that goes on with it one call. After a handler the next call is
    /// `rt_sigreturn`, so nothing is joined then.
    fn join_restarted(&mut self) {
        let records = &mut self.log.records;
        let mut dropped = HashSet::new();
        for index in (0..records.len()).rev().filter(|index| self.disturbed.contains(index)) {
            let tid = records[index].tid;
            let later =
                (index + 1..records.len()).find(|next| records[*next].tid == tid && !dropped.contains(next));
            let Some(next) = later else { continue };
            if records[next].name == "restart_syscall" {
                let Record { outcome, note, partial, .. } = records[next].clone();
                let first = records[index].clone();
                records[next] = Record { outcome, note, partial, ..first };
                dropped.insert(index);
            } else if records[next].name == records[index].name {
                dropped.insert(index);
            }
        }
        let mut index = 0;
        records.retain(|_| {
            index += 1;
            !dropped.contains(&(index - 1))
        });
    }

    /// `exited with 0 +++`, `killed by SIGKILL +++` or `superseded by execve in pid 12 +++`.
    fn end(&mut self, tid: i64, event: &str) {
        self.abandon(tid);
        self.mark_dying(tid);
        let successor = event
            .strip_prefix("superseded by execve in pid ")
            .and_then(|rest| rest.split(' ').next())
            .and_then(|number| number.parse::<i64>().ok());
        // The thread that called execve lives on under the leader's number.
        if let Some(start) = successor.and_then(|successor| self.unfinished.remove(&successor)) {
            self.unfinished.insert(tid, start);
        }
    }

    /// The last call of a thread that ends without having asked for it has no result.
    fn mark_dying(&mut self, tid: i64) {
        let last = self.log.records.iter_mut().rev().find(|record| record.tid == tid);
        let killed = |record: &Record| {
            record.outcome == Outcome::Never && !matches!(record.name.as_str(), "exit" | "exit_group")
        };
        if let Some(record) = last.filter(|record| killed(record)) {
            record.dies = true;
        }
    }

    /// `read resumed>"abc", 3) = 3`
    fn resume(&mut self, tid: i64, rest: &str) -> bool {
        let (Some((_, rest)), Some(start)) = (rest.split_once(" resumed>"), self.unfinished.remove(&tid))
        else {
            return false;
        };
        match rest.strip_suffix(" <unfinished ...>") {
            Some(more) => {
                self.unfinished.insert(tid, start + more);
                true
            }
            None => self.finish(tid, &(start + rest)),
        }
    }

    fn finish(&mut self, tid: i64, text: &str) -> bool {
        let record = parse_call(tid, text);
        let known = record.is_some();
        self.log.records.extend(record);
        known
    }

    /// The thread is gone and with it the call it was in.
    fn abandon(&mut self, tid: i64) {
        if let Some(start) = self.unfinished.remove(&tid) {
            let record = parse_call(tid, &format!("{start} <unfinished ...>) = ?"));
            self.log.records.extend(record.map(|record| Record { outcome: Outcome::Never, ..record }));
        }
    }
}

/// Takes `12  ` or `[pid 12] ` off; 0 when the line names no thread.
fn split_tid(line: &str) -> (i64, &str) {
    let line = line.trim();
    let (number, rest) = match line.strip_prefix("[pid ") {
        Some(rest) => rest.trim_start().split_once(']').unwrap_or((rest, "")),
        None => line.split_once(' ').unwrap_or((line, "")),
    };
    match number.parse() {
        Ok(tid) => (tid, rest.trim_start()),
        Err(_) => (0, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each expected line is `tid name/argument/argument outcome`.
    fn check(text: &str, expected: &[&str]) {
        let log = parse_strace(text);
        let shown: Vec<String> = log
            .records
            .iter()
            .map(|r| format!("{} {}/{} {:?}", r.tid, r.name, r.arguments.join("/"), r.outcome))
            .collect();
        assert_eq!(shown, expected);
        assert_eq!(log.unparsed, Vec::<String>::new());
    }

    #[test]
    fn joins_interrupted_lines() {
        check(
            "1 read(3,  <unfinished ...>\n2 getpid() = 2\n1 <... read resumed>\"x, y\", 4) = 4\n",
            &["2 getpid/ Value(2)", "1 read/3/\"x, y\"/4 Value(4)"],
        );
    }

    #[test]
    fn skips_what_is_not_a_call() {
        check(
            "1 --- SIGCHLD {si_signo=SIGCHLD, si_pid=2} ---\nstrace: [ Process PID=1 runs in 32 bit mode. ]\n\
             1 [ Process PID=1 runs in 64 bit mode. ]\n[pid     1] close(3) = 0\n1 +++ exited with 0 +++\n",
            &["1 close/3 Value(0)"],
        );
    }

    #[test]
    fn a_killed_thread_leaves_its_call_open() {
        check("1 read(3,  <unfinished ...>\n1 +++ killed by SIGKILL +++\n", &["1 read/3 Never"]);
        check(
            "1 read(3,  <unfinished ...>\n1 <... read resumed> <unfinished ...>) = ?\n",
            &["1 read/3 Never"],
        );
        check("1 pause( <unfinished ...>\n1 <... pause resumed>)              = ?\n", &["1 pause/ Never"]);
    }

    #[test]
    fn only_the_last_call_of_a_killed_thread_dies() {
        let dying = |text: &str| parse_strace(text).records.iter().map(|r| r.dies).collect::<Vec<_>>();
        assert_eq!(
            dying("1 pause() = ?\n1 kill(1, SIGKILL) = ?\n1 +++ killed by SIGKILL +++\n"),
            [false, true]
        );
        assert_eq!(dying("1 read(3,  <unfinished ...>\n1 +++ exited with 0 +++\n"), [true]);
        assert_eq!(dying("1 pause() = ?\n1 +++ superseded by execve in pid 2 +++\n"), [true]);
        assert_eq!(dying("1 exit_group(0) = ?\n1 +++ exited with 0 +++\n"), [false]);
        assert_eq!(dying("1 getpid() = 1\n1 +++ killed by SIGKILL +++\n"), [false]);
        assert_eq!(dying("1 pause() = ?\n"), [false]);
    }

    #[test]
    fn an_exec_from_a_thread_goes_on_under_the_leader() {
        check(
            "1 futex(0x1, FUTEX_WAIT, 2, NULL <unfinished ...>\n2 execve(\"/bin/true\", [\"true\"], 0x7ff /* 2 vars */ <unfinished ...>\n\
             1 <... futex resumed>) = ?\n1 +++ superseded by execve in pid 2 +++\n1 <... execve resumed>) = 0\n",
            &[
                "1 futex/0x1/FUTEX_WAIT/2/NULL Never",
                "1 execve/\"/bin/true\"/[\"true\"]/0x7ff /* 2 vars */ Value(0)",
            ],
        );
    }

    #[test]
    fn a_call_disturbed_by_an_ignored_signal_is_one() {
        let signal = "1 --- SIGCHLD {si_signo=SIGCHLD, si_pid=2} ---\n";
        let interrupted = "= ? ERESTART_RESTARTBLOCK (Interrupted by signal)\n";
        let restarted = "1 restart_syscall(<... resuming interrupted poll ...>)";
        check(
            &format!(
                "1 poll(NULL, 0, 5) {interrupted}{signal}{restarted} {interrupted}{signal}{restarted} = 0\n"
            ),
            &["1 poll/NULL/0/5 Value(0)"],
        );
        check(
            &format!("1 wait4(-1) = ? ERESTARTSYS (x)\n{signal}2 getpid() = 2\n1 wait4(-1) = 2\n"),
            &["2 getpid/ Value(2)", "1 wait4/-1 Value(2)"],
        );
        check(
            &format!("1 wait4(-1) = ? ERESTARTSYS (x)\n{signal}1 rt_sigreturn({{mask=[]}}) = 0\n"),
            &["1 wait4/-1 Interrupted(\"ERESTARTSYS\")", "1 rt_sigreturn/{mask=[]} Value(0)"],
        );
    }

    #[test]
    fn keeps_lines_it_does_not_know() {
        assert_eq!(parse_strace("1 what is this\n").unparsed, ["1 what is this"]);
    }
}
