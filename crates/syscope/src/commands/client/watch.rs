//! `syscope client watch` and `create --oneshot`: the streams of all agents as one.

use std::future;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use syscope_api::{End, Job};
use syscope_client::follow::{Entry, Is, News, Want, follow};
use syscope_client::merge::Merge;
use syscope_client::{Agent, backoff};
use syscope_output::line::{Lines, Options};
use tokio::sync::{mpsc, watch as told};
use tokio::task::JoinSet;

use super::writer::{self, Writer};
use super::{jobs, reason, request, say};
use crate::args::{Create, Format, Global, ShowEvents, Watch};
use crate::failure::Failure;
use crate::logging;
use crate::output;
use crate::signals::Waiter as Signals;

/// Events that wait for those of slower agents may have so many bytes.
const WAITING_BYTES: usize = 64 << 20;
/// Bytes of output that are gathered before agents are read no further.
const FULL: usize = 256 << 10;
/// News that wait to be read; each has up to 64 KiB of lines.
const NEWS: usize = 64;
/// How often it is looked whether stdout has a reader.
const LOOK: Duration = Duration::from_millis(200);
/// How long agents may take to delete jobs when the run is over.
const LEAVE: Duration = Duration::from_secs(6);

/// Watches a job that is there.
pub async fn watch(global: &Global, agents: Vec<Agent>, args: Watch) -> Result<ExitCode, Failure> {
    let want = Want::Job(args.job.clone());
    let mut run = Run::new(global, agents, &args.show, Some(args.job))?;
    run.follow(want).await
}

/// Makes a job, watches it, and deletes it at the end.
pub async fn oneshot(global: &Global, agents: Vec<Agent>, args: Create) -> Result<ExitCode, Failure> {
    let request = request::request(&args, backoff::random())?;
    let want = Want::Own { request: Box::new(request), unique: args.name.is_none() };
    let mut run = Run::new(global, agents, &args.show, None)?;
    run.follow(want).await
}

/// Where an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// It is asked for the first time.
    Start,
    /// Its events are read.
    Up,
    /// It is away.
    Down,
    /// The job has ended there.
    Ended,
    /// It has no such job.
    NoJob,
    /// It refused.
    Refused,
}

/// What is known of an agent.
struct Part {
    agent: Agent,
    at: At,
    /// Whether events of it were ever read.
    seen: bool,
    /// The end of the name that its lines get that have none.
    node: String,
    /// Events that are missing, by what stood in the stream.
    gaps: u64,
    /// The same by its account.
    lost: u64,
}

/// Why a run ends.
enum Over {
    /// All jobs have ended.
    Done,
    /// A signal, or nobody reads.
    Stopped,
    /// Stdout failed.
    Output(io::Error),
}

struct Run {
    parts: Vec<Part>,
    merge: Merge<Entry>,
    json: bool,
    lines: Lines,
    out: Vec<u8>,
    /// The job that is not ours.
    wanted: Option<String>,
    shown: u64,
    unreadable: u64,
    failed: bool,
    /// Who refused a job of ours, and why.
    refused: Option<anyhow::Error>,
}

impl Run {
    fn new(
        global: &Global,
        agents: Vec<Agent>,
        show: &ShowEvents,
        wanted: Option<String>,
    ) -> Result<Run, Failure> {
        let part = |agent: Agent| {
            let node = agent.endpoint().to_string();
            Part { agent, at: At::Start, seen: false, node, gaps: 0, lost: 0 }
        };
        let lines = Lines::new(Options {
            latency: show.latency,
            fd_paths: show.fd_paths,
            node: show.show_node,
            color: io::stdout().is_terminal() && !global.no_color && output::wants_color(),
        });
        Ok(Run {
            merge: Merge::new(agents.len(), show.merge_delay, WAITING_BYTES),
            parts: agents.into_iter().map(part).collect(),
            json: show.output == Format::Json,
            lines,
            out: Vec::new(),
            wanted,
            shown: 0,
            unreadable: 0,
            failed: false,
            refused: None,
        })
    }

    /// Follows the job at all agents to its end, or ours.
    async fn follow(&mut self, want: Want) -> Result<ExitCode, Failure> {
        // Before the first job: from now on no signal ends us without what has to be done.
        let mut signals = Signals::watch()?;
        let mut writer = Writer::start()?;
        let (tell, mut news) = mpsc::channel(NEWS);
        let (stop, stopped) = told::channel(false);
        let mut followers = JoinSet::new();
        for (index, part) in self.parts.iter().enumerate() {
            self.merge.set_live(index, true);
            followers.spawn(follow(part.agent.clone(), want.clone(), tell.clone(), index, stopped.clone()));
        }
        drop(tell);
        let over = self.read(&mut news, &mut signals, &mut writer).await;
        let _ = stop.send(true);
        self.leave(followers, &mut news, &mut signals).await;
        while let Some((index, entry)) = self.merge.drain() {
            self.show(index, &entry);
        }
        let written = match over {
            Over::Output(err) => Err(err),
            _ => writer.finish(std::mem::take(&mut self.out)).await,
        };
        self.report();
        if let Some(refused) = self.refused.take() {
            return Err(Failure::Run(refused));
        }
        written.context("write to stdout")?;
        Ok(ExitCode::from(u8::from(self.failed)))
    }

    /// Reads news and writes events until the run is over.
    async fn read(
        &mut self,
        news: &mut mpsc::Receiver<(usize, News)>,
        signals: &mut Signals,
        writer: &mut Writer,
    ) -> Over {
        let mut look = tokio::time::interval(LOOK);
        loop {
            while self.out.len() < FULL {
                let Some((index, entry)) = self.merge.pop(Instant::now()) else { break };
                self.show(index, &entry);
            }
            if self.is_over() && self.merge.is_empty() {
                return Over::Done;
            }
            let full = self.out.len() >= FULL;
            let deadline = self.merge.deadline().filter(|_| !full);
            tokio::select! {
                biased;
                () = signals.next() => return Over::Stopped,
                _ = look.tick() => {
                    if writer::is_closed() {
                        return Over::Output(io::ErrorKind::BrokenPipe.into());
                    }
                }
                permit = room(writer, !self.out.is_empty()) => match permit {
                    Some(permit) => drop(permit.send(std::mem::take(&mut self.out))),
                    None => return Over::Output(writer.failed().await),
                },
                told = news.recv(), if !full => match told {
                    Some((index, news)) => self.take(index, news),
                    None => {
                        if self.merge.is_empty() {
                            return Over::Done;
                        }
                        until(deadline).await;
                    }
                },
                () = until(deadline) => {}
            }
        }
    }

    /// Waits until every follower has deleted what is its own; a second signal does not wait.
    async fn leave(
        &mut self,
        followers: JoinSet<()>,
        news: &mut mpsc::Receiver<(usize, News)>,
        signals: &mut Signals,
    ) {
        let end = tokio::time::Instant::now() + LEAVE;
        let left = loop {
            tokio::select! {
                biased;
                told = news.recv() => match told {
                    Some((index, news)) => self.take(index, news),
                    None => break false,
                },
                () = signals.next() => break true,
                () = tokio::time::sleep_until(end) => break true,
            }
        };
        drop(followers);
        if self.wanted.is_none() && left {
            logging::say("not all agents answered in time; jobs that are left end with their lease");
        }
    }

    /// Whether nothing more can come. An agent that is away when all others are done is not waited for.
    fn is_over(&self) -> bool {
        let done = |part: &Part| matches!(part.at, At::Ended | At::NoJob | At::Refused);
        self.refused.is_some()
            || self.parts.iter().all(done)
            || (self.parts.iter().all(|part| done(part) || part.at == At::Down)
                && self.parts.iter().any(|part| part.at == At::Ended))
    }

    fn take(&mut self, index: usize, news: News) {
        let part = &mut self.parts[index];
        match news {
            News::Lines(entries) => {
                for entry in entries {
                    match entry.kind {
                        Is::Gap(lost) => part.gaps += lost,
                        Is::Totals { lost, .. } => part.lost += lost,
                        Is::Unreadable => {
                            self.unreadable += 1;
                            continue;
                        }
                        Is::Event => {}
                    }
                    self.merge.push(index, entry.time, entry.json.len(), Instant::now(), entry);
                }
            }
            News::Up { job, again } => self.up(index, &job, again),
            News::Missing => {
                self.failed = true;
                say(
                    &part.agent,
                    "events are missing: the connection was broken for longer than the agent keeps them (its --stream-size)",
                );
            }
            News::Down(err) => {
                part.at = At::Down;
                self.merge.set_live(index, false);
                say(&part.agent, &format!("{}; trying again", reason(&err)));
            }
            News::Ended(end) => {
                part.at = At::Ended;
                self.failed |= end == Some(End::Failed);
                self.merge.set_live(index, false);
                say(&part.agent, &format!("the job has ended: {}", end.map_or("it is gone", jobs::words)));
            }
            News::NoJob => {
                part.at = At::NoJob;
                self.merge.set_live(index, false);
                let wanted = self.wanted.as_deref().unwrap_or_default();
                say(&part.agent, &format!("no job is called {wanted:?}"));
            }
            News::Refused(err) => {
                part.at = At::Refused;
                self.failed = true;
                self.merge.set_live(index, false);
                if self.wanted.is_some() {
                    say(&part.agent, &format!("{}; it is not tried again", reason(&err)));
                } else if self.refused.is_none() {
                    // A job on some nodes only would look like one that sees everything.
                    let others = if self.parts.len() > 1 { "; the job is deleted on all others" } else { "" };
                    let part = &self.parts[index];
                    let text = format!("{}: {}{others}", part.agent.endpoint(), reason(&err));
                    self.refused = Some(anyhow::anyhow!(super::visible(&text)));
                }
            }
            News::Left(id, err) => {
                say(
                    &part.agent,
                    &format!("the job {id} could not be deleted and ends with its lease: {}", reason(&err)),
                );
            }
        }
    }

    fn up(&mut self, index: usize, job: &Job, again: bool) {
        let part = &mut self.parts[index];
        if again {
            say(&part.agent, &format!("it had lost the job, which was created again as {}", job.id));
        } else if part.at == At::Down {
            say(&part.agent, "it is back");
        }
        part.at = At::Up;
        part.seen = true;
        if let Some(node) = &job.node {
            part.node.clone_from(node);
        }
        self.merge.set_live(index, true);
    }

    /// Appends an event to the output.
    fn show(&mut self, index: usize, entry: &Entry) {
        self.shown += u64::from(entry.kind == Is::Event);
        if !self.json {
            self.unreadable += u64::from(self.lines.write(&mut self.out, &entry.json).is_err());
            return;
        }
        match entry.json.strip_suffix(b"}").filter(|_| !entry.has_node) {
            Some(members) => {
                self.out.extend_from_slice(members);
                self.out.extend_from_slice(b",\"node\":");
                serde_json::to_writer(&mut self.out, &self.parts[index].node).expect("a name is plain data");
                self.out.push(b'}');
            }
            None => self.out.extend_from_slice(&entry.json),
        }
        self.out.push(b'\n');
    }

    /// The account of the run, on stderr.
    fn report(&mut self) {
        let seen: Vec<&Part> = self.parts.iter().filter(|part| part.seen).collect();
        // An agent's account has all its gaps; one that broke off has none.
        let lost: u64 = seen.iter().map(|part| part.lost.max(part.gaps)).sum();
        self.failed |= seen.is_empty() || self.parts.iter().any(|part| part.at == At::Down);
        let agents = if seen.len() == 1 { "agent" } else { "agents" };
        let mut line = format!("{} events of {} {agents}, {lost} lost", self.shown, seen.len());
        if self.merge.late() > 0 {
            line += &format!(
                "; {} came too late for their place (a longer --merge-delay waits for them)",
                self.merge.late()
            );
        }
        if self.unreadable > 0 {
            line += &format!("; {} lines were unreadable", self.unreadable);
        }
        if !seen.is_empty() {
            logging::say(line);
        }
    }
}

/// Room for output, if there is any.
async fn room(writer: &Writer, wanted: bool) -> Option<mpsc::OwnedPermit<Vec<u8>>> {
    if wanted { writer.room().await } else { future::pending().await }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => future::pending().await,
    }
}
