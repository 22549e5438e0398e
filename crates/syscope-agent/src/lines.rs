//! The lines of a job's stream: one rendering of an event serves all jobs that want it.

use bytes::Bytes;
use syscope_api::End;
use syscope_api::trace::Counts;
use syscope_event::Event;
use syscope_output::jsonl::{JsonLines, Options};
use syscope_syscalls::sink::json::quote;

use crate::agent::now;
use crate::stream::EndLine;

/// Renders events, each once.
#[derive(Debug)]
pub(crate) struct Lines {
    json: JsonLines,
    line: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(node: Option<String>) -> Lines {
        Lines { json: JsonLines::new(Options { node, job: None }), line: Vec::new() }
    }

    /// Renders an event; [`Lines::append`] gives it to jobs.
    pub(crate) fn render(&mut self, event: &Event<'_>) {
        self.line.clear();
        self.json.write(&mut self.line, event);
    }

    /// Appends the line of one job.
    pub(crate) fn append(&self, out: &mut Vec<u8>, origin: &Origin) {
        let (head, tail) = self.line.split_at(self.json.origin_end());
        out.extend_from_slice(head);
        out.extend_from_slice(&origin.job);
        out.extend_from_slice(tail);
    }
}

/// Where the events of a job come from, as its lines say it.
#[derive(Debug)]
pub(crate) struct Origin {
    /// `,"job":"..."`.
    job: Vec<u8>,
    /// `,"node":"...","job":"..."`.
    both: String,
}

impl Origin {
    pub(crate) fn new(node: Option<&str>, job: &str) -> Origin {
        let mut own = b",\"job\":".to_vec();
        quote(&mut own, job);
        let mut both = Vec::new();
        if let Some(node) = node {
            both.extend_from_slice(b",\"node\":");
            quote(&mut both, node);
        }
        both.extend_from_slice(&own);
        Origin { job: own, both: String::from_utf8_lossy(&both).into_owned() }
    }

    /// `{"ts":"...","type":"loss",...}`: events are missing here.
    pub(crate) fn gap(&self, reason: &str, lost: u64) -> String {
        let now = now();
        format!(
            "{{\"ts\":\"{now}\",\"type\":\"loss\"{},\"reason\":\"{reason}\",\"lost\":{lost}}}\n",
            self.both
        )
    }
}

/// The last line of a job's stream, and those about what a watcher misses.
#[derive(Debug)]
pub(crate) struct Ending {
    origin: Origin,
    /// The account at the end; `None`: it runs.
    end: Option<(End, Counts)>,
}

impl Ending {
    pub(crate) fn new(origin: Origin, end: Option<(End, Counts)>) -> Ending {
        Ending { origin, end }
    }
}

/// The name of an end in streams and JSON.
pub(crate) const fn end_name(end: End) -> &'static str {
    match end {
        End::Deleted => "deleted",
        End::Lease => "lease",
        End::Duration => "duration",
        End::MaxEvents => "max_events",
        End::Shutdown => "shutdown",
        End::Failed => "failed",
    }
}

impl EndLine for Ending {
    fn line(&self, missed: u64) -> Bytes {
        let (end, counts) = self.end.unwrap_or((End::Failed, Counts::default()));
        let Counts { produced, delivered, sampled_out, lost } = counts;
        let (origin, end) = (&self.origin.both, end_name(end));
        format!(
            "{{\"type\":\"loss\"{origin},\"final\":true,\"end\":\"{end}\",\"produced\":{produced},\"delivered\":{delivered},\
             \"sampled_out\":{sampled_out},\"missed\":{missed},\"lost\":{lost},\
             \"by_reason\":{{\"ring_full\":{lost},\"malformed\":0}}}}\n"
        )
        .into()
    }

    fn gap(&self, missed: u64) -> Bytes {
        self.origin.gap("watcher_slow", missed).into()
    }
}

#[cfg(test)]
mod tests {
    use syscope_output::record::{Loss, LossReason, Record};

    use super::*;

    #[test]
    fn what_is_missing_is_said_in_the_form_of_the_stream() {
        let counts = Counts { produced: 10, delivered: 6, sampled_out: 3, lost: 1 };
        let ending = Ending::new(Origin::new(Some("n\"1"), "j"), Some((End::Lease, counts)));
        let Record::Loss(Loss::Totals(totals)) = serde_json::from_slice(&ending.line(2)).unwrap() else {
            panic!("no account");
        };
        assert_eq!((totals.node.as_deref(), totals.end.as_deref()), (Some("n\"1"), Some("lease")));
        assert_eq!(
            (totals.produced, totals.sampled_out, totals.missed, totals.lost),
            (10, Some(3), Some(2), 1)
        );
        let Record::Loss(Loss::Gap(gap)) = serde_json::from_slice(&ending.gap(7)).unwrap() else {
            panic!("no gap");
        };
        assert_eq!((gap.reason, gap.lost, gap.job.as_deref()), (LossReason::WatcherSlow, 7, Some("j")));
    }
}
