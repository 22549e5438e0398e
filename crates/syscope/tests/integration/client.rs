//! `syscope client` and `syscope top`: against agents without a node, and against real ones (`agents`).

mod agents;
mod connecting;
mod endings;
mod jobs;
mod refusals;
mod streams;
mod top;

use std::process::{Child, Command};

use syscope_testing::agent::FakeAgent;

use crate::support::{Dir, Ended, finish, run, start, syscope, until};

/// `syscope client --endpoints ...` with these words.
fn client(agents: &[&FakeAgent], words: &[&str]) -> Command {
    let endpoints: Vec<String> = agents.iter().map(|agent| agent.endpoint()).collect();
    let mut command = syscope();
    command.args(["client", "--endpoints", &endpoints.join(",")]).args(words);
    command
}

fn ran(agents: &[&FakeAgent], words: &[&str]) -> Ended {
    run(&mut client(agents, words))
}

/// A client that runs; killed when its test fails.
struct Running {
    child: Option<Child>,
    dir: Dir,
}

impl Running {
    fn start(command: &mut Command) -> Running {
        let dir = Dir::new();
        Running { child: Some(start(command, &dir)), dir }
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.join(name)).unwrap_or_default()
    }

    /// Waits until it has printed so many lines.
    fn lines(&self, count: usize) -> Vec<String> {
        until(&format!("{count} lines"), || {
            let text = self.read("stdout");
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            (lines.len() >= count && text.ends_with('\n')).then_some(lines)
        })
    }

    /// Waits until it has said this on stderr.
    fn said(&self, text: &str) {
        until(text, || self.read("stderr").contains(text).then_some(()));
    }

    fn signal(&self, signal: i32) {
        let child = self.child.as_ref().expect("it runs");
        // SAFETY: a plain system call; the child is ours and not reaped.
        unsafe { libc::kill(child.id() as i32, signal) };
    }

    fn ended(mut self) -> Ended {
        finish(self.child.take().expect("it runs"), &self.dir)
    }

    fn interrupt(self) -> Ended {
        self.signal(libc::SIGINT);
        self.ended()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}
