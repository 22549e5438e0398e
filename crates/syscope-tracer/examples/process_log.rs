//! The exec log in a few lines: every program that is started on this host and every process that ends,
//! until SIGINT or SIGTERM closes it.

use signal_hook::consts::{SIGINT, SIGTERM};
use syscope_tracer::{Builder, Event, Execs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let whole = Execs { args_limit: 2 << 20, env_limit: 0, exits: true };
    let mut log = Builder::new().execs(whole).start()?;
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, log.stopper().flag())?;
    }
    while let Some(event) = log.next()? {
        match event {
            Event::Exec(exec) => {
                let words: Vec<_> = exec.arguments().map(String::from_utf8_lossy).collect();
                println!("{} uid={} {words:?}", exec.id, exec.thread.uid);
            }
            Event::Exit(exit) => {
                println!(
                    "{} ended with {:#x} after {} ns",
                    exit.thread.process.pid, exit.status, exit.run_ns
                );
            }
            Event::Loss(loss) => println!("{} events are missing", loss.lost),
            Event::Syscall(_) | Event::Cgroup(_) => {}
        }
    }
    Ok(())
}
