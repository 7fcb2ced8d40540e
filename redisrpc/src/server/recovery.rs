//! Answering for servers that died: what they kept runs again, or its callers are
//! told.
//!
//! Every server looks for others that have fallen silent, and looks twice: after an
//! outage of Redis all are silent at first. Several may find the same one: a reply
//! given twice does no harm, and a list is released once. One that dies half-way has
//! released some lists and not others, which the next finds.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::time::sleep;

use super::{late::is_past, respond::ReplyTo};
use crate::{
    deadline::RedisTime,
    error::{Fault, FaultCode, Refusal, TransportError},
    metering::{self, Fate},
    transport::{
        List, Push, Transport,
        keeper::{Keeper, Kept, Release},
        registry::Holder,
    },
    wire::{names, reply::Reply, request::Request},
};

/// How often a call is run at most, if its servers die.
const MOST_RUNS: u32 = 3;

/// How long a reply may stand unread.
const UNREAD: Duration = Duration::from_secs(60);

/// Most lists looked at at once: each may hold large requests.
const LOOK_AT: usize = 8;

/// Most lists of one server: more than any has, whatever is written of it.
const MOST_LISTS: usize = 1 << 16;

/// Answers for dead servers of one queue.
#[derive(Debug)]
pub(super) struct Reaper {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) queue: List,
    /// How often to look.
    pub(super) look: Duration,
    /// Whether a call is to run again.
    pub(super) runs_again: fn(&Request<'_>) -> bool,
}

impl Reaper {
    /// Looks for servers that died, for ever.
    pub(super) async fn run(self) {
        let Some(keeper) = self.transport.keeper() else {
            return;
        };
        let mut suspects = HashSet::new();
        let mut blind = false;
        loop {
            match self.look(keeper, &mut suspects).await {
                Ok(()) => blind = false,
                Err(error) => {
                    suspects.clear();
                    if !std::mem::replace(&mut blind, true) {
                        tracing::warn!(queue = %self.queue, error = error.report(), "could not look for servers that died; it goes on trying");
                    }
                }
            }
            // Not in step with the others.
            let random = getrandom::u32().unwrap_or(u32::MAX / 2) >> 16;
            sleep(self.look + self.look / 4 * random / (1 << 16)).await;
        }
    }

    /// Looks once. Who is silent now and was when it looked last is dead.
    async fn look(
        &self,
        keeper: &dyn Keeper,
        suspects: &mut HashSet<Arc<str>>,
    ) -> Result<(), TransportError> {
        let silent = keeper.silent(&self.queue).await?;
        let now = silent.iter().map(|server| Arc::clone(&server.id)).collect();
        let before = std::mem::replace(suspects, now);
        for dead in silent.iter().filter(|it| before.contains(&it.id)) {
            tracing::warn!(queue = %self.queue, server = %dead.id, "a server died; its requests are taken over");
            self.take_over(keeper, dead).await?;
            self.transport.registry().leave(dead).await?;
        }
        Ok(())
    }

    async fn take_over(&self, keeper: &dyn Keeper, dead: &Holder) -> Result<(), TransportError> {
        self.transport.ask_time().await?;
        let numbers = 0..dead.lists.min(MOST_LISTS);
        let lists: Vec<_> = numbers.map(|number| dead.list(number)).collect();
        for lists in lists.chunks(LOOK_AT) {
            let kept = keeper.kept(lists).await?;
            for (list, kept) in lists.iter().zip(kept) {
                if !kept.messages.is_empty() {
                    self.settle(keeper, dead, list, kept).await?;
                }
            }
        }
        Ok(())
    }

    /// Settles what one list keeps. Replies go first: those of a list that is then
    /// not released are given again.
    async fn settle(
        &self,
        keeper: &dyn Keeper,
        server: &Holder,
        list: &List,
        kept: Kept,
    ) -> Result<(), TransportError> {
        let now = self.transport.clock().now();
        let fates = Fates::of(&self.queue, kept, now, self.runs_again);
        let (again, dead) = (fates.release.again.len(), fates.release.dead.len());
        let interrupted = fates.replies.len();
        let written = self.transport.push(&fates.replies).await?;
        // As with any reply: what Redis has no room for now is told later.
        let passing = |error: &TransportError| error.refusal() != Refusal::ForGood;
        let mut refused = written.refused.into_iter().map(|(_, error)| error);
        if let Some(error) = refused.find(passing) {
            return Err(error);
        }
        if keeper.release(server, list, &fates.release).await? {
            metering::taken_over(&self.queue, Fate::Again, again);
            metering::taken_over(&self.queue, Fate::DeadLetter, dead);
            metering::taken_over(&self.queue, Fate::Interrupted, fates.interrupted);
            tracing::warn!(queue = %self.queue, again, dead, interrupted, "answered for a server that died");
        }
        Ok(())
    }
}

/// What becomes of the requests of one list.
#[derive(Debug, Default)]
struct Fates {
    replies: Vec<Push>,
    release: Release,
    /// Requests that do not run again, whether or not somebody waits for their reply.
    interrupted: usize,
}

impl Fates {
    fn of(queue: &str, kept: Kept, now: RedisTime, runs_again: fn(&Request<'_>) -> bool) -> Self {
        let mut fates = Self::default();
        fates.release.of = kept.messages.len();
        for (place, message) in kept.messages.into_iter().enumerate() {
            if !kept.done.contains(&place) {
                fates.add(queue, message, now, runs_again);
            }
        }
        fates
    }

    fn add(
        &mut self,
        queue: &str,
        message: Bytes,
        now: RedisTime,
        runs_again: fn(&Request<'_>) -> bool,
    ) {
        let request = match Request::read(&message) {
            Ok(request) => request,
            Err(malformed) => {
                self.interrupted += 1;
                let list = malformed.response_queue.as_deref();
                return self.reply(queue, list.map(ReplyTo::old), &interrupted());
            }
        };
        if is_past(&request, now) {
            return;
        }
        let to = ReplyTo::of(&request);
        if !runs_again(&request) {
            self.interrupted += 1;
            self.reply(queue, to, &interrupted());
        } else if request.attempt < MOST_RUNS {
            let again = request.again(&message);
            self.release.again.push(again.into());
        } else {
            self.reply(queue, to, &poison(request.attempt));
            self.release.dead.push(message);
        }
    }

    fn reply(&mut self, queue: &str, to: Option<ReplyTo<'_>>, fault: &Fault) {
        let Some(to) = to.filter(|to| names::is_reply_list(queue, to.list)) else {
            return;
        };
        self.replies.push(Push {
            list: to.list.into(),
            message: Reply::fault(to.id, fault).0.into(),
            expire: Some(UNREAD),
        });
    }
}

const INTERRUPTED: &str = "the server was lost while it ran the call";
const POISON: &str =
    "the servers that ran the call were lost, three in turn; it is kept among the dead letters";

fn interrupted() -> Fault {
    Fault::new(FaultCode::Interrupted, INTERRUPTED)
}

/// Says how often it ran, by which callers know not to make the call again.
fn poison(runs: u32) -> Fault {
    let runs = RawValue::from_string(format!(r#"{{"runs":{runs}}}"#));
    let fault = Fault::new(FaultCode::Interrupted, POISON);
    runs.into_iter().fold(fault, Fault::with_data)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: RedisTime = RedisTime(1_000);

    fn fates(requests: &[&str], done: &[usize]) -> Fates {
        let kept = Kept {
            messages: requests
                .iter()
                .map(|it| Bytes::from(it.to_string()))
                .collect(),
            done: done.iter().copied().collect(),
        };
        Fates::of("calc", kept, NOW, |request| request.method() == "get")
    }

    fn request(method: &str, more: &str) -> String {
        format!(r#"{{"function_call":{{"name":"{method}"}},"response_queue":"calc:rpc:X"{more}}}"#)
    }

    fn replies(fates: &Fates) -> Vec<&[u8]> {
        fates.replies.iter().map(|push| &push.message[..]).collect()
    }

    #[test]
    fn a_call_that_may_not_run_twice_is_answered() {
        let fates = fates(&[&request("add", "")], &[]);
        let text = format!(r#"{{"exception":"{INTERRUPTED}"}}"#);
        assert_eq!(replies(&fates), [text.as_bytes()]);
        assert_eq!(&*fates.replies[0].list, "calc:rpc:X");
        assert!(fates.release.again.is_empty() && fates.release.dead.is_empty());
        assert_eq!(fates.release.of, 1);
    }

    #[test]
    fn an_idempotent_call_runs_again_twice_and_is_then_a_dead_letter() {
        let first = request("get", "");
        let again = fates(&[&first], &[]).release.again;
        assert_eq!(again, [request("get", r#","attempt":2"#)]);
        let text = String::from_utf8(again[0].to_vec()).unwrap();
        let again = fates(&[&text], &[]).release.again;
        let third = request("get", r#","attempt":3"#);
        assert_eq!(again, std::slice::from_ref(&third));
        let last = fates(&[&third], &[]);
        assert_eq!(last.release.dead, [third]);
        assert!(replies(&last)[0].starts_with(b"{\"exception\":\"the servers"));
    }

    #[test]
    fn what_is_done_or_has_expired_or_has_no_list_of_ours_is_left_alone() {
        let context = r#","context":{"id":1,"inbox":"calc:rpc:X","deadline":999}"#;
        let foreign = request("add", "").replace("calc:rpc:X", "other");
        let fates = fates(
            &[&request("get", ""), &request("add", context), &foreign],
            &[0],
        );
        assert!(fates.replies.is_empty() && fates.release.again.is_empty());
        assert_eq!(fates.release.of, 3);
    }
}
