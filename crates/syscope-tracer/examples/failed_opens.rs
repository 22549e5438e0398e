//! What a process and its descendants could not open: `failed_opens PID`, until it ends.

use std::time::Duration;

use syscope_syscalls::names::errno;
use syscope_tracer::{Builder, Event, Outcome};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pid = std::env::args().nth(1).ok_or("usage: failed_opens PID")?.parse()?;
    let builder = Builder::new().syscalls("open,openat,openat2")?.pid(pid).outcome(Outcome::Failed);
    let mut trace = builder.duration(Duration::from_secs(60)).start()?;
    while let Some(event) = trace.next()? {
        let Event::Syscall(open) = event else { continue };
        // Argument 1 of openat is the path; part 0 is its copy.
        let path = open.call.blob(1, 0).map_or(&b"?"[..], |blob| blob.bytes);
        let error = open.call.errno().and_then(errno::name).unwrap_or("?");
        println!("{} {error} {:?}", open.thread.tid, String::from_utf8_lossy(path));
    }
    let totals = trace.totals();
    eprintln!("{} events, {} lost", totals.delivered, totals.lost());
    Ok(())
}
