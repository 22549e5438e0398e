//! Jobs, streams and the agent itself, without containers.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use syscope_output::record::{CgroupEntry, ProcessEntry, Text};

use crate::support::{syscope, until};

/// A running agent on a free port.
struct Started {
    child: Child,
    address: String,
}

impl Started {
    fn start(flags: &[&str]) -> Started {
        let mut command = syscope();
        command.args(["server", "--listen", "127.0.0.1:0", "--node-name", "n1"]).args(flags);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("start the agent");
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().expect("its stderr"));
        stderr.read_line(&mut line).expect("its first line");
        let address =
            line.trim().strip_prefix("syscope: ").expect("its address").trim_end_matches('/').to_owned();
        // What else it says is read, so that it never waits for us.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Started { child, address }
    }

    fn curl(&self, arguments: &[&str], path: &str) -> Command {
        let mut command = Command::new("curl");
        command.args(["-sS", "--max-time", "30"]).args(arguments).arg(format!("{}{path}", self.address));
        command
    }

    /// The status and the JSON of an answer.
    fn ask(&self, arguments: &[&str], path: &str) -> (u16, Value) {
        let mut command = self.curl(&[&["-w", "\n%{http_code}"], arguments].concat(), path);
        let output = command.output().expect("run curl");
        let text = String::from_utf8(output.stdout).expect("text");
        let (body, status) = text.rsplit_once('\n').expect("a status");
        (status.parse().expect("a number"), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn post(&self, body: &Value) -> (u16, Value) {
        self.ask(&["--json", &body.to_string()], "/api/v1/traces")
    }

    fn metrics(&self) -> String {
        let output = self.curl(&[], "/metrics").output().expect("run curl");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Ends it, which must be a clean end.
    fn end(mut self) {
        // SAFETY: a plain system call on our own child.
        unsafe { libc::kill(self.child.id() as i32, libc::SIGTERM) };
        let until = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().expect("wait").is_none() {
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(self.child.wait().expect("wait").success());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A stream, read as it comes: whoever reads late is told what it missed instead.
struct Stream(JoinHandle<Vec<Value>>);

impl Stream {
    fn open(agent: &Started, id: &str) -> Stream {
        let mut command = agent.curl(&["-N"], &format!("/api/v1/traces/{id}/events"));
        let mut curl = command.stdout(Stdio::piped()).spawn().expect("run curl");
        Stream(std::thread::spawn(move || {
            let mut text = String::new();
            curl.stdout.take().expect("its stdout").read_to_string(&mut text).expect("read");
            assert!(curl.wait().expect("wait").success());
            text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
        }))
    }

    /// All of its lines, when it has ended.
    fn read(self) -> Vec<Value> {
        self.0.join().expect("it is read")
    }
}

#[test]
#[ignore = "root+bpf"]
fn an_agent_is_ready_and_says_what_it_is() {
    let agent = Started::start(&[]);
    assert_eq!(agent.ask(&[], "/healthz").0, 200);
    let (status, readiness) = agent.ask(&[], "/readyz");
    assert_eq!((status, &readiness["ready"]), (200, &json!(true)), "{readiness}");
    let (_, status) = agent.ask(&[], "/api/v1/status");
    assert_eq!(status["node"], "n1");
    let hooks = status["hooks"].as_array().expect("hooks");
    assert!(hooks.contains(&json!("sys_exit")) && !hooks.contains(&json!("sys_enter")), "{status}");
    // Each is what the API's description says, and nothing else.
    let list = |path| agent.ask(&[], path).1;
    let processes: Vec<ProcessEntry> = serde_json::from_value(list("/api/v1/processes")).expect("processes");
    assert!(processes.iter().any(|process| process.pid == 1));
    let cgroups: Vec<CgroupEntry> = serde_json::from_value(list("/api/v1/cgroups")).expect("cgroups");
    assert!(cgroups.iter().any(|cgroup| cgroup.path == Text::Plain("/".into())), "{cgroups:?}");
    let metrics = agent.metrics();
    assert!(metrics.contains("\nsyscope_ready 1.0\n"), "{metrics}");
    assert!(metrics.contains("syscope_build_info{"), "{metrics}");
    agent.end();
}

#[test]
#[ignore = "root+bpf"]
fn a_job_is_made_watched_and_ended() {
    let agent = Started::start(&[]);
    let wanted = json!({"name": "opens", "syscalls": ["openat"], "failedOnly": true});
    let (status, job) = agent.post(&wanted);
    assert_eq!((status, &job["running"]), (201, &json!(true)), "{job}");
    let (status, again) = agent.post(&wanted);
    assert_eq!((status, &again["id"]), (200, &job["id"]));
    let (status, problem) = agent.post(&json!({"name": "opens", "syscalls": ["read"]}));
    assert_eq!(status, 409, "{problem}");
    let id = job["id"].as_str().expect("an id");
    let stream = Stream::open(&agent, id);
    until("the stream is read", || {
        (agent.ask(&[], &format!("/api/v1/traces/{id}")).1["watchers"] == json!(1)).then_some(())
    });
    let ran =
        Command::new("cat").arg("/nonexistent/of-the-test").stderr(Stdio::null()).status().expect("run cat");
    assert!(!ran.success());
    until("its event is counted", || {
        let (_, job) = agent.ask(&[], &format!("/api/v1/traces/{id}"));
        (job["counts"]["delivered"].as_u64()? > 0).then_some(())
    });
    let (status, ended) = agent.ask(&["-X", "DELETE"], &format!("/api/v1/traces/{id}"));
    assert_eq!((status, &ended["end"]), (200, &json!("deleted")), "{ended}");
    let lines = stream.read();
    let ours = |line: &&Value| line["args"]["pathname"] == json!("/nonexistent/of-the-test");
    let event = lines.iter().find(ours).expect("the event");
    assert_eq!(
        (&event["job"], &event["node"], &event["error"]),
        (&json!("opens"), &json!("n1"), &json!("ENOENT"))
    );
    let last = lines.last().expect("a last line");
    assert_eq!(
        (&last["final"], &last["end"], &last["lost"]),
        (&json!(true), &json!("deleted"), &json!(0)),
        "{last}"
    );
    assert_eq!((&last["delivered"], &last["missed"]), (&json!(lines.len() - 1), &json!(0)), "{last}");
    assert_eq!(last["produced"], last["delivered"]);
    assert_eq!(agent.ask(&[], &format!("/api/v1/traces/{id}")).0, 404);
    agent.end();
}

#[test]
#[ignore = "root+bpf"]
fn jobs_end_by_their_bounds_and_leases() {
    let agent = Started::start(&[]);
    let id = |body: Value| agent.post(&body).1["id"].as_str().expect("an id").to_owned();
    let few = id(json!({"maxEvents": 7}));
    let sampled = id(json!({"maxEvents": 5, "sampleRate": 2}));
    let short = id(json!({"syscalls": ["reboot"], "duration": "1s"}));
    let lonely = id(json!({"syscalls": ["reboot"], "lease": "1s"}));
    let kept = id(json!({"syscalls": ["reboot"], "lease": "0s"}));
    for (job, end) in
        [(&few, "max_events"), (&sampled, "max_events"), (&short, "duration"), (&lonely, "lease")]
    {
        until(end, || {
            let (_, job) = agent.ask(&[], &format!("/api/v1/traces/{job}"));
            (job["running"] == json!(false)).then(|| assert_eq!(job["end"], json!(end)))
        });
    }
    assert_eq!(agent.ask(&[], &format!("/api/v1/traces/{kept}")).1["running"], json!(true));
    let lines = Stream::open(&agent, &few).read();
    assert_eq!(lines.len(), 8, "seven events and the last line");
    let last = lines.last().expect("a last line");
    assert_eq!((&last["produced"], &last["delivered"]), (&json!(7), &json!(7)), "{last}");
    // Of every two one; the last may or may not have one behind it.
    let lines = Stream::open(&agent, &sampled).read();
    let last = lines.last().expect("a last line");
    let [produced, delivered, sampled_out, lost] =
        ["produced", "delivered", "sampled_out", "lost"].map(|name| last[name].as_u64().expect("a number"));
    assert_eq!((delivered, produced), (5, 5 + sampled_out + lost), "{last}");
    assert!((4..=5 + lost).contains(&sampled_out), "{last}");
    agent.end();
}

#[test]
#[ignore = "root+bpf"]
fn streams_have_their_last_line_when_the_agent_ends() {
    let agent = Started::start(&[]);
    let (_, job) = agent.post(&json!({"syscalls": ["reboot"]}));
    let stream = Stream::open(&agent, job["id"].as_str().expect("an id"));
    until("the stream is read", || {
        (agent.ask(&[], "/api/v1/status").1["watchers"] == json!(1)).then_some(())
    });
    agent.end();
    let lines = stream.read();
    assert_eq!((lines.len(), &lines[0]["end"]), (1, &json!("shutdown")), "{lines:?}");
}

#[test]
#[ignore = "root+bpf"]
fn latency_is_measured_where_it_is_asked_for() {
    let agent = Started::start(&["--metrics-latency"]);
    until("the time of a call", || {
        agent.metrics().contains("syscope_syscall_duration_seconds_bucket{").then_some(())
    });
    assert!(agent.metrics().contains("syscope_syscall_seconds_total{"));
    agent.end();
}

#[test]
fn an_open_address_is_refused_before_anything_is_loaded() {
    let output = syscope().args(["server", "--listen", "0.0.0.0:0"]).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("0.0.0.0:0") && said.contains("token file"), "{said}");
    let output = syscope().args(["server", "--metrics-labels", "pod,kns"]).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("kns"));
}
