//! `syscope client create`, `list`, `get` and `delete`.

use std::io::{self, IsTerminal as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

use serde::Serialize;
use syscope_api::{End, Job};
use syscope_client::follow::is_called;
use syscope_client::{Agent, Created, Kind, backoff};
use syscope_output::exec::words::push_word;
use syscope_output::inventory::table::{Cell, Color, Table, left, right};

use super::{each, reason, request, say};
use crate::args::{Connection, Create, Format, Global, ListFormat};
use crate::failure::Failure;
use crate::logging;
use crate::output::{self, Default, Output};

/// A job at an agent: what `-o json` prints.
#[derive(Serialize)]
struct Entry<'a> {
    endpoint: String,
    #[serde(flatten)]
    job: &'a Job,
}

/// Begins a job on every agent. Where some fail it stays on the others, and how it is deleted there is told: an agent that is away
/// may be back soon, and of a job with a name nothing is made twice.
pub async fn create(
    global: &Global,
    connection: &Connection,
    agents: &[Agent],
    args: Create,
) -> Result<ExitCode, Failure> {
    let request = request::request(&args, backoff::random())?;
    let request = &request;
    let answers = each(agents, |agent| async move { agent.create(request).await }).await;
    let mut jobs = Vec::new();
    let mut made = Vec::new();
    for (agent, answer) in agents.iter().zip(answers) {
        match answer {
            Ok(Created { job, new }) => {
                if new {
                    made.push((agent, job.clone()));
                }
                jobs.push((agent, job));
            }
            Err(err) => say(agent, &reason(&err)),
        }
    }
    let format = if args.show.output == Format::Json { ListFormat::Json } else { ListFormat::Table };
    let failed = jobs.len() < agents.len();
    if !failed || !jobs.is_empty() {
        show(global, &jobs, format)?;
    }
    if failed && !made.is_empty() {
        let of = format!("{} of {} agents", jobs.len(), agents.len());
        let again = match args.name {
            Some(_) => "the same command creates it on the others too",
            None => "it has no name: the same command would create another",
        };
        let line = format!("the job is on {of} ({again}); to delete it: {}", deletion(connection, &made));
        logging::say(super::visible(&line));
    }
    Ok(status(failed))
}

/// The command that deletes these jobs.
fn deletion(connection: &Connection, jobs: &[(&Agent, Job)]) -> String {
    let mut line = b"syscope client".to_vec();
    let mut push = |word: &[u8]| {
        line.push(b' ');
        push_word(&mut line, word);
    };
    push(b"--endpoints");
    let endpoints: Vec<String> = jobs.iter().map(|(agent, _)| agent.endpoint().to_string()).collect();
    push(endpoints.join(",").as_bytes());
    for (flag, file) in [
        ("--token-file", &connection.token_file),
        ("--ca", &connection.ca),
        ("--cert", &connection.cert),
        ("--key", &connection.key),
    ] {
        if let Some(file) = file {
            push(flag.as_bytes());
            push(file.as_os_str().as_bytes());
        }
    }
    push(b"delete");
    let mut words: Vec<&str> = jobs.iter().map(|(_, job)| job.name.as_deref().unwrap_or(&job.id)).collect();
    words.dedup();
    words.iter().for_each(|word| push(word.as_bytes()));
    String::from_utf8_lossy(&line).into_owned()
}

/// Shows the jobs of all agents, or that which is called so.
pub async fn list(
    global: &Global,
    agents: &[Agent],
    wanted: Option<&str>,
    format: ListFormat,
) -> Result<ExitCode, Failure> {
    let mut jobs = Vec::new();
    let mut failed = false;
    for (agent, answer) in agents.iter().zip(each(agents, |agent| async move { agent.jobs().await }).await) {
        match answer {
            Ok(found) => {
                let wanted =
                    found.into_iter().filter(|job| wanted.is_none_or(|wanted| is_called(job, wanted)));
                jobs.extend(wanted.map(|job| (agent, job)));
            }
            Err(err) => {
                failed = true;
                say(agent, &reason(&err));
            }
        }
    }
    if let (Some(wanted), true, false) = (wanted, jobs.is_empty(), failed) {
        return Err(nowhere(wanted));
    }
    if wanted.is_none() || !jobs.is_empty() {
        show(global, &jobs, format)?;
    }
    Ok(status(failed))
}

/// Ends jobs on every agent that has them.
pub async fn delete(agents: &[Agent], wanted: &[String]) -> Result<ExitCode, Failure> {
    let answers = each(agents, |agent| async move {
        let mut gone = Vec::new();
        for job in agent.jobs().await? {
            if wanted.iter().any(|wanted| is_called(&job, wanted)) {
                match agent.delete(&job.id).await {
                    // Somebody else was faster.
                    Err(err) if err.kind() != Kind::NoJob => return Err(err),
                    _ => gone.push(job),
                }
            }
        }
        Ok(gone)
    })
    .await;
    let mut failed = false;
    let mut gone = Vec::new();
    for (agent, answer) in agents.iter().zip(answers) {
        match answer {
            Ok(jobs) => gone.extend(jobs.into_iter().map(|job| (agent, job))),
            Err(err) => {
                failed = true;
                say(agent, &reason(&err));
            }
        }
    }
    let mut output = Output::open(None, Default::Stdout)?;
    for (agent, job) in &gone {
        let name = job.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let line = super::visible(&format!("{}: deleted {}{name}", agent.endpoint(), job.id));
        output.buffer().extend_from_slice(format!("{line}\n").as_bytes());
    }
    output.flush()?;
    match wanted.iter().find(|wanted| !gone.iter().any(|(_, job)| is_called(job, wanted))) {
        Some(missing) if !failed => Err(nowhere(missing)),
        _ => Ok(status(failed)),
    }
}

fn nowhere(wanted: &str) -> Failure {
    Failure::Run(anyhow::anyhow!("no agent has a job called {wanted:?} (syscope client list shows all)"))
}

fn status(failed: bool) -> ExitCode {
    ExitCode::from(u8::from(failed))
}

fn show(global: &Global, jobs: &[(&Agent, Job)], format: ListFormat) -> Result<(), Failure> {
    let mut output = Output::open(None, Default::Stdout)?;
    if format == ListFormat::Json {
        for (agent, job) in jobs {
            let entry = Entry { endpoint: agent.endpoint().to_string(), job };
            serde_json::to_writer(output.buffer(), &entry).expect("a job is plain data");
            output.buffer().push(b'\n');
        }
        return output.flush();
    }
    let mut table = Table::new(&[
        left("ENDPOINT"),
        left("NODE"),
        left("ID"),
        left("NAME"),
        left("NAMESPACE"),
        left("STATE"),
        right("EVENTS"),
        right("LOST"),
        right("WATCHERS"),
        right("LEASE"),
        left("CALLS"),
    ]);
    for (agent, job) in jobs {
        let word =
            |text: &Option<String>| text.as_deref().map_or_else(|| Cell::from("-".to_owned()), Cell::word);
        let lost = job.counts.lost;
        let calls = job.spec.syscalls.join(",");
        table.row(vec![
            Cell::from(super::visible(&agent.endpoint().to_string())),
            word(&job.node),
            Cell::word(&job.id),
            word(&job.name),
            word(&job.namespace),
            Cell::from(state(job).to_owned()),
            Cell::from(job.counts.delivered.to_string()),
            Cell::new(lost.to_string(), if lost > 0 { Color::Doubt } else { Color::Plain }),
            Cell::from(job.watchers.to_string()),
            Cell::from(if job.lease.is_zero() { "-".to_owned() } else { job.lease.to_string() }),
            if calls.is_empty() { Cell::from("all".to_owned()) } else { Cell::word(&calls) },
        ]);
    }
    let terminal = output.is_terminal();
    let width = terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0.into());
    let color = terminal && !global.no_color && output::wants_color() && io::stdout().is_terminal();
    table.write(output.buffer(), width, color);
    output.flush()
}

fn state(job: &Job) -> &'static str {
    match (job.running, job.end) {
        (true, _) => "running",
        (false, None) => "ended",
        (false, Some(end)) => words(end),
    }
}

/// Why a job ended, in one word or two.
pub fn words(end: End) -> &'static str {
    match end {
        End::Deleted => "deleted",
        End::Lease => "lease over",
        End::Duration => "time over",
        End::MaxEvents => "events reached",
        End::Shutdown => "agent ended",
        End::Failed => "agent failed",
    }
}
