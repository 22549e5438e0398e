//! How many events a second one core turns into text and JSON.
//!
//! A recorded stream of typical calls, with the copies of memory as the kernel side makes them, is shown
//! again and again: `openat` with a path, `read` with data, `newfstatat` with a `struct stat`, `mmap`,
//! `connect` with an address, `getppid` and `close`, in equal parts; once without owners, once by two containers
//! of pods in turn, with six labels each. The result is a Markdown table; each figure is the median of five runs.
//!
//! ```text
//! cargo run --release -p syscope-output --example decode_bench [seconds per run]
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};

use syscope_event::{
    Cgroup, Comm, Container, Ending, Event, Namespaces, Owner, OwnerKind, Pid, Process, Source, Syscall,
    Thread, Tid, Timestamp,
};
use syscope_output::{JsonLines, Text, jsonl, text};
use syscope_syscalls::{Abi, Blobs, Call, Status, table};

const RUNS: usize = 5;
/// The writer's buffer: it is emptied when it holds this much.
const BUFFER: usize = 64 * 1024;

fn main() {
    let seconds = std::env::args().nth(1).and_then(|arg| arg.parse().ok()).unwrap_or(0.3);
    let run = Duration::from_secs_f64(seconds);
    let process = process();
    println!("| format | events/s | ns/event | bytes/event |");
    println!("| --- | ---: | ---: | ---: |");
    let owners = [owner("web-0"), owner("web-1")];
    let kinds = [(false, false, ""), (true, false, ", descriptors resolved"), (false, true, ", containers")];
    for (descriptors, containers, note) in kinds {
        let recorded = recorded(descriptors);
        let events: Vec<Event<'_>> = recorded
            .iter()
            .enumerate()
            .map(|(at, call)| {
                let nobody = Cgroup { id: 4211, ..Cgroup::default() };
                call.event(&process, if containers { cgroup(&owners, at % 2) } else { nobody })
            })
            .collect();
        let mut text = Text::new(text::Options { latency: true, ..text::Options::default() });
        report(&format!("text{note}"), run, &events, |out, event| text.write(out, event));
        let mut json = JsonLines::new(jsonl::Options { node: Some("node-1".into()), job: None });
        report(&format!("JSON{note}"), run, &events, |out, event| json.write(out, event));
    }
}

/// Measures `show` and prints its row.
fn report(name: &str, run: Duration, events: &[Event<'_>], mut show: impl FnMut(&mut Vec<u8>, &Event<'_>)) {
    let mut rates: Vec<(f64, f64)> = (0..RUNS).map(|_| measure(run, events, &mut show)).collect();
    rates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (rate, bytes) = rates[RUNS / 2];
    println!("| {name} | {} | {:.0} | {bytes:.0} |", grouped(rate as u64), 1e9 / rate);
}

/// Events a second and bytes an event of one run.
fn measure(
    run: Duration,
    events: &[Event<'_>],
    show: &mut impl FnMut(&mut Vec<u8>, &Event<'_>),
) -> (f64, f64) {
    let mut out = Vec::with_capacity(2 * BUFFER);
    let (mut shown, mut bytes) = (0_u64, 0_u64);
    let start = Instant::now();
    while start.elapsed() < run {
        for _ in 0..100 {
            for event in events {
                show(&mut out, black_box(event));
            }
            if out.len() >= BUFFER {
                bytes += black_box(&out).len() as u64;
                out.clear();
            }
        }
        shown += 100 * events.len() as u64;
    }
    bytes += out.len() as u64;
    (shown as f64 / start.elapsed().as_secs_f64(), bytes as f64 / shown as f64)
}

/// `1,234,567`.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A call as it lies in a recorded stream.
struct Recorded {
    time: Timestamp,
    name: &'static str,
    args: [u64; 6],
    ret: i64,
    blobs: Vec<u8>,
}

impl Recorded {
    fn new(name: &'static str, args: &[u64], ret: i64) -> Recorded {
        let mut registers = [0; 6];
        registers[..args.len()].copy_from_slice(args);
        Recorded { time: Timestamp(0), name, args: registers, ret, blobs: Vec::new() }
    }

    fn blob(mut self, arg: u8, bytes: &[u8]) -> Recorded {
        Blobs::push(&mut self.blobs, arg, 0, Status::Complete, bytes);
        self
    }

    /// What a descriptor refers to, if such is recorded; `names` from the leaf up.
    fn file(self, recorded: bool, arg: u8, names: &[u8]) -> Recorded {
        if !recorded {
            return self;
        }
        let mut bytes = vec![0; 64];
        bytes[..4].copy_from_slice(&0xef53_u32.to_le_bytes());
        bytes.extend_from_slice(names);
        self.blob(arg, &bytes)
    }

    fn event<'a>(&'a self, process: &'a Process, cgroup: Cgroup<'a>) -> Event<'a> {
        let abi = Abi::native();
        let nr = table::number(abi, self.name).expect("the calls are in every table");
        Event::Syscall(Syscall {
            time: self.time,
            call: Call {
                abi,
                nr,
                syscall: Some(table::syscall(abi, nr).expect("every number has a specification")),
                args: self.args,
                ret: Some(self.ret),
                blobs: Blobs(&self.blobs),
            },
            latency_ns: Some(1234),
            ending: Ending::Returned,
            thread: Thread {
                tid: Tid(3_797_093),
                comm: Comm(*b"indexwriter\0\0\0\0\0"),
                uid: 1000,
                gid: 1000,
                cgroup,
                process,
            },
        })
    }
}

fn cgroup(owners: &[Owner; 2], at: usize) -> Cgroup<'_> {
    let path: &[u8] = b"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8a9a5a3c_27f0_4b6b_9a3c_5a1c7b1d2e3f.slice/\
        cri-containerd-13765a70e8b14f1c2a3b4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192.scope";
    Cgroup {
        id: 4211 + at as u64,
        hierarchy: "unified",
        tracking_id: Some(4211 + at as u64),
        path: Some(path),
        owner: Some(&owners[at]),
        entering: false,
    }
}

/// The container of a pod as Kubernetes makes them.
fn owner(pod: &str) -> Owner {
    let labels = [
        ("app.kubernetes.io/name", "web"),
        ("app.kubernetes.io/instance", "web-production"),
        ("app.kubernetes.io/version", "1.27.3"),
        ("controller-revision-hash", "web-6d5f7c9b8f"),
        ("statefulset.kubernetes.io/pod-name", pod),
        ("apps.kubernetes.io/pod-index", "0"),
    ];
    let container = Container {
        id: "13765a70e8b14f1c2a3b4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192".into(),
        name: Some("nginx".into()),
        image: Some("docker.io/library/nginx:1.27".into()),
        runtime: Some("containerd".into()),
        pod: Some(pod.into()),
        pod_uid: Some("8a9a5a3c-27f0-4b6b-9a3c-5a1c7b1d2e3f".into()),
        namespace: Some("production".into()),
        labels: labels.map(|(key, value)| (key.into(), value.into())).into(),
    };
    Owner { kind: OwnerKind::Container(Box::new(container)), source: Source::Cri, doubt: None }
}

fn process() -> Process {
    Process {
        pid: Pid(3_797_092),
        start_boot_ns: 1_000_000_000,
        start: Timestamp(1_795_228_200_123_456_789),
        ppid: Some(Pid(3_797_000)),
        exe: Some(Box::from(&b"/usr/bin/indexwriter"[..])),
        session: Some(3_797_000),
        ns_pid: Some(7),
        namespaces: Namespaces {
            pid: Some(4_026_535_150),
            mnt: Some(4_026_535_149),
            uts: Some(4_026_535_144),
        },
    }
}

fn recorded(descriptors: bool) -> Vec<Recorded> {
    let at_fdcwd = -100_i64 as u64;
    let file = b"hosts.conf\0app\0etc\0";
    // 10.1.2.3:8080.
    let address = b"\x02\0\x1f\x90\x0a\x01\x02\x03\0\0\0\0\0\0\0\0";
    // PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, no descriptor.
    let mapping = [0, 8192, 3, 0x22, u64::MAX, 0];
    let o_cloexec = 0o2_000_000;
    let mut calls =
        [
            Recorded::new("openat", &[at_fdcwd, 0x7ffc_0de0, o_cloexec], 3)
                .blob(1, b"/etc/app/hosts.conf")
                .file(descriptors, 6, file),
            Recorded::new("newfstatat", &[at_fdcwd, 0x7ffc_0de0, 0x7ffc_1de0, 0], 0)
                .blob(1, b"/etc/app/hosts.conf")
                .blob(2, &stat()),
            Recorded::new("read", &[3, 0x7ffc_0de0, 4096], 32)
                .file(descriptors, 0, file)
                .blob(1, b"127.0.0.1 localhost\n::1 ip6-loca"),
            Recorded::new("close", &[3], 0).file(descriptors, 0, file),
            Recorded::new("getppid", &[], 3_797_000),
            Recorded::new("mmap", &mapping, 0x7f3a_5c00_0000),
            Recorded::new("connect", &[3, 0x7ffc_0de0, 16], -115).blob(1, address),
        ];
    for (at, call) in calls.iter_mut().enumerate() {
        call.time = Timestamp(1_795_228_229_123_456_789 + 1_000_003 * at as u64);
    }
    calls.into()
}

/// A `struct stat` of this machine's ABI: a regular file of 1234 bytes.
fn stat() -> Vec<u8> {
    let mut words: Vec<u64> = vec![0x801, 131_090];
    match Abi::native() {
        // st_nlink, then st_mode with st_uid, st_gid, st_rdev, st_size, st_blksize.
        Abi::X86_64 => words.extend([1, 0o100_644, 0, 0, 1234, 4096]),
        // st_mode with st_nlink, st_uid with st_gid, st_rdev, padding, st_size, st_blksize.
        _ => words.extend([1 << 32 | 0o100_644, 0, 0, 0, 1234, 4096]),
    }
    words.push(8);
    for time in 0..3 {
        words.extend([1_795_228_200 + time, 123_456_789]);
    }
    words.extend([0; 3]);
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}
