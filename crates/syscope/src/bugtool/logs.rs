//! Recent logs: the journal of our units, what the kernel said of what concerns us, and the files that the
//! configuration names.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Context;
use super::collect::Collected;
use super::outside;

/// Bytes of the journal.
const JOURNAL_MAX: u64 = 1 << 20;
/// Bytes at the end of a log file.
const TAIL_MAX: u64 = 256 << 10;
/// Messages of the kernel that are looked through; its buffer usually holds fewer.
const MESSAGES_MAX: usize = 100_000;
/// Words of messages that concern us.
const WORDS: [&str; 10] = [
    "bpf",
    "btf",
    "syscope",
    "lockdown",
    "cgroup",
    "tracing",
    "ftrace",
    "seccomp",
    "verifier",
    "out of memory",
];

/// All of it.
pub fn collect(context: &Context) -> Collected {
    let mut collected = Collected::default();
    collected.add_or_say("logs/journal.txt", journal(context.options.since));
    collected.add_or_say("logs/kernel.txt", kernel());
    for (index, path) in files(context.config.as_ref()).iter().enumerate() {
        collected.add_or_say(&format!("logs/file-{index}.txt"), tail(path));
    }
    collected
}

fn journal(since: Duration) -> io::Result<Vec<u8>> {
    let since = format!("--since=-{}s", since.as_secs());
    let words = ["--no-pager", "--quiet", "--output=short-iso", "--lines=5000", &since, "--unit=syscope*"];
    outside::run("journalctl", &words, Duration::from_secs(10), JOURNAL_MAX)
}

/// Messages of the kernel (`/dev/kmsg`, Documentation/ABI/testing/dev-kmsg) that concern us.
fn kernel() -> io::Result<String> {
    let mut device = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open("/dev/kmsg")?;
    let mut message = [0u8; 8192];
    let mut text = String::new();
    for _ in 0..MESSAGES_MAX {
        match device.read(&mut message) {
            Ok(0) => break,
            Ok(length) => text.extend(concerning(&String::from_utf8_lossy(&message[..length]))),
            // All were read.
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => break,
            // Overwritten meanwhile (EPIPE): the next one follows.
            Err(err) if err.kind() == io::ErrorKind::BrokenPipe => {}
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(text)
}

/// A line for a message `level,number,microseconds,flags;text` that concerns us.
fn concerning(message: &str) -> Option<String> {
    let (head, text) = message.split_once(';')?;
    let text = text.lines().next().unwrap_or_default();
    let lower = text.to_ascii_lowercase();
    if !WORDS.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let since_boot: u64 = head.split(',').nth(2)?.parse().ok()?;
    Some(format!("[{:5}.{:06}] {text}\n", since_boot / 1_000_000, since_boot % 1_000_000))
}

/// Files that runs are told to write their log to.
fn files(config: Option<&toml::Table>) -> Vec<PathBuf> {
    let tables = config.iter().flat_map(|config| config.values()).filter_map(toml::Value::as_table);
    let named = tables.filter_map(|table| table.get("write")?.as_str().map(PathBuf::from));
    let variable = std::env::var_os("SYSCOPE_WRITE").map(PathBuf::from);
    let mut files: Vec<PathBuf> = named.chain(variable).filter(|path| path != Path::new("-")).collect();
    files.dedup();
    files.truncate(8);
    files
}

/// The end of a file, from the beginning of a line.
fn tail(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let skipped = meta.len().saturating_sub(TAIL_MAX);
    file.seek(SeekFrom::Start(skipped))?;
    let mut text = Vec::new();
    file.take(TAIL_MAX).read_to_end(&mut text)?;
    if skipped > 0 {
        let line = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
        text.drain(..line);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn messages_that_concern_us() {
        let line = "6,339,5140900,-;BPF: loaded\n SUBSYSTEM=x\n";
        assert_eq!(concerning(line).as_deref(), Some("[    5.140900] BPF: loaded\n"));
        assert_eq!(concerning("6,1,2,-;usb 1-1: new device\n"), None);
        assert_eq!(concerning("garbage"), None);
    }

    #[test]
    fn the_end_of_a_log_begins_with_a_line() {
        let path = std::env::temp_dir().join(format!("syscope-log-{}", std::process::id()));
        let text: Vec<u8> = (0..60_000).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
        fs::write(&path, &text).unwrap();
        let end = tail(&path).unwrap();
        fs::write(&path, b"short\n").unwrap();
        assert_eq!(tail(&path).unwrap(), b"short\n");
        fs::remove_file(&path).unwrap();
        assert!(end.starts_with(b"line ") && end.ends_with(b"line 59999\n") && end.len() as u64 <= TAIL_MAX);
        assert!(tail(Path::new("/dev/null")).is_err());
    }

    #[test]
    fn log_files_of_a_configuration() {
        let config: toml::Table = "[exec]\nwrite = \"/var/log/x\"\n[trace]\nwrite = \"-\"\n".parse().unwrap();
        assert_eq!(files(Some(&config)), [PathBuf::from("/var/log/x")]);
    }
}
