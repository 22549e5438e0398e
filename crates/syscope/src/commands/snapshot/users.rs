//! Names of users.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// What is read of the list of users at most.
const BYTES_MAX: u64 = 4 << 20;

/// The users of the host, by `passwd(5)`. Those of a directory service have no name here but their number.
#[derive(Debug, Default)]
pub struct Users(HashMap<u32, Arc<str>>);

impl Users {
    /// Reads `etc/passwd` below `root`; what cannot be read names nobody.
    pub fn read(root: &Path) -> Users {
        let mut text = Vec::new();
        if let Ok(file) = File::open(root.join("etc/passwd")) {
            let _ = file.take(BYTES_MAX).read_to_end(&mut text);
        }
        Users::parse(&text)
    }

    fn parse(text: &[u8]) -> Users {
        let mut users = HashMap::new();
        for line in text.split(|byte| *byte == b'\n') {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
            let [name, _, uid, ..] = fields[..] else { continue };
            let uid = std::str::from_utf8(uid).ok().and_then(|uid| uid.parse().ok());
            if let (Ok(name), Some(uid)) = (std::str::from_utf8(name), uid)
                && !name.is_empty()
            {
                users.entry(uid).or_insert_with(|| name.into());
            }
        }
        Users(users)
    }

    /// The name of a user.
    pub fn name(&self, uid: u32) -> Option<Arc<str>> {
        self.0.get(&uid).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_number_counts() {
        let users = Users::parse(
            b"root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n\nbad\nx:y:z\n+::::::\nwww:x:33:33\n",
        );
        let name = |uid| users.name(uid);
        assert_eq!((name(0).as_deref(), name(33).as_deref(), name(1)), (Some("root"), Some("www"), None));
    }
}
