//! A fake agent to look at `syscope top` and `syscope client` with: `fake_agent NODE PORT`.

use std::time::Duration;

use syscope_api::Syscalls;
use syscope_api::syscalls::{Call, Caller, Histogram};
use syscope_testing::agent::{FakeAgent, Options};

const CALLS: [&str; 8] = ["read", "openat", "write", "futex", "connect", "recvfrom", "epoll_wait", "close"];
const ENDS: [&str; 4] = ["OK", "ENOENT", "EAGAIN", "ECONNREFUSED"];

fn main() {
    let mut words = std::env::args().skip(1);
    let node = words.next().unwrap_or_else(|| "n1".into());
    let port = words.next().and_then(|port| port.parse().ok()).unwrap_or(9095);
    let agent = FakeAgent::with(Options { node: node.clone(), port, ..Options::default() });
    println!("{}", agent.endpoint());
    let mut counts = Syscalls { node: Some(node), latency: true, ..Syscalls::default() };
    for n in 0..40 {
        counts.owners.push(Caller {
            namespace: ["prod", "test"][n % 2].into(),
            pod: format!("web-{n}"),
            container: if n == 3 { "evil\x1b[2J\n".into() } else { "nginx".into() },
            unit: String::new(),
        });
    }
    counts.owners.extend([Caller { unit: "ssh.service".into(), ..Caller::default() }, Caller::default()]);
    counts.syscalls = CALLS.map(|name| Call { name: name.into(), ..Call::default() }).into();
    counts.errors = ENDS.map(str::to_owned).into();
    for tick in 0_u64.. {
        counts.ts = 1_795_228_000_000 + tick * 200;
        counts.rows.clear();
        counts.histograms.clear();
        for owner in 0..counts.owners.len() as u64 {
            for call in 0..CALLS.len() as u64 {
                // Each owner has its own rhythm.
                let wave = (tick as f64 / (8.0 + owner as f64)).sin() + 1.2;
                let calls = (tick as f64 * (owner + 1) as f64 * 2.0 + wave * 40.0 * (owner + 1) as f64)
                    as u64
                    / (call + 1);
                counts.rows.push([owner, call, 0, calls, 0]);
                if call % 3 == 1 {
                    counts.rows.push([owner, call, call % 3 + owner % 2, calls / 20, 0]);
                }
                let mut buckets = vec![0; 24];
                buckets[10 + (owner % 8) as usize] = calls;
                buckets[20] = calls / 50;
                counts.histograms.push(Histogram { owner: owner as u32, syscall: call as u32, buckets });
            }
        }
        agent.set_syscalls(counts.clone());
        if agent.watchers() > 0 {
            agent.open(tick / 5 % 60, tick % 5 * 200_000_000, "/etc/hosts");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
