//! Real agents: two on this host, which see the same calls.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::Running;
use crate::support::{Dir, Ended, run, start, syscope, until, wait};

/// An agent at an address that it has again when it is started again.
struct Node {
    name: &'static str,
    listen: String,
    child: Option<(Child, Dir)>,
}

impl Node {
    fn new(name: &'static str, listen: String) -> Node {
        let mut node = Node { name, listen, child: None };
        node.start();
        node
    }

    /// On a port of the loopback that is free now.
    fn on_a_port(name: &'static str) -> Node {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        Node::new(name, free.expect("a free port").to_string())
    }

    /// On a socket file of this directory.
    fn on_a_file(name: &'static str, dir: &Dir) -> Node {
        Node::new(name, format!("unix:{}", dir.join(name).display()))
    }

    fn start(&mut self) {
        let dir = Dir::new();
        let mut command = syscope();
        command.args(["server", "--listen", &self.listen, "--node-name", self.name]);
        let mut child = start(&mut command, &dir);
        until("the agent listens", || {
            let said = std::fs::read_to_string(dir.join("stderr")).unwrap_or_default();
            assert!(child.try_wait().expect("look after it").is_none(), "it ended: {said}");
            said.starts_with("syscope: ").then_some(())
        });
        self.child = Some((child, dir));
    }

    /// Kills it without a word.
    fn kill(&mut self) {
        if let Some((mut child, _)) = self.child.take() {
            child.kill().and_then(|()| child.wait()).expect("kill the agent");
        }
    }

    /// Ends it.
    fn end(&mut self) {
        let (mut child, _) = self.child.take().expect("it runs");
        // SAFETY: a plain system call; the child is ours and not reaped.
        unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
        assert!(wait(&mut child).success());
    }

    fn get(&self, path: &str) -> Value {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--fail", "--max-time", "20"]);
        match self.listen.strip_prefix("unix:") {
            Some(file) => curl.args(["--unix-socket", file]).arg(format!("http://localhost{path}")),
            None => curl.arg(format!("http://{}{path}", self.listen)),
        };
        let output = curl.output().expect("run curl");
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn jobs(&self) -> Vec<Value> {
        self.get("/api/v1/traces")["traces"].as_array().expect("a list").clone()
    }

    /// Waits until its only running job has a watcher.
    fn wait_for_watcher(&self) {
        until("somebody watches", || {
            let running: Vec<Value> = self.jobs().into_iter().filter(|job| job["running"] == true).collect();
            matches!(&running[..], [job] if job["watchers"] == 1).then_some(())
        });
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some((child, dir)) = &mut self.child {
            let _ = child.kill().and_then(|()| child.wait());
            if std::thread::panicking() {
                let said = std::fs::read_to_string(dir.join("stderr")).unwrap_or_default();
                eprintln!("the agent {} said: {said}", self.name);
            }
        }
    }
}

/// `syscope client` at these agents.
fn client(endpoints: &[&str], words: &[&str]) -> Command {
    let mut command = syscope();
    command.args(["client", "--endpoints", &endpoints.join(",")]).args(words);
    command
}

/// A one-shot job of the call that these tests make, with a watcher at each agent.
fn oneshot(nodes: &[&Node], words: &[&str]) -> Running {
    let endpoints: Vec<&str> = nodes.iter().map(|node| &*node.listen).collect();
    let words = [&["create", "--oneshot", "-s", "ioprio_get", "-o", "json"], words].concat();
    let running = Running::start(&mut client(&endpoints, &words));
    nodes.iter().for_each(|node| node.wait_for_watcher());
    running
}

/// Makes so many calls of ioprio_get that succeed and that fail. Hardly anybody else calls it.
fn call(good: usize, bad: usize) {
    let ioprio_get = |which: i32, who: usize| {
        // SAFETY: a system call that reads nothing of ours.
        unsafe { libc::syscall(libc::SYS_ioprio_get, which, who) }
    };
    (0..good).for_each(|_| assert!(ioprio_get(1, 0) >= 0));
    (0..bad).for_each(|number| assert_eq!(ioprio_get(99, number), -1));
}

/// The calls of this process that a client has shown, in its order.
fn shown(text: &str) -> Vec<Value> {
    let whole = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let lines = whole.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    lines.filter(|line| line["process"]["pid"] == std::process::id() && line["type"] == "syscall").collect()
}

/// How many of them an agent has told, that succeeded and that failed.
fn told(events: &[Value], node: &str) -> (usize, usize) {
    let of =
        |error: &str| events.iter().filter(|event| event["node"] == node && event["error"] == error).count();
    (of("OK"), of("EINVAL"))
}

/// Waits until so many are shown of each of both agents.
fn until_told(running: &Running, one: (usize, usize), two: (usize, usize)) {
    let mut seen = Vec::new();
    let found = || {
        let events = shown(&running.read("stdout"));
        seen = vec![told(&events, "n1"), told(&events, "n2")];
        (seen == [one, two]).then_some(())
    };
    crate::support::wait_for(found)
        .unwrap_or_else(|| panic!("{one:?} and {two:?}: {seen:?}; {}", running.read("stderr")));
}

/// Every line is there once, and they are in the order of time.
fn assert_a_stream(events: &[Value]) {
    let times: Vec<&str> = events.iter().map(|event| event["ts"].as_str().expect("a time")).collect();
    assert!(times.is_sorted(), "not in the order of time");
    let different: BTreeSet<String> = events.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), events.len(), "a line is shown twice");
}

#[test]
#[ignore = "root+bpf"]
fn two_agents_are_merged_and_each_may_go_and_come_back() {
    let dir = Dir::new();
    let (mut one, mut two) = (Node::on_a_port("n1"), Node::on_a_file("n2", &dir));
    let running = oneshot(&[&one, &two], &["--merge-delay", "3s"]);
    call(300, 200);
    until_told(&running, (300, 200), (300, 200));

    one.kill();
    running.said(&format!("{}: the connection broke; trying again", one.listen));
    call(7, 3);
    until_told(&running, (300, 200), (307, 203));
    one.start();
    running.said(&format!("{}: it had lost the job, which was created again", one.listen));
    one.wait_for_watcher();
    call(20, 10);
    until_told(&running, (320, 210), (327, 213));

    // A socket file that a killed agent has left is no obstacle.
    two.kill();
    running.said(&format!("{}: the connection broke; trying again", two.listen));
    call(1, 2);
    two.start();
    running.said(&format!("{}: it had lost the job, which was created again", two.listen));
    two.wait_for_watcher();
    call(30, 40);
    until_told(&running, (351, 252), (357, 253));

    let ended = running.interrupt();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr.matches("trying again").count(), 2, "{}", ended.stderr);
    assert!(ended.stderr.contains(" of 2 agents, 0 lost\n"), "{}", ended.stderr);
    let events = shown(&ended.stdout());
    assert_eq!((told(&events, "n1"), told(&events, "n2")), ((351, 252), (357, 253)));
    assert_a_stream(&events);
    assert_eq!([one.jobs(), two.jobs()].concat(), [] as [Value; 0]);
    one.end();
    two.end();
}

/// A way to an agent that can be broken.
struct Way {
    address: String,
    open: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    /// To this address. It is there until the process of the tests ends.
    fn to(address: &str) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let way = Way {
            address: listener.local_addr().expect("it has an address").to_string(),
            open: Arc::new(AtomicBool::new(true)),
            streams: Arc::default(),
        };
        let (to, open, streams) = (address.to_owned(), Arc::clone(&way.open), Arc::clone(&way.streams));
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(&to) else { continue };
                let mut streams = streams.lock().expect("nobody panicked");
                if !open.load(Ordering::SeqCst) {
                    continue;
                }
                for (mut from, mut to) in [(&near, &far), (&far, &near)].map(|(a, b)| (clone(a), clone(b))) {
                    std::thread::spawn(move || {
                        let mut buffer = [0; 4096];
                        while let Ok(read @ 1..) = from.read(&mut buffer) {
                            if to.write_all(&buffer[..read]).is_err() {
                                break;
                            }
                        }
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                streams.extend([near, far]);
            }
        });
        way
    }

    /// Breaks all connections, and lets no more through.
    fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        for stream in self.streams.lock().expect("nobody panicked").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("another handle")
}

#[test]
#[ignore = "root+bpf"]
fn a_connection_that_breaks_loses_nothing_and_repeats_nothing() {
    let mut node = Node::on_a_port("n1");
    let way = Way::to(&node.listen);
    let at_node = |words: &[&str]| -> Ended { run(&mut client(&[&node.listen], words)) };
    let created = at_node(&["create", "--name", "mine", "-s", "ioprio_get"]);
    assert_eq!(created.code(), Some(0), "{created:?}");
    let running = Running::start(&mut client(&[&way.address], &["watch", "mine", "-o", "json"]));
    node.wait_for_watcher();
    call(200, 100);
    until_told(&running, (200, 100), (0, 0));
    // What is called meanwhile is shown afterwards.
    way.close();
    running.said("trying again");
    call(50, 50);
    way.open();
    until_told(&running, (250, 150), (0, 0));
    // In the middle of a stream.
    for round in 1..=3 {
        call(400, 0);
        way.close();
        way.open();
        call(100, 0);
        until_told(&running, (250 + 500 * round, 150), (0, 0));
    }
    assert!(!running.read("stderr").contains("events are missing"), "{}", running.read("stderr"));
    assert_a_stream(&shown(&running.read("stdout")));

    // More than the agent keeps (2 MiB).
    way.close();
    until("nobody watches", || (node.jobs()[0]["watchers"] == 0).then_some(()));
    call(20_000, 0);
    until("all is in the job's stream", || {
        (node.jobs()[0]["counts"]["delivered"].as_u64()? >= 21_900).then_some(())
    });
    way.open();
    running.said("events are missing");
    call(0, 1);
    until("the newest is shown", || (told(&shown(&running.read("stdout")), "n1").1 == 151).then_some(()));
    let ended = running.interrupt();
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert_a_stream(&shown(&ended.stdout()));
    assert_eq!(node.jobs().len(), 1, "the job is not the client's");
    assert_eq!(at_node(&["delete", "mine"]).code(), Some(0));
    node.end();
}

#[test]
#[ignore = "root+bpf"]
fn no_end_leaves_a_job() {
    let dir = Dir::new();
    let (mut one, mut two) = (Node::on_a_port("n1"), Node::on_a_file("n2", &dir));
    let left = |one: &Node, two: &Node| [one.jobs(), two.jobs()].concat();

    let running = oneshot(&[&one, &two], &["--max-events", "5"]);
    call(10, 10);
    let ended = running.ended();
    assert_eq!((ended.code(), ended.stderr.matches("events reached").count()), (Some(0), 2), "{ended:?}");
    assert!(ended.stderr.contains("10 events of 2 agents, 0 lost"), "{ended:?}");
    assert_eq!(left(&one, &two), [] as [Value; 0]);

    let running = oneshot(&[&one, &two], &["--duration", "2s"]);
    let ended = running.ended();
    assert_eq!((ended.code(), ended.stderr.matches("time over").count()), (Some(0), 2), "{ended:?}");
    assert_eq!(left(&one, &two), [] as [Value; 0]);

    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let running = oneshot(&[&one, &two], &[]);
        running.signal(signal);
        assert_eq!(running.ended().code(), Some(0), "signal {signal}");
        assert_eq!(left(&one, &two), [] as [Value; 0], "signal {signal}");
    }

    let mut command = client(&[&one.listen, &two.listen], &["create", "--oneshot", "-s", "ioprio_get"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("start the client");
    one.wait_for_watcher();
    two.wait_for_watcher();
    drop(child.stdout.take());
    call(5, 5);
    let status = until("the client ends", || child.try_wait().expect("wait for the client"));
    assert_eq!((status.code(), left(&one, &two)), (Some(0), vec![]));

    // Who is killed deletes nothing; the lease does.
    let running = oneshot(&[&one, &two], &["--lease", "2s"]);
    running.signal(libc::SIGKILL);
    running.ended();
    for node in [&one, &two] {
        until("the lease is over", || node.jobs().iter().all(|job| job["running"] == false).then_some(()));
        assert!(node.jobs().iter().all(|job| job["end"] == "lease"), "{:?}", node.jobs());
    }

    let running = oneshot(&[&one, &two], &[]);
    two.kill();
    running.said("trying again");
    call(3, 4);
    until_told(&running, (3, 4), (0, 0));
    let ended = running.interrupt();
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("could not be deleted and ends with its lease"), "{ended:?}");
    assert!(one.jobs().iter().all(|job| job["running"] == false), "{:?}", one.jobs());
    one.end();
}
