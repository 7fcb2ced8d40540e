//! Tables: as wide as the terminal on one, lines of values between tabs elsewhere.

use comfy_table::{
    Attribute, Cell as Drawn, CellAlignment, Color, ColumnConstraint, ContentArrangement,
    Table as Drawing, Width, presets,
};

use crate::{
    failure::Failure,
    output::{Output, Paint, clean},
};

/// One value of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    pub(crate) fn new(text: impl ToString) -> Self {
        Self {
            text: text.to_string(),
            paint: Paint::Plain,
        }
    }

    pub(crate) fn painted(paint: Paint, text: impl ToString) -> Self {
        Self {
            paint,
            ..Self::new(text)
        }
    }
}

impl<T: ToString> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

/// A column's heading and on which side its values stand.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column {
    Text(&'static str),
    Number(&'static str),
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
            let values: Vec<_> = row.iter().map(|cell| clean(&cell.text)).collect();
            output.line(values.join("\t"))?;
        }
        Ok(())
    }

    /// The table for a terminal of this width.
    pub(crate) fn drawn(&self, colors: bool, width: u16) -> String {
        let mut drawing = Drawing::new();
        drawing
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
        match colors {
            true => drawing.enforce_styling(),
            false => drawing.force_no_tty(),
        };
        let heading = |column: &Column| {
            let (Column::Text(text) | Column::Number(text)) = column;
            Drawn::new(text).add_attribute(Attribute::Bold)
        };
        drawing.set_header(self.columns.iter().map(heading));
        for row in &self.rows {
            drawing.add_row(row.iter().map(drawn_cell));
        }
        for (place, column) in self.columns.iter().enumerate() {
            let Some(drawn) = drawing.column_mut(place) else {
                continue;
            };
            drawn.set_padding((0, 2));
            if let Column::Number(heading) = column {
                drawn.set_cell_alignment(CellAlignment::Right);
                // A number that is broken over lines is another number.
                let longest = self.rows.iter().filter_map(|row| row.get(place));
                let longest = longest.map(|cell| cell.text.chars().count());
                let width = longest.max().unwrap_or(0).max(heading.len()) + 2;
                let width = u16::try_from(width).unwrap_or(u16::MAX);
                drawn.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
        }
        let lines: Vec<_> = drawing.lines().collect();
        let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
        lines.join("\n")
    }
}

fn drawn_cell(cell: &Cell) -> Drawn {
    let drawn = Drawn::new(clean(&cell.text));
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
