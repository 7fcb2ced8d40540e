//! What this user may do.

use redisrpc::__private::admin::{self, Admin, Command, Reply};

use super::finding::Finding;
use crate::{
    failure::Failure,
    redis::{command, text},
};

/// Checks whether this user may call and serve these queues.
pub(super) async fn look(
    admin: &Admin,
    queues: &[String],
    named: bool,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let Some(node) = admin.nodes().into_iter().next() else {
        return Ok(());
    };
    let who = admin.ask_node(&node, &[command(["ACL", "WHOAMI"])]).await?;
    let user = match who.first() {
        Some(Reply::Refused(..)) | None => return cannot_tell("this user", findings),
        Some(user) => text(user),
    };
    // Where there are no queues yet, any will do for a user who may do everything.
    let sample = ["redisrpc-doctor".to_owned()];
    let queues = if queues.is_empty() { &sample } else { queues };
    let mut free = 0;
    for queue in queues {
        let (Some(calls), Some(serves)) = (
            missing(admin, &user, queue, calling(queue)).await?,
            missing(admin, &user, queue, serving(queue)).await?,
        ) else {
            return cannot_tell(&format!("user `{user}`"), findings);
        };
        match (calls.is_empty(), serves.is_empty()) {
            (true, true) => free += 1,
            (may_call, may_serve) => {
                findings.push(rights(&user, queue, may_call, may_serve, named).advice(format!(
                    "Missing to call it: {}; to serve it: {}; `guide::security` in the documentation has users with the fewest rights",
                    list(&calls),
                    list(&serves)
                )));
            }
        }
    }
    if free > 0 {
        let found = format!("user `{user}` may call and serve every queue that was looked at");
        let all = free == queues.len();
        findings.extend(all.then(|| Finding::ok("rights", found)));
    }
    Ok(())
}

fn rights(user: &str, queue: &str, may_call: bool, may_serve: bool, named: bool) -> Finding {
    let can = match (may_call, may_serve) {
        (true, _) => "may call, and not serve,",
        (_, true) => "may serve, and not call,",
        _ => "may neither call nor serve",
    };
    let found = format!("user `{user}` {can} `{queue}`");
    match named && !may_call && !may_serve {
        true => Finding::problem("rights", found),
        false => Finding::note("rights", found),
    }
}

fn list(missing: &[String]) -> String {
    match missing {
        [] => "nothing".to_owned(),
        missing => missing.join(" "),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it ends `look`")]
fn cannot_tell(user: &str, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    let found =
        format!("what {user} may do was not looked at: that takes +acl|whoami and +acl|dryrun");
    let finding = Finding::note("rights", found);
    findings.push(finding.advice(
        "`guide::security` in the documentation lists the rights that callers and servers need",
    ));
    Ok(())
}

/// The rights that are missing, each `+command`; `None` if that may not be asked.
async fn missing(
    admin: &Admin,
    user: &str,
    queue: &str,
    needed: Vec<String>,
) -> Result<Option<Vec<String>>, Failure> {
    let tried = needed.iter().map(|needed| dry_run(user, needed));
    let tried: Vec<_> = tried.collect();
    let replies = admin.ask(queue, &tried).await?;
    let mut missing = Vec::new();
    for (needed, reply) in needed.iter().zip(replies) {
        match reply {
            Reply::Bytes(answer) if answer == b"OK" => {}
            Reply::Bytes(_) => missing.push(right(needed)),
            _ => return Ok(None),
        }
    }
    missing.dedup();
    Ok(Some(missing))
}

fn dry_run(user: &str, needed: &str) -> Command {
    let words = ["ACL", "DRYRUN", user].into_iter();
    command(words.chain(needed.split('\t')))
}

/// The right to run a command: `+client|id`.
fn right(needed: &str) -> String {
    let mut words = needed.split('\t');
    let name = words.next().unwrap_or_default().to_lowercase();
    match (&*name, words.next()) {
        ("client", Some(which)) => format!("+client|{}", which.to_lowercase()),
        (_, Some(key)) => format!("+{name} on {}", key_of(key, needed)),
        (_, None) => format!("+{name}"),
    }
}

/// The key in a command's words: the first that is no number and no script.
fn key_of<'a>(first: &'a str, needed: &'a str) -> &'a str {
    match needed.split('\t').nth(3) {
        Some(key) if first.contains("return") || first.parse::<f64>().is_ok() => key,
        _ => first,
    }
}

/// Commands, their words between tabs.
fn commands(all: &[&[&str]]) -> Vec<String> {
    all.iter().map(|words| words.join("\t")).collect()
}

/// What a caller does; see the guide's page on security.
fn calling(queue: &str) -> Vec<String> {
    let reply = format!("{queue}:rpc:x");
    commands(&[
        &["TIME"],
        &["RPUSH", queue, "x"],
        &["BLMPOP", "1", "1", &reply, "LEFT"],
        &["LPOS", queue, "x"],
        &["LREM", queue, "1", "x"],
    ])
}

/// What a server that keeps its requests does.
fn serving(queue: &str) -> Vec<String> {
    let run = admin::in_progress(queue, "x", 0);
    let servers = admin::servers(queue);
    let beat = admin::beat(queue, "x");
    let reply = format!("{queue}:rpc:x");
    commands(&[
        &["TIME"],
        &["CLIENT", "ID"],
        &["CLIENT", "UNBLOCK", "1"],
        &["BLMOVE", queue, &run, "LEFT", "RIGHT", "1"],
        &["LPOP", queue],
        &["LPUSH", queue, "x"],
        &["EVAL", "return 0", "1", queue],
        &["LRANGE", &run, "0", "-1"],
        &["PEXPIRE", &run, "1"],
        &["DEL", &run],
        &["SET", &beat, "x"],
        &["HSET", &servers, "x", "1"],
        &["HGETALL", &servers],
        &["ZADD", admin::QUEUES, "1", queue],
        &["RPUSH", &reply, "x"],
        &["PEXPIRE", &reply, "1"],
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_named_as_an_access_list_has_it() {
        for (needed, name) in [
            ("TIME", "+time"),
            ("CLIENT\tID", "+client|id"),
            ("RPUSH\tcalc\tx", "+rpush on calc"),
            ("BLMPOP\t1\t1\tcalc:rpc:x\tLEFT", "+blmpop on calc:rpc:x"),
            ("EVAL\treturn 0\t1\tcalc", "+eval on calc"),
        ] {
            assert_eq!(right(needed), name);
        }
    }
}
