//! What a run could leave behind in the kernel.

use std::collections::BTreeSet;
use std::mem::size_of_val;

use super::until;

/// Commands of bpf(2) that list ids (`enum bpf_cmd`).
const PROG_GET_NEXT_ID: libc::c_long = 11;
const MAP_GET_NEXT_ID: libc::c_long = 12;
const LINK_GET_NEXT_ID: libc::c_long = 31;

/// The eBPF objects that exist, by kind and id. What is listed is what `bpftool prog|map|link show` lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects(BTreeSet<(&'static str, u32)>);

impl Objects {
    pub fn now() -> Objects {
        let kinds = [("prog", PROG_GET_NEXT_ID), ("map", MAP_GET_NEXT_ID), ("link", LINK_GET_NEXT_ID)];
        Objects(
            kinds.into_iter().flat_map(|(kind, command)| ids(command).map(move |id| (kind, id))).collect(),
        )
    }

    /// The objects that a process has open.
    pub fn of(pid: u32) -> Objects {
        let infos = std::fs::read_dir(format!("/proc/{pid}/fdinfo")).into_iter().flatten().flatten();
        let texts = infos.filter_map(|info| std::fs::read_to_string(info.path()).ok());
        let object = |line: &str| {
            let (key, id) = line.split_once(':')?;
            let kind =
                ["prog", "map", "link"].into_iter().find(|kind| key.strip_suffix("_id") == Some(*kind))?;
            Some((kind, id.trim().parse().ok()?))
        };
        Objects(texts.flat_map(|text| text.lines().filter_map(object).collect::<Vec<_>>()).collect())
    }

    /// The objects that came since `before`.
    pub fn since(&self, before: &Objects) -> Objects {
        Objects(self.0.difference(&before.0).copied().collect())
    }

    pub fn count(&self, kind: &str) -> usize {
        self.0.iter().filter(|(found, _)| *found == kind).count()
    }

    /// Waits until none of them exists: the kernel frees them some time after their last user is gone.
    pub fn wait_until_gone(&self) {
        until("objects of the run are freed", || self.0.is_disjoint(&Objects::now().0).then_some(()));
    }
}

/// All ids of a kind, in order.
fn ids(command: libc::c_long) -> impl Iterator<Item = u32> {
    let mut last = 0u32;
    std::iter::from_fn(move || {
        // start_id, next_id, open_flags of union bpf_attr
        let mut attr = [last, 0, 0];
        // SAFETY: the kernel reads and writes these twelve bytes, as the size says.
        let got = unsafe { libc::syscall(libc::SYS_bpf, command, attr.as_mut_ptr(), size_of_val(&attr)) };
        last = attr[1];
        (got == 0).then_some(last)
    })
}

/// The mounts of this process.
pub fn mounts() -> String {
    std::fs::read_to_string("/proc/self/mountinfo").expect("read the mounts")
}
