//! `--explain-cost`: what a run costs on this machine, measured before it starts.

use std::time::{Duration, Instant};

use syscope_tracer::Builder;

use crate::failure::Failure;
use crate::logging;

/// Calls of one measurement, about 2 ms.
const CALLS: u32 = 10_000;
/// Measurements; the least counts, because everything else on the machine only adds.
const TRIES: u32 = 10;

/// Measures and says, on stderr, what `builder` hooks and what a call costs with it.
pub fn explain(builder: &Builder) -> Result<(), Failure> {
    let alone = measure();
    let (untraced, hooks) = {
        // The hooks of this run, for a process that it does not trace: this one.
        let trace = builder.clone().start()?;
        (measure(), trace.hooks().join(", "))
    };
    let traced = {
        // A process like ours, traced by the same hooks: our own child, which only makes these calls.
        let mut child = Caller::new()?;
        let mut trace =
            builder.clone().syscalls("getppid")?.pid(child.pid()).duration(Duration::from_secs(5)).start()?;
        let time = child.measure()?;
        trace.stopper().stop();
        while trace.next()?.is_some() {}
        time
    };
    logging::say(format_args!("hooks: {hooks}"));
    logging::say(
        "the hooks on sys_exit and sys_enter run at every system call of every process of this host; the others when a process \
         begins, execs or ends, or a cgroup changes",
    );
    logging::say(format_args!(
        "getppid on this machine takes {alone:.0} ns; while tracing {untraced:.0} ns (+{:.0}) in a process that is not traced, \
         {traced:.0} ns (+{:.0}) in one that is, and more for what arguments point to",
        (untraced - alone).max(0.0),
        (traced - alone).max(0.0),
    ));
    Ok(())
}

/// The least time of one call, in nanoseconds.
fn measure() -> f64 {
    (0..TRIES)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..CALLS {
                // SAFETY: getppid has no preconditions.
                unsafe { libc::syscall(libc::SYS_getppid) };
            }
            start.elapsed().as_nanos() as f64 / f64::from(CALLS)
        })
        .fold(f64::INFINITY, f64::min)
}

/// A child process that measures when told to.
struct Caller {
    pid: libc::pid_t,
    go: i32,
    result: i32,
}

impl Caller {
    fn new() -> Result<Caller, Failure> {
        let (mut down, mut up) = ([0; 2], [0; 2]);
        // SAFETY: room for two descriptors each; the child only makes system calls and never returns.
        unsafe {
            if libc::pipe2(down.as_mut_ptr(), libc::O_CLOEXEC) < 0
                || libc::pipe2(up.as_mut_ptr(), libc::O_CLOEXEC) < 0
            {
                return Err(std::io::Error::last_os_error().into());
            }
            let pid = libc::fork();
            if pid < 0 {
                return Err(std::io::Error::last_os_error().into());
            }
            if pid == 0 {
                libc::close(down[1]);
                let mut byte = 0u8;
                if libc::read(down[0], (&raw mut byte).cast(), 1) == 1 {
                    let time = measure().to_ne_bytes();
                    libc::write(up[1], time.as_ptr().cast(), time.len());
                }
                libc::_exit(0);
            }
            libc::close(down[0]);
            libc::close(up[1]);
            Ok(Caller { pid, go: down[1], result: up[0] })
        }
    }

    fn pid(&self) -> u32 {
        self.pid as u32
    }

    fn measure(&mut self) -> Result<f64, Failure> {
        let mut time = [0u8; 8];
        // SAFETY: buffers of the given lengths.
        let got = unsafe {
            libc::write(self.go, b"g".as_ptr().cast(), 1);
            libc::read(self.result, time.as_mut_ptr().cast(), time.len())
        };
        if got == 8 { Ok(f64::from_ne_bytes(time)) } else { Err(std::io::Error::last_os_error().into()) }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        // SAFETY: our own descriptors and our own child; closing `go` ends a child that still waits.
        unsafe {
            libc::close(self.go);
            libc::close(self.result);
            libc::waitpid(self.pid, std::ptr::null_mut(), 0);
        }
    }
}
