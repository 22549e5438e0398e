//! Every program that is started on this host and every process that ends, until Ctrl-C: the exec log in
//! a few lines.

use syscope_tracer::{Builder, Event, Execs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut log = Builder::new().execs(Execs { args_limit: 2 << 20, env_limit: 0, exits: true }).start()?;
    while let Some(event) = log.next()? {
        match event {
            Event::Exec(exec) => {
                let words: Vec<_> = exec.arguments().map(String::from_utf8_lossy).collect();
                println!("{} {} {:?} missing={} exe={:?} cwd={:?} interp={:?} comm_before={:?} gained={:?} parent={}", exec.id, exec.thread.uid, words, exec.args_missing, exec.exe.map(String::from_utf8_lossy), exec.cwd.map(String::from_utf8_lossy), exec.interpreter.map(String::from_utf8_lossy), exec.comm_before.map(|c| String::from_utf8_lossy(c.bytes()).into_owned()), exec.capabilities_gained, exec.parent.map_or(String::new(), |p| p.to_string()));
            }
            Event::Exit(exit) => println!("{} ended with {:#x} after {} ns", exit.thread.process.pid, exit.status, exit.run_ns),
            Event::Loss(loss) => println!("{} lost", loss.lost),
            Event::Syscall(_) => {}
        }
    }
    Ok(())
}
