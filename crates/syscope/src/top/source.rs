//! Where counts come from.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use syscope_api::Syscalls;
use syscope_client::Agent;
use tokio::runtime::Runtime;

use crate::commands::client::reason;
use crate::failure::Failure;

/// Something that counts calls: an agent, or this host.
pub trait Source: Send {
    /// What it is called where it does not name its node.
    fn name(&self) -> String;

    /// What was counted since it began. May wait for it.
    ///
    /// # Errors
    /// Why there are no counts now; later there may be.
    fn read(&mut self) -> Result<Syscalls, String>;
}

/// An agent's counts.
pub struct AgentSource {
    agent: Agent,
    runtime: Runtime,
}

impl AgentSource {
    /// The counts of this agent.
    pub fn new(agent: Agent) -> Result<AgentSource, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(AgentSource { agent, runtime })
    }
}

impl Source for AgentSource {
    fn name(&self) -> String {
        self.agent.endpoint().to_string()
    }

    fn read(&mut self) -> Result<Syscalls, String> {
        self.runtime.block_on(self.agent.syscalls()).map_err(|err| reason(&err))
    }
}

/// This host, counted by ourselves.
pub struct LocalSource(syscope_agent::Agent);

impl LocalSource {
    /// Loads the kernel programs and begins to count.
    pub fn new(config: syscope_agent::Config) -> Result<LocalSource, Failure> {
        Ok(LocalSource(syscope_agent::Agent::start(config)?))
    }
}

impl Source for LocalSource {
    fn name(&self) -> String {
        "this host".to_owned()
    }

    fn read(&mut self) -> Result<Syscalls, String> {
        match self.0.failed() {
            Some(why) => Err(why),
            None => Ok(syscope_agent::Node::syscalls(&self.0)),
        }
    }
}

/// What a source said.
pub struct Reading {
    /// Which source.
    pub source: usize,
    /// What it counted, or why it did not say.
    pub counts: Result<Syscalls, String>,
}

/// Reads every source once in an interval, each in a thread of its own: a slow one delays no other. The threads end when the
/// receiver is gone.
pub fn poll(sources: Vec<Box<dyn Source>>, interval: Duration) -> Result<Receiver<Reading>, Failure> {
    let (tell, readings) = channel();
    for (index, source) in sources.into_iter().enumerate() {
        let tell = tell.clone();
        std::thread::Builder::new()
            .name("source".into())
            .spawn(move || read(index, source, interval, &tell))?;
    }
    Ok(readings)
}

fn read(index: usize, mut source: Box<dyn Source>, interval: Duration, tell: &Sender<Reading>) {
    loop {
        let began = Instant::now();
        if tell.send(Reading { source: index, counts: source.read() }).is_err() {
            return;
        }
        std::thread::sleep(interval.saturating_sub(began.elapsed()));
    }
}
