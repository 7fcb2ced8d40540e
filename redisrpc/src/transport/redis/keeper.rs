//! Requests in progress, in Redis.
//!
//! | key | what | expires |
//! |---|---|---|
//! | `redisrpc:{calc}:run:<server>:<n>` | list: requests taken together, while one of them runs | a week after they were taken |
//! | `redisrpc:{calc}:run:<server>:<n>:done` | set: places of those that must not run again | likewise |
//! | `redisrpc:{calc}:dead` | list: the last 1,000 requests that ended their servers | never |
//!
//! The braces keep them in the slot of the queue, on a Redis Cluster. The servers
//! themselves are in the [`registry`](super::registry).
//!
//! Requests are taken by a `BLMOVE`, which waits for the first, and a script that
//! moves the others; all in one write, run one after the other. The script costs
//! Redis some 10 µs, however many it moves: while requests come one by one, it is
//! left out.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redis::{Pipeline, Value};

use super::{
    Redis, connection, integers,
    line::Line,
    link::Link,
    messages, millis,
    resp::{self, Answer},
    scripts::{MOVE, MOVE_NAME, PUT_BACK, RELEASE},
};
use crate::{
    error::TransportError,
    transport::{
        List, Pop, Taken,
        keeper::{Done, Keeper, Kept, Release},
        registry::Holder,
    },
    wire::names,
};

pub(super) const NOTE: &str = "note what is done";

/// How long what servers leave behind is kept, if none comes to take it over.
pub(super) const LEFT_BEHIND: Duration = Duration::from_secs(7 * 24 * 3600);

// ===== on the connection that pops =====

/// How requests are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taking {
    /// One, with how many there are left.
    One,
    /// As many as are wanted.
    Many,
}

/// Writes the commands that take requests and keep them.
pub(super) fn write_pop(pop: Pop<'_>, keep: &List, taking: Taking, out: &mut Vec<u8>) {
    let [queue, ..] = pop.lists else {
        return;
    };
    let wait = pop.wait.as_secs_f64().to_string();
    resp::words(out, &["BLMOVE", queue, keep, "LEFT", "RIGHT", &wait]);
    match taking {
        Taking::One => {
            let mut expire = itoa::Buffer::new();
            let expire = expire.format(millis(LEFT_BEHIND));
            resp::words(out, &["PEXPIRE", keep, expire]);
            resp::words(out, &["LLEN", queue]);
        }
        Taking::Many => write_move(&["EVALSHA", MOVE_NAME], queue, keep, pop.max - 1, out),
    }
}

fn write_move(script: &[&str; 2], queue: &List, keep: &List, most: usize, out: &mut Vec<u8>) {
    let [eval, script] = *script;
    let mut digits = [itoa::Buffer::new(), itoa::Buffer::new()];
    let [most_digits, expire_digits] = &mut digits;
    let (most, expire) = (
        most_digits.format(most),
        expire_digits.format(millis(LEFT_BEHIND)),
    );
    resp::words(out, &[eval, script, "2", queue, keep, most, expire]);
    resp::words(out, &["LRANGE", keep, "0", "-1"]);
}

/// What was taken, by the answers that follow that to the `BLMOVE`; and how to take
/// next.
pub(super) async fn taken(
    link: &mut Link,
    line: &mut Line,
    pop: Pop<'_>,
    taking: Taking,
    first: Answer,
) -> io::Result<(Answer, Taking)> {
    let answers = [link.answer_now(line).await?, link.answer_now(line).await?];
    let [mut moved, mut taken] = answers;
    let most = match (taking, &first, &moved) {
        // Where there is no memory, only the script may move even one.
        (Taking::One, Answer::Error(text), _) if resp::code(text) == "OOM" => pop.max,
        (Taking::One, ..) => {
            let many = matches!(taken, Answer::Number(1..));
            return Ok((first, if many { Taking::Many } else { Taking::One }));
        }
        (_, _, Answer::Error(text)) if resp::code(text) == "NOSCRIPT" => pop.max - 1,
        _ => 0,
    };
    if most > 0
        && let ([queue, ..], Some(keep)) = (pop.lists, pop.keep)
    {
        let eval = ["EVAL", MOVE];
        write_move(&eval, queue, keep, most, &mut line.commands);
        line.flush().await?;
        moved = link.answer_now(line).await?;
        taken = link.answer_now(line).await?;
    }
    let any = matches!(&taken, Answer::Strings(taken) if !taken.is_empty());
    Ok(match (first, moved, taken) {
        // Whatever is kept must be known; there may be scripts again some day.
        (_, Answer::Error(_), taken) if any => (taken, Taking::One),
        (_, _, taken) if any => {
            let one = matches!(&taken, Answer::Strings(taken) if taken.len() == 1);
            (taken, if one { Taking::One } else { Taking::Many })
        }
        (first @ Answer::Error(_), _, _) => (first, Taking::Many),
        (_, error @ Answer::Error(_), _) => (error, Taking::One),
        (_, _, taken) => (taken, Taking::One),
    })
}

/// Writes the commands that note what is done; how many.
pub(super) fn note(done: &Done, out: &mut Vec<u8>) -> usize {
    for (list, places) in &done.some {
        resp::command(out, 2 + places.len());
        resp::part(out, "SADD");
        resp::part(out, names::done(list));
        for place in places {
            resp::part(out, itoa::Buffer::new().format(*place));
        }
        let expire = millis(LEFT_BEHIND).to_string();
        resp::words(out, &["PEXPIRE", &names::done(list), &expire]);
    }
    if !done.over.is_empty() {
        let noted = done.over.iter().filter(|(_, noted)| *noted);
        resp::command(out, 1 + done.over.len() + noted.clone().count());
        resp::part(out, "DEL");
        done.over
            .iter()
            .for_each(|(list, _)| resp::part(out, &**list));
        noted.for_each(|(list, _)| resp::part(out, names::done(list)));
    }
    2 * done.some.len() + usize::from(!done.over.is_empty())
}

// ===== on the shared connection =====

/// Adds the commands of [`note`]; how many.
fn add_note(pipe: &mut Pipeline, done: &Done) -> usize {
    for (list, places) in &done.some {
        let key = names::done(list);
        pipe.cmd("SADD").arg(&key).arg(places);
        pipe.cmd("PEXPIRE").arg(&key).arg(millis(LEFT_BEHIND));
    }
    for (list, _) in &done.over {
        pipe.cmd("DEL").arg(&**list).arg(names::done(list));
    }
    2 * done.some.len() + done.over.len()
}

/// The first error among answers.
pub(super) fn all_well(operation: &'static str, answers: Vec<Value>) -> Result<(), TransportError> {
    let error = answers.into_iter().find_map(|answer| match answer {
        Value::ServerError(error) => Some(connection::refused(operation, error)),
        _ => None,
    });
    error.map_or(Ok(()), Err)
}

impl Redis {
    /// Runs one script.
    pub(super) async fn eval(
        &self,
        operation: &'static str,
        script: &str,
        keys: &[&str],
        arguments: impl FnOnce(&mut Pipeline),
    ) -> Result<Value, TransportError> {
        let mut pipe = redis::pipe();
        pipe.cmd("EVAL").arg(script).arg(keys.len()).arg(keys);
        arguments(&mut pipe);
        let answers = self.run(operation, &pipe, 1).await?;
        match answers.into_iter().next() {
            Some(Value::ServerError(error)) => Err(connection::refused(operation, error)),
            answer => Ok(answer.unwrap_or(Value::Nil)),
        }
    }
}

impl Keeper for Redis {
    fn take<'a>(&'a self, queue: &'a List, max: usize, keep: &'a List) -> BoxFuture<'a, Taken> {
        Box::pin(async move {
            let operation = "take from a queue";
            let mut pipe = redis::pipe();
            pipe.cmd("EVAL").arg(MOVE).arg(2).arg(&**queue).arg(&**keep);
            pipe.arg(max).arg(millis(LEFT_BEHIND));
            pipe.cmd("LRANGE").arg(&**keep).arg(&[0, -1]);
            let mut answers = self.run(operation, &pipe, 2).await?;
            let taken = messages(operation, answers.pop().unwrap_or(Value::Nil))?;
            match answers.pop() {
                Some(Value::ServerError(error)) if taken.is_empty() => {
                    Err(connection::refused(operation, error))
                }
                _ => Ok(taken),
            }
        })
    }

    fn done<'a>(&'a self, done: &'a Done) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let mut pipe = redis::pipe();
            let commands = add_note(&mut pipe, done);
            all_well(NOTE, self.run(NOTE, &pipe, commands).await?)
        })
    }

    fn silent<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<Vec<Holder>, TransportError>> {
        Box::pin(async move {
            let operation = "look for silent servers";
            let mut pipe = redis::pipe();
            pipe.cmd("HGETALL").arg(names::servers(queue));
            let answer = self.run(operation, &pipe, 1).await?.pop();
            let servers: Vec<(String, usize)> = match answer {
                Some(Value::ServerError(error)) => {
                    return Err(connection::refused(operation, error));
                }
                answer => redis::from_redis_value(answer.unwrap_or(Value::Nil)).unwrap_or_default(),
            };
            let mut pipe = redis::pipe();
            for (id, _) in &servers {
                pipe.cmd("EXISTS").arg(names::beat(queue, id));
            }
            let lives = integers(self.run(operation, &pipe, servers.len()).await?)?;
            let silent = servers
                .into_iter()
                .zip(lives)
                .filter(|(_, lives)| *lives == 0);
            let silent = silent.map(|((id, lists), _)| Holder {
                queue: queue.clone(),
                id: id.into(),
                lists,
            });
            Ok(silent.collect())
        })
    }

    fn kept<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<Vec<Kept>, TransportError>> {
        Box::pin(async move {
            let operation = "look at requests in progress";
            let mut pipe = redis::pipe();
            for list in lists {
                pipe.cmd("LRANGE").arg(&**list).arg(&[0, -1]);
                pipe.cmd("SMEMBERS").arg(names::done(list));
            }
            let answers = self.run(operation, &pipe, 2 * lists.len()).await?;
            let mut answers = answers.into_iter();
            let mut kept = Vec::with_capacity(lists.len());
            while let (Some(list), Some(done)) = (answers.next(), answers.next()) {
                kept.push(Kept {
                    messages: messages(operation, list)?,
                    done: match done {
                        Value::ServerError(error) => {
                            return Err(connection::refused(operation, error));
                        }
                        done => redis::from_redis_value(done).unwrap_or_default(),
                    },
                });
            }
            Ok(kept)
        })
    }

    fn release<'a>(
        &'a self,
        server: &'a Holder,
        list: &'a List,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<bool, TransportError>> {
        Box::pin(async move {
            let queue = &server.queue;
            let (done, dead) = (names::done(list), names::dead(queue));
            let keys = [
                &**list,
                &done,
                queue,
                &dead,
                &names::beat(queue, &server.id),
            ];
            let arguments = |pipe: &mut Pipeline| {
                pipe.arg(release.of).arg(release.again.len());
                for message in release.again.iter().chain(&release.dead) {
                    pipe.arg(&message[..]);
                }
            };
            let operation = "release requests";
            let released = self.eval(operation, RELEASE, &keys, arguments).await?;
            Ok(released == Value::Int(1))
        })
    }

    fn put_back<'a>(
        &'a self,
        queue: &'a List,
        messages: &'a [Bytes],
        done: &'a Done,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let operation = "put requests back";
            let mut pipe = redis::pipe();
            if done.is_empty() {
                pipe.cmd("LPUSH").arg(&**queue);
                messages.iter().rev().for_each(|message| {
                    pipe.arg(&message[..]);
                });
                return all_well(operation, self.run(operation, &pipe, 1).await?);
            }
            let (mut keys, mut places) = (vec![queue.to_string()], Vec::<usize>::new());
            for (list, some) in &done.some {
                keys.extend(some.iter().map(|_| names::done(list)));
                places.extend(some);
            }
            let keys: Vec<_> = keys.iter().map(String::as_str).collect();
            let arguments = |pipe: &mut Pipeline| {
                pipe.arg(millis(LEFT_BEHIND)).arg(&places);
                for message in messages {
                    pipe.arg(&message[..]);
                }
            };
            self.eval(operation, PUT_BACK, &keys, arguments).await?;
            Ok(())
        })
    }
}
