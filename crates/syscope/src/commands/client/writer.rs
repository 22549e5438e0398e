//! Stdout in a thread of its own: its reader may be slow, or stop, and the jobs are to be deleted all the same.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

/// How long the rest may take to be written when the run is over.
const REST: Duration = Duration::from_secs(2);

/// Stdout.
pub struct Writer {
    /// A few blocks may wait; with the one being written that is what a slow reader costs.
    blocks: Option<mpsc::Sender<Vec<u8>>>,
    ended: oneshot::Receiver<io::Result<()>>,
}

impl Writer {
    /// Begins to write.
    pub fn start() -> io::Result<Writer> {
        let mut stdout = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (blocks, mut queue) = mpsc::channel::<Vec<u8>>(4);
        let (end, ended) = oneshot::channel();
        std::thread::Builder::new().name("stdout".into()).spawn(move || {
            let mut written = Ok(());
            while let (true, Some(block)) = (written.is_ok(), queue.blocking_recv()) {
                written = stdout.write_all(&block);
            }
            let _ = end.send(written);
        })?;
        Ok(Writer { blocks: Some(blocks), ended })
    }

    /// Waits until a block can be given.
    pub async fn room(&self) -> Option<mpsc::OwnedPermit<Vec<u8>>> {
        self.blocks.clone()?.reserve_owned().await.ok()
    }

    /// Waits until stdout fails.
    pub async fn failed(&mut self) -> io::Error {
        match (&mut self.ended).await {
            Ok(Err(err)) => err,
            _ => io::ErrorKind::BrokenPipe.into(),
        }
    }

    /// Writes the last block; what its reader does not take in time is given up.
    pub async fn finish(mut self, block: Vec<u8>) -> io::Result<()> {
        let writing = async {
            if let Some(blocks) = self.blocks.take() {
                let _ = blocks.send(block).await;
            }
            self.ended.await.unwrap_or(Ok(()))
        };
        tokio::time::timeout(REST, writing).await.unwrap_or_else(|_| {
            Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads it; what was left is lost"))
        })
    }
}

/// Whether nobody reads stdout any more: known without writing to it.
pub fn is_closed() -> bool {
    let mut poll = libc::pollfd { fd: libc::STDOUT_FILENO, events: 0, revents: 0 };
    // SAFETY: one entry, which is valid for reading and writing.
    let ready = unsafe { libc::poll(&mut poll, 1, 0) };
    ready > 0 && poll.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0
}
