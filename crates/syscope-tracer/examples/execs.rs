//! Every program that is started on this host, until Ctrl-C ends it.

use syscope_syscalls::sink::text::Text;
use syscope_tracer::{Builder, Event};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut trace = Builder::new().syscalls("execve,execveat")?.start()?;
    while let Some(event) = trace.next()? {
        let Event::Syscall(exec) = event else { continue };
        let mut line = Vec::new();
        syscope_syscalls::decode::arguments(&exec.call, &mut Text::new(&mut line, false));
        println!("{} {} {}", exec.time, exec.thread.process.pid, String::from_utf8_lossy(&line));
    }
    Ok(())
}
