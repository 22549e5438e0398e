//! `syscope trace`.

use std::os::unix::ffi::OsStringExt as _;
use std::process::ExitCode;
use std::time::Duration;

use syscope_event::{Ending, Event, Totals};
use syscope_output::{jsonl, summary, text};
use syscope_syscalls::set::Set;
use syscope_tracer::host::Procfs;
use syscope_tracer::{Builder, Outcome, Poll, Trace};

use super::selection;
use crate::args::{self, Calls, Format, Global, Processes};
use crate::command::{Ended, Prepared};
use crate::failure::Failure;
use crate::logging;
use crate::output::{self, Output};
use crate::signals::Signals;

/// How long to wait for records before looking at the clock again.
const TICK: Duration = Duration::from_millis(100);

/// Runs the command.
pub fn run(global: &Global, args: Box<args::Trace>) -> Result<ExitCode, Failure> {
    let builder = builder(&args)?;
    let default = if args.command.is_empty() { output::Default::Stdout } else { output::Default::Stderr };
    let mut output = Output::open(args.show.write.as_deref(), default)?;
    let view = View::new(global, &args, &output);
    if args.show.explain_cost {
        crate::cost::explain(&builder)?;
    }
    if args.command.is_empty() {
        let mut trace = builder.start()?;
        let _signals = Signals::watch(trace.stopper())?;
        follow(&mut trace, view, &mut output, args.bounds.max_events)?;
        return Ok(ExitCode::SUCCESS);
    }
    let ended = with_command(builder, &args, view, &mut output)?;
    Ok(ended.follow())
}

/// Starts the command and traces it to the end of its last descendant.
fn with_command(
    builder: Builder,
    args: &args::Trace,
    view: View,
    output: &mut Output,
) -> Result<Ended, Failure> {
    let prepared = Prepared::new(&args.command)?;
    let mut trace = match builder.after_exec_of(prepared.pid()).start() {
        Ok(trace) => trace,
        Err(err) => {
            prepared.abandon();
            return Err(err.into());
        }
    };
    let signals = Signals::watch(trace.stopper())?;
    signals.set_child(prepared.pid() as i32);
    let running = prepared.start()?;
    let followed = follow(&mut trace, view, output, args.bounds.max_events);
    // The hooks go before the command is waited for: a bound may have ended the trace early.
    drop(trace);
    let ended = running.wait();
    signals.set_child(0);
    match followed {
        // A reader that has gone away is no reason to lose the command's status.
        Err(failure) if failure.is_closed_pipe() => Ok(ended),
        other => other.map(|()| ended),
    }
}

/// Hands all events of a run to its view.
fn follow(
    trace: &mut Trace,
    mut view: View,
    output: &mut Output,
    max_events: Option<u64>,
) -> Result<(), Failure> {
    let stopper = trace.stopper();
    let (mut shown, mut in_progress) = (0, 0);
    // What was recorded, and lost, between the last event that was wanted and the end.
    let mut beyond = Totals::default();
    loop {
        match trace.poll(TICK)? {
            Poll::Event(Event::Syscall(call)) if call.ending == Ending::Unfinished => {
                in_progress += 1;
                view.show(output.buffer(), &Event::Syscall(call));
                output.appended()?;
            }
            Poll::Event(Event::Syscall(_)) if max_events.is_some_and(|max| shown >= max) => {
                beyond.delivered += 1;
            }
            Poll::Event(Event::Loss(loss)) if max_events.is_some_and(|max| shown >= max) => {
                beyond.lost_ring_full += loss.lost;
            }
            Poll::Event(event) => {
                shown += u64::from(matches!(event, Event::Syscall(_)));
                view.show(output.buffer(), &event);
                output.appended()?;
                if max_events.is_some_and(|max| shown >= max) {
                    stopper.stop();
                }
            }
            Poll::Idle => output.idle(shown)?,
            Poll::End => break,
        }
    }
    let mut totals = trace.totals();
    totals.produced -= beyond.delivered + beyond.lost_ring_full;
    totals.delivered -= beyond.delivered;
    totals.lost_ring_full -= beyond.lost_ring_full;
    view.end(output.buffer(), &totals)?;
    output.flush()?;
    output.quiet();
    report(&totals, beyond.delivered, in_progress);
    selection::report_trouble(trace);
    Ok(())
}

/// The account of the run, on stderr.
fn report(totals: &Totals, beyond: u64, in_progress: u64) {
    let mut line = format!("{} events, {} lost", totals.delivered, totals.lost());
    if totals.lost() > 0 {
        line += &format!(" of {} (a larger --ring-size or a narrower filter loses less)", totals.produced);
    }
    if in_progress > 0 {
        line += &format!("; {in_progress} calls in progress");
    }
    if beyond > 0 {
        line += &format!("; {beyond} more were recorded before the run ended");
    }
    logging::say(line);
}

/// What is made of events.
enum View {
    Text(text::Text),
    Json(Box<jsonl::JsonLines>),
    Summary(Box<summary::Summary>, Format),
}

impl View {
    fn new(global: &Global, args: &args::Trace, output: &Output) -> View {
        let show = &args.show;
        if show.summary {
            return View::Summary(Box::default(), show.output);
        }
        match show.output {
            Format::Cli => View::Text(text::Text::new(text::Options {
                types: show.types,
                latency: show.latency || args.calls.min_latency.is_some(),
                color: output.is_terminal() && !global.no_color && output::wants_color(),
            })),
            Format::Json => View::Json(Box::new(jsonl::JsonLines::new(jsonl::Options::default()))),
        }
    }

    fn show(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        // The ends of processes belong to the process stream.
        if matches!(event, Event::Exec(_) | Event::Exit(_) | Event::Cgroup(_)) {
            return;
        }
        match self {
            View::Text(text) => text.write(out, event),
            View::Json(json) => json.write(out, event),
            View::Summary(summary, _) => summary.add(event),
        }
    }

    fn end(&mut self, out: &mut Vec<u8>, totals: &Totals) -> Result<(), Failure> {
        match self {
            View::Text(_) => {}
            View::Json(json) => json.totals(out, totals),
            View::Summary(summary, Format::Cli) => summary.write_text(out)?,
            View::Summary(summary, Format::Json) => summary.write_json(out)?,
        }
        Ok(())
    }
}

/// From what was typed to what is traced.
fn builder(args: &args::Trace) -> Result<Builder, Failure> {
    let show = &args.show;
    let mut builder = Builder::new()
        .syscall_set(syscalls(&args.calls)?)
        .string_limit(args.bounds.string_limit)
        .fds(show.fd_paths || (show.output == Format::Json && !show.summary))
        .processes(show.output == Format::Json && !show.summary)
        .portable(args.bounds.portable)
        .entry(show.latency || show.unfinished);
    builder = results(builder, &args.calls);
    builder = processes(builder, &args.processes)?;
    builder = selection::containers(builder, &args.containers, &args.lookups)?;
    if !args.command.is_empty() && !args.processes.pid.is_empty() {
        return Err(Failure::usage(
            "--pid and a command after -- exclude each other: a run has one process tree",
        ));
    }
    if let Some(duration) = args.bounds.duration {
        builder = builder.duration(duration);
    }
    if let Some(bytes) = args.bounds.ring_size {
        builder = builder.ring_bytes(bytes);
    }
    Ok(builder)
}

fn syscalls(calls: &Calls) -> Result<Set, Failure> {
    let Some(list) = &calls.syscalls else { return Ok(Set::all()) };
    Set::parse(list).map_err(|err| Failure::Usage(anyhow::Error::new(err).context("--syscalls")))
}

fn results(mut builder: Builder, calls: &Calls) -> Builder {
    if calls.failed_only {
        builder = builder.outcome(Outcome::Failed);
    }
    if calls.successful_only {
        builder = builder.outcome(Outcome::Successful);
    }
    if !calls.errno.is_empty() {
        builder = builder.errnos(calls.errno.clone());
    }
    match calls.min_latency {
        Some(latency) => builder.min_latency(latency),
        None => builder,
    }
}

fn processes(mut builder: Builder, processes: &Processes) -> Result<Builder, Failure> {
    for &pid in &processes.pid {
        builder = builder.pid(pid);
    }
    if let Some(path) = &processes.cgroup {
        builder = builder.cgroup(selection::cgroup(path)?);
    }
    if let Some(inode) = processes.pid_ns {
        Procfs::default().check_pid_namespace(inode)?;
        builder = builder.pid_namespace(inode);
    }
    if let Some(comm) = &processes.comm {
        builder = builder.comm(comm.clone().into_vec());
    }
    if let Some(uid) = processes.uid {
        builder = builder.uid(uid);
    }
    Ok(builder)
}
