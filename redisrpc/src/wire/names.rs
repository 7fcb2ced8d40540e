//! Names of queues: which are valid, and how a client names its reply lists.

use redisrpc_contract::{LONGEST_QUEUE, has_control, queue_fault};

use crate::error::Error;

/// Checks the name of a service's queue.
///
/// # Errors
///
/// [`Error::Invalid`] when it is empty, longer than 512 bytes, holds a control
/// character that no log could show, or looks like a list of replies: callers of
/// another service could then have replies pushed to it.
pub(crate) fn check_queue(queue: &str) -> Result<(), Error> {
    let Some(fault) = queue_fault(queue) else {
        return Ok(());
    };
    Err(Error::Invalid(format!(
        "queue name {queue:?} {fault}; use a short plain name such as \"calc\""
    )))
}

/// Whether a server of `queue` may push a reply to `list`.
///
/// Every peer names its reply lists `<queue>:rpc:<something>` (RedisRPC README,
/// step 1). Anything else is refused: a caller could otherwise make the server
/// write to, and put an expiry on, any key.
pub(crate) fn is_reply_list(queue: &str, list: &str) -> bool {
    list.strip_prefix(queue)
        .and_then(|rest| rest.strip_prefix(":rpc:"))
        .is_some_and(|own| !own.is_empty())
        && list.len() <= 2 * LONGEST_QUEUE
        && !has_control(list)
}

/// One of the queues that a service with several has: the first is the plain one.
pub(crate) fn shard(queue: &str, number: usize) -> String {
    match number {
        0 => queue.to_owned(),
        _ => format!("{queue}#{number}"),
    }
}

/// The list on which one client takes the replies of native servers of `queue`.
///
/// In braces, so that on Redis Cluster all reply lists of one client share a slot.
pub(crate) fn inbox(queue: &str, client: &str) -> String {
    format!("{queue}:rpc:{{{client}}}")
}

/// The list on which an old server answers one call of a client, and nothing else.
pub(crate) fn own_queue(inbox: &str, call: u64) -> String {
    format!("{inbox}.{call}")
}

/// Whether the list is that of one call of the client that has this inbox.
pub(crate) fn is_own_queue(inbox: &str, list: &str) -> bool {
    let call = list
        .strip_prefix(inbox)
        .and_then(|rest| rest.strip_prefix('.'));
    call.is_some_and(|call| call.len() <= 20 && call.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The call of this client that `list` is the own queue of; `None` for any list
/// that is not an own queue of this client.
pub(crate) fn call_of_own_queue(list: &str, client: &str) -> Option<u64> {
    let (inbox, call) = list.rsplit_once('.')?;
    let own = inbox.strip_suffix('}')?.strip_suffix(client)?;
    own.ends_with(":rpc:{").then(|| call.parse().ok())?
}

/// A name nobody else has: 96 random bits.
pub(crate) fn random() -> String {
    let random = [(); 3].map(|()| getrandom::u32().unwrap_or_else(|_| fallback_random()));
    random.map(|part| format!("{part:08x}")).concat()
}

/// Where the system has no random numbers to give, the ones std seeds its maps with.
fn fallback_random() -> u32 {
    use std::hash::{BuildHasher as _, RandomState};
    (RandomState::new().hash_one(std::process::id()) >> 32) as u32
}

// ===== keys beside a queue =====

/// The servers of a queue.
pub(crate) fn servers(queue: &str) -> String {
    beside(queue, "servers")
}

/// What exists while a server lives.
pub(crate) fn beat(queue: &str, server: &str) -> String {
    beside(queue, &format!("beat:{server}"))
}

/// What a server was told to do.
pub(crate) fn orders(queue: &str, server: &str) -> String {
    beside(queue, &format!("orders:{server}"))
}

/// What callers say to a server of calls that it has.
pub(crate) fn told(queue: &str, server: &str) -> String {
    beside(queue, &format!("told:{server}"))
}

/// The queues that are served, or were not long ago. The only key that is beside no
/// queue.
pub(crate) const QUEUES: &str = "redisrpc:queues";

/// One of the lists in which a server keeps requests in progress.
pub(crate) fn in_progress(queue: &str, server: &str, number: usize) -> String {
    beside(queue, &format!("run:{server}:{number}"))
}

/// The places, in a list of requests in progress, of those that are done with.
pub(crate) fn done(in_progress: &str) -> String {
    format!("{in_progress}:done")
}

/// The requests that ended their servers.
pub(crate) fn dead(queue: &str) -> String {
    beside(queue, "dead")
}

/// A key in the queue's slot of a Redis Cluster: that is told by what stands in
/// the first braces, or else by the whole name (Redis Cluster specification, hash
/// tags).
fn beside(queue: &str, what: &str) -> String {
    if has_tag(queue) {
        format!("redisrpc/{queue}:{what}")
    } else {
        format!("redisrpc:{{{queue}}}:{what}")
    }
}

/// The queue that a key is beside, and what it is there: the other way round.
#[cfg(feature = "cli")]
pub(crate) fn beside_which(key: &str) -> Option<(&str, &str)> {
    let (tagged, key) = match key.strip_prefix("redisrpc:{") {
        Some(key) => (false, key),
        None => (true, key.strip_prefix("redisrpc/")?),
    };
    let kinds = [":servers", ":dead", ":beat:", ":orders:", ":told:", ":run:"];
    let (queue, what) = kinds.iter().find_map(|kind| {
        let place = key.rfind(kind)?;
        let ends = kind.ends_with(':') || place + kind.len() == key.len();
        ends.then(|| key.split_at(place))
    })?;
    let queue = match tagged {
        true => queue,
        false => queue.strip_suffix('}')?,
    };
    Some((queue, &what[1..]))
}

fn has_tag(name: &str) -> bool {
    let tagged = name
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'));
    tagged.is_some_and(|(tag, _)| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_list_begins_with_its_queue() {
        assert!(is_reply_list("calc", "calc:rpc:X7Y2US"));
        assert!(is_reply_list("calc", &inbox("calc", "c0ffee")));
        for foreign in [
            "calc",
            "calc:rpc:",
            "other:rpc:X",
            "xcalc:rpc:X",
            "calc:rpc:\n",
            "",
        ] {
            assert!(!is_reply_list("calc", foreign), "{foreign:?}");
        }
        assert!(!is_reply_list(
            "calc",
            &format!("calc:rpc:{}", "x".repeat(2000))
        ));
    }

    #[test]
    fn an_own_queue_is_known_by_its_client() {
        let list = own_queue(&inbox("calc.v2", "c0ffee"), 17);
        assert_eq!(list, "calc.v2:rpc:{c0ffee}.17");
        assert_eq!(call_of_own_queue(&list, "c0ffee"), Some(17));
        assert!(is_own_queue("calc.v2:rpc:{c0ffee}", &list));
        assert!(!is_own_queue(
            "calc.v2:rpc:{c0ffee}",
            "calc.v2:rpc:{c0ffee}.1\n"
        ));
        assert!(!is_own_queue("calc", "calc:rpc:{c0ffee}.17"));
        for other in [
            "calc",
            "calc.17",
            "calc:rpc:{c0ffee}",
            "calc:rpc:{c0ffee}.x",
            "calc:rpc:{decaf}.17",
            "calc:rpc:{c0ffee}.",
            "calc:rpc:{c0ffee}.-1",
            "calc:rpc:{c0ffee}.18446744073709551616",
        ] {
            assert_eq!(call_of_own_queue(other, "c0ffee"), None, "{other}");
        }
    }

    #[test]
    fn keys_beside_a_queue_share_its_slot_and_no_other_queue_has_them() {
        assert_eq!(servers("calc"), "redisrpc:{calc}:servers");
        assert_eq!(servers("a{b}c"), "redisrpc/a{b}c:servers");
        assert_eq!(servers("{calc}"), "redisrpc/{calc}:servers");
        assert_eq!(
            done(&in_progress("calc", "c0ffee", 3)),
            "redisrpc:{calc}:run:c0ffee:3:done"
        );
        assert_eq!(beat("calc", "c0ffee"), "redisrpc:{calc}:beat:c0ffee");
        assert_eq!(dead("{}"), "redisrpc:{{}}:dead", "an empty tag is none");
    }

    #[test]
    #[cfg(feature = "cli")]
    fn a_key_says_which_queue_it_is_beside() {
        for queue in ["calc", "a{b}c", "{calc}", "a:dead", "{}", "a}b"] {
            let run = in_progress(queue, "c0ffee", 3);
            for key in [servers(queue), dead(queue), beat(queue, "c0ffee"), run] {
                let (found, what) = beside_which(&key).unwrap();
                assert_eq!((found, &*beside(queue, what)), (queue, &*key));
            }
        }
        assert_eq!(beside_which("redisrpc:queues"), None);
        assert_eq!(beside_which("calc"), None);
    }

    #[test]
    fn the_first_shard_is_the_queue_that_all_know() {
        let shards = [0, 1, 2].map(|number| shard("calc", number));
        assert_eq!(shards, ["calc", "calc#1", "calc#2"]);
    }

    #[test]
    fn a_bad_queue_name_says_what_is_wrong_with_it() {
        assert!(check_queue("calc").is_ok());
        let error = check_queue("a\nb").unwrap_err().to_string();
        assert!(error.contains("control character"), "{error}");
        assert!(check_queue("calc:rpc:x").is_err());
        assert!(check_queue("").is_err() && check_queue(&"x".repeat(513)).is_err());
    }
}
