//! Names of queues: which are valid, and how a client names its reply lists.

use crate::error::Error;

/// Longest name of a queue or a reply list, in bytes.
const MAX_NAME: usize = 512;

/// Checks the name of a service's queue.
///
/// # Errors
///
/// [`Error::Invalid`] when it is empty, longer than 512 bytes, holds a control
/// character that no log could show, or looks like a list of replies: callers of
/// another service could then have replies pushed to it.
pub(crate) fn check_queue(queue: &str) -> Result<(), Error> {
    let fault = if queue.is_empty() {
        "is empty"
    } else if queue.len() > MAX_NAME {
        "is longer than 512 bytes"
    } else if has_control(queue) {
        "holds a control character"
    } else if queue.contains(":rpc:") {
        "holds `:rpc:`, which marks lists of replies"
    } else {
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
        && list.len() <= 2 * MAX_NAME
        && !has_control(list)
}

fn has_control(name: &str) -> bool {
    if name.is_ascii() {
        // Without an early end, so that many bytes are compared at once.
        return name
            .bytes()
            .fold(false, |found, byte| found | byte.is_ascii_control());
    }
    name.chars().any(char::is_control)
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
    fn a_bad_queue_name_says_what_is_wrong_with_it() {
        assert!(check_queue("calc").is_ok());
        let error = check_queue("a\nb").unwrap_err().to_string();
        assert!(error.contains("control character"), "{error}");
        assert!(check_queue("calc:rpc:x").is_err());
        assert!(check_queue("").is_err() && check_queue(&"x".repeat(513)).is_err());
    }
}
