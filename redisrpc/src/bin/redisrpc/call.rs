//! `redisrpc call`

use std::time::Duration;

use clap::Args;
use redisrpc::DynamicCall;
use serde_json::value::RawValue;

use crate::{failure::Failure, time, tool::Tool, value::Values};

const HELP: &str = "\
An argument is read as JSON if it is JSON, and is a text otherwise: `5` is a number,
`five` a text, `'\"5\"'` a text too, `'[1,2]'` a list. `name=value` gives an argument
by its name; old Ruby and PHP servers ignore those. A text that looks like something
else is quoted as JSON, `'\"a=b\"'`, or sent with --text, which takes all arguments as
texts and as they are.

Examples:
  redisrpc call calc add 2 3
  redisrpc call calc add 2 b=3 --timeout 500ms
  redisrpc call notes store '{\"title\":\"tea\",\"tags\":[\"hot\"]}'
  redisrpc call notes find --text 'a=b' '42'
  redisrpc call mail send someone@example.org hello --oneway

Exit codes: 0 it returned; 1 the service answered with an error; 3 nobody took the
request in time, and it was withdrawn; 4 Redis cannot be reached; 5 no answer in time,
and a server may have run it.";

/// Call a method
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Call {
    #[command(flatten)]
    request: Request,

    /// Longest time to wait for the answer: `500ms`, `5s`, `1m`
    #[arg(long, value_parser = time::parse, default_value = "10s", value_name = "TIME")]
    timeout: Duration,

    /// Fail at once if no server announces itself; old servers never do
    #[arg(long)]
    fail_unserved: bool,

    /// Let another server run it again if one dies with it
    #[arg(long)]
    idempotent: bool,

    /// Send it, and do not wait for an answer
    #[arg(long, conflicts_with = "idempotent")]
    oneway: bool,
}

/// What is called.
#[derive(Debug, Args)]
pub(crate) struct Request {
    /// The queue of the service
    #[arg(value_name = "QUEUE")]
    pub(crate) queue: String,

    /// The method
    #[arg(value_name = "METHOD")]
    pub(crate) method: String,

    /// Its arguments: JSON or texts, `name=value` by name
    #[arg(value_name = "ARGS", allow_negative_numbers = true)]
    arguments: Vec<String>,

    /// Take all arguments as texts, as they are
    #[arg(long)]
    text: bool,
}

impl Request {
    pub(crate) fn values(&self) -> Values {
        match self.text {
            true => Values::texts(&self.arguments),
            false => Values::read(&self.arguments),
        }
    }
}

impl Call {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let client = tool.client(&self.request.queue).await?;
        let client = client.fail_unserved(self.fail_unserved);
        let call = client.call(&self.request.method).timeout(self.timeout);
        let call: DynamicCall = self.request.values().add_to(call);
        if self.oneway {
            return Ok(call.oneway().await?);
        }
        let call = call.idempotent(self.idempotent);
        let value: Box<RawValue> = call.returning().await?;
        tool.output.raw_json(value.get())
    }
}
