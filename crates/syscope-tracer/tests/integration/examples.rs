//! Runs the documented examples as programs and checks what they print.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The built example, beside this test's own program (cargo builds examples before it runs tests).
fn example(name: &str) -> Command {
    let mut path: PathBuf = std::env::current_exe().expect("a test knows its program");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    let program = path.join("examples").join(name);
    assert!(program.exists(), "{} was not built", program.display());
    Command::new(program)
}

/// Ends a process that this test started, whatever happens to the test.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads lines until one holds `wanted`; `poke` is called between looks, so that there is something to see.
fn wait_for(child: &mut Started, wanted: &str, mut poke: impl FnMut()) -> String {
    let stdout = child.0.stdout.take().expect("stdout is piped");
    let (send, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Nobody may listen any more; the program still wants a reader.
            let _ = send.send(line);
        }
    });
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        poke();
        while let Ok(line) = lines.recv_timeout(Duration::from_millis(200)) {
            if line.contains(wanted) {
                return line;
            }
        }
    }
    panic!("no line with {wanted:?} came");
}

#[test]
#[ignore = "root+bpf"]
fn the_exec_example_sees_a_program_start() {
    let mut execs = Started(example("execs").stdout(Stdio::piped()).spawn().unwrap());
    let line = wait_for(&mut execs, "a-mark-of-ours", || {
        Command::new("/bin/true").arg("a-mark-of-ours").status().unwrap();
    });
    assert!(line.contains(r#"["/bin/true", "a-mark-of-ours"]"#), "{line}");
}

#[test]
#[ignore = "root+bpf"]
fn the_open_example_sees_the_failures_of_one_process() {
    let script = "while read path; do [ -e \"$path\" ] || cat \"$path\"; done";
    let mut shell = Started(
        Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap(),
    );
    let mut input = shell.0.stdin.take().unwrap();
    let pid = shell.0.id().to_string();
    let mut opens = Started(example("failed_opens").arg(pid).stdout(Stdio::piped()).spawn().unwrap());
    let line = wait_for(&mut opens, "/no/such/file-of-ours", || {
        input.write_all(b"/no/such/file-of-ours\n").unwrap();
    });
    assert!(line.contains("ENOENT"), "{line}");
}

#[test]
#[ignore = "root+bpf"]
fn the_process_log_example_ends_on_a_signal() {
    let mut log = Started(example("process_log").stdout(Stdio::piped()).spawn().unwrap());
    let line = wait_for(&mut log, "a-mark-of-ours", || {
        Command::new("/bin/true").arg("a-mark-of-ours").status().unwrap();
    });
    assert!(line.contains(r#"["/bin/true", "a-mark-of-ours"]"#), "{line}");
    let pid = log.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(log.0.wait().unwrap().success());
}
