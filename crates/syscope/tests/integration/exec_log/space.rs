//! A pid namespace with a shell in it.

use std::process::Command;

use crate::support::Puppet;

pub struct Space {
    shell: Puppet,
    pub inode: String,
}

impl Space {
    /// A new one below ours.
    pub fn new() -> Space {
        let script = "echo namespace $(readlink /proc/self/ns/pid | tr -dc 0-9); \
                      while read -r line; do eval \"$line\"; echo done $?; done";
        let mut command = Command::new("unshare");
        let shell = Puppet::start(command.args(["--pid", "--fork", "--kill-child", "sh", "-c", script]));
        let inode = shell.hear("namespace");
        Space { shell, inode }
    }

    /// Runs a line of shell in it and returns the status.
    pub fn run(&mut self, line: &str) -> String {
        self.shell.say(&format!("{line}\n"));
        self.shell.hear("done")
    }
}
