//! Tables: as wide as the terminal on one, lines of values between tabs elsewhere.

use comfy_table::{
    Attribute, Cell as Drawn, CellAlignment, Color, ColumnConstraint, ContentArrangement, Row,
    Table as Drawing, Width, presets,
};

use crate::{
    failure::Failure,
    output::{Output, Paint, clean},
};

/// Space between columns.
const GAP: usize = 2;

/// How many letters a long text is given at least, if columns can be left out for it.
const LONG_TEXT: usize = 20;

/// One value of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    pub(crate) fn new(text: impl ToString) -> Self {
        Self::painted(Paint::Plain, text)
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is made for the table")]
    pub(crate) fn painted(paint: Paint, text: impl ToString) -> Self {
        let text = clean(&text.to_string());
        Self { text, paint }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// A column: its heading, and what to do with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    heading: &'static str,
    kind: Kind,
    optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Names and the like.
    Text,
    /// On the right, and never cut: it would be another number.
    Number,
    /// Cut where there is no room.
    Long,
    /// Broken into lines where there is no room.
    Prose,
}

impl Column {
    const fn new(heading: &'static str, kind: Kind) -> Self {
        Self {
            heading,
            kind,
            optional: false,
        }
    }

    pub(crate) const fn text(heading: &'static str) -> Self {
        Self::new(heading, Kind::Text)
    }

    pub(crate) const fn number(heading: &'static str) -> Self {
        Self::new(heading, Kind::Number)
    }

    pub(crate) const fn long(heading: &'static str) -> Self {
        Self::new(heading, Kind::Long)
    }

    pub(crate) const fn prose(heading: &'static str) -> Self {
        Self::new(heading, Kind::Prose)
    }

    /// The same, left out where the terminal is too narrow.
    pub(crate) const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }
}

#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it.
    ///
    /// # Errors
    ///
    /// As [`Output::line`].
    pub(crate) fn print(&self, output: &Output) -> Result<(), Failure> {
        if output.is_terminal() {
            return output.line(self.drawn(output.has_colors(), output.width()));
        }
        for row in &self.rows {
            let values: Vec<_> = row.iter().map(|cell| &*cell.text).collect();
            output.line(values.join("\t"))?;
        }
        Ok(())
    }

    /// The table for a terminal of this width.
    pub(crate) fn drawn(&self, colors: bool, width: u16) -> String {
        let columns = self.that_fit(usize::from(width));
        let mut drawing = Drawing::new();
        drawing
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_truncation_indicator("…")
            .set_width(width);
        match colors {
            true => drawing.enforce_styling(),
            false => drawing.force_no_tty(),
        };
        let heading =
            |place: &usize| Drawn::new(self.columns[*place].heading).add_attribute(Attribute::Bold);
        drawing.set_header(columns.iter().map(heading));
        let is_prose = self.columns.iter().any(|it| it.kind == Kind::Prose);
        for row in &self.rows {
            let cells = columns.iter().filter_map(|place| row.get(*place));
            let mut row = Row::from(cells.map(drawn_cell).collect::<Vec<_>>());
            if !is_prose {
                row.max_height(1);
            }
            drawing.add_row(row);
        }
        for (drawn, place) in drawing.column_iter_mut().zip(&columns) {
            drawn.set_padding((0, GAP as u16));
            if self.columns[*place].kind == Kind::Number {
                drawn.set_cell_alignment(CellAlignment::Right);
                let width = u16::try_from(self.natural_width(*place)).unwrap_or(u16::MAX);
                drawn.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
        }
        let lines: Vec<_> = drawing.lines().collect();
        let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
        lines.join("\n")
    }

    /// The columns for a terminal of this width: all, or else without the last of
    /// those that are optional.
    fn that_fit(&self, width: usize) -> Vec<usize> {
        let mut columns: Vec<_> = (0..self.columns.len()).collect();
        loop {
            let needed = |place: &usize| match self.columns[*place].kind {
                Kind::Long | Kind::Prose => self.natural_width(*place).min(LONG_TEXT),
                Kind::Text | Kind::Number => self.natural_width(*place),
            };
            if columns.iter().map(needed).sum::<usize>() <= width {
                return columns;
            }
            match columns
                .iter()
                .rposition(|place| self.columns[*place].optional)
            {
                Some(last) => columns.remove(last),
                None => return columns,
            };
        }
    }

    /// The width of a column in which nothing is cut.
    fn natural_width(&self, place: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(place));
        let longest = cells.map(Cell::width).max().unwrap_or(0);
        longest.max(self.columns[place].heading.len()) + GAP
    }
}

fn drawn_cell(cell: &Cell) -> Drawn {
    let drawn = Drawn::new(&cell.text);
    match cell.paint {
        Paint::Plain => drawn,
        Paint::Strong => drawn.add_attribute(Attribute::Bold),
        Paint::Faint => drawn.add_attribute(Attribute::Dim),
        Paint::Good => drawn.fg(Color::DarkGreen),
        Paint::Warning => drawn.fg(Color::DarkYellow),
        Paint::Bad => drawn.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        Paint::Name => drawn.fg(Color::DarkCyan),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_shows_what_matters_and_cuts_long_texts() {
        let mut table = Table::new([
            Column::text("METHOD"),
            Column::long("ARGUMENTS"),
            Column::text("CALLER").optional(),
            Column::number("LEFT"),
        ]);
        let long = "a text that goes on and on";
        table.row(["send", long, "c0ffee", "123456"].map(Cell::new));
        table.row(["x", "1", "-", "5"].map(Cell::new));
        let wide = "METHOD  ARGUMENTS                   CALLER    LEFT\n\
                    send    a text that goes on and on  c0ffee  123456\n\
                    x       1                           -            5";
        assert_eq!(table.drawn(false, 80), wide);
        let narrow = "METHOD  ARGUMENTS            LEFT\n\
                      send    a text that goes…  123456\n\
                      x       1                       5";
        assert_eq!(table.drawn(false, 35), narrow);
    }
}
