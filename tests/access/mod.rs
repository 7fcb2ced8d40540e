//! The users of the guide's page on security: each can do its whole job, and needs
//! every right it has.

mod parts;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use redisrpc::{CallError, Delivery, Error, FaultCode, Server};
use redisrpc_test_support::{PATIENCE, until};

use self::parts::{ONCE, OneByOne, OneByOneClient, Part};
use crate::{
    fixture::{Concurrent, Held, serve},
    guarded::{GUIDE, Guarded, line_of},
};

const CALLER: &str = "calc-caller";
const SERVER: &str = "calc-server";

/// What is asked for and done without.
const OPTIONAL: &[&str] = &["client|id", "client|setname", "client|unblock", "info"];

/// Each right, and a part of the job that fails without it. A right that stands in
/// several parentheses is named with a key of those that are meant.
const NEEDED: &[(&str, &str, Part)] = &[
    (CALLER, "+time", Part::Unseen),
    (CALLER, "+client|tracking", Part::OldReply),
    (CALLER, "+client|caching", Part::OldReply),
    (CALLER, "%W~calc", Part::Call),
    (CALLER, "%W~calc +rpush", Part::Call),
    (CALLER, "+lrem", Part::Withdrawal),
    (CALLER, "%R~calc", Part::Withdrawal),
    (CALLER, "+lpos", Part::Withdrawal),
    (CALLER, "~calc:rpc:*", Part::Call),
    (CALLER, "+blmpop", Part::Call),
    (CALLER, "+lpop", Part::OldReply),
    (CALLER, "+lpop", Part::Polled),
    (CALLER, "+exists", Part::OldReply),
    (CALLER, "+set", Part::Unwatching),
    (CALLER, "+del", Part::LateReply),
    (CALLER, "%R~redisrpc:{calc}:*", Part::GivenUp),
    (CALLER, "+hkeys", Part::GivenUp),
    (CALLER, "+mget", Part::GivenUp),
    (CALLER, "%W~redisrpc:{calc}:told:*", Part::GivenUp),
    (CALLER, "%W~redisrpc:{calc}:told:* +rpush", Part::GivenUp),
    (CALLER, "+pexpire", Part::GivenUp),
    (SERVER, "+time", Part::Unseen),
    (SERVER, "+client|id", Part::Unseen),
    (SERVER, "+client|unblock", Part::Unseen),
    (SERVER, "+client|tracking", Part::GivenUp),
    (SERVER, "+client|caching", Part::GivenUp),
    (SERVER, "~calc", Part::Call),
    (SERVER, "~calc ~redisrpc:{calc}:*", Part::Call),
    (SERVER, "+blmove", Part::Unseen),
    (SERVER, "+evalsha", Part::Unseen),
    (SERVER, "+eval", Part::Polled),
    (SERVER, "+eval", Part::PutBack),
    (SERVER, "+eval", Part::Recovery),
    (SERVER, "+lmove", Part::Polled),
    (SERVER, "+rename", Part::Polled),
    (SERVER, "+llen", Part::Polled),
    (SERVER, "+llen", Part::Recovery),
    (SERVER, "+lpop", Part::Deep),
    (SERVER, "+lpop", Part::Stepped),
    (SERVER, "+lpush", Part::PutBack),
    (SERVER, "+lpush", Part::Recovery),
    (SERVER, "+hset ~redisrpc:{calc}:*", Part::Call),
    (SERVER, "+set", Part::Call),
    (SERVER, "+hset", Part::Call),
    (SERVER, "~redisrpc:{calc}:* +pexpire", Part::Call),
    (SERVER, "~redisrpc:{calc}:* +rpush", Part::Deep),
    (SERVER, "+lrange", Part::Call),
    (SERVER, "+lrange", Part::Recovery),
    (SERVER, "+sadd", Part::PutBack),
    (SERVER, "+smembers", Part::Recovery),
    (SERVER, "+hgetall", Part::Recovery),
    (SERVER, "+exists", Part::Recovery),
    (SERVER, "+ltrim", Part::Recovery),
    (SERVER, "+hdel", Part::Leaving),
    (SERVER, "+del", Part::Leaving),
    (SERVER, "%W~calc:rpc:*", Part::Call),
    (SERVER, "%W~calc:rpc:* +rpush", Part::OldCaller),
    (SERVER, "%W~calc:rpc:* +pexpire", Part::OldCaller),
    (SERVER, "~redisrpc:queues", Part::Listed),
    (SERVER, "+zadd", Part::Listed),
    (SERVER, "+zremrangebyscore", Part::Unseen),
    (SERVER, "~redisrpc:queues +pexpire", Part::Unseen),
    (ONCE, "+time", Part::Unseen),
    (ONCE, "+client|id", Part::Unseen),
    (ONCE, "+client|unblock", Part::Unseen),
    (ONCE, "+client|tracking", Part::GivenUp),
    (ONCE, "+client|caching", Part::GivenUp),
    (ONCE, "~redisrpc:{calc}:told:*", Part::GivenUp),
    (ONCE, "~calc", Part::Call),
    (ONCE, "+blmpop", Part::Call),
    (ONCE, "~calc +lpop", Part::Polled),
    (ONCE, "~calc +lpop", Part::Stepped),
    (ONCE, "%W~calc:rpc:*", Part::Call),
    (ONCE, "+rpush", Part::OldCaller),
    (ONCE, "%W~calc:rpc:* +pexpire", Part::OldCaller),
    (ONCE, "~redisrpc:{calc}:servers", Part::Listed),
    (ONCE, "~redisrpc:{calc}:beat:*", Part::Listed),
    (ONCE, "~redisrpc:{calc}:orders:*", Part::Listed),
    (ONCE, "~redisrpc:{calc}:orders:* +lpop", Part::Listed),
    (ONCE, "+set", Part::Listed),
    (ONCE, "+hset", Part::Listed),
    (ONCE, "~redisrpc:{calc}:servers +pexpire", Part::Unseen),
    (ONCE, "+hgetall", Part::Struck),
    (ONCE, "+exists", Part::Struck),
    (ONCE, "+hdel", Part::Leaving),
    (ONCE, "+del", Part::Leaving),
    (ONCE, "~redisrpc:queues", Part::Listed),
    (ONCE, "+zadd", Part::Listed),
    (ONCE, "+zremrangebyscore", Part::Unseen),
    (ONCE, "~redisrpc:queues +pexpire", Part::Unseen),
];

/// A user's line, taken apart: what always holds, and what is in parentheses.
struct Line<'a>(Vec<Vec<&'a str>>);

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let parts = line.split(" (").map(|part| part.trim_end_matches(')'));
        Self(parts.map(|part| part.split(' ').collect()).collect())
    }

    /// The line without this right: where it stands together with all the words
    /// before it, if there are any.
    fn without(mut self, right: &str) -> String {
        let (beside, right) = right.rsplit_once(' ').unwrap_or(("", right));
        let beside = || beside.split_terminator(' ');
        for part in &mut self.0 {
            if beside().all(|word| part.contains(&word)) {
                part.retain(|word| *word != right);
            }
        }
        let parts = self.0.iter().map(|part| part.join(" "));
        let line = parts.reduce(|line, part| format!("{line} ({part})"));
        line.unwrap_or_default()
    }

    /// The rights in it, commands and keys, each with the part it stands in.
    fn rights(&self) -> impl Iterator<Item = (&'a str, &[&'a str])> {
        let all = self
            .0
            .iter()
            .flat_map(|part| part.iter().map(|word| (*word, &part[..])));
        all.filter(|(word, _)| word.starts_with(['+', '~', '%']))
    }
}

/// Who serves where this user is looked at.
fn server_beside(user: &str) -> &str {
    match user {
        CALLER => SERVER,
        server => server,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_users_of_the_guide_can_do_their_whole_job() {
    let parts = [SERVER, ONCE].map(|server| Part::ALL.map(|part| (server, part)));
    for (server, part) in parts.into_iter().flatten() {
        if server == ONCE && !part.is_for_once() {
            continue;
        }
        let guarded = Guarded::as_in_the_guide();
        assert!(part.works(&guarded, server).await, "{part:?} by {server}");
        for (user, refused) in guarded.refusals() {
            let optional = OPTIONAL.contains(&&*refused);
            assert!(optional, "{part:?}: {user} is refused {refused}");
        }
    }
}

/// Whether a user was refused what a right allows, or the keys it is for.
fn is_refusal_of(refused: &str, right: &str) -> bool {
    let mut objects = right.split(' ').map(|word| {
        let word = word.trim_start_matches(['+', '~', '%', 'R', 'W']);
        word.trim_end_matches('*')
    });
    objects.any(|object| refused.starts_with(object))
}

/// Sees the part fail, and Redis refuse what is missing.
async fn try_without(user: &str, right: &str, part: Part) {
    let mut lines = [CALLER, SERVER, ONCE].map(line_of);
    for line in &mut lines {
        if line.starts_with(&format!("user {user} ")) {
            *line = Line::of(line).without(right);
        }
    }
    // What is to fail is not waited for long.
    let patience = match part {
        Part::Unseen => PATIENCE,
        _ => Duration::from_millis(1500),
    };
    let guarded = Guarded::with(&lines, patience);
    let works = part.works(&guarded, server_beside(user)).await;
    let told = format!("{part:?} without {right} of {user}");
    assert_eq!(works, part == Part::Unseen, "{told}");
    let refused = guarded.refusals();
    let mut of_user = refused.iter().filter(|(of, _)| of == user);
    let found = of_user.any(|(_, what)| is_refusal_of(what, right));
    assert!(found, "{told}: {refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_of_its_rights_a_user_fails_as_the_guide_says() {
    // A few at a time: each has a Redis of its own.
    for some in NEEDED.chunks(16) {
        let trials = some.iter();
        let trials =
            trials.map(|&(user, right, part)| tokio::spawn(try_without(user, right, part)));
        for trial in trials.collect::<Vec<_>>() {
            trial.await.unwrap();
        }
    }
}

#[test]
fn the_guide_says_of_every_right_what_it_is_for() {
    let mut explained = BTreeMap::<&str, BTreeSet<String>>::new();
    let rows = GUIDE.lines().filter_map(|line| line.strip_prefix("| "));
    for row in rows {
        let (user, rest) = row.split_once(" | ").unwrap();
        let rest = rest.replace("\\|", "|");
        let named = rest
            .split('`')
            .filter(|text| text.starts_with(['+', '~', '%']));
        explained
            .entry(user)
            .or_default()
            .extend(named.map(str::to_owned));
    }
    for (user, who) in [(CALLER, "caller"), (SERVER, "server"), (ONCE, "server")] {
        let line = line_of(user);
        let line = Line::of(&line);
        for (right, part) in line.rights() {
            let bare = right.trim_start_matches("%W").trim_start_matches("%R");
            let told = ["both", who].iter().any(|who| {
                let named = &explained[who];
                named.contains(right) || named.contains(bare)
            });
            assert!(told, "{right} of {user} is not explained");
            assert!(
                is_tried(&line, user, right, part),
                "{right} of {user} is not tried"
            );
        }
    }
}

/// Whether there is a row for this right of this part of the line, and for no other.
fn is_tried(line: &Line<'_>, user: &str, right: &str, part: &[&str]) -> bool {
    let times = line.rights().filter(|(other, _)| *other == right).count();
    let mut rows = NEEDED.iter().filter(|(of, ..)| *of == user);
    rows.any(|(_, what, _)| match what.rsplit_once(' ') {
        Some((beside, what)) => what == right && beside.split(' ').all(|it| part.contains(&it)),
        None => *what == right && times == 1,
    })
}

#[tokio::test]
async fn a_server_that_may_not_delete_its_queue_does_not_serve_what_it_was_to_delete() {
    let guarded = Guarded::as_in_the_guide();
    let _: i64 = guarded.redis.ask("RPUSH calc {}");
    let server = Server::new(&guarded.broker(SERVER).await, "calc", Concurrent);
    let ended = server.flush_on_start(true).run().await;
    assert!(matches!(ended, Err(Error::Transport(_))), "{ended:?}");
    assert_eq!(guarded.redis.ask::<i64>("LLEN calc"), 1);
}

#[tokio::test]
async fn what_may_not_be_put_back_is_answered_as_not_run() {
    let guarded = Guarded::as_in_the_guide();
    let (held, server) = (Held::default(), guarded.broker(ONCE).await);
    let client = OneByOneClient::new(&guarded.broker(CALLER).await, "calc");
    let call = || tokio::spawn(client.letters(1).timeout(PATIENCE).into_future());
    let calls = [call(), call()];
    let queued = |calls| guarded.redis.ask::<i64>("LLEN calc") == calls;
    assert!(until(|| queued(2)).await);
    let server = Server::new(&server, "calc", OneByOne(held.clone()));
    let server = serve(server.delivery(Delivery::AtMostOnce));
    held.has_begun(1).await;
    assert!(until(|| queued(0)).await, "both are taken");
    server.handle.shutdown();
    held.end();
    server.stop().await;
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    let refused = answers.iter().filter_map(|answer| match answer {
        Err(CallError::Rpc(Error::Fault(fault))) => Some(fault.code()),
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), [FaultCode::ShuttingDown]);
    assert!(queued(0));
}
