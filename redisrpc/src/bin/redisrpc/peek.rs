//! `redisrpc peek`

use clap::Args;

use crate::{
    failure::Failure,
    output::Paint,
    redis::{ask, command, integer, messages, millis},
    request::Request,
    table::{Cell, Column, Table},
    time,
    tool::Tool,
};

const HELP: &str = "\
Requests stay where they are: nothing is taken. Requests of old clients do not say
when they were sent, nor how long their callers wait.

Examples:
  redisrpc peek calc
  redisrpc peek calc -n 1000 --json | jq '.[].method' | sort | uniq -c";

/// Look at the requests that wait in a queue, the oldest first
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Peek {
    /// The queue
    #[arg(value_name = "QUEUE")]
    queue: String,

    /// Show so many at most
    #[arg(short = 'n', long = "number", value_name = "N", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    number: u32,
}

impl Peek {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let admin = tool.admin_of(&self.queue).await?;
        let last = (self.number - 1).to_string();
        let commands = [
            command(["TIME"]),
            command(["LLEN", &self.queue]),
            command(["LRANGE", &self.queue, "0", &last]),
        ];
        let mut replies = ask(&admin, &self.queue, &commands).await?.into_iter();
        let (now, length, waiting) = (replies.next(), replies.next(), replies.next());
        let now = now.map_or(0, millis);
        let length = length.map_or(0, |length| integer(&length));
        let messages = waiting.map(messages).unwrap_or_default();
        let requests: Vec<_> = messages.iter().map(|it| Request::read(it)).collect();
        if tool.output.is_json() {
            let all: Vec<_> = requests.iter().map(|it| it.json(now)).collect();
            return tool.output.value(&all);
        }
        print(&requests, now, tool)?;
        match (length, requests.len() as u64) {
            (0, _) => tool
                .output
                .remark(&format!("nothing waits in `{}`", self.queue)),
            (length, shown) if shown < length => {
                let remark = format!("{shown} of {length}; -n {length} shows all");
                tool.output.remark(&remark);
            }
            _ => {}
        }
        Ok(())
    }
}

fn print(requests: &[Request<'_>], now: u64, tool: &Tool<'_>) -> Result<(), Failure> {
    let mut table = Table::new([
        Column::number("AGE"),
        Column::text("METHOD"),
        Column::long("ARGUMENTS"),
        Column::text("CALLER").optional(),
        Column::number("LEFT"),
    ]);
    let letters = tool.output.letters(200);
    for request in requests {
        let left = match request.left(now) {
            None => Cell::painted(Paint::Faint, "-"),
            Some(0) => Cell::painted(Paint::Warning, "expired"),
            Some(left) => Cell::new(time::long(left)),
        };
        table.row([
            Cell::new(request.age(now).map_or("-".to_owned(), time::long)),
            Cell::painted(Paint::Name, request.method()),
            Cell::new(request.arguments(letters)),
            Cell::painted(Paint::Faint, request.caller()),
            left,
        ]);
    }
    match requests {
        [] => Ok(()),
        _ => table.print(tool.output),
    }
}
