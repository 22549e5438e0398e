//! SIGINT, SIGTERM and SIGHUP end a run cleanly.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::Poll;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use syscope_tracer::Stopper;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal does to a run.
pub struct Signals {
    /// The process that the run is about, if it started one; 0: none.
    child: Arc<AtomicI32>,
}

impl Signals {
    /// From now on a signal ends the run behind `stopper`. While a command runs, SIGTERM and SIGHUP are
    /// passed on to it and the run ends with it, and so is a SIGINT that was sent to us alone; one that the
    /// terminal sent has reached the command already. A second signal ends the run in any case.
    pub fn watch(stopper: Stopper) -> std::io::Result<Signals> {
        let child = Arc::new(AtomicI32::new(0));
        // What our caller has us ignore, as nohup(1) does and a shell for what it runs in the background,
        // stays ignored.
        let watched = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
        let mut signals = SignalsInfo::<WithOrigin>::new(watched)?;
        let handle = Arc::clone(&child);
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for (seen, origin) in (&mut signals).into_iter().enumerate() {
                let pid = handle.load(Ordering::SeqCst);
                if pid > 0 && seen == 0 {
                    // Only a process that sends a signal has an id; the terminal has none.
                    if origin.signal != SIGINT || origin.process.is_some_and(|process| process.pid != 0) {
                        // SAFETY: `pid` is our own child, which is not reaped before the run has ended.
                        unsafe { libc::kill(pid, origin.signal) };
                    }
                } else {
                    stopper.stop();
                }
            }
        })?;
        Ok(Signals { child })
    }

    /// The run is about this child (0: no longer).
    pub fn set_child(&self, pid: i32) {
        self.child.store(pid, Ordering::SeqCst);
    }
}

/// The same signals for what runs in tokio and waits for them among other things.
pub struct Waiter(Vec<Signal>);

impl Waiter {
    /// From now on none of them ends the process. Needs a runtime around it.
    pub fn watch() -> std::io::Result<Waiter> {
        let watched = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|number| !is_ignored(*number));
        let signals = watched.map(|number| signal(SignalKind::from_raw(number)));
        Ok(Waiter(signals.collect::<std::io::Result<_>>()?))
    }

    /// Waits for one.
    pub async fn next(&mut self) {
        std::future::poll_fn(|cx| {
            let came = self.0.iter_mut().any(|signal| signal.poll_recv(cx).is_ready());
            if came { Poll::Ready(()) } else { Poll::Pending }
        })
        .await
    }
}

/// Whether our caller has us ignore this signal.
pub fn is_ignored(signal: i32) -> bool {
    // SAFETY: the action is valid for writing, and all-zero bytes are a valid one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}
