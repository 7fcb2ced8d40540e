//! The serving end: one connection, on which the replies to what was popped leave
//! in one write with the next pop.

use calls_driver::{Options, SERVICE, ready, sum};
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;

use super::{Clock, UNREAD};
use crate::{
    resp::{self, Popped},
    wire::{self, Reply, Request},
};

/// Size from which items leave as a part, in bytes.
const PART: usize = 16 * 1024;

/// Most requests in one pop.
const MOST: usize = 512;

pub async fn serve(options: Options) {
    let (mut answers, mut output) = resp::connect(&options.url).await;
    let clock = Clock::learned(&mut answers, &mut output).await;
    ready();
    let mut out = Vec::new();
    let mut replies = Replies::default();
    let mut popped = Popped::default();
    loop {
        replies.answer(&popped, clock.now());
        out.clear();
        let pushes = replies.write(&mut out);
        resp::blmpop(&mut out, SERVICE, MOST);
        output.write_all(&out).await.expect("replies are written");
        for _ in 0..pushes {
            answers.integer().await.expect("replies are taken");
        }
        popped = answers.popped(popped).await.expect("requests");
    }
}

/// Replies of one batch, by the inbox they go to.
#[derive(Default)]
struct Replies {
    inboxes: Vec<Inbox>,
    /// The JSON of one reply.
    json: Vec<u8>,
}

struct Inbox {
    name: String,
    count: usize,
    words: Vec<u8>,
}

impl Replies {
    fn answer(&mut self, popped: &Popped, now: u64) {
        for message in popped.slices() {
            let request: Request<'_> = wire::read(message);
            if request
                .context
                .deadline
                .is_some_and(|deadline| deadline < now)
            {
                continue;
            }
            let at = self.inbox(&request.context.inbox);
            let inbox = &mut self.inboxes[at];
            let json = &mut self.json;
            dispatch(&request, json, |json| {
                inbox.count += 1;
                resp::word(&mut inbox.words, json);
                json.clear();
            });
        }
    }

    fn inbox(&mut self, name: &str) -> usize {
        if let Some(at) = self.inboxes.iter().position(|inbox| inbox.name == name) {
            return at;
        }
        let is_ours = name
            .strip_prefix(SERVICE)
            .is_some_and(|it| it.starts_with(":rpc:"));
        assert!(is_ours, "{name} is no reply list of {SERVICE}");
        self.inboxes.push(Inbox {
            name: name.to_owned(),
            count: 0,
            words: Vec::new(),
        });
        self.inboxes.len() - 1
    }

    /// Writes the pushes, each with an expiry behind it; how many answers they get.
    fn write(&mut self, out: &mut Vec<u8>) -> usize {
        let mut commands = 0;
        for inbox in self.inboxes.iter_mut().filter(|inbox| inbox.count > 0) {
            resp::command(out, inbox.count + 2);
            resp::word(out, b"RPUSH");
            resp::word(out, inbox.name.as_bytes());
            out.extend_from_slice(&inbox.words);
            resp::words(out, &["PEXPIRE", &inbox.name, UNREAD]);
            inbox.count = 0;
            inbox.words.clear();
            commands += 2;
        }
        commands
    }
}

/// Makes the reply, or the parts that it has.
fn dispatch(request: &Request<'_>, out: &mut Vec<u8>, mut push: impl FnMut(&mut Vec<u8>)) {
    let args = request.function_call.args.get();
    let id = request.context.id;
    match &*request.function_call.name {
        "add" => {
            let (number,): (f64,) = serde_json::from_str(args).expect("a number");
            reply(id, sum(number), out);
            push(out);
        }
        "echo" => {
            let (text,): (String,) = serde_json::from_str(args).expect("a text");
            reply(id, text, out);
            push(out);
        }
        "numbers" => {
            let (count,): (u32,) = serde_json::from_str(args).expect("a count");
            stream(id, (0..count).map(f64::from), out, push);
        }
        "texts" => {
            let ((text, count),): ((String, u32),) = serde_json::from_str(args).expect("both");
            stream(id, (0..count).map(|_| text.clone()), out, push);
        }
        other => panic!("there is no method {other}"),
    }
}

/// Parts of the size that redisrpc's have.
fn stream<T: Serialize>(
    id: u64,
    items: impl Iterator<Item = T>,
    out: &mut Vec<u8>,
    mut push: impl FnMut(&mut Vec<u8>),
) {
    let mut part = 0;
    let opened = |out: &mut Vec<u8>, part: u64, name: &str| {
        out.extend_from_slice(format!(r#"{{"id":{id},"part":{part},"{name}":["#).as_bytes());
        out.len()
    };
    let mut empty = opened(out, part, "items");
    for item in items {
        if out.len() > empty {
            out.push(b',');
        }
        serde_json::to_writer(&mut *out, &item).expect("an item is JSON");
        if out.len() - empty >= PART {
            out.extend_from_slice(b"]}");
            push(out);
            part += 1;
            empty = opened(out, part, "items");
        }
    }
    out.extend_from_slice(b"]}");
    push(out);
    opened(out, part + 1, "return_value");
    out.extend_from_slice(b"]}");
    push(out);
}

fn reply<T: Serialize>(id: u64, return_value: T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, &Reply { id, return_value }).expect("a reply is JSON");
}
