//! How each queue is served.

use std::time::Duration;

use redisrpc::{
    __private::admin::{self, Admin},
    discovery::State,
};

use super::{finding::Finding, keys::Keys};
use crate::{
    failure::{Exit, Failure},
    output::count,
    redis::{ask, command, integer, text, texts},
    survey::{Queue, short},
    time,
    tool::Tool,
};

/// Who has waited longer than this is worth a word.
const LONG: Duration = Duration::from_secs(30);

pub(super) async fn look(
    tool: &Tool<'_>,
    admin: &Admin,
    name: &str,
    keys: &Keys,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    match look_closely(tool, admin, name, keys).await {
        Ok(found) => findings.extend(found),
        // Any other command would have failed before, if Redis were not there.
        Err(failure) if failure.exit == Exit::Broker => {
            let found = format!("`{name}`: this user may not look: {failure}");
            findings.push(Finding::note("queue", found));
        }
        Err(failure) => return Err(failure),
    }
    Ok(())
}

async fn look_closely(
    tool: &Tool<'_>,
    admin: &Admin,
    name: &str,
    keys: &Keys,
) -> Result<Vec<Finding>, Failure> {
    let commands = [
        command(["TYPE", name]),
        command(["HKEYS", &admin::servers(name)]),
    ];
    let mut replies = ask(admin, name, &commands).await?.into_iter();
    let kind = replies.next().as_ref().map(text).unwrap_or_default();
    let known = replies.next().map(texts).unwrap_or_default();
    if !matches!(&*kind, "list" | "none") {
        let found = format!("`{name}` is not a queue: there is a {kind} of this name");
        let finding = Finding::problem("queue", found).means("Every call fails.");
        return Ok(vec![finding.advice("Rename one of the two")]);
    }
    let queue = Queue::look(tool, name).await?;
    let mut findings = vec![served(&queue)];
    findings.extend(contracts(&queue));
    findings.extend(dead_letters(&queue));
    let silent = silent(admin, name, &known).await?;
    findings.extend(died(&queue, &silent));
    for (server, lists) in keys.in_progress(name) {
        if !known.contains(&server) {
            findings.push(orphans(name, &server, &lists));
        }
    }
    Ok(findings)
}

/// Whether somebody takes what waits.
fn served(queue: &Queue) -> Finding {
    let Queue { name, waiting, .. } = queue;
    let servers = queue.servers.len();
    let oldest = queue.oldest.map_or(String::new(), |age| {
        format!(", the oldest for {}", time::long(age))
    });
    let waits = match waiting {
        0 => "nothing waits".to_owned(),
        1 => format!("1 request waits{oldest}"),
        _ => format!("{waiting} requests wait{oldest}"),
    };
    let found = match servers {
        0 => format!("`{name}`: no server announces itself, {waits}"),
        _ => format!("`{name}`: {}, {waits}", count(servers, "server")),
    };
    let quiet = queue.servers.iter().all(|it| it.state != State::Running);
    let late = queue
        .oldest
        .is_some_and(|age| u128::from(age) > LONG.as_millis());
    let look = format!("`redisrpc peek {name}` shows what waits");
    match (waiting, servers) {
        (0, 0) => Finding::note("queue", found),
        (0, _) if !quiet => Finding::ok("queue", found),
        (_, 0) => Finding::problem("queue", found)
            .means("Nobody takes them, unless a server of the old RedisRPC is busy.")
            .advice(format!("Start a server; {look}")),
        _ if quiet => Finding::problem("queue", format!("{found}, and all servers are quiet"))
            .means("Nobody takes requests.")
            .advice(format!("redisrpc resume --all {name}")),
        _ if late => Finding::warning("queue", found)
            .means("Its servers fall behind.")
            .advice(format!(
                "Start more of them; {look}; `redisrpc top {name}` shows what takes long"
            )),
        _ => Finding::ok("queue", found),
    }
}

fn contracts(queue: &Queue) -> Option<Finding> {
    queue.has_several_contracts().then(|| {
        let found = format!("`{}`: its servers differ in what they offer", queue.name);
        Finding::warning("contracts", found)
            .means("Which of them a call meets is chance: fine while servers are replaced, and only then.")
            .advice(format!("`redisrpc ls {}` shows their versions", queue.name))
    })
}

fn dead_letters(queue: &Queue) -> Option<Finding> {
    (queue.dead > 0).then(|| {
        let Queue { name, dead, .. } = queue;
        Finding::warning(
            "dead letters",
            format!("`{name}`: {}", count(*dead as usize, "dead letter")),
        )
        .means("Each of these requests ended three servers that ran it.")
        .advice(format!("redisrpc dead ls {name}"))
    })
}

/// The servers that are known and do not live.
async fn silent(admin: &Admin, queue: &str, known: &[String]) -> Result<Vec<String>, Failure> {
    let beats = known
        .iter()
        .map(|id| command(["EXISTS", &admin::beat(queue, id)]));
    let beats: Vec<_> = beats.collect();
    let lives = match beats.is_empty() {
        true => Vec::new(),
        false => ask(admin, queue, &beats).await?,
    };
    let silent = known
        .iter()
        .zip(lives)
        .filter(|(_, lives)| integer(lives) == 0);
    Ok(silent.map(|(id, _)| id.clone()).collect())
}

fn died(queue: &Queue, silent: &[String]) -> Option<Finding> {
    let one = silent.first()?;
    let found = format!(
        "`{}`: {} died without a word: {}{}",
        queue.name,
        count(silent.len(), "server"),
        short(one),
        if silent.len() > 1 { ", …" } else { "" }
    );
    Some(match queue.servers.is_empty() {
        true => Finding::warning("dead servers", found)
            .means("Nobody answers for what they ran until another server of the queue starts.")
            .advice("Start one"),
        false => Finding::note("dead servers", found)
            .means("The others answer for what it ran before long."),
    })
}

fn orphans(queue: &str, server: &str, lists: &[String]) -> Finding {
    let found = format!(
        "`{queue}`: {} of requests in progress of a server that nobody knows, {}",
        count(lists.len(), "list"),
        short(server)
    );
    let numbers = lists
        .iter()
        .filter_map(|it| it.rsplit(':').next()?.parse().ok());
    let lists_it_had = numbers.max().unwrap_or(0_usize) + 1;
    let one = lists.first().map_or("", String::as_str);
    Finding::problem("orphans", found)
        .means("Nobody answers for them: the list of servers was deleted, or evicted. They expire after a week.")
        .advice(format!(
            "LRANGE '{one}' 0 -1 shows them; HSET {} {server} {lists_it_had} has the servers take care of them",
            admin::servers(queue)
        ))
}
