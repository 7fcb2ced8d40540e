//! The users of the guide's page on security: each can do its whole job, and needs
//! every right it has.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use redisrpc::{Broker, CallError, Error, Server, Started};
use redisrpc_test_support::{PATIENCE, until};

use crate::{
    dialect::Dialect,
    fixture::{Concurrent, ConcurrentClient, Held, HeldClient, serve},
    guarded::{GUIDE, Guarded, line_of},
    old_peer::OldServer,
};

/// A reply list such as old callers name.
const OLD_LIST: &str = "calc:rpc:X7Y2USAB";

/// What is asked for and done without.
const OPTIONAL: &[&str] = &["client|id", "client|setname", "client|unblock", "info"];

/// A part of the job of callers and servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A call is answered.
    Call,
    /// The same by a broker that polls.
    Polled,
    /// A call that timed out is taken back.
    Withdrawal,
    /// An old server's reply is read.
    OldReply,
    /// One that came too late is deleted.
    LateReply,
    /// Redis is not left watching a slow call's list.
    Unwatching,
    /// An old caller is answered, on a list that will expire.
    OldCaller,
    /// Nothing that shows: only Redis' log tells.
    Unseen,
}

const PARTS: [Part; 7] = [
    Part::Call,
    Part::Polled,
    Part::Withdrawal,
    Part::OldReply,
    Part::LateReply,
    Part::Unwatching,
    Part::OldCaller,
];

/// Each right, and a part of the job that fails without it.
const NEEDED: &[(&str, &str, Part)] = &[
    ("calc-caller", "+time", Part::Unseen),
    ("calc-caller", "+client|tracking", Part::OldReply),
    ("calc-caller", "+client|caching", Part::OldReply),
    ("calc-caller", "%W~calc", Part::Call),
    ("calc-caller", "+rpush", Part::Call),
    ("calc-caller", "+lrem", Part::Withdrawal),
    ("calc-caller", "%R~calc", Part::Withdrawal),
    ("calc-caller", "+lpos", Part::Withdrawal),
    ("calc-caller", "~calc:rpc:*", Part::Call),
    ("calc-caller", "+blmpop", Part::Call),
    ("calc-caller", "+lpop", Part::OldReply),
    ("calc-caller", "+lpop", Part::Polled),
    ("calc-caller", "+exists", Part::OldReply),
    ("calc-caller", "+set", Part::Unwatching),
    ("calc-caller", "+del", Part::LateReply),
    ("calc-server", "+time", Part::Unseen),
    ("calc-server", "+client|id", Part::Unseen),
    ("calc-server", "+client|unblock", Part::Unseen),
    ("calc-server", "~calc", Part::Call),
    ("calc-server", "+blmpop", Part::Call),
    ("calc-server", "+lpop", Part::Polled),
    ("calc-server", "%W~calc:rpc:*", Part::Call),
    ("calc-server", "+rpush", Part::OldCaller),
    ("calc-server", "+pexpire", Part::OldCaller),
];

impl Part {
    /// Whether it works with the users there are.
    async fn works(self, guarded: &Guarded) -> bool {
        let caller = guarded.broker("calc-caller").await;
        let server = guarded.broker("calc-server").await;
        match self {
            Self::Call | Self::Unseen => called(guarded, &caller, &server).await,
            Self::Polled => {
                let often = Duration::from_millis(10);
                called(guarded, &caller.polling(often), &server.polling(often)).await
            }
            Self::Withdrawal => withdrawn(guarded, &caller).await,
            Self::OldReply => answered_by_an_old_server(guarded, &caller).await,
            Self::LateReply => late_reply_deleted(guarded, &caller).await,
            Self::Unwatching => unwatched(guarded, &caller, &server).await,
            Self::OldCaller => old_caller_answered(guarded, &server).await,
        }
    }
}

async fn called(guarded: &Guarded, caller: &Broker, server: &Broker) -> bool {
    let server = serve(Server::new(server, "calc", Concurrent));
    let client = ConcurrentClient::new(caller, "calc");
    let sum = client.add(1, 2).timeout(guarded.patience).await;
    server.stop().await;
    sum == Ok(3)
}

async fn withdrawn(guarded: &Guarded, caller: &Broker) -> bool {
    let client = ConcurrentClient::new(caller, "calc");
    let call = client.add(1, 2).timeout(Duration::from_secs(1));
    let error = call.await.unwrap_err();
    let withdrawn =
        matches!(&error, CallError::Rpc(Error::Timeout(t)) if t.started() == Started::No);
    assert!(error.is_timeout(), "{error:?}");
    let left: usize = guarded.redis.ask("LLEN calc");
    withdrawn && left == 0
}

async fn answered_by_an_old_server(guarded: &Guarded, caller: &Broker) -> bool {
    let old = OldServer::start(&guarded.redis, "calc", Dialect::Ruby, |_| {
        r#"{"return_value":3}"#.to_owned().into()
    });
    let client = ConcurrentClient::new(caller, "calc");
    let sum = client.add(1, 2).timeout(guarded.patience).await;
    drop(old);
    sum == Ok(3)
}

async fn late_reply_deleted(guarded: &Guarded, caller: &Broker) -> bool {
    let client = ConcurrentClient::new(caller, "calc");
    let call = tokio::spawn(client.add(1, 2).timeout(PATIENCE).into_future());
    assert!(until(|| watched(guarded) == 1).await);
    let request: String = guarded.redis.ask("LPOP calc");
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let request: serde_json::Value = serde_json::from_str(&request).unwrap();
    let list = request["response_queue"].as_str().unwrap();
    let _: i64 = guarded
        .redis
        .ask(&format!(r#"RPUSH {list} {{"return_value":3}}"#));
    let gone = || guarded.redis.ask::<i64>(&format!("EXISTS {list}")) == 0;
    guarded.comes_true(gone).await
}

async fn unwatched(guarded: &Guarded, caller: &Broker, server: &Broker) -> bool {
    let held = Held::default();
    let server = serve(Server::new(server, "calc", held.clone()));
    let client = HeldClient::new(caller, "calc");
    let call = tokio::spawn(client.letters(1).timeout(PATIENCE).into_future());
    held.has_begun(1).await;
    assert!(until(|| watched(guarded) == 1).await);
    held.end();
    call.await.unwrap().unwrap();
    let forgotten = guarded.comes_true(|| watched(guarded) == 0).await;
    server.stop().await;
    forgotten
}

/// How many lists Redis watches for callers.
fn watched(guarded: &Guarded) -> u64 {
    guarded.redis.number("tracking_total_keys")
}

async fn old_caller_answered(guarded: &Guarded, server: &Broker) -> bool {
    let server = serve(Server::new(server, "calc", Concurrent));
    let call = r#"{"function_call":{"name":"add","args":[1,2]},"response_queue":""#;
    let _: i64 = guarded
        .redis
        .ask(&format!("RPUSH calc {call}{OLD_LIST}\"}}"));
    let expires = || guarded.redis.ask::<i64>(&format!("PTTL {OLD_LIST}")) > 0;
    let answered = guarded.comes_true(expires).await;
    server.stop().await;
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_users_of_the_guide_can_do_their_whole_job() {
    for part in PARTS {
        let guarded = Guarded::as_in_the_guide();
        assert!(part.works(&guarded).await, "{part:?}");
        for (user, refused) in guarded.refusals() {
            assert!(OPTIONAL.contains(&&*refused), "{user} is refused {refused}");
        }
    }
}

fn without(line: &str, right: &str) -> String {
    let words = line.split(' ').map(|word| {
        let bare = word.trim_matches(['(', ')']);
        if bare == right {
            word.replace(bare, "")
        } else {
            word.to_owned()
        }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.replace("( ", "(")
        .replace(" )", ")")
        .replace("  ", " ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_of_its_rights_a_user_fails_as_the_guide_says() {
    let lines = ["calc-caller", "calc-server"].map(line_of);
    let trials = NEEDED.iter().map(|&(user, right, part)| {
        let mut lines = lines.clone();
        let line = lines.iter_mut().find(|line| line.contains(user)).unwrap();
        *line = without(line, right);
        tokio::spawn(async move {
            // What is to fail is not waited for long.
            let patience = match part {
                Part::Unseen => PATIENCE,
                _ => Duration::from_millis(1500),
            };
            let guarded = Guarded::with(&lines, patience);
            let works = part.works(&guarded).await;
            assert_eq!(
                works,
                part == Part::Unseen,
                "{part:?} without {right} of {user}"
            );
            let object = right.trim_start_matches(['+', '~', '%', 'R', 'W']);
            let refused = guarded.refusals();
            let it = |(of, what): &(String, String)| {
                of == user && what.starts_with(object.trim_end_matches('*'))
            };
            assert!(refused.iter().any(it), "{right} of {user}: {refused:?}");
        })
    });
    for trial in trials.collect::<Vec<_>>() {
        trial.await.unwrap();
    }
}

/// The rights in a line: commands and keys.
fn rights(line: &str) -> Vec<&str> {
    let words = line.split(' ').map(|word| word.trim_matches(['(', ')']));
    words
        .filter(|word| word.starts_with(['+', '~', '%']))
        .collect()
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
    for user in ["caller", "server"] {
        let line = line_of(&format!("calc-{user}"));
        for right in rights(&line) {
            let bare = right.trim_start_matches("%W").trim_start_matches("%R");
            let told = ["both", user].iter().any(|who| {
                let named = &explained[who];
                named.contains(right) || named.contains(bare)
            });
            assert!(told, "{right} of {user} is not explained");
            let tried = |(of, what, _): &(&str, &str, Part)| of.ends_with(user) && *what == right;
            assert!(NEEDED.iter().any(tried), "{right} of {user} is not tried");
        }
    }
}
