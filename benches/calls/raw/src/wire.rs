//! Requests and replies, as redisrpc's native peers write them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Requests of one client: what is the same in all of them is written once.
pub struct Requests {
    /// Between the call and its number.
    to_own_queue: String,
    /// Between the number, which ends the own queue's name, and itself.
    to_id: &'static str,
    /// Between the number and the deadline.
    to_deadline: String,
}

impl Requests {
    pub fn to_inbox(inbox: &str) -> Self {
        Self {
            to_own_queue: format!(r#"]}},"response_queue":"{inbox}."#),
            to_id: r#"","context":{"id":"#,
            to_deadline: format!(r#","inbox":"{inbox}","deadline":"#),
        }
    }

    /// A request; what differs goes through serde_json.
    pub fn request<T: Serialize>(&self, call: (&str, T), id: u64, deadline: u64) -> Vec<u8> {
        let (name, argument) = call;
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(br#"{"function_call":{"name":""#);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(br#"","args":["#);
        serde_json::to_writer(&mut out, &argument).expect("an argument is JSON");
        out.extend_from_slice(self.to_own_queue.as_bytes());
        let own_queue_number = out.len();
        serde_json::to_writer(&mut out, &id).expect("a number is JSON");
        let digits = own_queue_number..out.len();
        out.extend_from_slice(self.to_id.as_bytes());
        out.extend_from_within(digits);
        out.extend_from_slice(self.to_deadline.as_bytes());
        serde_json::to_writer(&mut out, &deadline).expect("a number is JSON");
        out.extend_from_slice(b"}}");
        out
    }
}

/// Reads JSON. Looking once whether it is UTF-8 is quicker than at every text.
pub fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> T {
    let json = std::str::from_utf8(json).expect("JSON is UTF-8");
    serde_json::from_str(json).expect(json)
}

#[derive(Deserialize)]
pub struct Request<'a> {
    #[serde(borrow)]
    pub function_call: Call<'a>,
    #[serde(borrow)]
    pub context: Context<'a>,
}

#[derive(Deserialize)]
pub struct Context<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub inbox: Cow<'a, str>,
    pub deadline: Option<u64>,
}

#[derive(Deserialize)]
pub struct Call<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    pub args: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
pub struct Reply<T> {
    pub id: u64,
    pub return_value: T,
}

/// A part of a stream; the last has its items as what it returns.
#[derive(Serialize, Deserialize)]
pub struct Part<T> {
    pub id: u64,
    pub part: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<T>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_value: Option<Vec<T>>,
}

/// The id of a reply, which its writers put first.
pub fn id_of(reply: &[u8]) -> Option<u64> {
    let digits = reply.strip_prefix(br#"{"id":"#)?;
    let length = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&digits[..length]).ok()?.parse().ok()
}
