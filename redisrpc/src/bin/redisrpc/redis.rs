//! Commands to Redis, and what they are answered.

use redisrpc::__private::admin::{Admin, Command, Reply};

use crate::failure::Failure;

/// A command of these words.
pub(crate) fn command<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Command {
    let words = words.into_iter();
    words.map(|word| word.as_ref().to_vec()).collect()
}

/// Asks where this key is, and takes no refusal.
pub(crate) async fn ask(
    admin: &Admin,
    key: &str,
    commands: &[Command],
) -> Result<Vec<Reply>, Failure> {
    let replies = admin.ask(key, commands).await?;
    match replies.iter().find_map(refusal) {
        Some(failure) => Err(failure),
        None => Ok(replies),
    }
}

fn refusal(reply: &Reply) -> Option<Failure> {
    match reply {
        Reply::Refused(code, text) => Some(Failure::refused(code, text)),
        _ => None,
    }
}

/// The number that was answered; 0 for anything else.
pub(crate) fn integer(reply: &Reply) -> u64 {
    match reply {
        Reply::Integer(number) => u64::try_from(*number).unwrap_or(0),
        Reply::Bytes(_) => text(reply).parse().unwrap_or(0),
        _ => 0,
    }
}

/// The text that was answered; none for anything else.
pub(crate) fn text(reply: &Reply) -> String {
    match reply {
        Reply::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Reply::Integer(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The elements that were answered; none for anything else.
pub(crate) fn list(reply: Reply) -> Vec<Reply> {
    match reply {
        Reply::List(elements) => elements,
        _ => Vec::new(),
    }
}

/// The texts that were answered.
pub(crate) fn texts(reply: Reply) -> Vec<String> {
    list(reply).iter().map(text).collect()
}

/// The messages that were answered.
pub(crate) fn messages(reply: Reply) -> Vec<Vec<u8>> {
    let messages = list(reply).into_iter().filter_map(|element| match element {
        Reply::Bytes(bytes) => Some(bytes),
        _ => None,
    });
    messages.collect()
}

/// Redis' time in milliseconds, by the answer to `TIME`.
pub(crate) fn millis(reply: Reply) -> u64 {
    match list(reply).as_slice() {
        [seconds, micros] => integer(seconds) * 1000 + integer(micros) / 1000,
        _ => 0,
    }
}
