//! One frame of the terminal.
//!
//! ```text
//! syscope top  2 nodes  12345 calls/s  120 errors/s (1.0%)                       every 2s
//! all > prod/web-0/nginx > openat                                              filter: x
//! NAME                      CALLS/S v   ERRORS/S  ERR%     P50     P99  LAST MINUTE
//! prod/web-0/nginx            11234          120   1.1   4.1us   312us  ▁▁▂▃▅█▇
//! ...
//! n2: connect: Connection refused
//! Enter inside  Backspace back  < > sort  r reverse  / filter  ? help  q quit
//! ```

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Clear, Paragraph, Row as Cells, Table, TableState};

use super::model::{Level, Model, Row};
use super::state::{Column, State};
use crate::commands::client::visible;

/// How wide the last minute is drawn.
const SPARK: (u16, u16) = (11, 30);
/// The terminal's width from which it is drawn wide.
const WIDE: u16 = 120;
/// What names have at least.
const NAME: u16 = 18;
/// The heights of a sparkline; no call at all is a space.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const KEYS: &str = "\
up down, k j     choose a row
PgUp PgDn        ten rows at once
Home End, g G    the first, the last
Enter, right     what the row is made of
Backspace, left  back
< >              sort by another column
1 to 7           sort by this column; again: reverse
r                reverse
/                filter by name; Enter keeps, Esc clears
?                this help
q, Ctrl-C        quit";

/// How a frame is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Colours.
    pub color: bool,
    /// How long a measurement lasts, in words.
    pub interval: std::time::Duration,
}

/// Draws a frame.
pub fn draw(frame: &mut Frame<'_>, model: &Model, state: &State, look: Look) {
    let troubles = troubles(model);
    let trouble_lines = troubles.len().min(3) as u16;
    let areas = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(2),
        Constraint::Length(trouble_lines),
        Constraint::Length(1),
    ])
    .split(frame.area());
    let rows = state.rows(model);
    summary(frame, areas[0], model, look);
    place(frame, areas[1], model, state, look);
    table(frame, areas[2], model, state, &rows, look);
    let lines: Vec<Line<'_>> =
        troubles.into_iter().take(3).map(|text| Line::styled(text, style(look, Color::Red))).collect();
    frame.render_widget(Paragraph::new(lines), areas[3]);
    let keys = if state.typing {
        "type a part of a name   Enter keep   Esc clear"
    } else {
        "Enter inside  Backspace back  < > sort  r reverse  / filter  ? help  q quit"
    };
    frame.render_widget(Paragraph::new(keys).style(Style::new().add_modifier(Modifier::DIM)), areas[4]);
    if state.help {
        help(frame);
    }
}

fn style(look: Look, color: Color) -> Style {
    if look.color { Style::new().fg(color) } else { Style::new() }
}

fn summary(frame: &mut Frame<'_>, area: Rect, model: &Model, look: Look) {
    let rows = model.rows(Level::Owners);
    let (calls, errors) = rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.calls, sum.1 + row.errors));
    let share = if calls > 0.0 { errors / calls * 100.0 } else { 0.0 };
    let nodes = match model.nodes() {
        [one] => visible(&one.name),
        nodes => format!("{} nodes", nodes.len()),
    };
    let mut text = format!("  {nodes}  ");
    text += &if model.is_measured() {
        let plural = if rows.len() == 1 { "" } else { "s" };
        format!(
            "{} calls/s  {} errors/s ({share:.1}%)  {} row{plural}",
            rate(calls),
            rate(errors),
            rows.len()
        )
    } else {
        "measuring...".to_owned()
    };
    let folded: u64 = model.nodes().iter().map(|node| node.folded).sum();
    if folded > 0 {
        text += &format!("  {folded} calls in no row");
    }
    let title = Span::styled("syscope top", Style::new().add_modifier(Modifier::BOLD));
    let line = Line::from(vec![title, Span::raw(text)]);
    let every = format!("every {}", syscope_api::Span(look.interval));
    let width = every.len() as u16;
    let has_room = line.width() + every.len() < usize::from(area.width);
    frame.render_widget(Paragraph::new(line), area);
    if has_room {
        let [_, right] = Layout::horizontal([Constraint::Min(0), Constraint::Length(width)]).areas(area);
        frame.render_widget(Paragraph::new(every).alignment(Alignment::Right), right);
    }
}

/// Where we are, and what is filtered.
fn place(frame: &mut Frame<'_>, area: Rect, model: &Model, state: &State, look: Look) {
    let mut spans = vec![Span::raw("all")];
    for part in model.path(state.level) {
        spans.push(Span::raw(" > "));
        spans.push(Span::styled(visible(&part), style(look, Color::Green)));
    }
    if state.typing || !state.filter.is_empty() {
        let cursor = if state.typing { "_" } else { "" };
        spans.push(Span::styled(
            format!("   filter: {}{cursor}", visible(&state.filter)),
            style(look, Color::Yellow),
        ));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

fn table(frame: &mut Frame<'_>, area: Rect, model: &Model, state: &State, rows: &[Row], look: Look) {
    let mut columns = state.columns(model);
    let mark = if state.ascending { " ^" } else { " v" };
    // A narrow terminal goes without the last minute rather than without the names of columns.
    let (spacing, spark) = if area.width >= WIDE { (2, SPARK.1) } else { (1, SPARK.0) };
    let nodes = model.nodes().iter().map(|node| visible(&node.name).chars().count()).max().unwrap_or(0);
    let width_of = |column: &Column| width(*column, nodes as u16, *column == state.column);
    let used = |columns: &[Column]| columns.iter().map(|column| width_of(column) + spacing).sum::<u16>();
    // Half a number would be another: what there is no room for goes, but for the name and what is sorted by.
    while used(&columns) > area.width + spacing
        && let Some(at) =
            columns.iter().rposition(|column| *column != Column::Name && *column != state.column)
    {
        columns.remove(at);
    }
    let mut widths: Vec<u16> = columns.iter().map(width_of).collect();
    let left = area.width.saturating_sub(used(&columns));
    let spark = if left >= spark { spark } else { 0 };
    if let Some(name) = widths.first_mut() {
        *name += left.saturating_sub(spark);
        *name = name.saturating_sub(used(&columns).saturating_sub(area.width + spacing));
    }
    let title = |column: &Column| {
        let text = format!("{}{}", title(*column), if *column == state.column { mark } else { "" });
        aligned(*column, Line::raw(text))
    };
    let bold = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let header = Cells::new(columns.iter().map(title).chain((spark > 0).then(|| Line::raw("LAST MINUTE"))))
        .style(bold);
    widths.extend((spark > 0).then_some(spark));
    let cells = |row: &Row| {
        let cell = |column: &Column| {
            let text = text(*column, row);
            let style = match column {
                Column::Errors | Column::Share if row.errors > 0.0 => style(look, Color::Red),
                _ if row.calls == 0.0 => Style::new().add_modifier(Modifier::DIM),
                _ => Style::new(),
            };
            Cell::new(aligned(*column, Line::styled(text, style)))
        };
        let line =
            || Cell::new(Span::styled(sparkline(&row.history, spark.into()), style(look, Color::Cyan)));
        Cells::new(columns.iter().map(cell).chain((spark > 0).then(line)))
    };
    // Only what may be seen: a node may have thousands.
    let height = usize::from(area.height.saturating_sub(1)).max(1);
    let at = state.position(rows);
    let from = at.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    let shown = &rows[from..rows.len().min(from + height)];
    let table = Table::new(shown.iter().map(cells), widths)
        .header(header)
        .column_spacing(spacing)
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let selected = (!rows.is_empty()).then_some(at - from);
    frame.render_stateful_widget(table, area, &mut TableState::new().with_selected(selected));
}

fn help(frame: &mut Frame<'_>) {
    let lines = KEYS.lines().count() as u16 + 2;
    let width = KEYS.lines().map(str::len).max().unwrap_or(0) as u16 + 4;
    let area = frame.area();
    let area =
        area.centered(Constraint::Length(width.min(area.width)), Constraint::Length(lines.min(area.height)));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(KEYS).block(Block::bordered().title(" keys ")), area);
}

/// What can't be measured, and why.
pub fn troubles(model: &Model) -> Vec<String> {
    let trouble =
        |node: &super::model::Node| Some(visible(&format!("{}: {}", node.name, node.trouble.as_ref()?)));
    model.nodes().iter().filter_map(trouble).collect()
}

/// The title of a column.
pub fn title(column: Column) -> &'static str {
    match column {
        Column::Name => "NAME",
        Column::Node => "NODE",
        Column::Calls => "CALLS/S",
        Column::Errors => "ERRORS/S",
        Column::Share => "ERR%",
        Column::P50 => "P50",
        Column::P99 => "P99",
    }
}

/// How wide a column is; with the mark of the order where it is sorted by.
fn width(column: Column, nodes: u16, sorted: bool) -> u16 {
    let content = match column {
        Column::Name => NAME,
        Column::Node => nodes.min(16),
        Column::Calls | Column::Errors => 8,
        Column::Share => 5,
        Column::P50 | Column::P99 => 6,
    };
    content.max(title(column).len() as u16 + if sorted { 2 } else { 0 })
}

fn aligned(column: Column, line: Line<'_>) -> Line<'_> {
    match column {
        Column::Name | Column::Node => line,
        _ => line.right_aligned(),
    }
}

/// What stands in a column; names without what a terminal would act on.
pub fn text(column: Column, row: &Row) -> String {
    let latency = |time: Option<u64>| time.map_or_else(|| "-".to_owned(), duration);
    match column {
        Column::Name => visible(&row.name),
        Column::Node => visible(&row.node),
        Column::Calls => rate(row.calls),
        Column::Errors => rate(row.errors),
        Column::Share => format!("{:.1}", row.share()),
        Column::P50 => latency(row.p50),
        Column::P99 => latency(row.p99),
    }
}

/// A rate: with a digit behind the point where that says something.
fn rate(rate: f64) -> String {
    match rate {
        0.0 => "0".to_owned(),
        ..10.0 => format!("{rate:.1}"),
        ..1e7 => format!("{rate:.0}"),
        _ => format!("{:.1}M", rate / 1e6),
    }
}

/// Three digits and a unit.
fn duration(nanoseconds: u64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns")];
    let time = nanoseconds as f64;
    let (unit, name) = units.into_iter().find(|(unit, _)| time >= *unit).unwrap_or((1.0, "ns"));
    let value = time / unit;
    if value < 10.0 && unit > 1.0 { format!("{value:.1}{name}") } else { format!("{value:.0}{name}") }
}

/// The latest values at the right, the largest as a whole block.
fn sparkline(values: &[f64], width: usize) -> String {
    // More readings than columns: those of a column together, by their largest.
    let per = values.len().div_ceil(width.max(1)).max(1);
    let columns: Vec<f64> =
        values.rchunks(per).rev().map(|chunk| chunk.iter().copied().fold(0.0, f64::max)).collect();
    let max = columns.iter().copied().fold(0.0, f64::max);
    let bar = |value: f64| {
        if value > 0.0 { BARS[((value / max * 8.0).ceil() as usize).clamp(1, 8) - 1] } else { ' ' }
    };
    let line: String = columns.iter().map(|value| bar(*value)).collect();
    format!("{line:>width$}")
}

#[cfg(test)]
mod tests;
