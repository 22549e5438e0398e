//! Files of runtimes: read only if they are regular files of the expected owner and of a bounded size.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

/// Whose files are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner(pub u32);

impl Owner {
    /// Files of the host's administrator.
    pub(crate) const ROOT: Owner = Owner(0);
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The stamp of a file.
    pub(crate) fn of(meta: &Metadata) -> Stamp {
        Stamp {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
        }
    }

    /// Whether the file was changed so lately that another change may carry the same time: the kernel's file
    /// times advance in steps of up to 10 ms.
    pub(crate) fn is_fresh(&self) -> bool {
        let modified = Duration::new(self.modified.0.max(0) as u64, self.modified.1.max(0) as u32);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(modified) < Duration::from_millis(40)
    }
}

/// Reads the regular file at `path` if it belongs to `owner` and has at most `limit` bytes. A link in its last
/// component is not followed, and a pipe or device put in its place cannot make the reader wait.
pub(crate) fn read(path: &Path, owner: Owner, limit: u64) -> io::Result<(Vec<u8>, Stamp)> {
    let file = open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if meta.uid() != owner.0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("belongs to user {}, not {}", meta.uid(), owner.0),
        ));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
    }
    Ok((bytes, Stamp::of(&meta)))
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_regular_files_of_their_owner_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, b"12345").unwrap();
        let me = Owner(fs::metadata(&path).unwrap().uid());
        assert_eq!(read(&path, me, 5).unwrap().0, b"12345");
        assert_eq!(read(&path, me, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(&path, Owner(me.0 + 1), 5).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read(&link, me, 5).is_err());
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert!(read(&pipe, me, 5).is_err());
        assert!(read(dir.path(), me, 5).is_err());
    }
}
