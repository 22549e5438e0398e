//! The command on a terminal: `script` (util-linux) is the person in front of it.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::support::Dir;

/// A session on a pseudo terminal.
struct Terminal {
    script: Child,
    shown: Receiver<Vec<u8>>,
    text: String,
    dir: Dir,
}

impl Terminal {
    /// Runs a command line on a terminal; `{syscope}` and `{dir}` are filled in.
    fn run(command: &str) -> Terminal {
        let dir = Dir::new();
        let command = command
            .replace("{syscope}", env!("CARGO_BIN_EXE_syscope"))
            .replace("{dir}", dir.path().to_str().expect("a name in UTF-8"));
        let mut script = Command::new("script");
        script.args(["--quiet", "--flush", "--return", "--command", &command, "/dev/null"]);
        script.env_remove("NO_COLOR").env("TERM", "xterm").env("SHELL", "/bin/sh");
        let piped = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut script = piped.spawn().expect("start script(1)");
        let mut stdout = script.stdout.take().expect("a pipe");
        let (send, shown) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(got) = stdout.read(&mut buffer)
                && got > 0
                && send.send(buffer[..got].to_vec()).is_ok()
            {}
        });
        Terminal { script, shown, text: String::new(), dir }
    }

    /// Waits until the terminal shows this.
    fn expect(&mut self, part: &str) {
        while !self.text.contains(part) {
            let more = self.shown.recv_timeout(Duration::from_secs(20));
            let more =
                more.unwrap_or_else(|error| panic!("{part:?} is not shown ({error}): {:?}", self.text));
            self.text += &String::from_utf8_lossy(&more);
        }
    }

    fn press(&mut self, keys: &str) {
        let stdin = self.script.stdin.as_mut().expect("a pipe");
        stdin.write_all(keys.as_bytes()).and_then(|()| stdin.flush()).expect("press keys");
    }

    /// Waits for the end; returns all that was shown.
    fn end(mut self) -> String {
        while let Ok(more) = self.shown.recv_timeout(Duration::from_secs(20)) {
            self.text += &String::from_utf8_lossy(&more);
        }
        self.script.wait().expect("wait for script(1)");
        std::mem::take(&mut self.text)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

#[test]
#[ignore = "root+bpf"]
fn the_command_has_the_terminal() {
    let mut terminal = Terminal::run(
        "stty rows 33 cols 77; {syscope} trace -w {dir}/events -- \
         sh -c 'test -t 0 && test -t 1 && test -t 2 && echo all tty; stty size; read x; echo \"line $x\"'; echo status $?",
    );
    terminal.expect("33 77");
    terminal.press("typed\n");
    terminal.expect("status 0");
    let text = terminal.end();
    assert!(text.contains("all tty") && text.contains("line typed"), "{text:?}");
}

#[test]
#[ignore = "root+bpf"]
fn the_command_is_in_the_foreground_of_its_terminal() {
    let mut terminal = Terminal::run(
        "{syscope} trace -w {dir}/events -- \
         sh -c 'set -- $(cut -d\")\" -f2 /proc/self/stat); echo \"group $3 foreground $6 end\"'; echo status $?",
    );
    terminal.expect("status 0");
    let text = terminal.end();
    let words: Vec<&str> = text.split_whitespace().skip_while(|word| *word != "group").collect();
    assert_eq!(words[1], words[3], "{text:?}");
}

#[test]
#[ignore = "root+bpf"]
fn the_interrupt_key_ends_the_command_and_the_run() {
    let mut terminal = Terminal::run(
        "trap : INT; {syscope} trace -s exit_group -w {dir}/events -- sh -c 'trap \"echo trapped; exit 8\" INT; echo go; \
         while :; do sleep 0.01; done'; echo status $?",
    );
    terminal.expect("go");
    terminal.press("\x03");
    terminal.expect("trapped");
    terminal.expect("status 8");
    let events = std::fs::read_to_string(terminal.dir.join("events")).expect("read");
    assert!(events.contains("exit_group(8)"), "{events}");
    terminal.end();
}

#[test]
#[ignore = "root+bpf"]
fn the_interrupt_key_kills_a_command_that_does_not_care() {
    let mut terminal = Terminal::run(
        "trap : INT; {syscope} trace -s exit_group -w {dir}/events -- sh -c 'trap - INT; echo go; exec sleep 60'; \
         echo status $?",
    );
    terminal.expect("go");
    terminal.press("\x03");
    terminal.expect("status 130");
    terminal.end();
}

#[test]
#[ignore = "root+bpf"]
fn events_are_coloured_on_a_terminal_only() {
    let mut terminal = Terminal::run("{syscope} trace -s exit_group -- true; echo done");
    terminal.expect("done");
    assert!(terminal.end().contains("\x1b[36mexit_group\x1b[0m"));
    for (before, flags) in [("NO_COLOR=1 ", ""), ("", "--no-color")] {
        let mut terminal =
            Terminal::run(&format!("{before}{{syscope}} trace {flags} -s exit_group -- true; echo done"));
        terminal.expect("done");
        let text = terminal.end();
        assert!(text.contains("exit_group(0) = ?") && !text.contains('\x1b'), "{text:?}");
    }
    let mut terminal = Terminal::run("{syscope} trace -s exit_group -- true 2>&1 | cat; echo done");
    terminal.expect("done");
    assert!(!terminal.end().contains('\x1b'));
}

#[test]
#[ignore = "root+bpf"]
fn a_long_silence_on_a_terminal_shows_that_the_run_lives() {
    let mut terminal = Terminal::run("{syscope} trace -s mlockall -p $$ --duration 20s; echo done");
    terminal.expect("0 events so far (Ctrl-C ends)");
    terminal.press("\x03");
    terminal.expect("syscope: 0 events, 0 lost");
    terminal.end();
}
