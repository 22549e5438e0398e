//! What one event costs the consumer: processor time of this process per event of a load on another CPU,
//! with every event read, merged and assembled, none decoded. Prints `consumer N ns/event`.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use syscope_tracer::{Builder, Event};

/// Calls of the load: about half a second.
const CALLS: u32 = 2_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().nth(1).as_deref() == Some("load") {
        return load();
    }
    pin(0);
    let mut child = Command::new(std::env::current_exe()?).arg("load").stdin(Stdio::piped()).spawn()?;
    let mut go = child.stdin.take().ok_or("stdin is piped")?;
    let mut trace = Builder::new().syscalls("getppid")?.pid(child.id()).processes(false).start()?;
    let before = processor_ns();
    go.write_all(b"g")?;
    let mut events = 0u64;
    while let Some(event) = trace.next()? {
        events += u64::from(matches!(event, Event::Syscall(_)));
    }
    let spent = processor_ns() - before;
    child.wait()?;
    let totals = trace.totals();
    println!("consumer {} ns/event ({events} events, {} lost)", spent / events.max(1), totals.lost());
    Ok(())
}

/// The load: waits for a byte, then calls.
fn load() -> Result<(), Box<dyn std::error::Error>> {
    pin(1);
    std::io::stdin().read_exact(&mut [0])?;
    for _ in 0..CALLS {
        // SAFETY: getppid has no preconditions.
        unsafe { libc::syscall(libc::SYS_getppid) };
    }
    Ok(())
}

/// Keeps this thread on one CPU where the machine has it.
fn pin(cpu: usize) {
    // SAFETY: the set is a plain bit set, initialised to empty.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set);
    }
}

/// User and system time of this process.
fn processor_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writing.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
