//! What the fuzz targets look at. It is there only with `--cfg fuzzing`.

use std::sync::Arc;

use futures_util::FutureExt as _;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    Error, Fault, Service,
    client::read_value,
    transport::redis::{self, Redis},
    wire::{
        names,
        reply::{Answer, plain_value, reply_id},
        request::Request,
        stream::Part,
    },
};

/// Reads a request in all ways; they must agree.
pub fn read_request(payload: &[u8]) {
    Request::all_ways_agree(payload);
    match Request::read(payload) {
        Ok(request) => assert!(request.method().len() <= 256),
        Err(malformed) => assert!(!malformed.why.is_empty()),
    }
}

/// Reads a reply in all ways; they must agree.
pub fn read_reply(payload: &[u8]) {
    let _ = (reply_id(payload), Part::read(payload));
    let answer = Answer::read(payload);
    if let Some(value) = plain_value(payload)
        && let Ok(value) = serde_json::from_slice::<&RawValue>(value)
    {
        let Ok(Answer::Value(read)) = &answer else {
            panic!("the short way reads {value}, the long way none");
        };
        assert_eq!(read.get(), value.get());
    }
    if let Err(why) = answer {
        assert!(!why.is_empty());
    }
}

/// Decodes a reply as a caller does; nobody sees what comes of it.
pub fn decode_reply<T: DeserializeOwned>(payload: &[u8]) {
    let _ = read_value::<T, std::convert::Infallible>(payload, "method");
}

/// Runs a request whose method does not wait; `None` if it is no request.
pub fn run<S: Service>(cell: &Arc<S::Cell>, payload: &[u8]) -> Option<Result<Vec<u8>, Fault>> {
    let request = Request::read(payload).ok()?;
    let ran = S::dispatch(cell, &request).now_or_never();
    Some(ran.expect("the method does not wait").map(|reply| reply.0))
}

/// The value that a reply brings.
#[must_use]
pub fn value_of(reply: &[u8]) -> Option<String> {
    match Answer::read(reply) {
        Ok(Answer::Value(value)) => Some(value.get().to_owned()),
        _ => None,
    }
}

/// Reads Redis' answers, in pieces of several sizes; they must agree.
pub fn read_answers(bytes: &[u8]) {
    redis::assert_cuts_do_not_matter(bytes);
}

/// Reads the address of a broker.
///
/// # Errors
///
/// When it is none.
pub fn read_address(url: &str) -> Result<(), Error> {
    Redis::check_address(url)
}

/// Whether a reply may be pushed to this list, and which call's own queue it is.
#[must_use]
pub fn reply_list(queue: &str, list: &str) -> (bool, Option<u64>) {
    let call = names::call_of_own_queue(list, "c0ffee");
    (names::is_reply_list(queue, list), call)
}
