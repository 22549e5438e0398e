//! The resolver against runtimes that misbehave, made here, and against files.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use syscope_event::{OwnerKind, Source, Unit};

use super::*;
use crate::claim::ContainerClaim;
use crate::runtime::{Kind, State};

/// As much of the rules of paths as is needed here.
fn parse(path: &[u8]) -> Claim {
    let path = String::from_utf8_lossy(path);
    let leaf = path.rsplit('/').next().unwrap_or_default();
    let user = path.contains("user@1000.service").then_some(1000);
    let claim = |id: &str, runtime, pod_uid: Option<&str>| {
        Claim::Container(ContainerClaim {
            id: id.into(),
            runtime,
            pod_uid: pod_uid.map(Into::into),
            user,
            level: 1,
            certain: true,
        })
    };
    if let Some(id) = leaf.strip_prefix("docker-") {
        claim(id.trim_end_matches(".scope"), Some("docker"), None)
    } else if let Some(id) = leaf.strip_prefix("libpod-") {
        claim(id.trim_end_matches(".scope"), Some("podman"), None)
    } else if path.contains("kubepods") {
        claim(leaf, None, Some("uid"))
    } else if leaf.ends_with(".service") {
        Claim::Unit(Unit { name: leaf.into(), ..Unit::default() })
    } else {
        Claim::Nothing
    }
}

fn config(root: &Path) -> Config {
    Config {
        root: root.to_owned(),
        cri: None,
        timeout: Duration::from_millis(200),
        patience: Duration::from_millis(300),
    }
}

fn start(root: &Path) -> Resolver {
    Resolver::start_with(config(root), parse)
}

/// Asks, and waits for the last word; with how long that took.
fn ask(resolver: &Resolver, path: &str) -> (Answer, Duration) {
    let asked = Instant::now();
    let question = Question { cgroup: 7, path: path.as_bytes().into(), by_root: true };
    assert!(resolver.ask(question));
    loop {
        let answer = resolver.answer_within(Duration::from_secs(5)).expect("an answer");
        assert_eq!(answer.cgroup, 7);
        if answer.last {
            return (answer, asked.elapsed());
        }
    }
}

fn state_of(resolver: &Resolver, kind: Kind) -> State {
    resolver.status().into_iter().find(|status| status.kind == kind).expect("listed").state
}

/// A server at `root/run/docker.sock`: every connection is given to `serve`.
fn docker_server(root: &Path, serve: impl Fn(UnixStream) + Send + Sync + 'static) {
    fs::create_dir_all(root.join("run")).unwrap();
    let listener = UnixListener::bind(root.join("run/docker.sock")).unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
}

fn read_request(stream: &mut UnixStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        request.push(byte[0]);
    }
    String::from_utf8_lossy(&request).into_owned()
}

fn respond(stream: &mut UnixStream, body: &str) {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // The other side may have given up.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

fn well_behaved(mut stream: UnixStream) {
    let request = read_request(&mut stream);
    if request.starts_with("GET /version ") {
        respond(&mut stream, r#"{"Version":"20.10","Components":[]}"#);
    } else if request.contains("%22abc%22") {
        respond(
            &mut stream,
            r#"[{"Id":"abcdef","Names":["/no"]},{"Id":"abc","Names":["/web"],"Image":"nginx"}]"#,
        );
    } else {
        respond(&mut stream, "[]");
    }
}

fn podman_storage(root: &Path, id: &str) {
    let at = root.join("var/lib/containers/storage/overlay-containers");
    fs::create_dir_all(&at).unwrap();
    fs::write(at.join("containers.json"), format!(r#"[{{"id":"{id}","names":["pod-man"]}}]"#)).unwrap();
}

#[test]
fn units_are_answered_without_asking() {
    let dir = tempfile::tempdir().unwrap();
    let resolver = start(dir.path());
    let (answer, _) = ask(&resolver, "/system.slice/ssh.service");
    assert_eq!((answer.owner.kind_name(), answer.owner.source), ("unit", Source::Unit));
    assert!(resolver.answer().is_none());
    assert_eq!(resolver.stats().open, 0);
}

#[test]
fn an_engine_names_its_containers() {
    let dir = tempfile::tempdir().unwrap();
    docker_server(dir.path(), well_behaved);
    let resolver = start(dir.path());
    let (answer, _) = ask(&resolver, "/system.slice/docker-abc.scope");
    let container = answer.owner.container().unwrap();
    assert_eq!((container.name.as_deref(), container.image.as_deref()), (Some("web"), Some("nginx")));
    assert_eq!((answer.owner.source, answer.owner.doubt), (Source::Docker, None));
    // One that it denies is asked about until patience is over, and then refuted.
    let (answer, took) = ask(&resolver, "/system.slice/docker-fff.scope");
    assert_eq!(answer.owner.unit().map(|unit| &*unit.name), Some("docker-fff.scope"));
    assert!(answer.owner.doubt.is_some_and(|doubt| doubt.contains("not known to docker")));
    assert!(took >= Duration::from_millis(300), "{took:?}");
    assert_eq!(state_of(&resolver, Kind::Docker), State::Answering { version: "20.10".into() });
    let stats = resolver.stats();
    assert_eq!((stats.asked, stats.containers, stats.refuted, stats.open), (2, 1, 1, 0));
}

#[test]
fn a_container_in_the_making_is_asked_about_again() {
    let dir = tempfile::tempdir().unwrap();
    let is_there = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_there);
    docker_server(dir.path(), move |mut stream| {
        let request = read_request(&mut stream);
        let is_there = seen.load(Ordering::Relaxed) && request.contains("%22abc%22");
        respond(&mut stream, if is_there { r#"[{"Id":"abc","Names":["/late"]}]"# } else { "[]" });
    });
    let resolver = start(dir.path());
    let question = Question { cgroup: 1, path: (*b"/docker-abc").into(), by_root: true };
    assert!(resolver.ask(question));
    let guess = resolver.answer_within(Duration::from_secs(2)).unwrap();
    assert!(!guess.last && guess.owner.source == Source::Path, "{guess:?}");
    is_there.store(true, Ordering::Relaxed);
    let last = resolver.answer_within(Duration::from_secs(2)).unwrap();
    assert!(last.last);
    assert_eq!(last.owner.container().and_then(|container| container.name.as_deref()), Some("late"));
}

#[test]
fn a_silent_runtime_is_waited_for_once() {
    let dir = tempfile::tempdir().unwrap();
    let hangs = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&hangs);
    docker_server(dir.path(), move |stream| {
        while seen.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
        well_behaved(stream);
    });
    podman_storage(dir.path(), "ppp");
    let resolver = start(dir.path());
    let (answer, took) = ask(&resolver, "/docker-abc");
    assert_eq!(answer.owner.source, Source::Path);
    assert!(answer.owner.doubt.is_some_and(|doubt| doubt.contains("does not answer")));
    assert!(took < Duration::from_millis(400), "{took:?}");
    // From now on it costs nothing; and never did it cost others anything.
    let (answer, took) = ask(&resolver, "/docker-def");
    assert!(answer.owner.source == Source::Path && took < Duration::from_millis(100), "{took:?}");
    let (answer, took) = ask(&resolver, "/libpod_parent/libpod-ppp");
    assert!(
        answer.owner.source == Source::Podman && took < Duration::from_millis(100),
        "{took:?} {answer:?}"
    );
    assert!(matches!(state_of(&resolver, Kind::Docker), State::Silent { .. }));
    // When it answers again, what was left in doubt is corrected; what it does not know is let be.
    hangs.store(false, Ordering::Relaxed);
    let corrected = resolver.answer_within(Duration::from_secs(5)).expect("a correction");
    assert_eq!(corrected.owner.container().and_then(|container| container.name.as_deref()), Some("web"));
    assert!(corrected.last && corrected.owner.doubt.is_none());
    assert!(matches!(state_of(&resolver, Kind::Docker), State::Answering { .. }));
    let stats = resolver.stats();
    assert_eq!((stats.corrected, stats.open), (1, 0));
}

#[test]
fn hostile_answers_are_refused() {
    let large = format!("[{}]", " ".repeat(8 << 20));
    let bodies = ["{", "[[[[", r#"[{"Id":7}]"#, r#"{"message":"x"}"#, &large];
    for body in bodies {
        let dir = tempfile::tempdir().unwrap();
        let body = body.to_owned();
        docker_server(dir.path(), move |mut stream| {
            read_request(&mut stream);
            respond(&mut stream, &body);
        });
        let resolver = start(dir.path());
        let (answer, _) = ask(&resolver, "/docker-abc");
        assert_eq!(answer.owner.source, Source::Path);
        assert!(answer.owner.doubt.is_some_and(|doubt| doubt.contains("refuses") && doubt.len() < 2000));
    }
}

#[test]
fn what_is_no_http_or_never_ends_is_given_up() {
    let endless = |mut stream: UnixStream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"1\r\n \r\n").is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
    };
    let closed = |_: UnixStream| {};
    let garbage = |mut stream: UnixStream| {
        let _ = stream.write_all(&[0xff; 100_000]);
    };
    let headers = |mut stream: UnixStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-Y: zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\r\n").is_ok() {}
    };
    let servers: [Box<dyn Fn(UnixStream) + Send + Sync>; 4] =
        [Box::new(endless), Box::new(closed), Box::new(garbage), Box::new(headers)];
    for serve in servers {
        let dir = tempfile::tempdir().unwrap();
        docker_server(dir.path(), serve);
        let resolver = start(dir.path());
        let (answer, took) = ask(&resolver, "/docker-abc");
        assert_eq!(answer.owner.source, Source::Path);
        assert!(answer.owner.doubt.is_some() && took < Duration::from_millis(600), "{took:?}");
    }
}

/// A gRPC server that never speaks HTTP/2, closes at once, or never answers.
#[test]
fn a_broken_cri_socket_is_told_from_none() {
    let servers: [fn(UnixStream); 3] = [
        |mut stream| drop(stream.write_all(&[b'x'; 10_000])),
        drop,
        |mut stream| {
            let mut sink = [0; 1024];
            while stream.read(&mut sink).is_ok_and(|read| read > 0) {}
        },
    ];
    for serve in servers {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("run/crio")).unwrap();
        let listener = UnixListener::bind(dir.path().join("run/crio/crio.sock")).unwrap();
        thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| drop(thread::spawn(move || serve(stream))))
        });
        let resolver = start(dir.path());
        let (answer, took) = ask(&resolver, "/kubepods/poduid/abc");
        assert_eq!(answer.owner.source, Source::Path);
        assert!(answer.owner.doubt.as_deref().is_some_and(|doubt| doubt.contains("crio.sock")), "{answer:?}");
        assert!(took < Duration::from_millis(600), "{took:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    let resolver = start(dir.path());
    let (answer, _) = ask(&resolver, "/kubepods/poduid/abc");
    assert_eq!(answer.owner.doubt.as_deref(), Some("no container runtime found"));
    let OwnerKind::Container(container) = answer.owner.kind else { panic!("a container") };
    assert_eq!((container.pod_uid.as_deref(), container.name), (Some("uid"), None));
}

#[test]
fn a_runtime_that_appears_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let resolver = start(dir.path());
    let (answer, _) = ask(&resolver, "/docker-abc");
    assert_eq!(answer.owner.doubt.as_deref(), Some("no docker found"));
    assert_eq!(state_of(&resolver, Kind::Docker), State::Absent);
    docker_server(dir.path(), well_behaved);
    let (answer, _) = ask(&resolver, "/docker-abc");
    assert_eq!(answer.owner.source, Source::Docker);
    // Also without a question.
    podman_storage(dir.path(), "ppp");
    let end = Instant::now() + Duration::from_secs(5);
    while state_of(&resolver, Kind::Podman) == State::Absent {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn too_many_questions_are_dropped_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let resolver = start(dir.path());
    let question = || Question { cgroup: 1, path: (*b"/ssh.service").into(), by_root: true };
    for _ in 0..OPEN {
        assert!(resolver.ask(question()));
    }
    // Answers that nobody took count as open: they take room too.
    assert!(!resolver.ask(question()));
    for _ in 0..OPEN {
        assert!(resolver.answer_within(Duration::from_secs(5)).is_some_and(|answer| answer.last));
    }
    assert!(resolver.ask(question()));
    assert_eq!(resolver.stats().dropped, 1);
}

#[test]
fn a_probe_is_bounded_in_time() {
    let dir = tempfile::tempdir().unwrap();
    docker_server(dir.path(), |stream| {
        thread::sleep(Duration::from_secs(3));
        drop(stream);
    });
    podman_storage(dir.path(), "ppp");
    let started = Instant::now();
    let all = probe(config(dir.path()));
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    let state =
        |kind| all.iter().find(|status| status.kind == kind).map(|status| status.state.clone()).unwrap();
    assert!(matches!(state(Kind::Docker), State::Silent { .. }));
    assert_eq!(state(Kind::Podman), State::Answering { version: "".into() });
    assert_eq!(state(Kind::Cri), State::Absent);
}

#[test]
fn a_large_host_is_read_at_once() {
    let dir = tempfile::tempdir().unwrap();
    // Owned by whoever runs the test: looked at, whether it is believed or not.
    for n in 0..200 {
        let state = dir.path().join(format!("run/runc/c{n}/state.json"));
        fs::create_dir_all(state.parent().unwrap()).unwrap();
        let paths = format!(r#"{{"cgroup_paths":{{"memory":"/sys/fs/cgroup/memory/own/c{n}"}}}}"#);
        fs::write(state, paths).unwrap();
    }
    let resolver = start(dir.path());
    let started = Instant::now();
    for cgroup in 0..10_000 {
        let path = format!("/host/{cgroup}/x").into_bytes();
        assert!(resolver.ask(Question { cgroup, path: path.into(), by_root: true }));
    }
    let mut done = 0;
    while done < 10_000 {
        let answer = resolver.answer_within(Duration::from_secs(5)).expect("an answer");
        assert_eq!(answer.owner.kind_name(), "host");
        done += usize::from(answer.last);
    }
    let took = started.elapsed();
    println!("10,000 cgroups beside 200 containers: {took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}
