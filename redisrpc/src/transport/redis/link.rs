//! A line that is renewed when it fails, and pushes over it.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;

use super::{
    connection::{Endpoint, refusal},
    groups::Groups,
    keeper::{NOTE, note},
    line::Line,
    patience::{Limits, Silence, Watch},
    resp::{self, Answer},
};
use crate::{
    deadline::RedisTime,
    error::TransportError,
    transport::{Pusher, Write, Written},
};

/// How long a line may be unused before it is looked at for its end.
const UNUSED: Duration = Duration::from_millis(1);

pub(super) const PUSH: &str = "push to Redis";

/// The way to a line, and the line while it is not used.
#[derive(Debug)]
pub(super) struct Link {
    endpoint: Arc<Endpoint>,
    name: String,
    /// Absent before its first use, during each, and after one that failed.
    line: Option<Line>,
    /// When it was used last.
    used: Instant,
    watch: Watch,
}

impl Link {
    pub(super) fn new(endpoint: Arc<Endpoint>, name: String) -> Self {
        Self {
            endpoint,
            name,
            line: None,
            used: Instant::now(),
            watch: Watch::default(),
        }
    }

    /// The line there is, or a new one. Tries once.
    pub(super) async fn take(&mut self, operation: &'static str) -> Result<Line, TransportError> {
        let mut line = self.line.take();
        if self.used.elapsed() > UNUSED {
            line = line.and_then(Line::if_alive);
        }
        match line {
            Some(line) => Ok(line),
            None => {
                let opened = Line::open(&self.endpoint, &self.name).await;
                self.watch = Watch::over(self.endpoint.succession());
                opened.map_err(|error| self.endpoint.unreachable(operation, error))
            }
        }
    }

    /// Keeps a line that has answered all it was asked, if it is still of use.
    pub(super) fn keep(&mut self, line: Line) {
        self.line = line.if_of_use();
        self.used = Instant::now();
    }

    /// Makes the write with whatever `more` writes, and reads what is answered to
    /// the write.
    ///
    /// # Errors
    ///
    /// When the outcome is unknown: the line is then to be dropped.
    pub(super) async fn send(
        &mut self,
        line: &mut Line,
        write: Write<'_>,
        more: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Written, TransportError> {
        let sending = send(&self.endpoint, line, write, more);
        let sent = self.watch.within(Limits::ANSWER, sending).await;
        let sent = sent.unwrap_or_else(|silence| Err(silence.into()));
        sent.map_err(|error| TransportError::unknown(PUSH, error))
    }

    /// An answer that does not have to be waited for, however long it takes to come
    /// over the network.
    pub(super) async fn answer_now(&mut self, line: &mut Line) -> io::Result<Answer> {
        loop {
            let received = line.received;
            match self.answer(line, Limits::ANSWER).await {
                Ok(answer) => return answer,
                Err(_) if line.received > received => {}
                Err(silence) => return Err(silence.into()),
            }
        }
    }

    /// Waits for an answer to what was sent.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub(super) async fn answer(
        &mut self,
        line: &mut Line,
        limits: Limits,
    ) -> Result<io::Result<Answer>, Silence> {
        self.watch.within(limits, line.answer()).await
    }
}

async fn send(
    endpoint: &Endpoint,
    line: &mut Line,
    write: Write<'_>,
    more: impl FnOnce(&mut Vec<u8>),
) -> io::Result<Written> {
    let groups = Groups::of(write.pushes);
    groups
        .iter()
        .for_each(|group| group.write(&mut line.commands));
    let noted = write.done.map_or(0, |done| note(done, &mut line.commands));
    let asked = endpoint.wants_time().then(Instant::now);
    if asked.is_some() {
        resp::words(&mut line.commands, &["TIME"]);
    }
    more(&mut line.commands);
    line.flush().await?;
    let mut lengths = Vec::new();
    for group in groups.iter() {
        lengths.push(match line.answer().await? {
            Answer::Error(text) => Err(refused_with(PUSH, text)),
            Answer::Number(length) => Ok(length.unsigned_abs()),
            _ => Ok(0),
        });
        for _ in 1..group.commands() {
            if let Answer::Error(text) = line.answer().await? {
                endpoint.lists_stay(&text);
            }
        }
    }
    let mut written = groups.written(lengths);
    for _ in 0..noted {
        if let Answer::Error(text) = line.answer().await? {
            written.undone = Some(refused_with(NOTE, text));
        }
    }
    if let Some(asked) = asked
        && let Some(time) = redis_time(&line.answer().await?)
    {
        endpoint.clock.learn(time, asked);
    }
    Ok(written)
}

/// A connection that only pushes.
#[derive(Debug)]
pub(super) struct RedisPusher(Link);

impl RedisPusher {
    pub(super) fn new(endpoint: Arc<Endpoint>, role: &str) -> Self {
        Self(Link::new(endpoint, format!("redisrpc:push:{role}")))
    }
}

impl Pusher for RedisPusher {
    fn write<'a>(&'a mut self, write: Write<'a>) -> BoxFuture<'a, Result<Written, TransportError>> {
        Box::pin(async move {
            let mut line = self.0.take(PUSH).await?;
            let written = self.0.send(&mut line, write, |_| {}).await?;
            self.0.keep(line);
            Ok(written)
        })
    }
}

/// What `TIME` answers: seconds and microseconds.
fn redis_time(answer: &Answer) -> Option<RedisTime> {
    let Answer::Strings(parts) = answer else {
        return None;
    };
    let part = |index: usize| std::str::from_utf8(parts.get(index)?).ok()?.parse().ok();
    Some(RedisTime::of(part(0)?, part(1)?))
}

/// The error that Redis answered with this text.
pub(super) fn refused_with(operation: &'static str, text: String) -> TransportError {
    TransportError::refused(operation, refusal(resp::code(&text)), text)
}
