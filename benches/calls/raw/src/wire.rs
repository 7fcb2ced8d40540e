//! Requests and replies, as redisrpc's native peers write them.

use std::{
    borrow::Cow,
    fmt::{self, Display},
};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

#[derive(Serialize)]
pub struct OutgoingRequest<'a, T> {
    pub function_call: OutgoingCall<T>,
    #[serde(serialize_with = "as_text")]
    pub response_queue: OwnQueue<'a>,
    pub context: Context<'a>,
}

#[derive(Serialize)]
pub struct OutgoingCall<T> {
    pub name: &'static str,
    pub args: (T,),
}

/// The list an old server would answer on.
pub struct OwnQueue<'a> {
    pub inbox: &'a str,
    pub id: u64,
}

impl Display for OwnQueue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.inbox, self.id)
    }
}

fn as_text<S: Serializer>(text: &OwnQueue<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(text)
}

#[derive(Serialize, Deserialize)]
pub struct Context<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub inbox: Cow<'a, str>,
    pub deadline: Option<u64>,
}

#[derive(Deserialize)]
pub struct Request<'a> {
    #[serde(borrow)]
    pub function_call: Call<'a>,
    #[serde(borrow)]
    pub context: Context<'a>,
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

/// The id of a reply, which its writers put first.
pub fn id_of(reply: &[u8]) -> Option<u64> {
    let digits = reply.strip_prefix(br#"{"id":"#)?;
    let length = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&digits[..length]).ok()?.parse().ok()
}
