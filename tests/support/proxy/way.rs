//! One connection through a proxy: its name, and what happens to its bytes.

use std::{
    io,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::tcp::{ReadHalf, WriteHalf},
    sync::watch,
};

use super::{Fault, lock};

/// How many of a connection's first bytes are searched for its name.
const SEARCHED: usize = 4096;

/// Most bytes passed on at once.
const PIECE: usize = 16 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// A fault to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coming {
    pub(super) fault: Fault,
    /// The bytes to pass before it.
    pub(super) left: usize,
    /// In which direction they are counted; both if none is named.
    pub(super) only: Option<Direction>,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Way {
    name: Mutex<Name>,
    coming: Mutex<Option<Coming>>,
    /// The fault in effect.
    fault: watch::Sender<Option<Fault>>,
}

impl Way {
    pub(super) fn new() -> Self {
        Self {
            name: Mutex::new(Name::Searched(Vec::new())),
            coming: Mutex::default(),
            fault: watch::Sender::new(None),
        }
    }

    /// Whether its name begins so.
    pub(super) fn is_named(&self, beginning: &str) -> bool {
        lock(&self.name).is(beginning)
    }

    /// Has a fault come.
    pub(super) fn strike(&self, coming: Coming, struck: &AtomicUsize) {
        *lock(&self.coming) = Some(coming);
        if coming.left == 0 && coming.only.is_none() {
            self.before_fault(0, None, struck);
        }
    }

    /// Waits until a fault has ended it.
    pub(super) async fn is_ended(&self) {
        let mut fault = self.fault.subscribe();
        // The sender lives as long as this.
        let _ = fault.wait_for(|fault| fault.is_some_and(Fault::ends)).await;
    }

    pub(super) fn in_effect(&self) -> Option<Fault> {
        *self.fault.borrow()
    }

    /// How many of these next bytes pass before a fault; if not all do, it is in
    /// effect from now on.
    fn before_fault(
        &self,
        bytes: usize,
        direction: Option<Direction>,
        struck: &AtomicUsize,
    ) -> usize {
        let mut coming = lock(&self.coming);
        let Some(next) = &mut *coming else {
            return bytes;
        };
        if next.only.is_some() && next.only != direction {
            return bytes;
        }
        if next.left > bytes {
            next.left -= bytes;
            return bytes;
        }
        let Coming { left, fault, .. } = *next;
        *coming = None;
        struck.fetch_add(1, Ordering::SeqCst);
        self.fault.send_replace(Some(fault));
        left
    }

    /// Passes on what comes, as far as the faults let it, until its end.
    pub(super) async fn pass(
        &self,
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
        direction: Direction,
        struck: &AtomicUsize,
    ) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let read = from.read(&mut piece).await;
            let piece = &piece[..*read.as_ref().unwrap_or(&0)];
            if direction == Direction::Up {
                lock(&self.name).look_in(piece);
            }
            let fault_before = self.in_effect();
            let passing = self.before_fault(piece.len(), Some(direction), struck);
            let (before, after) = piece.split_at(passing);
            apply(fault_before, before, &mut to, direction).await?;
            apply(self.in_effect(), after, &mut to, direction).await?;
            if piece.is_empty() {
                match self.in_effect() {
                    Some(fault) if vanishes(fault, direction) => std::future::pending().await,
                    _ => return read.map(|_| ()),
                }
            }
        }
    }
}

/// Does to a piece what the fault in effect does.
async fn apply(
    fault: Option<Fault>,
    piece: &[u8],
    to: &mut WriteHalf<'_>,
    direction: Direction,
) -> io::Result<()> {
    match fault {
        Some(fault) if fault.ends() || vanishes(fault, direction) => return Ok(()),
        Some(Fault::Delay(delay)) if !piece.is_empty() => tokio::time::sleep(delay).await,
        _ => {}
    }
    to.write_all(piece).await
}

fn vanishes(fault: Fault, direction: Direction) -> bool {
    match direction {
        Direction::Up => fault == Fault::BlackHoleUp,
        Direction::Down => fault == Fault::BlackHoleDown,
    }
}

/// What a connection calls itself.
#[derive(Debug)]
enum Name {
    /// It has said this much, and no name yet.
    Searched(Vec<u8>),
    Found(Vec<u8>),
}

impl Name {
    fn is(&self, beginning: &str) -> bool {
        match self {
            Self::Searched(_) => beginning.is_empty(),
            Self::Found(name) => name.starts_with(beginning.as_bytes()),
        }
    }

    /// Looks for the name in what is sent to Redis.
    fn look_in(&mut self, piece: &[u8]) {
        let Self::Searched(said) = self else {
            return;
        };
        if said.len() < SEARCHED {
            said.extend_from_slice(piece);
            if let Some(name) = name_in(said) {
                *self = Self::Found(name.to_vec());
            }
        }
    }
}

/// The argument of `CLIENT SETNAME` in RESP: `…SETNAME\r\n$4\r\nname\r\n`.
fn name_in(said: &[u8]) -> Option<&[u8]> {
    const COMMAND: &[u8] = b"SETNAME\r\n$";
    let at = said
        .windows(COMMAND.len())
        .position(|window| window == COMMAND)?;
    let mut parts = said[at + COMMAND.len()..].splitn(3, |&byte| byte == b'\n');
    let length = std::str::from_utf8(parts.next()?).ok()?;
    let length: usize = length.trim_end().parse().ok()?;
    parts.next()?.get(..length)
}
