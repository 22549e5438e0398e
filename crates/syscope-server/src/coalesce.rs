//! One reading for all who ask at the same time.
//!
//! Who asks while a reading runs waits for the next one: what it is given was read after it asked. So a scrape that follows N
//! calls shows N calls, and any number of scrapers costs two readings at a time at most: one that runs, one that waits.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use syscope_agent::Node;
use tokio::sync::watch;

use crate::app::{App, Shared};
use crate::encoding::Encoded;
use crate::problem::Fault;
use crate::stats::Rejected;

/// A reading: JSON or metrics.
pub(crate) type Read = fn(&dyn Node) -> Result<Bytes, Fault>;

/// Readings of one kind.
#[derive(Debug, Default)]
pub(crate) struct Coalesce(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    running: bool,
    next: Option<Batch>,
}

/// Those who wait for the same reading.
#[derive(Debug)]
struct Batch {
    answer: watch::Sender<Option<Encoded>>,
    gzip: bool,
}

/// Reads, or waits for the reading of others. `which` picks the kind.
///
/// # Errors
/// 429 if too many wait; 500 if the reading fails.
pub(crate) async fn read(
    app: &App,
    which: fn(&Shared) -> &Coalesce,
    read: Read,
    gzip: bool,
) -> Result<Encoded, Fault> {
    let Ok(_place) = Arc::clone(&app.scrapes).try_acquire_owned() else {
        app.stats.reject(Rejected::Scrapes);
        return Err(Fault::too_many("too many ask for the counts at once; ask again in a second"));
    };
    let mut answer = which(app).join(gzip, || {
        app.tasks.spawn(run(app.clone(), which, read));
    });
    let answer = answer.wait_for(Option::is_some).await.map_err(|_| Fault::internal())?;
    answer.clone().ok_or_else(Fault::internal)
}

impl Coalesce {
    /// Joins the next reading; `start` starts one if none runs.
    fn join(&self, gzip: bool, start: impl FnOnce()) -> watch::Receiver<Option<Encoded>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = state.next.get_or_insert_with(|| Batch { answer: watch::Sender::new(None), gzip: false });
        batch.gzip |= gzip;
        let answer = batch.answer.subscribe();
        if !state.running {
            state.running = true;
            start();
        }
        answer
    }

    /// Those whose reading begins now.
    fn take(&self) -> Option<Batch> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = state.next.take();
        state.running = batch.is_some();
        batch
    }
}

/// Reads for one batch after the other, until nobody waits.
async fn run(app: App, which: fn(&Shared) -> &Coalesce, read: Read) {
    // A task of its own: it ends no reading that others wait for when one caller goes away.
    while let Some(batch) = which(&app).take() {
        let gzip = batch.gzip;
        // A reading that failed is logged there; its callers see the sender go.
        if let Ok(encoded) = app.ask(move |node| Ok(Encoded::new(read(node)?, gzip))).await {
            batch.answer.send_replace(Some(encoded));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_while_one_runs_shares_the_next_one() {
        let (coalesce, mut starts) = (Coalesce::default(), 0);
        let first = coalesce.join(false, || starts += 1);
        let running = coalesce.take().unwrap();
        let (second, third) = (coalesce.join(false, || starts += 1), coalesce.join(true, || starts += 1));
        running.answer.send_replace(Some(Encoded::new("1".into(), false)));
        assert!(first.borrow().is_some() && second.borrow().is_none());
        let next = coalesce.take().unwrap();
        assert!(next.gzip);
        next.answer.send_replace(Some(Encoded::new("2".into(), false)));
        assert!(second.borrow().is_some() && third.borrow().is_some());
        assert!(coalesce.take().is_none());
        let _fourth = coalesce.join(false, || starts += 1);
        assert_eq!(starts, 2);
    }
}
