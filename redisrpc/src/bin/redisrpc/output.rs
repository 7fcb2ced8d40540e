//! How things look: for eyes on a terminal, plain elsewhere, JSON where asked for.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
};

use clap::ValueEnum;
use serde::Serialize;

use crate::{failure::Failure, json};

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether a stream is to have colours.
    fn wanted(self, is_terminal: bool) -> bool {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && !refused && !dumb,
        }
    }
}

/// What a text is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
    Name,
}

impl Paint {
    /// As terminals are told it (ECMA-48, SGR).
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "1;31",
            Self::Name => "36",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    terminal: bool,
    colors: bool,
    error_colors: bool,
}

impl Output {
    pub(crate) fn new(color: Color, json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let colors = !json && color.wanted(terminal);
        // What draws tables would look at NO_COLOR by itself.
        crossterm::style::force_color_output(colors);
        Self {
            json,
            terminal,
            colors,
            error_colors: !json && color.wanted(io::stderr().is_terminal()),
        }
    }

    /// Whether JSON is asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether eyes look at it.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether what is printed may have colours.
    pub(crate) fn has_colors(&self) -> bool {
        self.colors
    }

    /// How many letters stand beside each other.
    pub(crate) fn width(&self) -> u16 {
        crossterm::terminal::size().map_or(80, |(columns, _)| columns)
    }

    /// How many letters of a long text are shown: so many to eyes, else all.
    pub(crate) fn letters(&self, on_terminal: usize) -> usize {
        match self.terminal {
            true => on_terminal,
            false => usize::MAX,
        }
    }

    /// The text in its colours, where there are any; what a terminal would obey is
    /// escaped.
    pub(crate) fn paint(&self, paint: Paint, text: impl AsRef<str>) -> String {
        painted(self.colors, paint, &clean(text.as_ref()))
    }

    /// The text broken into lines that fit beside an indent, which those after the
    /// first have.
    pub(crate) fn wrapped(&self, text: &str, indent: usize) -> String {
        let width = usize::from(self.width()).saturating_sub(indent).max(20);
        let mut lines = vec![String::new()];
        for word in clean(text).split(' ') {
            let line = lines.last().map_or(0, |line| line.chars().count());
            if line > 0 && line + 1 + word.chars().count() > width {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            }
        }
        lines.join(&format!("\n{:indent$}", ""))
    }

    /// Prints a line, or several.
    ///
    /// # Errors
    ///
    /// A quiet end when nobody reads on.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush());
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::quiet(),
            _ => Failure::problem(format!("cannot be written: {error}")),
        })
    }

    /// Prints JSON: on one line for programs, over several for people.
    ///
    /// # Errors
    ///
    /// As [`line`](Self::line).
    pub(crate) fn raw_json(&self, text: &str) -> Result<(), Failure> {
        self.line(match self.json {
            true => json::compact(text),
            false => json::pretty(text),
        })
    }

    /// Prints a value as JSON on one line.
    ///
    /// # Errors
    ///
    /// As [`line`](Self::line).
    pub(crate) fn value(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value);
        self.line(text.map_err(|error| Failure::problem(error.to_string()))?)
    }

    /// Says something beside what was asked for; programs are not told.
    pub(crate) fn remark(&self, text: &str) {
        if !self.json {
            let text = painted(self.error_colors, Paint::Faint, &clean(text));
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Says why it did not go well.
    pub(crate) fn complain(&self, failure: &Failure) {
        if failure.text.is_empty() {
            return;
        }
        let text = match self.json {
            true => failure.json(),
            false => {
                let error = painted(self.error_colors, Paint::Bad, "error:");
                format!("{error} {}", clean(&failure.text))
            }
        };
        // There is nobody left to tell that nobody can be told.
        let _ = writeln!(io::stderr(), "{text}");
    }
}

fn painted(colors: bool, paint: Paint, text: &str) -> String {
    match (colors, paint) {
        (false, _) | (_, Paint::Plain) => text.to_owned(),
        (true, _) => format!("\x1b[{}m{text}\x1b[0m", paint.code()),
    }
}

/// The text without what a terminal would obey: messages come from strangers.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => clean.push(' '),
            c if c.is_control() => clean.extend(c.escape_unicode()),
            c => clean.push(c),
        }
    }
    clean
}

/// So many things: `1 key`, `2 keys`.
pub(crate) fn count(number: usize, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    }
}

/// The text on one line, cut where it has more letters than that.
pub(crate) fn shortened(text: &str, letters: usize) -> String {
    let clean = clean(text);
    match clean.char_indices().nth(letters) {
        None => clean,
        Some(_) => {
            let kept: String = clean.chars().take(letters.saturating_sub(1)).collect();
            format!("{kept}…")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        assert_eq!(clean("a\u{1b}[31mb\nc\u{9b}"), "a\\u{1b}[31mb c\\u{9b}");
        assert_eq!(shortened("12345", 5), "12345");
        assert_eq!(shortened("123456", 5), "1234…");
    }
}
