//! What a log is written to: opening it, writing it, and moving files out of the way.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, RawFd};
use std::os::unix::fs::{
    FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once};

use super::{Error, Options, Rotation};

/// The mode of files that are made here: command lines hold secrets.
const MODE: u32 = 0o600;
/// Longer than any record. Arguments have at most 2 MiB, a record may hold them twice (as a list and as a
/// line), and JSON makes six bytes of one: 24 MiB, and the rest of the record.
const RECORD_MAX: u64 = 64 << 20;
/// A file that can't be rotated grows by so much, or an eighth of its limit, before that is tried again.
const GROWTH: u64 = 64 << 10;

/// An open file or stream.
pub struct Target {
    file: File,
    path: PathBuf,
    /// Whether it is a regular file that was opened here: it can be cut and rotated. One that was inherited
    /// can't, since others write to it at the same place.
    own: bool,
    regular: bool,
    /// Bytes in it, if it is our own.
    len: u64,
    rotation: Option<Rotation>,
    /// Bytes that it may have before it is rotated.
    limit: u64,
    /// Whether the last rotation failed, so that it is said once.
    stuck: bool,
    fsync: bool,
    cut_bytes: u64,
}

impl Target {
    /// Opens it, and makes it if it is not there. The rest of an unfinished record is cut off.
    pub fn open(path: &Path, options: Options) -> Result<Target, Error> {
        survive_file_size_limit();
        let failed = |source| Error::Open { path: path.to_owned(), source };
        if let Some(fd) = inherited(path) {
            return Target::stream(duplicate(fd).map_err(failed)?, path).map_err(failed);
        }
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(unfit(path, "a directory")),
            Ok(found) if found.file_type().is_block_device() => return Err(unfit(path, "a disk")),
            Ok(found) if found.file_type().is_socket() => return Err(unfit(path, "a socket")),
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new()
                    .write(true)
                    .custom_flags(libc::O_NOCTTY)
                    .open(path)
                    .and_then(|file| Target::stream(file, path));
                return file.map_err(failed);
            }
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(failed(err)),
            _ => {}
        }
        let (file, len, cut_bytes) = open_log(path)?;
        // Behind symbolic links, so that the files of a rotation are on the same disk.
        let path = path.canonicalize().map_err(failed)?;
        if options.fsync {
            sync_directory(&path).map_err(failed)?;
        }
        let limit = options.rotation.map_or(u64::MAX, |rotation| rotation.size);
        Ok(Target {
            file,
            path,
            own: true,
            regular: true,
            len,
            rotation: options.rotation,
            limit,
            stuck: false,
            fsync: options.fsync,
            cut_bytes,
        })
    }

    fn stream(file: File, path: &Path) -> io::Result<Target> {
        let regular = file.metadata()?.is_file();
        Ok(Target {
            file,
            path: path.to_owned(),
            own: false,
            regular,
            len: 0,
            rotation: None,
            limit: u64::MAX,
            stuck: false,
            fsync: false,
            cut_bytes: 0,
        })
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was cut off when it was opened.
    pub fn cut_bytes(&self) -> u64 {
        self.cut_bytes
    }

    /// Whether a person reads it.
    pub fn is_terminal(&self) -> bool {
        self.file.is_terminal()
    }

    /// How many bytes may be written before it must be rotated.
    pub fn room(&self) -> u64 {
        self.limit.saturating_sub(self.len)
    }

    /// Writes, and says how much of it was written.
    pub fn write(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        let mut written = 0;
        let result = loop {
            if written == bytes.len() {
                break Ok(());
            }
            match self.file.write(&bytes[written..]) {
                Ok(0) => break Err(io::Error::from_raw_os_error(libc::EIO)),
                Ok(count) => written += count,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                // A pipe that our caller made non-blocking.
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => wait_writable(self.file.as_raw_fd()),
                Err(err) => break Err(err),
            }
        };
        self.len += written as u64;
        (written, result)
    }

    /// Takes back the last bytes that were written. Whether that was done.
    pub fn cut_back(&mut self, bytes: u64) -> bool {
        if bytes == 0 {
            return true;
        }
        // From where the file ends now: someone else may have truncated it since.
        let cut = self.own
            && self
                .file
                .metadata()
                .and_then(|now| self.file.set_len(now.len().saturating_sub(bytes)))
                .inspect_err(|err| tracing::warn!("cut {}: {err}", self.path.display()))
                .is_ok();
        if cut {
            self.len -= bytes;
        }
        cut
    }

    /// Whether an error of [`Target::write`] means that there is no room, or that the disk has trouble.
    pub fn lacks_room(&self, err: &io::Error) -> bool {
        match err.raw_os_error() {
            Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG) => true,
            // A terminal that is gone says so too, and does not come back.
            Some(libc::EIO) => self.regular,
            _ => false,
        }
    }

    /// Waits until the disk has what was written.
    pub fn sync(&self) -> io::Result<()> {
        if self.regular { self.file.sync_data() } else { Ok(()) }
    }

    /// Starts a new file. False if that is not possible, and the old one must do for now.
    pub fn rotate(&mut self) -> bool {
        let Some(rotation) = self.rotation.filter(|_| self.len > 0) else { return false };
        match self.try_rotate(rotation) {
            Ok(()) => {
                self.limit = rotation.size;
                if std::mem::take(&mut self.stuck) {
                    tracing::warn!("rotate {}: works again", self.path.display());
                }
                true
            }
            Err(err) => {
                self.limit = self.len.saturating_add(GROWTH.max(rotation.size / 8));
                if !std::mem::replace(&mut self.stuck, true) {
                    tracing::warn!("rotate {}: {err}: the file grows on", self.path.display());
                }
                false
            }
        }
    }

    fn try_rotate(&mut self, rotation: Rotation) -> io::Result<()> {
        let old = self.file.metadata()?;
        if old.len() < self.len {
            // Someone has truncated it: there is room, or the next call comes for the true length.
            self.len = old.len();
            return Ok(());
        }
        if self.fsync {
            self.file.sync_data()?;
        }
        if rotation.keep == 0 {
            self.file.set_len(0)?;
            self.len = 0;
            return Ok(());
        }
        // Whoever has moved the file away has rotated it already.
        let here = fs::metadata(&self.path).is_ok_and(|found| same_file(&found, &old));
        if here {
            shift(&self.path, rotation.keep)?;
        }
        let (file, len) = match create(&self.path, &old) {
            Ok(made) => made,
            Err(err) => {
                if here && !self.path.exists() {
                    fs::rename(numbered(&self.path, 1), &self.path)?;
                }
                return Err(err);
            }
        };
        (self.file, self.len) = (file, len);
        if self.fsync {
            sync_directory(&self.path)?;
        }
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // A child of a fork may have the file open for a moment longer, and the lock with it.
        if self.own {
            let _ = self.file.unlock();
        }
    }
}

/// Without this, a write beyond `ulimit -f` kills the process. A handler, not `SIG_IGN`: that would be
/// inherited by programs started from here.
fn survive_file_size_limit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(err) = signal_hook::flag::register(libc::SIGXFSZ, Arc::new(AtomicBool::new(false))) {
            tracing::warn!("handle SIGXFSZ: {err}");
        }
    });
}

/// The file descriptor that a path stands for. Opening the path would fail for a socket, and would start a
/// position of its own for a file.
fn inherited(path: &Path) -> Option<RawFd> {
    match path.to_str()? {
        "-" | "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        path => path.strip_prefix("/dev/fd/").or(path.strip_prefix("/proc/self/fd/"))?.parse().ok(),
    }
}

fn duplicate(fd: RawFd) -> io::Result<File> {
    // SAFETY: a descriptor that is not open is an error, and the new one is owned by nobody else.
    unsafe {
        match libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) {
            -1 => Err(io::Error::last_os_error()),
            fd => Ok(File::from_raw_fd(fd)),
        }
    }
}

fn wait_writable(fd: RawFd) {
    let mut poll = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid entry. An error shows up again in the write that follows.
    unsafe { libc::poll(&mut poll, 1, 1000) };
}

fn unfit(path: &Path, what: &'static str) -> Error {
    Error::Unfit { path: path.to_owned(), what }
}

/// Opens a regular file to append to, alone, and cuts off an unfinished record. Gives its length and what
/// was cut off.
fn open_log(path: &Path) -> Result<(File, u64, u64), Error> {
    let failed = |source| Error::Open { path: path.to_owned(), source };
    loop {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(MODE)
            .custom_flags(libc::O_NOCTTY)
            .open(path)
            .map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(unfit(path, "something else since a moment ago"));
        }
        lock(&file, path)?;
        let opened = file.metadata().map_err(failed)?;
        // Between opening and locking, another process may have rotated it, and ended.
        if !fs::metadata(path).is_ok_and(|found| same_file(&found, &opened)) {
            continue;
        }
        let tail = unfinished(&file, opened.len()).map_err(failed)?;
        if tail > RECORD_MAX {
            return Err(Error::NotALog { path: path.to_owned(), bytes: tail });
        }
        if tail > 0 {
            file.set_len(opened.len() - tail).map_err(failed)?;
        }
        return Ok((file, opened.len() - tail, tail));
    }
}

fn lock(file: &File, path: &Path) -> Result<(), Error> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: path.to_owned() }),
        // A file system that has no locks.
        Err(TryLockError::Error(err)) => {
            tracing::debug!("lock {}: {err}", path.display());
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Bytes behind the last line end; looks no further than it takes to see that it is too many.
fn unfinished(file: &File, len: u64) -> io::Result<u64> {
    let mut chunk = vec![0; 64 << 10];
    let mut start = len;
    while start > 0 && len - start <= RECORD_MAX {
        let count = start.min(chunk.len() as u64);
        start -= count;
        let bytes = &mut chunk[..count as usize];
        file.read_exact_at(bytes, start)?;
        if let Some(newline) = bytes.iter().rposition(|&byte| byte == b'\n') {
            return Ok(len - start - newline as u64 - 1);
        }
    }
    Ok(len - start)
}

fn same_file(a: &Metadata, b: &Metadata) -> bool {
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    name.into()
}

/// Moves FILE to FILE.1, FILE.1 to FILE.2 and so on, up to the first number that is free or the last that is
/// kept. So one that failed halfway is completed by the next, and costs no file.
fn shift(path: &Path, keep: u32) -> io::Result<()> {
    let keep = u64::from(keep);
    let free = (1..keep).find(|&number| numbered(path, number).symlink_metadata().is_err()).unwrap_or(keep);
    for number in (1..free).rev() {
        fs::rename(numbered(path, number), numbered(path, number + 1))?;
    }
    fs::rename(path, numbered(path, 1))?;
    // Those of a run that kept more.
    for number in keep + 1.. {
        if fs::remove_file(numbered(path, number)).is_err() {
            break;
        }
    }
    Ok(())
}

/// Makes the file that follows a rotated one. If someone was faster, theirs is appended to.
fn create(path: &Path, old: &Metadata) -> io::Result<(File, u64)> {
    match OpenOptions::new().read(true).append(true).create_new(true).mode(MODE).open(path) {
        Ok(file) => {
            let _ = file.try_lock();
            inherit_owner(&file, old);
            Ok((file, 0))
        }
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
            let (file, len, _) = open_log(path).map_err(io::Error::other)?;
            Ok((file, len))
        }
        Err(err) => Err(err),
    }
}

/// A reader that was given access to the old file has it to the new one.
fn inherit_owner(new: &File, old: &Metadata) {
    let given = new.metadata().and_then(|made| {
        if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
            fchown(new, Some(old.uid()), Some(old.gid()))?;
        }
        if made.mode() & 0o777 != old.mode() & 0o777 {
            new.set_permissions(Permissions::from_mode(old.mode() & 0o777))?;
        }
        Ok(())
    });
    if let Err(err) = given {
        tracing::warn!("give the new log file the owner and mode of the old one: {err}");
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}
