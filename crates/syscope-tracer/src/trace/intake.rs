//! The way in: records from the rings, in their order, once it is known whose they are.

use syscope_bpf::wire::{EventFlags, EventType, Record};

use super::Trace;
use crate::Error;
use crate::held::Release;
use crate::identity::Standing;

impl Trace {
    /// Puts the next record into `raw` and `blobs`; `false` if there is none for now.
    pub(super) fn next_record(&mut self) -> Result<bool, Error> {
        loop {
            if !self.waiting.is_empty() && self.take_waiting()? {
                return Ok(true);
            }
            let Some(bytes) = self.session.rings().next() else { return Ok(false) };
            let Some(record) = Record::parse(bytes) else {
                self.totals.lost_malformed += 1;
                continue;
            };
            self.raw = record.event;
            self.blobs.clear();
            self.blobs.extend_from_slice(record.blobs);
            let Some(identity) = self.whose.identity() else { return Ok(true) };
            if u32::from(self.raw.r#type) == EventType::CGROUP {
                identity.change(&self.session, &self.raw, &self.blobs)?;
            } else if identity.meets(&self.session, self.raw.cgroup)? == Standing::Pending {
                identity.attribution().held += 1;
                self.waiting.push(self.raw, &self.blobs);
                continue;
            }
            if self.waiting.is_empty() {
                return Ok(true);
            }
            self.waiting.push(self.raw, &self.blobs);
        }
    }

    /// Takes the first record that waits, if it need not wait any longer.
    fn take_waiting(&mut self) -> Result<bool, Error> {
        let (Some(identity), Some(first)) = (self.whose.identity(), self.waiting.first()) else {
            return Ok(false);
        };
        let cgroup = first.raw.cgroup;
        let waits = u32::from(first.raw.r#type) != EventType::CGROUP;
        if waits && identity.standing(cgroup) == Standing::Pending {
            identity.take_answers(&self.session)?;
            if identity.standing(cgroup) == Standing::Pending {
                let entering = first.raw.flags & EventFlags::ENTERING != 0;
                let Some(release) = self.waiting.release(identity.patience(cgroup)) else { return Ok(false) };
                // A runtime that takes its time to make the container: its program will wait anew.
                if release == Release::TooMany || !entering {
                    identity.settle_for_guess(&self.session, cgroup)?;
                }
                // What a container filter leaves out for it is counted there.
                if !identity.is_told(cgroup) && !identity.is_selective() {
                    match release {
                        Release::TooLong => identity.attribution().held_too_long += 1,
                        Release::TooMany => identity.attribution().held_too_many += 1,
                    }
                }
            }
        }
        let Some(record) = self.waiting.pop() else { return Ok(false) };
        self.raw = record.raw;
        self.blobs = record.blobs;
        Ok(true)
    }

    /// Between two rounds: what the runtimes have answered.
    pub(super) fn follow_owners(&mut self) -> Result<(), Error> {
        if let Some(identity) = self.whose.identity() {
            identity.take_answers(&self.session)?;
            identity.expire();
        }
        Ok(())
    }

    /// Whether the record in `raw` belongs to a container that was asked for, if any was.
    pub(super) fn is_wanted(&mut self) -> bool {
        if let Some(jobs) = &mut self.jobs {
            let (identity, cgroup) = (self.whose.identity(), self.raw.cgroup);
            let wanting = || identity.map_or(0, |identity| identity.jobs(cgroup));
            self.raw.jobs = jobs.judge(&self.session, &self.raw, wanting);
            return self.raw.jobs != 0;
        }
        let entering = self.raw.flags & EventFlags::ENTERING != 0;
        let Some(identity) = self.whose.identity().filter(|identity| identity.is_selective()) else {
            return true;
        };
        match identity.standing(self.raw.cgroup) {
            Standing::Wanted => !entering,
            Standing::Unwanted | Standing::Pending | Standing::Unknown => {
                let is_told = identity.is_told(self.raw.cgroup);
                identity.attribution().left_out_undecided += u64::from(!is_told);
                false
            }
        }
    }
}
