//! Files that are read again when they change.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::config::Error;
use crate::stats::ServerStats;

/// What tells one state of a file from another: device, inode, size, and times of content and inode in nanoseconds.
type Fingerprint = Option<(u64, u64, u64, i128, i128)>;

fn fingerprint(path: &Path) -> Fingerprint {
    let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    let data = std::fs::metadata(path).ok()?;
    let changed = nanoseconds(data.ctime(), data.ctime_nsec());
    Some((data.dev(), data.ino(), data.size(), nanoseconds(data.mtime(), data.mtime_nsec()), changed))
}

/// Reads the value from its files.
type Load<T> = Box<dyn Fn() -> Result<T, Error> + Send + Sync>;

/// A value made of files.
pub(crate) struct Reloaded<T> {
    files: Vec<PathBuf>,
    load: Load<T>,
    current: RwLock<Arc<T>>,
    /// The files as they were before `current` was read.
    seen: Vec<Fingerprint>,
}

impl<T> Reloaded<T> {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// Those of `load`.
    pub(crate) fn new(files: Vec<PathBuf>, load: Load<T>) -> Result<Reloaded<T>, Error> {
        let seen = files.iter().map(|file| fingerprint(file)).collect();
        let current = RwLock::new(Arc::new(load()?));
        Ok(Reloaded { files, load, current, seen })
    }

    /// What it is now.
    pub(crate) fn get(&self) -> Arc<T> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the files every so often, for ever. A change that is of no use is logged once, and tried again at every look:
    /// a key may follow its certificate.
    pub(crate) async fn follow(&self, every: Duration, stats: &ServerStats) {
        let (mut good, mut bad) = (self.seen.clone(), None);
        loop {
            tokio::time::sleep(every).await;
            // A few calls of stat and two small files: shorter than handing them to another thread.
            let now: Vec<Fingerprint> = self.files.iter().map(|file| fingerprint(file)).collect();
            if now == good {
                continue;
            }
            match (self.load)() {
                Ok(value) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
                    stats.reloads.fetch_add(1, Ordering::Relaxed);
                    tracing::info!(files = ?self.files, "read again");
                    (good, bad) = (now, None);
                }
                Err(error) if bad.as_ref() != Some(&now) => {
                    stats.reload_errors.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!("{error}; what was read before stays in use");
                    bad = Some(now);
                }
                Err(_) => {}
            }
        }
    }
}
