//! The keys that belong to queues.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use redisrpc::__private::admin::{self, Admin, Reply};

use super::finding::Finding;
use crate::{
    failure::Failure,
    output::count,
    redis::{command, list, text, texts},
};

/// How long to look for keys: Redis may have any number.
const LONGEST: Duration = Duration::from_secs(15);

/// Keys looked at at once.
const AT_ONCE: &str = "1000";

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Those beside queues, by node.
    beside: BTreeMap<String, Vec<String>>,
    /// Reply lists, by node.
    replies: BTreeMap<String, Vec<String>>,
}

impl Keys {
    pub(super) async fn scan(admin: &Admin, findings: &mut Vec<Finding>) -> Result<Self, Failure> {
        let Self {
            mut beside,
            mut replies,
        } = Self::default();
        let give_up = Instant::now() + LONGEST;
        let mut complete = true;
        for node in admin.nodes() {
            for (pattern, found) in [("redisrpc*", &mut beside), ("*:rpc:*", &mut replies)] {
                match scan(admin, &node, pattern, give_up).await? {
                    Ok((names, all)) => {
                        found.insert(node.clone(), names);
                        complete &= all;
                    }
                    Err(code) => {
                        let finding = format!("this user may not look for keys ({code})");
                        let finding = Finding::note("keys", finding).means(
                            "Keys that never expire, and requests that nobody will answer for, were not looked for.",
                        );
                        let advice =
                            "Ask as a user who may: +scan, and %R~* to see how long keys live";
                        findings.push(finding.advice(advice));
                        return Ok(Self::default());
                    }
                }
            }
        }
        if !complete {
            let found = format!(
                "there are too many keys to look at all in {}s",
                LONGEST.as_secs()
            );
            findings.push(Finding::note("keys", found));
        }
        Ok(Self { beside, replies })
    }

    /// All queues that there are signs of.
    pub(super) fn queues(&self, announced: Vec<String>) -> Vec<String> {
        let beside = self.beside.values().flatten();
        let beside = beside.filter_map(|key| Some(admin::beside_which(key)?.0.to_owned()));
        let replies = self.replies.values().flatten();
        let replies = replies.filter_map(|key| Some(key.split_once(":rpc:")?.0.to_owned()));
        let all: BTreeSet<_> = beside.chain(replies).chain(announced).collect();
        all.into_iter().collect()
    }

    /// The lists of requests in progress of this queue, by server.
    pub(super) fn in_progress(&self, queue: &str) -> BTreeMap<String, Vec<String>> {
        let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for key in self.beside.values().flatten() {
            let Some((of, what)) = admin::beside_which(key) else {
                continue;
            };
            let run = what.strip_prefix("run:").filter(|_| of == queue);
            let run = run.filter(|run| !run.ends_with(":done"));
            if let Some((server, _)) = run.and_then(|run| run.rsplit_once(':')) {
                lists
                    .entry(server.to_owned())
                    .or_default()
                    .push(key.clone());
            }
        }
        lists
    }

    /// Looks for keys that stay for ever.
    pub(super) async fn look(
        &self,
        admin: &Admin,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Failure> {
        let replies = lasting(admin, &self.replies).await?;
        findings.extend(lasting_replies(&replies));
        let beside = lasting(admin, &self.beside).await?;
        let expires = |key: &&String| admin::beside_which(key).is_none_or(|it| it.1 != "dead");
        let beside: Vec<_> = beside.iter().filter(expires).collect();
        if let Some(one) = beside.first() {
            let keys = count(beside.len(), "key");
            let found = format!("{keys} of servers without an expiry, such as {one}");
            let finding = Finding::warning("expiry", found)
                .means("What a server leaves when it dies stays in Redis for ever.");
            findings.push(finding.advice("Let the servers' user set expiries: +pexpire"));
        }
        Ok(())
    }
}

fn lasting_replies(keys: &[String]) -> Option<Finding> {
    let one = keys.first()?;
    let lists = count(keys.len(), "reply list");
    let found = format!("{lists} without an expiry, such as {one}");
    Some(
        Finding::warning("expiry", found)
            .means("Answers of old servers that nobody waited for any more stay in Redis for ever.")
            .advice(format!(
                "Delete those that are old, with redis-cli: UNLINK '{one}'"
            )),
    )
}

/// The names that match, and whether they are all; or the code of a refusal.
async fn scan(
    admin: &Admin,
    node: &str,
    pattern: &str,
    give_up: Instant,
) -> Result<Result<(Vec<String>, bool), String>, Failure> {
    let mut names = Vec::new();
    let mut cursor = "0".to_owned();
    loop {
        let scan = command(["SCAN", &cursor, "MATCH", pattern, "COUNT", AT_ONCE]);
        let mut replies = admin.ask_node(node, &[scan]).await?;
        match replies.pop() {
            Some(Reply::Refused(code, _)) => return Ok(Err(code)),
            reply => {
                let mut reply = list(reply.unwrap_or(Reply::Nil)).into_iter();
                cursor = reply.next().as_ref().map(text).unwrap_or_default();
                names.extend(reply.next().map(texts).unwrap_or_default());
            }
        }
        if cursor == "0" || cursor.is_empty() {
            // SCAN may give a key twice.
            names.sort_unstable();
            names.dedup();
            return Ok(Ok((names, true)));
        }
        if Instant::now() > give_up {
            return Ok(Ok((names, false)));
        }
    }
}

/// Those keys that never expire.
async fn lasting(
    admin: &Admin,
    keys: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<String>, Failure> {
    let mut lasting = Vec::new();
    for (node, keys) in keys {
        for keys in keys.chunks(1000) {
            let commands: Vec<_> = keys.iter().map(|key| command(["PTTL", key])).collect();
            let replies = admin.ask_node(node, &commands).await?;
            let lasts = keys.iter().zip(replies);
            let lasts = lasts.filter(|(_, reply)| *reply == Reply::Integer(-1));
            lasting.extend(lasts.map(|(key, _)| key.clone()));
        }
    }
    Ok(lasting)
}
