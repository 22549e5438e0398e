//! The table of cgroups (`bpf/owner.bpf.h`) as user space reads and writes it.

use libbpf_rs::{ErrorKind, MapCore as _, MapFlags};

use super::{Session, bytes_of, step};
use crate::Error;
use crate::wire::{CgroupEntry, CgroupKey};

/// How [`Session::put_cgroup`] treats an entry that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CgroupPut {
    /// It stays: what was seen happen goes before what was read.
    Keep,
    /// It is replaced; where there is none, the cgroup is gone and none is made.
    Replace,
}

impl Session {
    /// Writes what is known of a cgroup of the tracked hierarchy; `false` if the table has no room for it.
    pub fn put_cgroup(&self, id: u64, entry: CgroupEntry, put: CgroupPut) -> Result<bool, Error> {
        let flags = match put {
            CgroupPut::Keep => MapFlags::NO_EXIST,
            CgroupPut::Replace => MapFlags::EXIST,
        };
        match self.cgroups.update(bytes_of(&self.cgroup_key(id)), bytes_of(&entry), flags) {
            Ok(()) => Ok(true),
            Err(err) if matches!(err.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => Ok(true),
            // Also what the kernel has no memory for at this moment is without a place.
            Err(err) if matches!(err.kind(), ErrorKind::TooBig | ErrorKind::OutOfMemory) => Ok(false),
            Err(source) => Err(Error::Step { step: "write the table of cgroups".into(), source }),
        }
    }

    /// What the table has of a cgroup.
    pub fn cgroup(&self, id: u64) -> Result<Option<CgroupEntry>, Error> {
        let bytes = self
            .cgroups
            .lookup(bytes_of(&self.cgroup_key(id)), MapFlags::ANY)
            .map_err(step("read the table of cgroups"))?;
        Ok(bytes.filter(|bytes| bytes.len() >= size_of::<CgroupEntry>()).map(|bytes| {
            // SAFETY: the bytes are one value of the map, all of whose fields are integers.
            unsafe { bytes.as_ptr().cast::<CgroupEntry>().read_unaligned() }
        }))
    }

    /// Takes a cgroup out of the table.
    pub fn remove_cgroup(&self, id: u64) -> Result<(), Error> {
        match self.cgroups.delete(bytes_of(&self.cgroup_key(id))) {
            Err(err) if err.kind() != ErrorKind::NotFound => {
                Err(Error::Step { step: "write the table of cgroups".into(), source: err })
            }
            _ => Ok(()),
        }
    }

    /// The ids of all cgroups in the table.
    pub fn cgroups(&self) -> Vec<u64> {
        let ids = self.cgroups.keys();
        ids.filter_map(|key| key.first_chunk().map(|id| u64::from_ne_bytes(*id))).collect()
    }

    fn cgroup_key(&self, id: u64) -> CgroupKey {
        CgroupKey { id, hierarchy: self.hierarchy, zero: 0 }
    }
}
