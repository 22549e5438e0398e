//! Columns of text.

use crate::text::{Style, push_word};

/// A column that is not the last is cut to this where a terminal's width is known: one hostile name must not
/// push all others off the screen.
const COLUMN_MAX: usize = 48;
/// What the last column has at least, however narrow the terminal is.
const LAST_MIN: usize = 16;
/// What stands for the rest.
const REST: &str = "...";

/// A table: its last column takes the rest of the line.
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Clone, Copy)]
pub struct Column {
    title: &'static str,
    right: bool,
}

/// Text at the left of its column.
pub const fn left(title: &'static str) -> Column {
    Column { title, right: false }
}

/// Numbers at the right of theirs.
pub const fn right(title: &'static str) -> Column {
    Column { title, right: true }
}

/// What stands in a column: already escaped.
pub struct Cell {
    text: String,
    color: Color,
}

/// How a cell is marked on a terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// As it is.
    Plain,
    /// Whose something is.
    Owner,
    /// What is in doubt or in want.
    Doubt,
    /// What matters less.
    Faint,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, color: Color::Plain }
    }
}

impl Cell {
    /// A cell with a name of others' choosing: escaped, and quoted where it could be taken for more.
    pub fn word(name: &str) -> Cell {
        let mut out = Vec::new();
        push_word(&mut out, name.as_bytes(), None);
        Cell::from(String::from_utf8_lossy(&out).into_owned())
    }

    /// A cell that is marked.
    pub fn new(text: String, color: Color) -> Cell {
        Cell { text, color }
    }
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Appends a row: a cell for each column.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// Appends the titles and the rows; `width` is that of a terminal.
    pub fn write(&self, out: &mut Vec<u8>, width: Option<usize>, color: bool) {
        let style = Style::new(color);
        let widths = self.widths(width);
        let titles: Vec<Cell> =
            self.columns.iter().map(|column| Cell::from(column.title.to_owned())).collect();
        for cells in std::iter::once(&titles).chain(&self.rows) {
            let line = out.len();
            for ((cell, column), &room) in cells.iter().zip(&self.columns).zip(&widths) {
                if out.len() > line {
                    out.extend_from_slice(b"  ");
                }
                let (shown, rest, used) = cut(&cell.text, room);
                let fill = if room == usize::MAX { 0 } else { room - used };
                let pad = |out: &mut Vec<u8>, n: usize| out.resize(out.len() + n, b' ');
                if column.right {
                    pad(out, fill);
                }
                let mark = match cell.color {
                    Color::Plain => "",
                    Color::Owner => style.owner,
                    Color::Doubt => style.loss,
                    Color::Faint => style.thread,
                };
                out.extend_from_slice(mark.as_bytes());
                out.extend_from_slice(shown.as_bytes());
                out.extend_from_slice(rest.as_bytes());
                if !mark.is_empty() {
                    out.extend_from_slice(style.end.as_bytes());
                }
                if !column.right {
                    pad(out, fill);
                }
            }
            while out.len() > line && out.last() == Some(&b' ') {
                out.pop();
            }
            out.push(b'\n');
        }
    }

    /// How much room each column has; the last as much as it wants, or what is left of the line.
    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| display_width(column.title)).collect();
        for row in &self.rows {
            for (room, cell) in widths.iter_mut().zip(row) {
                *room = (*room).max(display_width(&cell.text));
            }
        }
        let Some((last, others)) = widths.split_last_mut() else { return widths };
        *last = usize::MAX;
        if let Some(width) = width {
            for room in others.iter_mut() {
                *room = (*room).min(COLUMN_MAX);
            }
            let used: usize = others.iter().map(|room| room + 2).sum();
            *last = width.saturating_sub(used).max(LAST_MIN);
        }
        widths
    }
}

/// As much of `text` as has room, what follows it if that is not all, and the room that both take.
fn cut(text: &str, room: usize) -> (&str, &'static str, usize) {
    let whole = if room == usize::MAX { 0 } else { display_width(text) };
    if whole <= room {
        return (text, "", whole);
    }
    let mut used = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if used + char_width(c) + REST.len() > room {
            break;
        }
        used += char_width(c);
        end = at + c.len_utf8();
    }
    (&text[..end], REST, used + REST.len())
}

fn display_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// The columns a character takes: two for those of East Asia and for pictures, none for marks that go onto
/// the one before. What is invisible or moves the cursor was escaped.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[[&str; 3]], width: Option<usize>, expected: &str) {
        let mut table = Table::new(&[left("NAME"), right("N"), left("LAST")]);
        for row in rows {
            table.row(row.iter().map(|text| Cell::from((*text).to_owned())).collect());
        }
        let mut out = Vec::new();
        table.write(&mut out, width, false);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn columns_are_aligned() {
        check(&[], None, "NAME  N  LAST\n");
        check(
            &[["a", "1", "x"], ["längst", "12345", "y z"], ["漢字", "7", ""]],
            None,
            "NAME        N  LAST\na           1  x\nlängst  12345  y z\n漢字        7\n",
        );
    }

    #[test]
    fn a_terminal_cuts_the_last_column() {
        let long = "0123456789012345678901234567890123456789";
        check(&[["a", "1", long]], Some(40), "NAME  N  LAST\na     1  0123456789012345678901234567...\n");
        check(&[["a", "1", long]], None, &format!("NAME  N  LAST\na     1  {long}\n"));
        check(&[["a", "1", long]], Some(3), "NAME  N  LAST\na     1  0123456789012...\n");
        // A character of two columns is not cut in half.
        check(&[["a", "1", "漢字漢字漢字漢字漢字"]], Some(1), "NAME  N  LAST\na     1  漢字漢字漢字...\n");
    }

    #[test]
    fn one_long_name_does_not_push_the_others_away() {
        let long = "x".repeat(1000);
        let shown = format!("{}...", "x".repeat(COLUMN_MAX - 3));
        let spaces = " ".repeat(COLUMN_MAX - 4);
        check(&[[&long, "1", "y"]], Some(80), &format!("NAME{spaces}  N  LAST\n{shown}  1  y\n"));
    }
}
