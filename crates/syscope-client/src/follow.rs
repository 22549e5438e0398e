//! One agent's part of a watched job: makes or finds the job, reads its events, comes back when the agent was away, and deletes
//! what it made.
//!
//! ```text
//!          +---------------- away: wait, longer each time <----------------+
//!          v                                                               |
//!   make or find the job ──> read its events ──> end of the stream ──> ask why ──> the job has ended: done
//!          ^                                                               |
//!          +------- the agent has lost the job (404), and we had made it <-+
//! ```

use std::time::{Duration, Instant};

use serde::Deserialize;
use syscope_api::{End, Job, TraceRequest};
use tokio::sync::{mpsc, watch};

use crate::agent::{Agent, Created};
use crate::backoff::{self, Backoff};
use crate::error::{Error, Kind};
use crate::events::{Events, Line};
use crate::merge::parse_time;

/// Lines are handed on when they have so many bytes together, or no more are there.
const BATCH: usize = 64 << 10;
/// How long the deletion of a job may take: whoever pressed Ctrl-C waits for it.
const DELETE: Duration = Duration::from_secs(3);
/// A stream that lasted so long was a good one.
const STEADY: Duration = Duration::from_secs(2);

/// Certificates and tokens that are replaced reach an agent and its clients at different times: an agent whose events were read
/// is not given up for them any sooner.
const ROTATION: Duration = Duration::from_secs(30);

/// What is followed.
#[derive(Debug, Clone)]
pub enum Want {
    /// The job of this id or name. It is not ours.
    Job(String),
    /// A job of our own: made where it is not there, deleted at the end.
    Own {
        /// What is asked for.
        request: Box<TraceRequest>,
        /// Whether nobody else has a job of this name. Else one that was there before is not deleted.
        unique: bool,
    },
}

/// News of one agent.
#[derive(Debug)]
pub enum News {
    /// Its events are read from now on.
    Up {
        /// The job there.
        job: Box<Job>,
        /// Whether it is another than before: it had been lost.
        again: bool,
    },
    /// Events.
    Lines(Vec<Entry>),
    /// The connection was broken for longer than the agent keeps events: some may be missing here.
    Missing,
    /// It can't be reached or does not answer well; it is tried again.
    Down(Error),
    /// The job has ended there.
    Ended(Option<End>),
    /// There is no such job.
    NoJob,
    /// It refuses: no use trying again.
    Refused(Error),
    /// The job that was ours could not be deleted.
    Left(String, Error),
}

/// A line of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When: nanoseconds since 1970.
    pub time: Option<u64>,
    /// What it is.
    pub kind: Is,
    /// Whether it says which node it is of.
    pub has_node: bool,
    /// The line as it came.
    pub json: Vec<u8>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// An event.
    Event,
    /// So many events are missing here.
    Gap(u64),
    /// The account at the end of a stream.
    Totals {
        /// Events that passed all filters.
        produced: u64,
        /// Those that are missing.
        lost: u64,
        /// Why the job ended.
        end: Option<End>,
    },
    /// No JSON, or a line that was too long.
    Unreadable,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    ts: Option<String>,
    r#type: String,
    #[serde(default)]
    node: Option<serde::de::IgnoredAny>,
    #[serde(default, rename = "final")]
    is_final: bool,
    #[serde(default)]
    produced: u64,
    #[serde(default)]
    lost: u64,
    #[serde(default)]
    end: Option<String>,
}

impl Entry {
    /// Reads as much of a line as its place in a stream needs.
    pub fn new(json: Vec<u8>) -> Entry {
        let Ok(head) = serde_json::from_slice::<Head>(&json) else {
            return Entry { time: None, kind: Is::Unreadable, has_node: true, json };
        };
        let end = || serde_json::from_value(head.end.clone().unwrap_or_default().into()).ok();
        let kind = match &*head.r#type {
            "loss" if head.is_final => Is::Totals { produced: head.produced, lost: head.lost, end: end() },
            "loss" => Is::Gap(head.lost),
            _ => Is::Event,
        };
        Entry { time: head.ts.as_deref().and_then(parse_time), kind, has_node: head.node.is_some(), json }
    }
}

/// Follows a job at one agent until it ends, is refused, or `stop` says so; then deletes it if it is ours.
pub async fn follow(
    agent: Agent,
    want: Want,
    news: mpsc::Sender<(usize, News)>,
    index: usize,
    mut stop: watch::Receiver<bool>,
) {
    let mut follower = Follower {
        agent,
        want,
        news,
        index,
        job: None,
        made: false,
        up: false,
        down: false,
        refused: None,
        seen: None,
    };
    follower.run(&mut stop).await;
    follower.leave().await;
}

struct Follower {
    agent: Agent,
    want: Want,
    news: mpsc::Sender<(usize, News)>,
    index: usize,
    /// The job there.
    job: Option<Known>,
    /// Whether a job of ours may be there.
    made: bool,
    /// Whether its events were ever read.
    up: bool,
    /// Whether it was said that the agent is away.
    down: bool,
    /// Since when it does not know us any more, or we it.
    refused: Option<Instant>,
    /// The time of the newest line of the job that was read.
    seen: Option<u64>,
}

/// A job that was seen. An agent that was started anew may give its id to another; when it began tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    id: String,
    started: String,
}

impl Known {
    fn is(&self, job: &Job) -> bool {
        job.id == self.id && job.started == self.started
    }
}

/// What came of an attempt.
enum Outcome {
    /// Try again: the agent is away.
    Away(Error),
    /// Try again: the stream ended though the job has not.
    Again,
    /// Done.
    Done(News),
    /// We were told to stop.
    Stopped,
}

impl From<Error> for Outcome {
    fn from(err: Error) -> Outcome {
        match err.kind() {
            Kind::Down => Outcome::Away(err),
            Kind::NoJob => Outcome::Done(News::NoJob),
            Kind::Refused | Kind::Settings => Outcome::Done(News::Refused(err)),
        }
    }
}

impl Follower {
    async fn run(&mut self, stop: &mut watch::Receiver<bool>) {
        let mut backoff = Backoff::default();
        loop {
            let wait = match self.attempt(stop, &mut backoff).await {
                Outcome::Stopped => return,
                Outcome::Done(News::Refused(err)) if self.may_pass(&err) => {
                    self.away(err, stop).await;
                    backoff.next(backoff::random())
                }
                Outcome::Done(news) => return self.tell(news, stop).await,
                Outcome::Away(err) => {
                    self.away(err, stop).await;
                    backoff.next(backoff::random())
                }
                Outcome::Again => backoff.next(backoff::random()),
            };
            tokio::select! {
                _ = stopped(stop) => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Whether a refusal may come of certificates or tokens that are just being replaced.
    fn may_pass(&mut self, err: &Error) -> bool {
        self.up && err.is_of_identity() && self.refused.get_or_insert_with(Instant::now).elapsed() < ROTATION
    }

    /// Says once that the agent is away.
    async fn away(&mut self, err: Error, stop: &mut watch::Receiver<bool>) {
        if !std::mem::replace(&mut self.down, true) {
            self.tell(News::Down(err), stop).await;
        }
    }

    /// Tells news unless we are told to stop, and nobody listens any more.
    async fn tell(&self, news: News, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            _ = self.news.send((self.index, news)) => {}
            _ = stopped(stop) => {}
        }
    }

    /// From the job to the end of its stream.
    async fn attempt(&mut self, stop: &mut watch::Receiver<bool>, backoff: &mut Backoff) -> Outcome {
        let known = self.job.clone();
        // Not broken off in the middle: a request that has been sent may have made the job.
        let job = match self.find().await {
            Ok(Some(job)) => job,
            Ok(None) => return Outcome::Done(News::NoJob),
            Err(err) => return err.into(),
        };
        let again = known.is_some_and(|known| !known.is(&job));
        if again {
            self.seen = None;
        }
        self.job = Some(Known { id: job.id.clone(), started: job.started.clone() });
        if *stop.borrow() {
            return Outcome::Stopped;
        }
        let opened = tokio::select! {
            _ = stopped(stop) => return Outcome::Stopped,
            opened = self.agent.events(&job.id) => opened,
        };
        let mut events = match opened {
            Ok(events) => events,
            // It went between the two requests.
            Err(err) if err.kind() == Kind::NoJob => return Outcome::Again,
            Err(err) => return err.into(),
        };
        (self.up, self.down, self.refused) = (true, false, None);
        self.tell(News::Up { job: Box::new(job), again }, stop).await;
        let began = Instant::now();
        let read = self.read(&mut events, stop).await;
        // An agent that ends its streams at once is not asked as fast as it answers.
        if began.elapsed() > STEADY {
            backoff.reset();
        }
        match read {
            Ok(None) => Outcome::Stopped,
            Ok(Some(Some(End::Shutdown | End::Failed) | None)) => self.why().await,
            Ok(Some(end)) => Outcome::Done(News::Ended(end)),
            Err(err) => err.into(),
        }
    }

    fn is_own(&self) -> bool {
        matches!(self.want, Want::Own { .. })
    }

    /// The job, found or made.
    async fn find(&mut self) -> Result<Option<Job>, Error> {
        if let Some(known) = &self.job {
            match self.agent.job(&known.id).await {
                Err(err) if err.kind() == Kind::NoJob => {}
                Ok(job) if !known.is(&job) => {}
                // What ended because we were away, we want again; other ends are the end.
                Ok(Job { end: Some(End::Lease | End::Shutdown | End::Failed), .. }) if self.is_own() => {}
                job => return job.map(Some),
            }
        }
        match &self.want {
            Want::Own { request, unique } => {
                let Created { job, new } = self.agent.create(request).await?;
                self.made |= new || *unique;
                Ok(Some(job))
            }
            Want::Job(wanted) => Ok(self.agent.jobs().await?.into_iter().find(|job| is_called(job, wanted))),
        }
    }

    /// Reads to the end of the stream, and says why it ended if it said so; `None` if we were told to stop.
    async fn read(
        &mut self,
        events: &mut Events,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<Option<End>>, Error> {
        let mut end = None;
        let mut fresh = self.seen.is_none();
        let mut first = !fresh;
        let mut newest = None;
        loop {
            let line = tokio::select! {
                biased;
                _ = stopped(stop) => return Ok(None),
                line = events.next() => line?,
            };
            let Some(line) = line else { return Ok(Some(end)) };
            let mut batch = Vec::new();
            let mut bytes = 0;
            let mut next = Some(line);
            while let Some(line) = next {
                let entry = entry(line);
                if let Is::Totals { end: Some(reason), .. } = entry.kind {
                    end = Some(reason);
                }
                // A stream begins with the oldest lines that are kept: after a break most of them were seen. Where none was, what
                // came between is not kept any more.
                if std::mem::take(&mut first) && entry.kind == Is::Event && entry.time > self.seen {
                    self.tell(News::Missing, stop).await;
                }
                let seen = entry.time.is_some_and(|time| Some(time) <= self.seen && !fresh);
                fresh |= entry.time.is_some_and(|time| Some(time) > self.seen);
                if !seen {
                    newest = newest.max(entry.time);
                    bytes += entry.json.len();
                    batch.push(entry);
                }
                next = if bytes < BATCH { events.ready() } else { None };
            }
            self.seen = self.seen.max(newest);
            self.tell(News::Lines(batch), stop).await;
        }
    }

    /// Why a stream ended that did not say so.
    async fn why(&self) -> Outcome {
        let Some(known) = &self.job else { return Outcome::Again };
        match self.agent.job(&known.id).await {
            Ok(job) if !known.is(&job) => Outcome::Again,
            Ok(Job { running: false, end: end @ (None | Some(End::Shutdown)), .. }) if end.is_some() => {
                Outcome::Again
            }
            Ok(Job { running: false, end, .. }) => Outcome::Done(News::Ended(end)),
            Ok(_) => Outcome::Again,
            // Lost, and made again if it was ours; else gone.
            Err(err) if err.kind() == Kind::NoJob && self.is_own() => Outcome::Again,
            Err(err) if err.kind() == Kind::NoJob => Outcome::Done(News::Ended(None)),
            Err(err) => err.into(),
        }
    }

    /// Deletes the job that was ours.
    async fn leave(&mut self) {
        let (true, Some(known)) = (self.made, self.job.take()) else { return };
        let delete = async {
            // Another's job, of an agent that was started anew, is not ours to delete.
            if known.is(&self.agent.job(&known.id).await?) {
                self.agent.delete(&known.id).await
            } else {
                Ok(())
            }
        };
        let deleted = tokio::time::timeout(DELETE, delete).await;
        let failed = match deleted {
            Ok(Ok(())) => return,
            Ok(Err(err)) if err.kind() == Kind::NoJob => return,
            Ok(Err(err)) => err,
            Err(_) => Error::Timeout(DELETE),
        };
        let _ = self.news.send((self.index, News::Left(known.id, failed))).await;
    }
}

/// Waits until it is said, or nobody is left to say it.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Whether a job is called so: by its id or name.
pub fn is_called(job: &Job, wanted: &str) -> bool {
    job.id == wanted || job.name.as_deref() == Some(wanted)
}

fn entry(line: Line) -> Entry {
    match line {
        Line::Json(json) => Entry::new(json),
        Line::TooLong => Entry { time: None, kind: Is::Unreadable, has_node: true, json: Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, time: Option<u64>, kind: Is, has_node: bool) {
        let entry = Entry::new(json.into());
        assert_eq!(entry, Entry { time, kind, has_node, json: json.into() });
    }

    #[test]
    fn lines_are_told_apart() {
        check(
            r#"{"ts":"1970-01-01T00:00:01Z","type":"syscall","node":"n1"}"#,
            Some(1_000_000_000),
            Is::Event,
            true,
        );
        check(r#"{"type":"loss","ts":"x","reason":"ring_full","lost":17}"#, None, Is::Gap(17), false);
        check(
            r#"{"type":"loss","node":"n","final":true,"produced":5,"delivered":4,"lost":1,"by_reason":{}}"#,
            None,
            Is::Totals { produced: 5, lost: 1, end: None },
            true,
        );
        let ended = |end| Is::Totals { produced: 0, lost: 0, end };
        check(r#"{"type":"loss","final":true,"end":"max_events"}"#, None, ended(Some(End::MaxEvents)), false);
        check(r#"{"type":"loss","final":true,"end":"tired"}"#, None, ended(None), false);
        check("{", None, Is::Unreadable, true);
        check("", None, Is::Unreadable, true);
    }
}
