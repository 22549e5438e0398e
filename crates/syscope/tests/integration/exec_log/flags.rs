//! What is logged, where it goes, and for how long.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use syscope_output::record::Record;

use super::running::{Log, PROBE, Running, bytes, ok, plain};
use crate::support::{Dir, parse, program};

#[test]
#[ignore = "root+bpf"]
fn wanted_variables_are_logged_and_no_others() {
    let running = Running::start(&["--env", "SYSCOPE_IT_A", "--env", "SYSCOPE_IT_B,SYSCOPE_IT_NONE"]);
    let mut command = Command::new("/bin/true");
    command.arg("with variables").env("SYSCOPE_IT_A", "one = two\n").env("SYSCOPE_IT_B", "");
    ok(command.env("SYSCOPE_IT_AB", "hidden value"));
    let text = running.text();
    let log = running.end();
    let exec = serde_json::to_value(log.only("with variables")).expect("a value");
    assert_eq!(exec["env"], json!({"SYSCOPE_IT_A": "one = two\n", "SYSCOPE_IT_B": ""}));
    assert!(!text.contains("hidden value"));
}

#[test]
#[ignore = "root+bpf"]
fn the_environment_is_not_logged_unasked() {
    let running = Running::start(&[]);
    ok(Command::new("/bin/true").arg("no variables").env("SYSCOPE_IT_A", "hidden value"));
    let log = running.end();
    assert!(log.only("no variables").env.is_empty());
}

#[test]
#[ignore = "root+bpf"]
fn a_redacted_secret_is_nowhere() {
    const SECRET: &str = "hunter2hunter2";
    let patterns = [
        "--redact",
        r"--token=(\S+)",
        "--redact",
        r"--password (\S+)",
        "--redact",
        r"^PRIVATE.*$",
        "--failed",
    ];
    let dir = Dir::new();
    let file = dir.join("log");
    for format in ["text", "json", "log"] {
        let path = format!("{}-{format}", file.display());
        for more in [&[][..], &["--write", &path]] {
            let flags = [&["-f", format, "--env", "SYSCOPE_IT_S"], &patterns[..], more].concat();
            let running = Running::plain(&flags);
            let token = format!("--token={SECRET}");
            let private = format!("PRIVATE {SECRET}");
            let variable = format!("--token={SECRET}");
            for file in ["/bin/true", "/no/such"] {
                let mut command = Command::new(file);
                command.args(["kept", &token, "--password", SECRET, &private]).env("SYSCOPE_IT_S", &variable);
                assert_eq!(command.status().is_ok(), file == "/bin/true");
            }
            let ended = running.stop();
            let text = ended.stdout();
            assert!(!text.contains("hunter2") && !ended.stderr.contains("hunter2"), "{flags:?}");
            let lines: Vec<&str> = text.lines().filter(|line| line.contains("kept")).collect();
            assert_eq!(lines.len(), 2, "{text}");
            for line in lines {
                assert!(
                    line.contains("--token=[REDACTED]") || line.contains("--token='[REDACTED]'"),
                    "{line}"
                );
                assert!(line.contains("--password"), "{line}");
            }
        }
    }
}

#[test]
#[ignore = "root+bpf"]
fn limits_cut_visibly() {
    let running = Running::start(&["--max-arg", "16"]);
    ok(Command::new("/bin/true").args(["0123456789abcdef", "0123456789abcdefghijkl", "short-one"]));
    let log = running.end();
    let exec = log.with("short-one")[0];
    assert_eq!(exec.argv[1..], [plain("0123456789abcdef"), plain("0123456789abcdef"), plain("short-one")]);
    assert!(exec.truncated);
    assert_eq!(exec.args_missing, 6);

    let running = Running::start(&["--max-args", "60"]);
    let mut child = Command::new("/bin/true").args(["cut-here", &"y".repeat(100_000), "z"]).spawn().unwrap();
    child.wait().expect("wait");
    let log = running.end();
    let exec = log.of(child.id());
    let area = "/bin/true\0cut-here\0".len();
    assert_eq!(exec.argv.len(), 3);
    assert_eq!(bytes(&exec.argv[2]), "y".repeat(60 - area).as_bytes());
    assert!(exec.truncated);
    assert_eq!(exec.args_missing, (area + 100_001 + 2 - 60) as u64);
}

#[test]
#[ignore = "root+bpf"]
fn a_cut_command_line_shows_it_in_text() {
    let running = Running::plain(&["--max-arg", "16"]);
    ok(Command::new("/bin/true").args(["cut-text", &"y".repeat(100)]));
    let text = running.stop().stdout();
    let line = text.lines().find(|line| line.contains("cut-text")).expect("its line");
    assert!(line.ends_with(" ..."), "{line}");
}

#[test]
#[ignore = "root+bpf"]
fn labels_make_it_a_structured_log() {
    let running = Running::plain(&["--label", "user=ann", "--label", "workspace=d\"e\nv"]);
    ok(Command::new("/bin/true").args(["labelled", "a b"]));
    let text = running.stop().stdout();
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let entry = entries
        .iter()
        .find(|entry| entry["fields"]["cmdline"] == json!("/bin/true labelled 'a b'"))
        .expect("its entry");
    assert_eq!((&entry["level"], &entry["msg"]), (&json!("INFO"), &json!("exec")));
    assert_eq!(entry["fields"]["labels"], json!({"user": "ann", "workspace": "d\"e\nv"}));
    assert_eq!(entry["fields"]["event"]["filename"], json!("/bin/true"));
    assert_eq!(entry["ts"], entry["fields"]["event"]["ts"]);
    assert_eq!(entries.last().expect("the account")["msg"], json!("totals"));
    assert!(entries.iter().all(|entry| entry["fields"]["labels"]["user"] == json!("ann")));
}

#[test]
#[ignore = "root+bpf"]
fn without_labels_it_is_text() {
    let running = Running::plain(&["--exit"]);
    let mut child = Command::new("/bin/sh").args(["-c", ": 'as text'"]).uid(1002).gid(1003).spawn().unwrap();
    child.wait().expect("wait");
    let ended = running.stop();
    let (text, pid) = (ended.stdout(), child.id());
    let line = text.lines().find(|line| line.contains("as text")).expect("its line");
    assert!(line.starts_with(&format!("[{pid}, comm=\"")), "{line}");
    assert!(line.contains("\", uid=1002, gid=1003, filename=/bin/sh] /bin/sh -c "), "{line}");
    let end = format!("[{pid}, comm=\"sh\", uid=1002, gid=1003] exited with 0 after 0.");
    assert!(text.contains(&end), "{text}");
    assert!(!text.contains('\x1b') && ended.stderr.ends_with(" 0 lost\n"), "{}", ended.stderr);
}

/// A cgroup of a test's own in the first hierarchy that has a controller or is v2.
struct Cgroup(PathBuf);

impl Cgroup {
    fn new() -> Cgroup {
        let mounts = fs::read_to_string("/proc/mounts").expect("read the mounts");
        let fits = |line: &&str| {
            let fields: Vec<&str> = line.split(' ').collect();
            let controller = fields[3].split(',').any(|option| matches!(option, "memory" | "pids"));
            fields[2] == "cgroup2" || fields[2] == "cgroup" && controller
        };
        let mount = mounts.lines().find(fits).and_then(|line| line.split(' ').nth(1)).expect("a hierarchy");
        let path = PathBuf::from(mount).join(format!("syscope-it-exec-{}", std::process::id()));
        fs::create_dir(&path).expect("make a cgroup");
        Cgroup(path)
    }

    fn run(&self, argument: &str) {
        let script = format!("echo $$ >{}/cgroup.procs && exec /bin/true {argument}", self.0.display());
        ok(Command::new("sh").args(["-c", &script]));
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for _ in 0..400 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        eprintln!("{} is left over", self.0.display());
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_cgroup_is_logged_alone() {
    let cgroup = Cgroup::new();
    let running = Running::quiet(&["-f", "json", "--exit", "--cgroup", cgroup.0.to_str().expect("UTF-8")]);
    running.wait_ready(|| cgroup.run(PROBE));
    cgroup.run("in-cgroup");
    ok(Command::new("/bin/true").arg("outside"));
    let log = running.end();
    assert_eq!(log.end_of(log.only("in-cgroup").pid).status, Some(0));
    assert!(log.with("outside").is_empty());
}

#[test]
#[ignore = "root+bpf"]
fn a_user_is_logged_alone() {
    let running = Running::quiet(&["-f", "json", "--uid", "1002"]);
    running.wait_ready(|| ok(Command::new("/bin/true").arg(PROBE).uid(1002)));
    ok(Command::new("/bin/true").arg("user-1002").uid(1002));
    ok(Command::new("/bin/true").arg("user-1003").uid(1003));
    let log = running.end();
    assert_eq!(log.only("user-1002").uid, 1002);
    assert!(log.execs().all(|exec| exec.uid == 1002));
}

#[test]
#[ignore = "root+bpf"]
fn a_duration_ends_it() {
    let started = Instant::now();
    let mut running = Running::quiet(&["-f", "json", "--duration", "1500ms"]);
    let ended = running.finish();
    assert!(ended.status.success() && started.elapsed() >= Duration::from_millis(1500), "{ended:?}");
    assert!(ended.stderr.ends_with(" 0 lost\n"), "{}", ended.stderr);
    Log { records: ended.stdout().lines().map(parse).collect() }.totals();
}

#[test]
#[ignore = "root+bpf"]
fn rotated_files_have_all_records_in_order() {
    let dir = Dir::new();
    let path = dir.join("log");
    let write = path.to_str().expect("UTF-8");
    let running = Running::quiet(&[
        "-f",
        "json",
        "--write",
        write,
        "--rotate-size",
        "64K",
        "--rotate-keep",
        "200",
        "--fsync",
    ]);
    running.wait_ready(super::running::probe);
    let mut child = Command::new(program("spawns")).arg("1000").spawn().expect("start a loop");
    assert!(child.wait().expect("wait").success());
    let said = running.stop_quietly();
    assert!(said.ends_with(" 0 lost\n"), "{said}");
    let count = fs::read_dir(dir.path()).expect("the files").count();
    assert!(count > 5, "{count} files");
    let older = (1..count).rev().map(|n| PathBuf::from(format!("{write}.{n}")));
    let mut numbers = Vec::new();
    for file in older.chain([path.clone()]) {
        let text = fs::read_to_string(&file).expect("a file of the log");
        assert!(text.len() <= 64 << 10 && text.ends_with('\n'), "{}: {}", file.display(), text.len());
        for record in text.lines().map(parse) {
            if let Record::Exec(exec) = record
                && exec.ppid == Some(child.id())
            {
                numbers.push(String::from_utf8(bytes(&exec.argv[1])).expect("a number"));
            }
        }
    }
    let expected: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    assert_eq!(numbers, expected);
}
