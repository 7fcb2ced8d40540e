//! Messages as a stranger might write them: right ones, and what becomes of them
//! when parts are exchanged, doubled, cut or overwritten.

use serde_json::Value;

/// Every method of the service, and some that it does not have.
const CALLS: &[&str] = &[
    r#"{"name":"add","args":[1,2]}"#,
    r#"{"name":"add","args":[1],"kwargs":{"b":2}}"#,
    r#"{"name":"add","args":{"0":1,"b":2}}"#,
    r#"{"name":"echo","args":[{"a":[1,null,"x"]}],"kwargs":{"note":"é"}}"#,
    r#"{"name":"sum","args":[1.5,2,3e2]}"#,
    r#"{"name":"wait"}"#,
    r#"{"name":"panic","args":[]}"#,
    r#"{"name":"to_ary","args":[]}"#,
    r#"{"name":"redisrpc.describe"}"#,
];

/// Whole requests; `CALL` is exchanged for a call, `LIST` for a reply list.
const REQUESTS: &[&str] = &[
    r#"{"function_call":CALL,"response_queue":"LIST"}"#,
    r#"{"response_queue": "LIST", "function_call": CALL}"#,
    r#"{"function_call":CALL,"response_queue":"LIST.1","context":{"id":1,"inbox":"LIST"}}"#,
    r#"{"function_call":CALL,"response_queue":"LIST","context":{"id":2,"inbox":"LIST","deadline":1}}"#,
    r#"{"function_call":CALL,"response_queue":"LIST","context":{"id":3,"inbox":"LIST","oneway":true}}"#,
    r#"{"function_call":CALL,"response_queue":"LIST","function_call":CALL,"more":CALL}"#,
];

/// Whole replies; `ID` is exchanged for an id.
const REPLIES: &[&str] = &[
    r#"{"id":ID,"return_value":5}"#,
    r#"{"return_value":["a","b"],"id":ID}"#,
    r#"{"id":ID,"return_value":1,"exception":"both"}"#,
    r#"{"id":ID}"#,
    r#"{"id":ID,"exception":"boom","error":{"code":"service_error","data":{"by":0}}}"#,
    r#"{"id":ID,"exception":{"not":"text"},"error":7}"#,
    r#"{"id":ID,"return_value":1}{"id":ID,"return_value":2}"#,
    r#"{"return_value":5}"#,
    r#"{"exception":"boom"}"#,
];

/// What may stand where a value stood.
const VALUES: &[&str] = &[
    "null",
    "true",
    "-1",
    "1e999",
    "-0",
    "0.1e-400",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999999",
    "NaN",
    "-Infinity",
    r#""""#,
    r#""\ud800""#,
    r#""\u0000""#,
    r#""\ud83d\ude00""#,
    r#""\x""#,
    "[]",
    "{}",
    r#"{"":{"":{}}}"#,
    r#"{"a":1,"a":2}"#,
    "[1,2,3,4,5,6,7,8,9]",
    r#"{"$serde_json::private::RawValue":"1"}"#,
];

/// Lists that are no reply lists of the service.
const FOREIGN: &[&str] = &[
    "",
    "calc",
    "calc:rpc:",
    "other:rpc:x",
    "xcalc:rpc:x",
    "*",
    "calc:rpc:\\n",
    "calc:rpc:\\u0000",
    "redisrpc:{calc}:servers",
];

/// A source of messages, the same for the same seed.
#[derive(Debug)]
pub struct Messages {
    state: u64,
    /// Ids that a client waits for.
    ids: Vec<u64>,
    made: u64,
}

impl Messages {
    /// From the seed in `HOSTILE_SEED`, or the usual one; it is printed.
    pub fn seeded() -> Self {
        let given = std::env::var("HOSTILE_SEED").ok();
        let seed = given.and_then(|seed| seed.parse().ok()).unwrap_or(5);
        println!("HOSTILE_SEED={seed}");
        Self {
            state: seed,
            ids: Vec::new(),
            made: 0,
        }
    }

    /// A number below `end`: splitmix64.
    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    pub fn request(&mut self) -> Vec<u8> {
        let list = match self.below(8) {
            0 => self.one_of(FOREIGN).to_owned(),
            1 => "calc:rpc:".to_owned() + &"x".repeat(self.below(2000)),
            _ => format!("calc:rpc:{{{}}}", self.below(1000)),
        };
        let mut request = self.one_of(REQUESTS).replace("LIST", &list);
        while request.contains("CALL") {
            request = request.replacen("CALL", self.one_of(CALLS), 1);
        }
        self.spoilt(request)
    }

    pub fn reply(&mut self) -> Vec<u8> {
        let id = match self.below(4) {
            0 if !self.ids.is_empty() => {
                let waited_for = self.below(self.ids.len());
                self.ids.swap_remove(waited_for)
            }
            1 => u64::MAX - self.below(9) as u64,
            2 => (self.below(1 << 20) << 24 | self.below(32)) as u64,
            _ => self.below(100) as u64,
        };
        let reply = self.one_of(REPLIES).replace("ID", &id.to_string());
        self.spoilt(reply)
    }

    /// Whether it is time to look for ids that somebody waits for.
    pub fn wants_ids(&self) -> bool {
        self.made.is_multiple_of(500)
    }

    /// These requests wait for replies.
    pub fn learn_ids(&mut self, requests: &[String]) {
        let requests = requests.iter().filter_map(|request| {
            let request: Value = serde_json::from_str(request).ok()?;
            request["context"]["id"].as_u64()
        });
        self.ids = requests.collect();
    }

    /// The message with up to three things done to it, one in four with none.
    fn spoilt(&mut self, message: String) -> Vec<u8> {
        self.made += 1;
        let mut message = message.into_bytes();
        for _ in 0..self.below(4) {
            let at = self.below(message.len() + 1);
            match self.below(8) {
                0 => message.truncate(at),
                1 => message.insert(at, b"\"\\{}[],:\0\xff\n"[self.below(11)]),
                2 if at < message.len() => message[at] = self.below(256) as u8,
                3 if at < message.len() => _ = message.remove(at),
                4 => drop(message.splice(at..at, message[at / 2..at].to_vec())),
                5 => drop(message.splice(at..at, self.large())),
                _ => self.other_value(&mut message, at),
            }
        }
        message
    }

    /// Something long or deep; seldom very much so.
    fn large(&mut self) -> Vec<u8> {
        let most = if self.below(200) == 0 { 100_000 } else { 300 };
        let piece = self.one_of(&["[", "{\"a\":", "9", "x", "\"\",", "\\u00e9", "[]"]);
        piece.repeat(self.below(most)).into_bytes()
    }

    /// Exchanges the value that follows this place for another.
    fn other_value(&mut self, message: &mut Vec<u8>, from: usize) {
        let rest = &message[from..];
        let Some(start) = rest
            .iter()
            .position(|byte| matches!(byte, b':' | b'[' | b','))
        else {
            return;
        };
        let rest = &rest[start + 1..];
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b',' | b'}' | b']'));
        let value = from + start + 1..from + start + 1 + end.unwrap_or(rest.len());
        let other = self.one_of(VALUES);
        message.splice(value, other.bytes());
    }
}
