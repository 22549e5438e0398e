//! What to believe: from a path's claim and the runtimes' replies to an owner. Pure.
//!
//! A runtime's word always goes before the path's. It counts for the cgroup that was asked about only if the
//! runtime does not tell another one for that container; and where others than root may make directories, only if
//! it tells that very one.

use syscope_event::{Container, Owner, OwnerKind, Source, Unit};

use crate::claim::{self, Claim, ContainerClaim};
use crate::runtime::place::Fit;
use crate::runtime::{Found, Kind};

/// A runtime that was asked, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Which interface.
    pub kind: Kind,
    /// Its name for messages: the kind with its socket or directory.
    pub name: Box<str>,
    /// What it said.
    pub reply: Reply,
}

/// What a runtime said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// Nothing yet.
    Pending,
    /// It knows the container.
    Known(Box<Found>),
    /// It does not know it.
    Denied,
    /// It does not answer.
    Silent,
    /// It answered with an error.
    Refused(Box<str>),
    /// It is not there.
    Absent,
}

/// The cgroup in question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    /// Its path.
    pub path: &'a str,
    /// Whether only root can have made it.
    pub by_root: bool,
    /// What its path claims.
    pub claim: &'a Claim,
}

/// What follows from the replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// The last word.
    Last(Owner),
    /// What is likely so far; more is to come.
    Guess(Owner),
    /// Nobody knows the container, which may be in the making: to be asked again.
    Again {
        /// What is likely so far.
        guess: Owner,
        /// What is to be believed if it stays so.
        verdict: Owner,
    },
}

/// Decides. Every reply that is not pending is final for this round.
pub(super) fn decide(case: Case<'_>, asked: &[Asked]) -> Decision {
    let claim = match case.claim {
        Claim::Unit(unit) => return Decision::Last(of_unit(unit.clone(), None)),
        Claim::Container(claim) => Some(claim),
        Claim::Nothing => None,
    };
    let known = Known::of(case, claim, asked);
    let is_pending = |one: &Asked| one.reply == Reply::Pending;
    // One that tells this very cgroup outdoes another that has a container of the same name elsewhere.
    let elsewhere = known.elsewhere.as_deref().filter(|_| !known.is_confirmed || case.user().is_some());
    if let Some(elsewhere) = elsewhere {
        let owner = refuted(case, elsewhere);
        let waits = asked.iter().any(is_pending);
        return if waits { Decision::Guess(owner) } else { Decision::Last(owner) };
    }
    if let Some((kind, found)) = known.best {
        let better = |one: &&Asked| one.kind < kind && is_pending(one);
        // A user's own files are believed only once no runtime of the host has claimed the container.
        let is_user = case.user().is_some();
        let doubt = match case.user() {
            Some(uid) => Some(format!("only the files of user {uid} say so")),
            None => silence(claim, asked).filter(|_| !is_responsible(kind, claim)),
        };
        let owner = of_container(found.container.clone(), found.source, doubt);
        // State files tell the cgroup, and so may show that this is another's name.
        let may_contradict = |one: &Asked| one.kind == Kind::Oci && is_pending(one) && !known.is_confirmed;
        let waits = asked.iter().find(better).is_some()
            || asked.iter().any(may_contradict)
            || (is_user && asked.iter().any(is_pending));
        return if waits { Decision::Guess(owner) } else { Decision::Last(owner) };
    }
    let Some(claim) = claim else {
        let doubt = silence(None, asked).filter(|_| is_place_of_containerd(case.path));
        let owner = Owner { doubt: doubt.map(Into::into), ..plain(case) };
        return match () {
            // Also while others hang: the state file of a container in the making comes soon.
            () if asked.iter().any(is_in_making) => Decision::Again { guess: owner.clone(), verdict: owner },
            () if asked.iter().any(is_pending) => Decision::Guess(owner),
            () if asked.iter().any(|one| one.reply == Reply::Denied) => {
                Decision::Again { guess: owner.clone(), verdict: owner }
            }
            () => Decision::Last(owner),
        };
    };
    undecided(case, claim, asked, known.unconfirmed.as_deref())
}

/// Whether state files don't have the container: they may soon, if it is being made.
fn is_in_making(one: &Asked) -> bool {
    one.kind == Kind::Oci && one.reply == Reply::Denied
}

/// A container is claimed and no runtime's word for it can be believed, so far.
fn undecided(case: Case<'_>, claim: &ContainerClaim, asked: &[Asked], unconfirmed: Option<&str>) -> Decision {
    let may_stand = case.by_root && claim.user.is_none() && claim.certain;
    let alone = |doubt: Option<String>| of_container(of_claim(claim), Source::Path, doubt);
    let denied = || {
        let who =
            asked.iter().filter(|one| one.reply == Reply::Denied && is_responsible(one.kind, Some(claim)));
        let who: Vec<&str> = who.map(|one| &*one.name).collect();
        let who =
            if who.is_empty() { "no runtime".to_owned() } else { format!("not known to {}", who.join(", ")) };
        format!("its path claims to be container {}: {who}", claim.id)
    };
    let guess = if may_stand { alone(None) } else { plain(case) };
    let in_making = asked.iter().any(is_in_making);
    if asked.iter().any(|one| one.reply == Reply::Pending) {
        if !in_making {
            return Decision::Guess(guess);
        }
        let verdict = if may_stand { alone(None) } else { refuted(case, &denied()) };
        return Decision::Again { guess, verdict };
    }
    if let Some(why) = unconfirmed {
        return Decision::Again { guess, verdict: refuted(case, why) };
    }
    let responsible = || asked.iter().filter(|one| is_responsible(one.kind, Some(claim)));
    if let Some(why) = silence(Some(claim), asked) {
        return match may_stand {
            true => Decision::Last(alone(Some(why))),
            false => {
                let verdict = refuted(case, &format!("{}; {why}", claimed(claim)));
                if in_making { Decision::Again { guess, verdict } } else { Decision::Last(verdict) }
            }
        };
    }
    if responsible().any(|one| one.reply == Reply::Denied) {
        return Decision::Again { guess, verdict: refuted(case, &denied()) };
    }
    // Nobody is there that could know it.
    let why = match claim.runtime {
        Some(runtime) if is_unasked(runtime) => format!("{runtime} is not asked: only the path says so"),
        runtime => format!("no {} found", runtime.unwrap_or("container runtime")),
    };
    match may_stand {
        true => Decision::Last(alone(Some(why))),
        false => Decision::Again { guess, verdict: refuted(case, &format!("{}; {why}", claimed(claim))) },
    }
}

/// Sorts out what the runtimes know.
#[derive(Debug, Default)]
struct Known<'a> {
    /// The best word that can be believed.
    best: Option<(Kind, &'a Found)>,
    /// Whether one of them tells this very cgroup.
    is_confirmed: bool,
    /// The container's cgroup is another one, or not the user's.
    elsewhere: Option<String>,
    /// Somebody knows the container, but does not tell its cgroup where that is needed.
    unconfirmed: Option<String>,
}

impl<'a> Known<'a> {
    fn of(case: Case<'_>, claim: Option<&ContainerClaim>, asked: &'a [Asked]) -> Known<'a> {
        let mut known = Known::default();
        let user = case.user();
        let shown = |id: &str| claim.map_or_else(|| format!("container {id}"), claimed);
        for one in asked {
            let Reply::Known(found) = &one.reply else { continue };
            let id = &found.container.id;
            if user.is_some() && one.kind != Kind::Rootless {
                let why = format!("{}; that is one of {}", shown(id), one.name);
                known.elsewhere = Some(why);
                continue;
            }
            match found.place.fit(case.path, user) {
                Fit::Contradicted => {
                    let place = found.place.shown();
                    known.elsewhere = Some(format!("{}; {} has that at {place}", shown(id), one.name));
                }
                Fit::Untold
                    if !claim.is_some_and(|claim| claim.certain) || user.is_some() || !case.by_root =>
                {
                    known.unconfirmed = Some(format!("{}; {} does not tell its cgroup", shown(id), one.name));
                }
                fit @ (Fit::Confirmed | Fit::Untold) => {
                    known.is_confirmed |= fit == Fit::Confirmed;
                    if known.best.is_none_or(|(kind, _)| one.kind < kind) {
                        known.best = Some((one.kind, found));
                    }
                }
            }
        }
        known
    }
}

impl Case<'_> {
    fn user(&self) -> Option<u32> {
        match self.claim {
            Claim::Container(claim) => claim.user,
            _ => None,
        }
    }
}

/// Whether runtimes of this kind would know a container of this form, so that their denial refutes it. State files
/// do only for what claims to be an OCI runtime's own: others' may lie elsewhere.
pub(super) fn is_responsible(kind: Kind, claim: Option<&ContainerClaim>) -> bool {
    let Some(claim) = claim else { return kind == Kind::Containerd };
    match (claim.user, claim.runtime) {
        (Some(_), _) => kind == Kind::Rootless,
        (None, Some("docker")) => kind == Kind::Docker,
        (None, Some("podman")) => matches!(kind, Kind::PodmanService | Kind::Podman),
        (None, Some("containerd")) if claim.pod_uid.is_none() => kind == Kind::Containerd,
        (None, Some("containerd" | "cri-o")) => kind == Kind::Cri,
        (None, Some("runc" | "crun")) => kind == Kind::Oci,
        // Nobody can be asked about those of others.
        (None, Some(_)) => false,
        _ if claim.pod_uid.is_some() => kind == Kind::Cri,
        _ => matches!(kind, Kind::Cri | Kind::Containerd | Kind::Docker | Kind::PodmanService | Kind::Podman),
    }
}

/// The responsible runtimes that exist and do not answer.
fn silence(claim: Option<&ContainerClaim>, asked: &[Asked]) -> Option<String> {
    let silent =
        asked.iter().filter(|one| is_responsible(one.kind, claim)).filter_map(|one| match &one.reply {
            Reply::Silent => Some(format!("{} does not answer", one.name)),
            Reply::Refused(reason) => Some(format!("{} refuses: {reason}", one.name)),
            _ => None,
        });
    let all: Vec<String> = silent.collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// `/NAMESPACE/ID`: where containerd puts what nobody gave another place.
fn is_place_of_containerd(path: &str) -> bool {
    path.split('/').filter(|part| !part.is_empty()).count() == 2
}

fn claimed(claim: &ContainerClaim) -> String {
    format!("its path claims to be container {}", claim.id)
}

/// Whether containers of this runtime are known by their paths only; their ids are names.
fn is_unasked(runtime: &str) -> bool {
    matches!(runtime, "lxc" | "systemd-nspawn" | "libvirt")
}

fn of_claim(claim: &ContainerClaim) -> Container {
    Container {
        id: claim.id.as_str().into(),
        name: claim.runtime.is_some_and(is_unasked).then(|| claim.id.as_str().into()),
        runtime: claim.runtime.map(Into::into),
        pod_uid: claim.pod_uid.as_deref().map(Into::into),
        ..Container::default()
    }
}

fn of_container(container: Container, source: Source, doubt: Option<String>) -> Owner {
    Owner { kind: OwnerKind::Container(Box::new(container)), source, doubt: doubt.map(Into::into) }
}

fn of_unit(unit: Unit, doubt: Option<String>) -> Owner {
    Owner { kind: OwnerKind::Unit(unit), source: Source::Unit, doubt: doubt.map(Into::into) }
}

fn refuted(case: Case<'_>, why: &str) -> Owner {
    Owner { doubt: Some(why.into()), ..plain(case) }
}

/// The owner that the place in the hierarchy alone gives: a unit, else the host.
fn plain(case: Case<'_>) -> Owner {
    claim::parse_unit(case.path.as_bytes()).map_or(Owner::HOST, |unit| of_unit(unit, None))
}

#[cfg(test)]
mod tests;
