//! What of a program's strings is kept.

use syscope_event::{Event, Exec};

/// The limits of a run.
pub struct Limits<'a> {
    /// Bytes of one argument.
    pub max_arg: usize,
    /// The variables that are wanted.
    pub env: &'a [String],
}

/// The strings that are kept of one program.
#[derive(Default)]
pub struct Kept {
    args: Vec<u8>,
    env: Vec<u8>,
}

impl Limits<'_> {
    /// The event with its arguments cut and only the wanted variables; what is cut counts as missing.
    pub fn apply<'e>(&self, event: Event<'e>, kept: &'e mut Kept) -> Event<'e> {
        let Event::Exec(mut exec) = event else { return event };
        if exec.args.len() > self.max_arg {
            kept.args.clear();
            exec.args_missing += self.cut(&exec, &mut kept.args);
        }
        kept.env.clear();
        for variable in exec.environment().filter(|variable| self.wants(variable)) {
            kept.env.extend_from_slice(variable);
            kept.env.push(0);
        }
        if exec.args.len() > self.max_arg {
            exec.args = &kept.args;
        }
        exec.env = &kept.env;
        Event::Exec(exec)
    }

    /// Copies the arguments, each cut; returns how many bytes that left out.
    fn cut(&self, exec: &Exec<'_>, to: &mut Vec<u8>) -> u64 {
        let mut missing = 0;
        for argument in exec.arguments() {
            let len = argument.len().min(self.max_arg);
            to.extend_from_slice(&argument[..len]);
            to.push(0);
            missing += (argument.len() - len) as u64;
        }
        missing
    }

    fn wants(&self, variable: &[u8]) -> bool {
        let name = variable.split(|byte| *byte == b'=').next().unwrap_or(variable);
        self.env.iter().any(|wanted| wanted.as_bytes() == name)
    }
}
