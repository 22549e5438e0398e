//! Jobs that come and go while a trace runs.

use syscope_bpf::{Counters, Counts};
use syscope_container::rules::JOBS_MAX;
use syscope_container::runtime::RuntimeStatus;

use super::Trace;
use crate::directory::Directory;
use crate::jobs::{Job, JobAccount};
use crate::process_table::ProcessTable;
use crate::{Error, descriptors};

impl Trace {
    /// Begins a job; the number by which events name it ([`Trace::jobs_of_event`]).
    ///
    /// # Errors
    /// There are too many; it selects containers where those cannot be told; the kernel refuses.
    pub fn add_job(&mut self, job: &Job) -> Result<u8, Error> {
        let jobs = self.jobs.as_mut().ok_or(Error::TooManyJobs(0))?;
        let number = jobs.free().ok_or(Error::TooManyJobs(JOBS_MAX))?;
        if jobs.is_empty() {
            // While no job ran, nothing was told of processes.
            self.processes = ProcessTable::new(self.procfs.clone());
            self.descriptors = descriptors::Descriptors::default();
        }
        let selection = if job.selector.is_empty() {
            None
        } else {
            let why = self.whose.untracked_because();
            let identity = self.whose.identity().ok_or(Error::NoContainers(why))?;
            Some(identity.select(&self.session, number, job.selector.clone())?)
        };
        if let Err(err) = jobs.begin(&mut self.session, number, job, selection) {
            if let (Some(identity), Some(selection)) = (self.whose.identity(), selection) {
                identity.unselect(&self.session, selection)?;
            }
            return Err(err.into());
        }
        Ok(number)
    }

    /// Ends a job. What was recorded for it until now is still handed out; then it is among [`Trace::ended_jobs`].
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn end_job(&mut self, number: u8) -> Result<(), Error> {
        let Some(jobs) = &mut self.jobs else { return Ok(()) };
        Ok(jobs.end(&mut self.session, number)?)
    }

    /// Jobs that are over since this was asked last, with their accounts: nothing more comes for them.
    pub fn ended_jobs(&mut self) -> Vec<(u8, JobAccount)> {
        std::mem::take(&mut self.ended)
    }

    /// The account of a job so far.
    pub fn job_account(&mut self, number: u8) -> JobAccount {
        let Some(jobs) = &self.jobs else { return JobAccount::default() };
        jobs.account(&mut self.session, number)
    }

    /// Containers that a job selects now.
    pub fn containers_of(&mut self, number: u8) -> u64 {
        self.whose.identity().map_or(0, |identity| identity.wanted_by(number))
    }

    /// The jobs that the event handed out last is for: bit n is job n.
    pub fn jobs_of_event(&self) -> u64 {
        self.raw.jobs
    }

    /// The counts of calls; `None` if none are kept.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn counts(&mut self) -> Result<Option<Counts>, Error> {
        Ok(self.session.counts()?)
    }

    /// The kernel side's account.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn counters(&self) -> Result<Counters, Error> {
        Ok(self.session.counters()?)
    }

    /// Who owns which cgroup, for other threads; `None` where owners are not looked up or cannot be told.
    pub fn directory(&mut self) -> Option<Directory> {
        self.whose.identity().map(|identity| identity.directory().clone())
    }

    /// How the runtimes do.
    pub fn runtimes(&mut self) -> Vec<RuntimeStatus> {
        self.whose.identity().map(|identity| identity.resolver().status()).unwrap_or_default()
    }

    pub(super) fn round_ended(&mut self) -> Result<(), Error> {
        let (Some(jobs), waiting) = (&mut self.jobs, !self.waiting.is_empty()) else { return Ok(()) };
        for selection in jobs.round_ended(&mut self.session, waiting, &mut self.ended) {
            if let Some(identity) = self.whose.identity() {
                identity.unselect(&self.session, selection)?;
            }
        }
        Ok(())
    }
}
