//! What is traced: real commands, and one program per trap.

mod list;
mod traps;

use crate::normalise::Normal;

pub use list::real_commands;
pub use traps::traps;

/// A command to trace, with all it needs.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// A short name for reports.
    pub name: String,
    /// Program and arguments; `{port}` and `{programs}` are filled in.
    pub command: Vec<String>,
    /// A shell script that runs before, untraced, in the empty directory of the run.
    pub setup: String,
    /// What the command reads from stdin.
    pub stdin: String,
    /// Additions to the environment.
    pub environment: Vec<(&'static str, &'static str)>,
    /// What is left out of the comparison because it races.
    pub exceptions: Vec<Exception>,
}

/// Something of a case that differs between two runs of any tracer.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// What is left out, on both sides.
    pub what: LeaveOut,
    /// Why it can't be compared.
    pub why: &'static str,
}

/// What is left out of the comparison.
#[derive(Clone, Copy, Debug)]
pub enum LeaveOut {
    /// All calls with this name.
    Calls(&'static str),
    /// Calls with this name and this outcome.
    Outcome(&'static str, &'static str),
    /// Calls that a signal interrupted inside the kernel and that begin again.
    Interrupted,
    /// All but the first of several calls in a row with this name.
    Repetitions(&'static str),
    /// Only this argument of the calls with this name; the calls themselves are compared.
    Argument(&'static str, usize),
}

impl Exception {
    /// Blanks the argument that is left out.
    pub fn blank(&self, call: &mut Normal) {
        if let LeaveOut::Argument(name, index) = self.what
            && call.name == name
            && let Some(argument) = call.arguments.get_mut(index)
        {
            "RACES".clone_into(argument);
        }
    }

    /// Whether `call` is left out, when `last` is the call of the same thread kept before it.
    pub fn leaves_out(&self, call: &Normal, last: Option<&Normal>) -> bool {
        match self.what {
            LeaveOut::Calls(name) => call.name == name,
            LeaveOut::Outcome(name, outcome) => call.name == name && call.outcome == outcome,
            LeaveOut::Interrupted => call.outcome.starts_with("? "),
            LeaveOut::Argument(..) => false,
            LeaveOut::Repetitions(name) => call.name == name && last.is_some_and(|last| last.name == name),
        }
    }
}

impl Case {
    /// A case whose command line is split at blanks.
    pub fn new(name: &str, command: &str) -> Case {
        Case::of(name, &command.split_whitespace().collect::<Vec<_>>())
    }

    /// A case with these words as command line.
    pub fn of(name: &str, command: &[&str]) -> Case {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        Case { name: name.to_owned(), command, ..Case::default() }
    }

    /// Runs `script` before.
    pub fn setup(mut self, script: &str) -> Case {
        script.clone_into(&mut self.setup);
        self
    }

    /// Gives the command something to read.
    pub fn stdin(mut self, text: &str) -> Case {
        text.clone_into(&mut self.stdin);
        self
    }

    /// Adds to the environment.
    pub fn environment(mut self, name: &'static str, value: &'static str) -> Case {
        self.environment.push((name, value));
        self
    }

    /// Leaves something out of the comparison, for a reason.
    pub fn except(mut self, why: &'static str, what: &[LeaveOut]) -> Case {
        self.exceptions.extend(what.iter().map(|what| Exception { what: *what, why }));
        self
    }
}

/// Every case there is.
pub fn all() -> Vec<Case> {
    let mut cases = real_commands();
    cases.extend(traps());
    cases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_there_are_enough() {
        let mut names: Vec<String> = all().into_iter().map(|case| case.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(real_commands().len() >= 30);
    }
}
