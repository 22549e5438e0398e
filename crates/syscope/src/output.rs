//! Where events go: a buffer that is written when it is full or the stream pauses, and a line that shows
//! a person that a silent run lives.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::failure::Failure;

/// Bytes that are gathered before they are written.
const FULL: usize = 256 << 10;
/// How long a run may be silent before it says that it lives.
const SILENCE: Duration = Duration::from_secs(3);

/// The destination of events.
pub struct Output {
    to: Box<dyn Write>,
    name: String,
    buffer: Vec<u8>,
    terminal: bool,
    pulse: Pulse,
}

/// Where events go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// A run without a command: its events are its output.
    Stdout,
    /// A run with a command: stdout is the command's.
    Stderr,
}

impl Output {
    /// Opens the destination: `file` if given (`-` is stdout), else the default.
    pub fn open(file: Option<&Path>, default: Default) -> Result<Output, Failure> {
        let (to, name, terminal): (Box<dyn Write>, _, _) = match (file, default) {
            (Some(path), _) if path != Path::new("-") => {
                let name = path.display().to_string();
                let file =
                    File::create(path).with_context(|| format!("create {name}")).map_err(Failure::Usage)?;
                let terminal = file.is_terminal();
                (Box::new(file), name, terminal)
            }
            (None, Default::Stderr) => (Box::new(io::stderr()), "stderr".into(), io::stderr().is_terminal()),
            // Unbuffered: this type has its own buffer, and a line buffer would write every event.
            _ => (
                Box::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)),
                "stdout".into(),
                io::stdout().is_terminal(),
            ),
        };
        Ok(Output { to, name, buffer: Vec::with_capacity(FULL * 2), terminal, pulse: Pulse::new() })
    }

    /// Whether a person reads it.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// The buffer that events are appended to; [`Output::appended`] must follow.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Writes the buffer if it is full.
    pub fn appended(&mut self) -> Result<(), Failure> {
        if self.buffer.len() >= FULL { self.flush() } else { Ok(()) }
    }

    /// Writes what was appended.
    pub fn flush(&mut self) -> Result<(), Failure> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.pulse.clear();
        let written = self.to.write_all(&self.buffer).and_then(|()| self.to.flush());
        self.buffer.clear();
        written.with_context(|| format!("write to {}", self.name)).map_err(Failure::Run)
    }

    /// A pause in the stream: writes what there is, or shows that the run lives.
    pub fn idle(&mut self, events: u64) -> Result<(), Failure> {
        if self.buffer.is_empty() {
            self.pulse.beat(events);
            return Ok(());
        }
        self.flush()
    }

    /// Takes the sign of life off the terminal.
    pub fn quiet(&mut self) {
        self.pulse.clear();
    }
}

/// Whether the environment lets us use colours (<https://no-color.org>).
pub fn wants_color() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A line on a terminal that is overwritten while nothing happens.
struct Pulse {
    shown: bool,
    started: Instant,
    last: Instant,
    terminal: bool,
}

impl Pulse {
    fn new() -> Pulse {
        let now = Instant::now();
        Pulse { shown: false, started: now, last: now, terminal: io::stderr().is_terminal() }
    }

    fn beat(&mut self, events: u64) {
        let wait = if self.shown { Duration::from_secs(1) } else { SILENCE };
        if !self.terminal || self.last.elapsed() < wait {
            return;
        }
        self.last = Instant::now();
        self.shown = true;
        let seconds = self.started.elapsed().as_secs();
        eprint!("\r\x1b[Ksyscope: tracing for {seconds} s, {events} events so far (Ctrl-C ends)");
    }

    fn clear(&mut self) {
        self.last = Instant::now();
        if self.shown {
            self.shown = false;
            eprint!("\r\x1b[K");
        }
    }
}
