//! `syscope exec`: the exec log.

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use syscope_event::{Event, Totals};
use syscope_output::exec::{Json, Log, Options, Redactor, Text};
use syscope_tracer::host::Procfs;
use syscope_tracer::{Builder, Execs, Poll, Stopper, Trace};

use self::limits::{Kept, Limits};
use self::sink::Sink;
use super::selection;
use crate::args::{self, ExecFormat, Global};
use crate::failure::Failure;
use crate::logging;
use crate::signals::Signals;
use crate::{init_address, output};

mod limits;
mod sink;

/// How long to wait for records before looking at the clock again.
const TICK: Duration = Duration::from_millis(100);
/// Bytes of environment that are looked through for the wanted variables.
const ENV_LIMIT: u32 = 1 << 20;

/// Runs the command.
pub fn run(global: &Global, args: Box<args::Exec>) -> Result<ExitCode, Failure> {
    let options = options(global, &args)?;
    let format = format(&args);
    let stopper = Stopper::default();
    let _signals = Signals::watch(stopper.clone())?;
    let listener = args.which.init_address.as_deref().map(listen).transpose()?;
    let mut sink = Sink::open(&args.to, View::new(format, &options, false))?;
    let mut trace = pid_namespace(builder(&args)?, &args)?.stopper(stopper.clone()).start()?;
    if let Some(listener) = listener {
        // The programs are attached: what the workspace starts after our answer is seen.
        let stop = stopper.flag();
        let told = init_address::wait(listener, args.which.startup_timeout, &stop, |inode| {
            trace.set_pid_namespace(inode);
        });
        match told {
            Ok(_) => {}
            Err(_) if stop.load(Ordering::SeqCst) => return Ok(ExitCode::SUCCESS),
            Err(err) => return Err(Failure::Run(err.into())),
        }
    }
    let color = !global.no_color && sink.is_terminal() && output::wants_color();
    let mut view = View::new(format, &options, color);
    let limits = Limits { max_arg: args.what.max_arg as usize, env: &args.what.env };
    follow(&mut trace, &mut view, &mut sink, &limits)?;
    Ok(ExitCode::SUCCESS)
}

/// Hands the stream to the view until it ends.
fn follow(trace: &mut Trace, view: &mut View, sink: &mut Sink, limits: &Limits<'_>) -> Result<(), Failure> {
    let mut kept = Kept::default();
    let mut events = 0;
    loop {
        match trace.poll(TICK)? {
            Poll::Event(event) => {
                events += u64::from(!matches!(event, Event::Loss(_)));
                view.write(sink.buffer(), &limits.apply(event, &mut kept));
                sink.appended()?;
            }
            Poll::Idle => sink.idle(events)?,
            Poll::End => break,
        }
    }
    let totals = trace.totals();
    view.end(sink, &totals)?;
    let dropped = sink.finish()?;
    let mut line = format!("{} events, {} lost", totals.delivered, totals.lost());
    if dropped > 0 {
        line += &format!("; {dropped} more were lost because the file had no room");
    }
    logging::say(line);
    selection::report_trouble(trace);
    Ok(())
}

fn builder(args: &args::Exec) -> Result<Builder, Failure> {
    let what = &args.what;
    let env_limit = if what.env.is_empty() { 0 } else { ENV_LIMIT };
    let mut builder = Builder::new().execs(Execs { args_limit: what.max_args, env_limit, exits: what.exit });
    builder = builder.portable(args.portable);
    if what.failed {
        builder = builder.failed_execs();
    }
    if let Some(path) = &args.which.cgroup {
        builder = builder.cgroup(selection::cgroup(path)?);
    }
    builder = selection::containers(builder, &args.containers, &args.lookups)?;
    if let Some(uid) = args.which.uid {
        builder = builder.uid(uid);
    }
    if let Some(duration) = args.duration {
        builder = builder.duration(duration);
    }
    if let Some(bytes) = args.ring_size {
        builder = builder.ring_bytes(bytes);
    }
    Ok(builder)
}

/// Opens the address that a pid namespace is told at.
fn listen(address: &str) -> Result<TcpListener, Failure> {
    let listener = init_address::bind(address).map_err(|err| match err {
        init_address::Error::Address { .. } => Failure::Usage(err.into()),
        err => Failure::Run(err.into()),
    })?;
    tracing::info!(address, "waiting for a pid namespace number");
    Ok(listener)
}

/// Whose programs are logged.
fn pid_namespace(builder: Builder, args: &args::Exec) -> Result<Builder, Failure> {
    let which = &args.which;
    if which.init_address.is_some() {
        return Ok(builder.pid_namespace_later());
    }
    let procfs = Procfs::default();
    if which.use_local_pidns {
        let own = procfs.own_pid_namespace().context("read /proc/self/ns/pid")?;
        return Ok(builder.pid_namespace(own));
    }
    match which.pid_ns {
        Some(inode) => {
            procfs.check_pid_namespace(inode)?;
            Ok(builder.pid_namespace(inode))
        }
        None => Ok(builder),
    }
}

/// The structured log where somebody collects it, lines for people otherwise.
fn format(args: &args::Exec) -> ExecFormat {
    let collected = !args.what.label.is_empty() || args.which.init_address.is_some();
    let default = if collected { ExecFormat::Log } else { ExecFormat::Text };
    args.what.output.unwrap_or(default)
}

fn options(global: &Global, args: &args::Exec) -> Result<Options, Failure> {
    let redactor = Redactor::new(&args.what.redact)
        .map_err(|err| Failure::Usage(anyhow::Error::new(err).context("--redact")))?;
    let labels = args.what.label.iter().cloned().collect();
    Ok(Options { color: !global.no_color, labels, redactor })
}

/// The form of the log.
enum View {
    Text(Text),
    Json(Json),
    Log(Log),
}

impl View {
    fn new(format: ExecFormat, options: &Options, color: bool) -> View {
        let options = Options { color, ..options.clone() };
        match format {
            ExecFormat::Text => View::Text(Text::new(&options)),
            ExecFormat::Json => View::Json(Json::new(&options)),
            ExecFormat::Log => View::Log(Log::new(&options)),
        }
    }

    fn write(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        match self {
            View::Text(view) => view.write(out, event),
            View::Json(view) => view.write(out, event),
            View::Log(view) => view.write(out, event),
        }
    }

    /// The account at the end of the stream; people read it on stderr.
    fn end(&mut self, sink: &mut Sink, totals: &Totals) -> Result<(), Failure> {
        match self {
            View::Text(_) => return Ok(()),
            View::Json(view) => view.totals(sink.buffer(), totals),
            View::Log(view) => view.totals(sink.buffer(), totals),
        }
        sink.appended()
    }
}
