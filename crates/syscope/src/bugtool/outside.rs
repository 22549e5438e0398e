//! Programs of the host, run for what they print: bounded in time and size, with nothing of our
//! environment.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// What `program` prints on stdout within `limit`, at most `bytes` of it. A failed end is an error with
/// the first line of what it said.
pub fn run(program: &str, words: &[&str], limit: Duration, bytes: u64) -> io::Result<Vec<u8>> {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let mut command = Command::new(program);
    command.args(words).env_clear().env("PATH", path).env("LC_ALL", "C").process_group(0);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (send, printed) = channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let mut said = Vec::new();
        // A program that says more than a pipe holds on stderr would wait for us, so the limit ends it.
        let _ = stdout.map(|pipe| pipe.take(bytes).read_to_end(&mut text));
        let _ = stderr.map(|pipe| pipe.take(4096).read_to_end(&mut said));
        let _ = send.send((text, said));
    });
    let printed = printed.recv_timeout(limit);
    // It may go on when its output has reached the bound.
    let ended = child.try_wait()?.or_else(|| {
        thread::sleep(Duration::from_millis(20));
        child.try_wait().ok().flatten()
    });
    if ended.is_none() {
        // SAFETY: a plain system call on the process group that was made for this child.
        unsafe { libc::kill(-(child.id() as i32), libc::SIGKILL) };
        child.wait()?;
    }
    let Ok((text, said)) = printed else {
        return Err(io::Error::new(io::ErrorKind::TimedOut, format!("{program} took longer than {limit:?}")));
    };
    match ended {
        Some(status) if !status.success() && text.is_empty() => {
            let said = String::from_utf8_lossy(&said);
            let line = said.lines().next().unwrap_or("and said nothing");
            Err(io::Error::other(format!("{program} ended with {status}: {line}")))
        }
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn what_is_printed_and_what_fails() {
        assert_eq!(run("echo", &["a b"], LONG, 100).unwrap(), b"a b\n");
        let failed = run("sh", &["-c", "echo oh no >&2; exit 4"], LONG, 100).unwrap_err().to_string();
        assert!(failed.contains("oh no") && failed.contains('4'), "{failed}");
        assert!(run("no-such-program-here", &[], LONG, 100).is_err());
    }

    #[test]
    fn what_hangs_or_never_ends_is_ended() {
        let start = Instant::now();
        let hangs = run("sleep", &["60"], Duration::from_millis(50), 100).unwrap_err();
        assert_eq!(hangs.kind(), io::ErrorKind::TimedOut);
        assert_eq!(run("yes", &[], LONG, 100).unwrap().len(), 100);
        assert!(start.elapsed() < LONG);
    }

    #[test]
    fn our_environment_is_not_theirs() {
        let seen = String::from_utf8(run("env", &[], LONG, 10_000).unwrap()).unwrap();
        assert!(
            seen.lines().all(|line| ["PATH=", "LC_ALL=", "PWD=", "_="].iter().any(|n| line.starts_with(n))),
            "{seen}"
        );
    }
}
