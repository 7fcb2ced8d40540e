//! What the libraries of 2012 do, client and server, without their languages.

use std::{borrow::Cow, sync::Arc};

use calls_driver::{Caller, Options, SERVICE, ready, sum};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tokio::io::AsyncWriteExt as _;

use crate::{
    pool::Pool,
    reference::random_name,
    resp::{self, Answers, Output},
    wire,
};

#[derive(Serialize, Deserialize)]
struct Request<'a, A> {
    #[serde(borrow)]
    function_call: Call<'a, A>,
    #[serde(borrow)]
    response_queue: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Call<'a, A> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    args: A,
}

#[derive(Serialize, Deserialize)]
struct Reply<T> {
    return_value: T,
}

struct Connection {
    answers: Answers,
    output: Output,
    name: String,
    calls: u64,
}

impl Connection {
    async fn new(url: &str) -> Self {
        let (answers, output) = resp::connect(url).await;
        Self {
            answers,
            output,
            name: random_name(),
            calls: 0,
        }
    }

    async fn push(&mut self, list: &str, message: &impl Serialize) {
        let message = serde_json::to_string(message).expect("a message is JSON");
        let mut out = Vec::new();
        resp::words(&mut out, &["RPUSH", list, &message]);
        self.output
            .write_all(&out)
            .await
            .expect("a push is written");
        self.answers.integer().await.expect("a push is taken");
    }

    async fn pop(&mut self, list: &str) -> String {
        let mut out = Vec::new();
        resp::words(&mut out, &["BLPOP", list, "0"]);
        self.output.write_all(&out).await.expect("a pop is written");
        let popped = self.answers.texts().await;
        popped.expect("a message").pop().expect("a message")
    }
}

// ===== client =====

#[derive(Clone)]
pub struct Client {
    url: Arc<str>,
    pool: Pool<Connection>,
}

pub async fn connect(options: Options) -> Client {
    Client {
        url: options.url.into(),
        pool: Pool::new(),
    }
}

impl Client {
    async fn call<T: Serialize, R: DeserializeOwned>(&self, name: &str, argument: T) -> R {
        let connect = async || Connection::new(&self.url).await;
        let mut connection = self.pool.take(connect).await;
        connection.calls += 1;
        let own_queue = format!("{SERVICE}:rpc:{}{}", connection.name, connection.calls);
        let request = Request {
            function_call: Call {
                name: name.into(),
                args: (argument,),
            },
            response_queue: (&own_queue).into(),
        };
        connection.push(SERVICE, &request).await;
        let reply = connection.pop(&own_queue).await;
        let reply: Reply<R> = wire::read(reply.as_bytes());
        reply.return_value
    }
}

impl Caller for Client {
    async fn add(&self, number: f64) -> f64 {
        self.call("add", number).await
    }

    async fn echo(&self, text: &str) -> String {
        self.call("echo", text).await
    }
}

// ===== server =====

pub async fn serve(options: Options) {
    let mut connection = Connection::new(&options.url).await;
    ready();
    loop {
        let request = connection.pop(SERVICE).await;
        let request: Request<'_, &RawValue> = wire::read(request.as_bytes());
        let args = request.function_call.args.get().as_bytes();
        let list = &*request.response_queue;
        match &*request.function_call.name {
            "add" => {
                let (number,) = wire::read(args);
                let return_value = sum(number);
                connection.push(list, &Reply { return_value }).await;
            }
            "echo" => {
                let (return_value,): (String,) = wire::read(args);
                connection.push(list, &Reply { return_value }).await;
            }
            other => panic!("there is no method {other}"),
        }
    }
}
