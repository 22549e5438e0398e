//! What a person has chosen: the level, the order, the filter, the row.

use super::model::{Key, Level, Model, Row};

/// Columns, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// What the row is called.
    Name,
    /// Its node.
    Node,
    /// Calls in a second.
    Calls,
    /// Failed calls in a second.
    Errors,
    /// How many of a hundred fail.
    Share,
    /// Median latency.
    P50,
    /// Latency of the slowest hundredth.
    P99,
}

impl Column {
    /// All of them.
    pub const ALL: [Column; 7] =
        [Column::Name, Column::Node, Column::Calls, Column::Errors, Column::Share, Column::P50, Column::P99];
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Rows up (negative) or down.
    Move(isize),
    /// To the first row.
    First,
    /// To the last.
    Last,
    /// What the row is made of.
    Enter,
    /// One level up.
    Back,
    /// Sort by the next column (or the one before).
    Sort(isize),
    /// Sort by the column of this number, from 0.
    SortBy(usize),
    /// The other way round.
    Reverse,
    /// Begin to type a filter.
    Filter,
    /// A character of it.
    Type(char),
    /// Take its last character away.
    Erase,
    /// The filter is typed.
    Accept,
    /// Without a filter.
    Clear,
    /// Show or hide the help.
    Help,
}

/// What was chosen.
#[derive(Debug, Clone)]
pub struct State {
    /// Which rows.
    pub level: Level,
    /// The column they are sorted by.
    pub column: Column,
    /// Whether the largest is last.
    pub ascending: bool,
    /// What names must have in them, in whatever case.
    pub filter: String,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// Whether the help is shown.
    pub help: bool,
    /// The chosen row.
    pub selected: Option<Key>,
}

impl Default for State {
    fn default() -> State {
        State {
            level: Level::Owners,
            column: Column::Calls,
            ascending: false,
            filter: String::new(),
            typing: false,
            help: false,
            selected: None,
        }
    }
}

/// A filter has so many characters at most.
const FILTER_MAX: usize = 128;

impl State {
    /// The columns that are shown: the node where there are several, latency where it is measured.
    pub fn columns(&self, model: &Model) -> Vec<Column> {
        let nodes = model.nodes().len() > 1;
        let latency = model.nodes().iter().any(|node| node.latency) && !matches!(self.level, Level::Ends(_));
        let shown = |column: &Column| match column {
            Column::Node => nodes,
            Column::P50 | Column::P99 => latency,
            _ => true,
        };
        Column::ALL.into_iter().filter(shown).collect()
    }

    /// The rows that are shown, in their order.
    pub fn rows(&self, model: &Model) -> Vec<Row> {
        let wanted = self.filter.to_lowercase();
        let mut rows = model.rows(self.level);
        rows.retain(|row| {
            wanted.is_empty()
                || row.name.to_lowercase().contains(&wanted)
                || row.node.to_lowercase().contains(&wanted)
        });
        rows.sort_by(|a, b| {
            let order = match self.column {
                Column::Name => b.name.cmp(&a.name),
                Column::Node => b.node.cmp(&a.node),
                Column::Calls => a.calls.total_cmp(&b.calls),
                Column::Errors => a.errors.total_cmp(&b.errors),
                Column::Share => a.share().total_cmp(&b.share()),
                Column::P50 => a.p50.cmp(&b.p50),
                Column::P99 => a.p99.cmp(&b.p99),
            };
            let order = if self.ascending { order } else { order.reverse() };
            // Equal ones stay where they are from frame to frame.
            order.then_with(|| a.name.cmp(&b.name)).then_with(|| a.key.cmp(&b.key))
        });
        rows
    }

    /// Where the chosen row is among these: the first where it is gone.
    pub fn position(&self, rows: &[Row]) -> usize {
        rows.iter().position(|row| Some(row.key) == self.selected).unwrap_or(0)
    }

    /// Does what a key means.
    pub fn act(&mut self, model: &Model, action: Action) {
        let columns = self.columns(model);
        match action {
            Action::Move(by) => self.select(model, |at, count| at.saturating_add_signed(by).min(count - 1)),
            Action::First => self.select(model, |_, _| 0),
            Action::Last => self.select(model, |_, count| count - 1),
            Action::Enter => {
                let rows = self.rows(model);
                let inside = rows.get(self.position(&rows)).and_then(|row| model.inside(row.key));
                if let Some(level) = inside {
                    self.go(level, None);
                }
            }
            Action::Back => {
                if let Some(level) = model.above(self.level) {
                    self.go(level, model.origin(self.level));
                }
            }
            Action::Sort(by) => {
                let at = columns.iter().position(|column| *column == self.column).unwrap_or(0);
                self.column = columns[at.saturating_add_signed(by).min(columns.len() - 1)];
            }
            Action::SortBy(at) => match columns.get(at) {
                Some(column) if *column == self.column => self.ascending = !self.ascending,
                Some(column) => self.column = *column,
                None => {}
            },
            Action::Reverse => self.ascending = !self.ascending,
            Action::Filter => self.typing = true,
            Action::Type(c) => {
                if self.filter.chars().count() < FILTER_MAX && !c.is_control() {
                    self.filter.push(c);
                }
            }
            Action::Erase => drop(self.filter.pop()),
            Action::Accept => self.typing = false,
            Action::Clear => {
                self.typing = false;
                self.help = false;
                self.filter.clear();
            }
            Action::Help => self.help = !self.help,
        }
    }

    fn go(&mut self, level: Level, selected: Option<Key>) {
        self.level = level;
        self.selected = selected;
        self.filter.clear();
        if !matches!(self.column, Column::Name | Column::Calls | Column::Errors | Column::Share)
            && matches!(level, Level::Ends(_))
        {
            self.column = Column::Calls;
        }
    }

    fn select(&mut self, model: &Model, choose: impl Fn(usize, usize) -> usize) {
        let rows = self.rows(model);
        if !rows.is_empty() {
            self.selected = Some(rows[choose(self.position(&rows), rows.len())].key);
        }
    }
}
