//! Whose events are: the tree of cgroups, kept as the kernel tells of changes, and the owners that the
//! runtimes name.
//!
//! ```text
//!   walk at the start --+                       +--> Resolver (its own threads)
//!   EVENT_CGROUP -------+--> Tree --- Ask ------+        |
//!                             ^                          |
//!                             +------- decide <----------+
//!                             |
//!      event's cgroup id -----+---> Cgroup {owner, tracking id, path}
//!                             +---> the kernel's table: tracking id, jobs that want it
//! ```
//!
//! **A start without a race.** The programs are attached before the file system is walked, and what they tell
//! is read after: what was seen happen goes before what was read (see [`Tree`]).

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use syscope_bpf::wire::{BlobTag, CgroupChange as WireChange, CgroupEntry, EventFlags, RawEvent};
use syscope_bpf::{CgroupPut, Session, now_boot_ns};
use syscope_container::claim::{self, Claim};
use syscope_container::layout::{Layout, Tracked};
use syscope_container::resolver::{self, Question, Resolver};
use syscope_container::rules::{Rules, SelectionId};
use syscope_container::selector::Selector;
use syscope_container::tree::{Next, Node, Place, Tree};
use syscope_container::walk;
use syscope_event::{Cgroup, CgroupState, Change, Owner, OwnerKind, Source};
use syscope_syscalls::Blobs;

use crate::Error;
use crate::attribution::Attribution;
use crate::directory::Directory;

/// How long a start waits for the owners of what is there already.
const START_WAIT: Duration = Duration::from_millis(500);
/// How long a record waits for the owner of its cgroup. A runtime that is up answers within milliseconds, and
/// one that is not is not waited for.
const WAIT: Duration = Duration::from_secs(1);
/// The same where a runtime was seen to put a process in.
const WAIT_FOR_MAKING: Duration = Duration::from_secs(2);
/// The same for a cgroup that seems to be nobody's: only an OCI runtime's state could tell otherwise, and that is
/// written before the container's program starts.
const WAIT_FOR_NOBODY: Duration = Duration::from_millis(300);
/// How often the hierarchy is read again at most, for a cgroup that is not known.
const REREAD: Duration = Duration::from_millis(250);
/// Cgroups that were looked for in vain which are remembered; at the bound all are forgotten, and may be looked for again.
const MISSING_MAX: usize = 4096;

/// The only job of a run.
const JOB: u8 = 0;

/// What is known of cgroups and their owners.
pub(crate) struct Identity {
    tracked: Tracked,
    tree: Tree,
    resolver: Resolver,
    /// Questions that the resolver had no room for.
    unasked: VecDeque<u64>,
    /// What is likely so far of cgroups whose owner is still being asked for.
    guesses: HashMap<u64, Owner>,
    /// Cgroups of unknown owner that a runtime has put a process into.
    in_making: HashSet<u64>,
    rules: Rules,
    selective: bool,
    /// The last cgroup that was looked at, and what came of it: most events come in runs.
    last: Option<(u64, Standing)>,
    /// When the hierarchy was read, and how many changes the kernel had lost by then.
    read: Instant,
    read_lost: u64,
    /// The first cgroup of the walk.
    top: Option<u64>,
    /// Cgroups that were not found there, so that nobody looks for them again.
    missing: HashSet<u64>,
    /// Changes that each CPU has lost so far, modulo 2^32.
    lost: HashMap<u16, u32>,
    attribution: Attribution,
    directory: Directory,
}

/// What is to be done with the events of a cgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// They are wanted.
    Wanted,
    /// They are a container's, or nobody's, that was not asked for.
    Unwanted,
    /// Its owner is being looked up.
    Pending,
    /// The cgroup is not known: there is nothing to wait for.
    Unknown,
}

impl Identity {
    /// Reads what is there and asks for its owners. The session must follow cgroups already.
    pub(crate) fn start(
        session: &Session,
        layout: &Layout,
        resolver: resolver::Config,
        selector: &Selector,
    ) -> Result<Option<Identity>, Error> {
        let Some(tracked) = layout.tracked.clone() else { return Ok(None) };
        let selective = !selector.is_empty();
        let mut rules = Rules::default();
        if selective {
            let none = std::iter::empty();
            rules.add(JOB, selector.clone(), none).expect("the first job has a number below the limit");
        }
        let mut identity = Identity {
            tree: Tree::new(&tracked.name),
            tracked,
            resolver: Resolver::start(resolver),
            unasked: VecDeque::new(),
            guesses: HashMap::new(),
            in_making: HashSet::new(),
            rules,
            selective,
            last: None,
            read: Instant::now(),
            read_lost: 0,
            top: None,
            missing: HashSet::new(),
            lost: HashMap::new(),
            attribution: Attribution::default(),
            directory: Directory::default(),
        };
        identity.read_hierarchy(session)?;
        identity.wait_for_owners(session)?;
        Ok(Some(identity))
    }

    /// Whether events of other cgroups than those of the wanted containers are left out.
    pub(crate) fn is_selective(&self) -> bool {
        self.selective
    }

    /// The cgroup of a record as events show it.
    pub(crate) fn cgroup(&self, raw: &RawEvent, entering: bool) -> Cgroup<'_> {
        let mut cgroup = self.tree.cgroup(raw.cgroup);
        cgroup.entering = entering && cgroup.tracking_id.is_some();
        if cgroup.owner.is_none() {
            cgroup.owner = Some(match self.tree.get(raw.cgroup) {
                Some(_) => {
                    self.guesses.get(&raw.cgroup).filter(|guess| !is_by_path(guess)).unwrap_or(&NO_ANSWER)
                }
                None => self.not_known(),
            });
        }
        cgroup
    }

    /// The owner of what lies in a cgroup that is not known.
    fn not_known(&self) -> &'static Owner {
        if self.tracked.whole { &NOT_SEEN } else { &OUTSIDE }
    }

    /// What is to be done with the events of a cgroup.
    pub(crate) fn standing(&mut self, id: u64) -> Standing {
        if let Some((last, standing)) = self.last
            && last == id
        {
            return standing;
        }
        let standing = match self.tree.get(id) {
            Some(Node { owner: Some(_), tracking, .. }) => {
                let wanted = !self.selective || tracking.is_some_and(|id| self.rules.jobs(id) != 0);
                if wanted { Standing::Wanted } else { Standing::Unwanted }
            }
            Some(_) => Standing::Pending,
            None => Standing::Unknown,
        };
        self.last = Some((id, standing));
        standing
    }

    /// Whether it is told whose a cgroup is, be it only what is likely.
    pub(crate) fn is_told(&self, id: u64) -> bool {
        let owner = self.tree.get(id).and_then(|node| node.owner.as_deref());
        owner.is_some_and(|owner| !matches!(owner.kind, OwnerKind::Unknown))
    }

    /// Whether there is something to find out about a cgroup; reads the hierarchy again if it is not known at
    /// all, because its making was lost.
    pub(crate) fn meets(&mut self, session: &Session, id: u64) -> Result<Standing, Error> {
        let standing = self.standing(id);
        if standing != Standing::Unknown || id == 0 {
            return Ok(standing);
        }
        if self.find(session, id)? {
            return Ok(self.standing(id));
        }
        self.attribution.unknown += 1;
        Ok(standing)
    }

    /// Looks for a cgroup; reads the hierarchy again if it is not known and may be there. That is at once where
    /// changes were lost, and otherwise not too often, nor twice for the same one.
    fn find(&mut self, session: &Session, id: u64) -> Result<bool, Error> {
        if self.tree.get(id).is_some() {
            return Ok(true);
        }
        if self.missing.contains(&id) {
            return Ok(false);
        }
        let has_lost = session.counters()?.cgroups_lost != self.read_lost;
        if !has_lost && self.read.elapsed() < REREAD {
            return Ok(false);
        }
        self.reread(session)?;
        let found = self.tree.get(id).is_some();
        // What was made during the walk may be missing there, and then in the ring as well.
        if !found && session.counters()?.cgroups_lost == self.read_lost {
            if self.missing.len() >= MISSING_MAX {
                self.missing.clear();
            }
            self.missing.insert(id);
        }
        Ok(found)
    }

    /// The kernel tells of a change.
    pub(crate) fn change(&mut self, session: &Session, raw: &RawEvent, blobs: &[u8]) -> Result<(), Error> {
        self.last = None;
        let before = self.lost.insert(raw.cpu, raw.lost).unwrap_or(0);
        // Unless all that was lost until now was lost before the last walk.
        if before != raw.lost && session.counters()?.cgroups_lost != self.read_lost {
            self.reread(session)?;
        }
        let id = raw.cgroup;
        match raw.nr as u32 {
            WireChange::CREATED => {
                let name =
                    Blobs(blobs).find(BlobTag::CGROUP_NAME as u8, 0).map_or(&[][..], |blob| blob.bytes);
                let (parent, level) = (raw.args[0], raw.args[1] as u32);
                // Without the one above, a name deep in a container would pass for one at the top.
                let is_placed = level == 0 || self.find(session, parent)?;
                let place = Place { id, parent, level, name, by_root: raw.uid == 0 && is_placed };
                let next = self.tree.created(place);
                match next {
                    Next::Ask if !is_placed => self.decide(session, id, self.not_known().clone())?,
                    next => {
                        // What was decided about the one above may have been taken back since the kernel copied it.
                        if next == Next::Ask && session.cgroup(id)?.is_some_and(|entry| entry.decided != 0) {
                            self.publish(session, id)?;
                        }
                        self.follow_up(session, id, next)?;
                    }
                }
            }
            // A runtime puts somebody in: a container is being made, and will be known soon.
            WireChange::ATTACHED if raw.flags & EventFlags::ENTERING != 0 => self.note_making(id),
            WireChange::POPULATED => self.populated(id, true),
            WireChange::EMPTIED => self.populated(id, false),
            WireChange::RENAMED => {
                let blobs = Blobs(blobs);
                if let Some(name) = blobs.find(BlobTag::CGROUP_NAME as u8, 0) {
                    self.tree.renamed(id, name.bytes);
                }
            }
            // Also for an entry that we wrote while the cgroup was being removed.
            WireChange::REMOVED => self.remove(session, id)?,
            _ => {}
        }
        Ok(())
    }

    /// Takes the answers that have come; whether there was one.
    pub(crate) fn take_answers(&mut self, session: &Session) -> Result<bool, Error> {
        let mut any = false;
        while let Some(answer) = self.resolver.answer() {
            any = true;
            if answer.last {
                self.guesses.remove(&answer.cgroup);
                self.decide(session, answer.cgroup, answer.owner)?;
            } else {
                // A runtime may still say otherwise; until it is too late for that, its word is waited for.
                self.guesses.insert(answer.cgroup, answer.owner);
            }
        }
        if any {
            self.ask_more();
        }
        Ok(any)
    }

    fn populated(&mut self, id: u64, populated: bool) {
        self.tree.populated(id, populated);
        self.list(id);
    }

    /// Notes for others what is known of a cgroup.
    fn list(&self, id: u64) {
        if let Some(node) = self.tree.get(id) {
            self.directory.put(node);
        }
    }

    /// What other threads may know.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The resolver: how the runtimes do.
    pub(crate) fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// The jobs that want a cgroup.
    pub(crate) fn jobs(&self, id: u64) -> u64 {
        let tracking = self.tree.get(id).and_then(|node| node.tracking);
        tracking.map_or(0, |tracking| self.rules.jobs(tracking))
    }

    /// Containers that a job wants now.
    pub(crate) fn wanted_by(&self, job: u8) -> u64 {
        self.rules.wanted_by(job)
    }

    /// A job wants the containers of a selector.
    pub(crate) fn select(
        &mut self,
        session: &Session,
        job: u8,
        selector: Selector,
    ) -> Result<SelectionId, Error> {
        let known: Vec<(u64, Arc<Owner>)> = self
            .tree
            .iter()
            .filter(|node| node.tracking == Some(node.id))
            .filter_map(|node| Some((node.id, Arc::clone(node.owner.as_ref()?))))
            .collect();
        let known = known.iter().map(|(id, owner)| (*id, &**owner));
        let (selection, changed) =
            self.rules.add(job, selector, known).expect("the job's number is below the limit");
        self.republish(session, &changed)?;
        Ok(selection)
    }

    /// It does not any more.
    pub(crate) fn unselect(&mut self, session: &Session, selection: SelectionId) -> Result<(), Error> {
        let changed = self.rules.remove(selection);
        self.republish(session, &changed)
    }

    /// Writes anew what jobs want of containers, with all that lies in them.
    fn republish(&self, session: &Session, trackings: &[u64]) -> Result<(), Error> {
        if trackings.is_empty() {
            return Ok(());
        }
        let of_them = |node: &&Node| node.tracking.is_some_and(|tracking| trackings.contains(&tracking));
        let ids: Vec<u64> = self.tree.iter().filter(of_them).map(|node| node.id).collect();
        ids.into_iter().try_for_each(|id| self.publish(session, id))
    }

    fn note_making(&mut self, id: u64) {
        if self.tree.get(id).is_some_and(|node| node.owner.is_none()) {
            self.in_making.insert(id);
        }
    }

    /// How long a record of a cgroup whose owner is being asked for may wait: as long as for any above it.
    pub(crate) fn patience(&self, id: u64) -> Duration {
        let above = self.tree.undecided_above(id).map(|above| self.patience_for(above));
        above.fold(self.patience_for(id), Duration::max)
    }

    fn patience_for(&self, id: u64) -> Duration {
        if self.in_making.contains(&id) {
            return WAIT_FOR_MAKING;
        }
        // What calls itself a container may be one whose runtime is asked only after another was given up.
        let claims = |node: &Node| matches!(claim::parse(&node.path), Claim::Container(_));
        match self.guesses.get(&id) {
            Some(guess) if guess.container().is_none() && !self.tree.get(id).is_some_and(claims) => {
                WAIT_FOR_NOBODY
            }
            _ => WAIT,
        }
    }

    /// It is too late to wait for the owner of a cgroup: takes what is likely. A path alone is not: runtimes that
    /// do not answer are given up sooner, so those that would know such a container have denied it until now.
    pub(crate) fn settle_for_guess(&mut self, session: &Session, id: u64) -> Result<(), Error> {
        let above: Vec<u64> = self.tree.undecided_above(id).collect();
        above.into_iter().rev().chain([id]).try_for_each(|id| self.take_guess(session, id))
    }

    fn take_guess(&mut self, session: &Session, id: u64) -> Result<(), Error> {
        match self.guesses.remove(&id) {
            Some(guess) if is_by_path(&guess) => self.decide(session, id, UNCONFIRMED.clone()),
            Some(guess) => self.decide(session, id, guess),
            None => Ok(()),
        }
    }

    /// Forgets what was removed long ago.
    pub(crate) fn expire(&mut self) {
        let forgotten = self.tree.expire(now_boot_ns());
        self.forget(&forgotten);
    }

    fn forget(&mut self, forgotten: &[u64]) {
        for id in forgotten {
            self.rules.gone(*id);
        }
        self.directory.forget(forgotten);
    }

    /// A cgroup is gone. Its owner stays known for a while.
    fn remove(&mut self, session: &Session, id: u64) -> Result<(), Error> {
        let forgotten = self.tree.removed(id, now_boot_ns());
        self.list(id);
        self.forget(&forgotten);
        session.remove_cgroup(id)?;
        Ok(())
    }

    /// How events found their owners.
    pub(crate) fn attribution(&mut self) -> &mut Attribution {
        &mut self.attribution
    }

    /// All cgroups that are known.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Reads the hierarchy again because changes were missed; what is not there any more was removed.
    fn reread(&mut self, session: &Session) -> Result<(), Error> {
        self.attribution.rereads += 1;
        let exists = |node: &&Node| node.state != CgroupState::Removed;
        let known: Vec<u64> = self.tree.iter().filter(exists).map(|node| node.id).collect();
        let found = match self.read_hierarchy(session) {
            // The hierarchy may have been unmounted; what is known stays so.
            Err(err @ Error::Read { .. }) => {
                tracing::warn!(target: "syscope::identity", error = %err, "the cgroups cannot be read again");
                return Ok(());
            }
            found => found?,
        };
        for id in known.into_iter().filter(|id| !found.contains(id)) {
            if self.is_walked(id) {
                self.remove(session, id)?;
            }
        }
        Ok(())
    }

    /// Whether a walk comes to the place of a cgroup: it has an end, and the mount may show a part only.
    fn is_walked(&self, id: u64) -> bool {
        let base = self.top.and_then(|top| self.tree.get(top)).map_or(0, |top| top.level);
        let Some(mut node) = self.tree.get(id) else { return false };
        if node.level > base + walk::LEVELS_MAX {
            return false;
        }
        while let Some(above) = self.tree.get(node.parent).filter(|above| above.level < node.level) {
            node = above;
        }
        self.tracked.whole || self.top == Some(node.id)
    }

    /// Reads all cgroups that exist; returns their ids.
    fn read_hierarchy(&mut self, session: &Session) -> Result<HashSet<u64>, Error> {
        self.read = Instant::now();
        self.read_lost = session.counters()?.cgroups_lost;
        self.last = None;
        let found = walk::walk(&self.tracked).map_err(|source| self.unreadable(source))?;
        // What is seen of a hierarchy may begin below its root.
        let base = self.tracked.base().to_path_buf();
        let mut ids = HashSet::with_capacity(found.cgroups.len());
        for cgroup in found.cgroups {
            ids.insert(cgroup.id);
            let top = cgroup.parent == 0 && cgroup.level > 0;
            if cgroup.parent == 0 {
                self.top = Some(cgroup.id);
            }
            let place = Place {
                id: cgroup.id,
                parent: cgroup.parent,
                level: cgroup.level,
                name: if top { base.as_os_str().as_bytes() } else { &cgroup.name },
                by_root: cgroup.owner_uid == 0,
            };
            let next = self.tree.found(place, cgroup.populated);
            if next == Next::Known {
                continue;
            }
            let entry = CgroupEntry { jobs: u64::MAX, level: cgroup.level, ..CgroupEntry::default() };
            if !session.put_cgroup(cgroup.id, entry, CgroupPut::Keep)? {
                self.attribution.table_full += 1;
            }
            self.follow_up(session, cgroup.id, next)?;
        }
        Ok(ids)
    }

    fn unreadable(&self, source: io::Error) -> Error {
        Error::Read { path: self.tracked.at.display().to_string(), source }
    }

    /// What a new cgroup needs.
    fn follow_up(&mut self, session: &Session, id: u64, next: Next) -> Result<(), Error> {
        match next {
            Next::Known => Ok(()),
            Next::Inherited => self.publish(session, id),
            Next::Ask => {
                // The root is nobody's but the host's; that of a cgroup namespace only looks like one.
                if self.tree.get(id).is_some_and(|node| node.level == 0) {
                    let owner = if self.tracked.whole { Owner::HOST } else { ABOVE.clone() };
                    return self.decide(session, id, owner);
                }
                if !self.unasked.is_empty() || !self.ask(id) {
                    self.unasked.push_back(id);
                }
                Ok(())
            }
        }
    }

    fn ask(&self, id: u64) -> bool {
        let Some(node) = self.tree.get(id) else { return true };
        let question = Question { cgroup: id, path: node.path.as_ref().into(), by_root: node.by_root };
        self.resolver.ask(question)
    }

    fn ask_more(&mut self) {
        while let Some(&id) = self.unasked.front() {
            let open = self.tree.get(id).is_some_and(|node| node.owner.is_none());
            if open && !self.ask(id) {
                break;
            }
            self.unasked.pop_front();
        }
    }

    fn decide(&mut self, session: &Session, id: u64, owner: Owner) -> Result<(), Error> {
        self.last = None;
        tracing::debug!(
            target: "syscope::identity",
            cgroup = id,
            owner = owner.kind_name(),
            source = owner.source.name(),
            container = owner.container().map(|container| &*container.id),
            doubt = owner.doubt.as_deref(),
            "decided"
        );
        self.in_making.remove(&id);
        let owner = Arc::new(owner);
        let decided = self.tree.decide(id, Arc::clone(&owner));
        if decided.changed.is_empty() {
            return Ok(());
        }
        // Those that waited for it are no container's, and so nobody's who could be wanted.
        self.rules.decided(id, &owner);
        for id in decided.changed {
            self.publish(session, id)?;
        }
        // What was taken for part of a container, and is not, is asked for after all.
        for id in decided.undecided {
            self.publish(session, id)?;
            self.follow_up(session, id, Next::Ask)?;
        }
        Ok(())
    }

    /// Writes what is known of a cgroup into the kernel's table.
    fn publish(&self, session: &Session, id: u64) -> Result<(), Error> {
        let Some(node) = self.tree.get(id) else { return Ok(()) };
        self.directory.put(node);
        let tracking = node.tracking.unwrap_or(0);
        let decided = node.owner.is_some();
        let entry = CgroupEntry {
            tracking,
            jobs: if decided { self.rules.jobs(tracking) } else { u64::MAX },
            level: node.level,
            decided: decided.into(),
            state: node.state as u8 + 1,
            zero: 0,
        };
        session.put_cgroup(id, entry, CgroupPut::Replace)?;
        Ok(())
    }

    /// Waits until something is known of the owners of all that exists, but not for ever. Where containers are
    /// selected, what is only likely is not settled for: events wait for the last word.
    fn wait_for_owners(&mut self, session: &Session) -> Result<(), Error> {
        let until = Instant::now() + START_WAIT;
        while Instant::now() < until
            && self.tree.iter().any(|node| node.is_open() && !self.guesses.contains_key(&node.id))
        {
            if !self.take_answers(session)? {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        if self.selective {
            return Ok(());
        }
        let open: Vec<u64> = self.guesses.keys().copied().collect();
        open.into_iter().try_for_each(|id| self.settle_for_guess(session, id))
    }
}

/// What happened, in the words of events; `None` for what is not told.
pub(crate) fn change_of(raw: &RawEvent) -> Option<Change> {
    Some(match raw.nr as u32 {
        WireChange::CREATED => Change::Created,
        WireChange::POPULATED => Change::Populated,
        WireChange::EMPTIED => Change::Emptied,
        WireChange::RENAMED => Change::Renamed,
        WireChange::ATTACHED => Change::Attached,
        WireChange::REMOVED => Change::Removed,
        _ => return None,
    })
}

fn unknown(doubt: &str) -> Owner {
    Owner { kind: OwnerKind::Unknown, source: Source::None, doubt: Some(doubt.into()) }
}

/// Whether only a path says that it is a container's.
fn is_by_path(owner: &Owner) -> bool {
    owner.source == Source::Path && owner.container().is_some()
}

static UNCONFIRMED: std::sync::LazyLock<Owner> =
    std::sync::LazyLock::new(|| unknown("its path claims to be a container, and no runtime knows it so far"));
static NO_ANSWER: std::sync::LazyLock<Owner> =
    std::sync::LazyLock::new(|| unknown("no runtime has answered yet"));
static OUTSIDE: std::sync::LazyLock<Owner> = std::sync::LazyLock::new(|| {
    unknown("its cgroup lies outside of the part of the hierarchy that is seen here")
});
static ABOVE: std::sync::LazyLock<Owner> = std::sync::LazyLock::new(|| {
    unknown("it is in the cgroup that the mount begins with, and what that is cannot be seen from here")
});
static NOT_SEEN: std::sync::LazyLock<Owner> =
    std::sync::LazyLock::new(|| unknown("its cgroup was gone before it was read"));
