//! Calls added up: how many, which errors, how long. What `strace -c` prints, with percentiles.
//!
//! ```text
//! % time     seconds  usecs/call   p50 usecs   p99 usecs     calls    errors syscall
//! ------ ----------- ----------- ----------- ----------- --------- --------- ----------------
//!  75.00    0.000300     100.000     100.000     100.000         3         1 openat (ENOENT 1)
//!  25.00    0.000100     100.000     100.000     100.000         1           close
//! ------ ----------- ----------- ----------- ----------- --------- --------- ----------------
//! 100.00    0.000400     100.000                                 4         1 total
//! ```
//!
//! Without known times only the last three columns are there. Once a container was seen, there is one block
//! per container with its name as in the text of a trace, one of the calls from outside of containers
//! (`(host)`), one where that could not be told (`(unknown)`), and one of all together (`(total)`).
//!
//! What is kept is bounded: a block for each of [`CONTAINERS_MAX`] containers (the others share one), per
//! block one entry per call of the tables and [`UNKNOWN_MAX`] other numbers (the rest is added up in one
//! line), per entry one [`Histogram`] and one count per error number.

mod block;
mod histogram;

use std::collections::HashMap;
use std::io::{self, Write};

use syscope_event::{Cgroup, Container, Event, LossReason, OwnerKind, Source};

use crate::owner::{push_container, short_id};
use crate::record;

use block::Block;

pub use block::UNKNOWN_MAX;
pub use histogram::Histogram;

/// The most containers with a block of their own. A container makes some 50 different calls, and times of up to
/// a millisecond need 4 KiB for each: 200 MB. A node has 110 pods; one that starts containers all day is why
/// there is a bound.
pub const CONTAINERS_MAX: usize = 1000;

/// Adds up events.
#[derive(Debug, Default)]
pub struct Summary {
    containers: Vec<Contained>,
    /// Where in `containers` an id is.
    places: HashMap<Box<str>, usize>,
    /// Where the latest call was counted; the next one is often of the same container.
    last: usize,
    /// Calls from outside of containers.
    host: Block,
    /// Calls of which it could not be told.
    unknown: Block,
    /// Calls of containers beyond the bound.
    others: Block,
    lost: record::LostByReason,
}

/// The calls of a container.
#[derive(Debug)]
struct Contained {
    container: Container,
    source: Source,
    block: Block,
}

/// A block as it is shown.
struct Shown<'a> {
    /// None for a block that is alone and no container's.
    title: Option<String>,
    container: Option<&'a Contained>,
    block: &'a Block,
}

impl Summary {
    /// Adds an event to the block of its owner. Gaps belong to no block.
    pub fn add(&mut self, event: &Event<'_>) {
        match event {
            Event::Syscall(syscall) => self.block(&syscall.thread.cgroup).add(syscall),
            Event::Loss(loss) => match loss.reason {
                LossReason::RingFull => self.lost.ring_full += loss.lost,
                LossReason::Malformed => self.lost.malformed += loss.lost,
                // Lines that did not fit into a file: what they said was counted.
                LossReason::DiskFull => {}
            },
            Event::Exec(_) | Event::Exit(_) | Event::Cgroup(_) => {}
        }
    }

    /// The block that calls from a cgroup belong to.
    fn block(&mut self, cgroup: &Cgroup<'_>) -> &mut Block {
        let Some(owner) = cgroup.owner.filter(|_| !cgroup.entering) else { return &mut self.host };
        match &owner.kind {
            OwnerKind::Container(container) => self.contained(container, owner.source),
            OwnerKind::Unit(_) | OwnerKind::Host => &mut self.host,
            OwnerKind::Unknown => &mut self.unknown,
        }
    }

    fn contained(&mut self, container: &Container, source: Source) -> &mut Block {
        let is_last = self.containers.get(self.last).is_some_and(|last| last.container.id == container.id);
        if !is_last {
            match self.places.get(&container.id) {
                Some(&at) => self.last = at,
                None if self.containers.len() == CONTAINERS_MAX => return &mut self.others,
                None => {
                    self.last = self.containers.len();
                    self.places.insert(container.id.clone(), self.last);
                    let block = Block::default();
                    self.containers.push(Contained { container: container.clone(), source, block });
                }
            }
        }
        let known = &mut self.containers[self.last];
        // A guess by path is followed by the runtime's word.
        if known.source != source && (container.name.is_some() || known.container.name.is_none()) {
            known.container = container.clone();
            known.source = source;
        }
        &mut known.block
    }

    /// The blocks that have calls: containers by name, then the others.
    fn shown(&self) -> Vec<Shown<'_>> {
        let mut shown: Vec<Shown<'_>> = self.containers.iter().map(Contained::shown).collect();
        shown.sort_by(|a, b| a.title.cmp(&b.title).then_with(|| a.id().cmp(&b.id())));
        // A container that was made anew under its name.
        let names: Vec<Option<String>> = shown.iter().map(|block| block.title.clone()).collect();
        for (at, block) in shown.iter_mut().enumerate() {
            let same = |other: Option<usize>| other.and_then(|at| names.get(at)) == Some(&names[at]);
            if same(at.checked_sub(1)) || same(Some(at + 1)) {
                block.title =
                    names[at].as_ref().map(|name| format!("{name} ({})", short_id(block.id().unwrap_or(""))));
            }
        }
        let rest = [(&self.host, HOST), (&self.unknown, UNKNOWN), (&self.others, OTHERS)];
        for (block, title) in rest.into_iter().filter(|(block, _)| !block.is_empty()) {
            shown.push(Shown { title: Some(title.to_owned()), container: None, block });
        }
        if let [Shown { title, container: None, .. }] = &mut shown[..] {
            *title = None;
        }
        shown
    }

    /// Writes one table per block, one of all if there are several, and what is missing from them.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let shown = self.shown();
        let mut total = Block::default();
        for Shown { title, block, .. } in &shown {
            match title.as_deref() {
                Some(OTHERS) => writeln!(out, "(containers beyond the first {CONTAINERS_MAX}):")?,
                Some(title) => writeln!(out, "{title}:")?,
                None => {}
            }
            block.write_text(out)?;
            if shown.len() > 1 {
                total.merge(block);
            }
        }
        if shown.len() > 1 {
            writeln!(out, "(total):")?;
            total.write_text(out)?;
        }
        let record::LostByReason { ring_full, malformed } = self.lost;
        for (lost, reason) in [(ring_full, LossReason::RingFull), (malformed, LossReason::Malformed)] {
            if lost > 0 {
                let events = if lost == 1 { "event" } else { "events" };
                writeln!(
                    out,
                    "... {lost} {events} lost ({}): not counted above ...",
                    crate::text::words(reason)
                )?;
            }
        }
        Ok(())
    }

    /// Writes a [`record::Record::Summary`] as one line.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        crate::json::write_line(out, &record::Record::Summary(self.record()))
    }

    /// What is known so far.
    pub fn record(&self) -> record::Summary {
        let blocks = self.shown().into_iter().map(|shown| {
            let all = shown.block.sorted();
            record::Block {
                owner: shown.title,
                container: shown
                    .container
                    .map(|known| record::Container::new(&known.container, known.source)),
                calls: all.iter().map(|calls| calls.count()).sum(),
                errors: all.iter().map(|calls| calls.failed()).sum(),
                syscalls: all.into_iter().map(block::Calls::record).collect(),
            }
        });
        record::Summary { blocks: blocks.collect(), lost: self.lost }
    }
}

impl Contained {
    fn shown(&self) -> Shown<'_> {
        let mut title = Vec::new();
        push_container(&mut title, &self.container);
        let title = String::from_utf8_lossy(&title).into_owned();
        Shown { title: Some(title), container: Some(self), block: &self.block }
    }
}

impl Shown<'_> {
    fn id(&self) -> Option<&str> {
        self.container.map(|known| &*known.container.id)
    }
}

const HOST: &str = "(host)";
const UNKNOWN: &str = "(unknown)";
const OTHERS: &str = "(others)";

#[cfg(test)]
mod tests;
