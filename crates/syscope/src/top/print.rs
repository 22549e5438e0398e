//! One measurement, for a pipe.

use syscope_output::inventory::table::{Cell, Table, left, right};
use syscope_syscalls::sink::json::quote;

use super::model::Model;
use super::state::{Column, State};
use super::view::{text, title};

/// Appends the containers and units as a table.
pub fn push_table(out: &mut Vec<u8>, model: &Model, width: Option<usize>) {
    let state = State::default();
    let mut columns = state.columns(model);
    // What has no bound stands last: it takes the rest of the line.
    columns.rotate_left(1);
    let of = |column: &Column| match column {
        Column::Name | Column::Node => left(title(*column)),
        _ => right(title(*column)),
    };
    let mut table = Table::new(&columns.iter().map(of).collect::<Vec<_>>());
    for row in state.rows(model) {
        table.row(columns.iter().map(|column| Cell::from(text(*column, &row))).collect());
    }
    table.write(out, width, false);
}

/// Appends them as JSON, an object a line.
pub fn push_json(out: &mut Vec<u8>, model: &Model) {
    for row in &State::default().rows(model) {
        out.extend_from_slice(b"{\"node\":");
        // Also escapes what some terminals act on.
        quote(out, &row.node);
        out.extend_from_slice(b",\"name\":");
        quote(out, &row.name);
        let rates = format!(",\"calls_per_second\":{},\"errors_per_second\":{}", row.calls, row.errors);
        out.extend_from_slice(rates.as_bytes());
        for (key, latency) in [("p50_ns", row.p50), ("p99_ns", row.p99)] {
            if let Some(latency) = latency {
                out.extend_from_slice(format!(",\"{key}\":{latency}").as_bytes());
            }
        }
        out.extend_from_slice(b"}\n");
    }
}
