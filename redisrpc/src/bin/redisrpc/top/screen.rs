//! The terminal, taken over while it lasts.

use std::{
    io::{self, Write as _},
    thread,
};

use crossterm::{
    cursor, event,
    event::{Event, KeyCode, KeyEventKind, KeyModifiers},
    execute, queue,
    style::Print,
    terminal,
};
use tokio::sync::mpsc;

use crate::failure::Failure;

/// What the user did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Quit,
    /// The terminal has another size now.
    Redraw,
}

/// A screen of one's own; what was there comes back when it is dropped.
pub(super) struct Screen {
    keys: mpsc::UnboundedReceiver<Key>,
}

impl Screen {
    pub(super) fn open() -> Result<Self, Failure> {
        terminal::enable_raw_mode().map_err(failure)?;
        // From here on dropping it sets the terminal right.
        let (tell, keys) = mpsc::unbounded_channel();
        let screen = Self { keys };
        let out = &mut io::stdout();
        execute!(out, terminal::EnterAlternateScreen, cursor::Hide).map_err(failure)?;
        // It ends with the program: nothing wakes it but a key.
        thread::spawn(move || {
            while let Ok(event) = event::read() {
                let told = key(&event).map(|key| tell.send(key));
                if told.is_some_and(|told| told.is_err()) {
                    break;
                }
            }
        });
        Ok(screen)
    }

    /// Shows these lines, as many as there is room for.
    pub(super) fn show(&self, lines: &[String]) -> Result<(), Failure> {
        let (_, rows) = terminal::size().map_err(failure)?;
        let rows = usize::from(rows.max(2));
        let cut = lines.len().saturating_sub(rows);
        let shown = if cut > 0 { rows - 1 } else { lines.len() };
        let out = &mut io::stdout().lock();
        queue!(out, cursor::MoveTo(0, 0)).map_err(failure)?;
        for (place, line) in lines[..shown].iter().enumerate() {
            let next = if place == 0 { "" } else { "\r\n" };
            let clear = terminal::Clear(terminal::ClearType::UntilNewLine);
            queue!(out, Print(next), Print(line), clear).map_err(failure)?;
        }
        if cut > 0 {
            let more = format!("\r\n… {} lines more", lines.len() - shown);
            queue!(out, Print(more)).map_err(failure)?;
        }
        let clear = terminal::Clear(terminal::ClearType::FromCursorDown);
        queue!(out, clear).map_err(failure)?;
        out.flush().map_err(failure)
    }

    /// The next key that means something.
    pub(super) async fn key(&mut self) -> Key {
        self.keys.recv().await.unwrap_or(Key::Quit)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nobody to tell: the screen is what is broken.
        let _ = execute!(io::stdout(), cursor::Show, terminal::LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

fn key(event: &Event) -> Option<Key> {
    match event {
        Event::Resize(..) => Some(Key::Redraw),
        Event::Key(key) if key.kind == KeyEventKind::Press => {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            let quits = match key.code {
                KeyCode::Char('c') => control,
                KeyCode::Char('q') | KeyCode::Esc => true,
                _ => false,
            };
            quits.then_some(Key::Quit)
        }
        _ => None,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failure(error: io::Error) -> Failure {
    Failure::problem(format!("the terminal does not obey: {error}; try --once"))
}
