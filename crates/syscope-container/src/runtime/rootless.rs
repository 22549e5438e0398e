//! Containers of users: Podman's storage in the user's home, and the OCI runtimes' state files below `/run/user`.
//!
//! Only files that belong to the user are read, and only for cgroups below that user's manager. They are the
//! user's own word: nothing keeps a user from writing there what is not so.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{self, Owner};
use super::oci::StateFiles;
use super::podman::Storage;
use super::{Client, Failure, Found, Identity, Query};

/// Users whose files are remembered.
const USERS: usize = 64;
const PASSWD_BYTES: u64 = 4 << 20;

/// The files of a host's users.
#[derive(Debug)]
pub(crate) struct Rootless {
    root: PathBuf,
    users: RefCell<HashMap<u32, Rc<User>>>,
}

#[derive(Debug)]
struct User {
    storage: Option<Storage>,
    states: StateFiles,
}

impl Rootless {
    /// Those of the host with this root directory.
    pub(crate) fn new(root: &Path) -> Rootless {
        Rootless { root: root.to_owned(), users: RefCell::default() }
    }

    fn user(&self, uid: u32) -> Rc<User> {
        let mut users = self.users.borrow_mut();
        if users.len() >= USERS && !users.contains_key(&uid) {
            users.clear();
        }
        let user = users.entry(uid).or_insert_with(|| {
            let passwd = files::read(&self.root.join("etc/passwd"), Owner::ROOT, PASSWD_BYTES);
            let home = passwd.ok().and_then(|(text, _)| home_of(&text, uid));
            let storage = home.map(|home| Storage::of_user(&self.root, &home, uid));
            Rc::new(User { storage, states: StateFiles::of_user(&self.root, uid) })
        });
        Rc::clone(user)
    }
}

impl Client for Rootless {
    async fn probe(&self) -> Result<Identity, Failure> {
        Ok(Identity::default())
    }

    async fn look_up(&self, query: &Query) -> Result<Option<Found>, Failure> {
        let (Some(uid), Some(id)) = (query.user, query.id.as_deref()) else { return Ok(None) };
        let user = self.user(uid);
        let state = user.states.by_id(id, &query.path).map(super::oci::StateFile::into_found);
        let stored = user.storage.as_ref().and_then(|storage| storage.by_id(id));
        Ok(match (stored, state) {
            // The storage has the names, the state file the exact cgroup.
            (Some(stored), Some(state)) if state.place.is_told() => {
                Some(Found { place: state.place, ..stored })
            }
            (Some(stored), _) => Some(stored),
            (None, state) => state,
        })
    }
}

/// The home directory of a user, from passwd(5).
fn home_of(passwd: &[u8], uid: u32) -> Option<PathBuf> {
    let text = String::from_utf8_lossy(passwd);
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let home = fields.get(5).filter(|home| home.starts_with('/'))?;
        (fields.get(2)?.parse() == Ok(uid)).then(|| PathBuf::from(home))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_are_read_from_passwd() {
        let passwd = b"root:x:0:0:root:/root:/bin/sh\nodd\nann:x:1000:1000:Ann,,,:/home/ann:/bin/sh\nrel:x:7:7::home:/\n";
        assert_eq!(home_of(passwd, 1000), Some("/home/ann".into()));
        assert_eq!(home_of(passwd, 7), None);
        assert_eq!(home_of(passwd, 8), None);
    }
}
