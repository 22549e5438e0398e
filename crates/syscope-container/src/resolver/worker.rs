//! The thread that asks one runtime. Nothing else waits for it: it is sent jobs and reports when it is done, and
//! if it never does, the runtime is taken for silent.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;

use super::coordinator::Message;
use crate::runtime::containerd::Containerd;
use crate::runtime::cri::Cri;
use crate::runtime::docker::{Docker, Engine};
use crate::runtime::oci::StateFiles;
use crate::runtime::podman::Storage;
use crate::runtime::rootless::Rootless;
use crate::runtime::{Client, Failure, Found, Identity, Query};

/// What is asked, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A socket of the Container Runtime Interface.
    Cri(PathBuf),
    /// A socket of containerd.
    Containerd(PathBuf),
    /// A socket of an engine, on the host with this root directory.
    Engine(PathBuf, Engine, PathBuf),
    /// Podman's storage below a root directory.
    Podman(PathBuf),
    /// State files of OCI runtimes below a root directory.
    Oci(PathBuf),
    /// Files of users below a root directory.
    Rootless(PathBuf),
}

/// Something to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Look a container up.
    LookUp(u64, Query),
    /// See whether the runtime answers.
    Probe,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Report {
    /// The runtime, by its number.
    pub runtime: usize,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of a job.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Of a look-up, with the question's number.
    LookUp(u64, Result<Option<Box<Found>>, Failure>),
    /// Of a probe.
    Probe(Result<Identity, Failure>),
}

/// A running thread; it ends when this is dropped and its current job is done.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: UnboundedSender<Job>,
}

impl Worker {
    /// Starts the thread of runtime number `runtime`. A job that takes longer than `timeout` is given up.
    pub(super) fn spawn(
        runtime: usize,
        target: Target,
        timeout: Duration,
        reports: mpsc::Sender<Message>,
    ) -> io::Result<Worker> {
        let (jobs, queue) = unbounded_channel();
        let tokio = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let desk = Desk { runtime, timeout, reports };
        thread::Builder::new().name(format!("resolve-{runtime}")).stack_size(1 << 20).spawn(move || {
            let local = LocalSet::new();
            let serve = async {
                match target {
                    Target::Cri(socket) => desk.serve(Cri::new(&socket), queue).await,
                    Target::Containerd(socket) => desk.serve(Containerd::new(&socket), queue).await,
                    Target::Engine(socket, engine, root) => {
                        desk.serve(Docker::new(&socket, engine, &root), queue).await;
                    }
                    Target::Podman(root) => desk.serve(Storage::of_host(&root), queue).await,
                    Target::Oci(root) => desk.serve(StateFiles::of_host(&root), queue).await,
                    Target::Rootless(root) => desk.serve(Rootless::new(&root), queue).await,
                }
            };
            local.block_on(&tokio, serve);
        })?;
        Ok(Worker { jobs })
    }

    /// Hands over a job; `false`: the thread is gone. How many are open is bounded by who sends them.
    pub(super) fn send(&self, job: Job) -> bool {
        self.jobs.send(job).is_ok()
    }
}

/// Where the jobs of one thread are done.
struct Desk {
    runtime: usize,
    timeout: Duration,
    reports: mpsc::Sender<Message>,
}

impl Desk {
    /// Does all jobs, many at a time, until no more can come.
    async fn serve<C: Client + 'static>(self, client: C, mut jobs: UnboundedReceiver<Job>) {
        let client = Rc::new(client);
        while let Some(job) = jobs.recv().await {
            let (client, reports) = (Rc::clone(&client), self.reports.clone());
            let (runtime, timeout) = (self.runtime, self.timeout);
            tokio::task::spawn_local(async move {
                let outcome = perform(&*client, job, timeout).await;
                // Nobody listens any more when the resolver has ended.
                let _ = reports.send(Message::Report(Report { runtime, outcome }));
            });
        }
    }
}

async fn perform<C: Client>(client: &C, job: Job, timeout: Duration) -> Outcome {
    match job {
        Job::LookUp(number, query) => {
            let answer = tokio::time::timeout(timeout, client.look_up(&query)).await;
            let answer = answer.unwrap_or(Err(Failure::Silent));
            Outcome::LookUp(number, answer.map(|found| found.map(Box::new)))
        }
        Job::Probe => {
            let answer = tokio::time::timeout(timeout, client.probe()).await;
            Outcome::Probe(answer.unwrap_or(Err(Failure::Silent)))
        }
    }
}
