//! `redisrpc ls`

use clap::Args;
use redisrpc::discovery::{MethodStats, ServerInfo, State};

use crate::{
    failure::Failure,
    output::Paint,
    survey::{Queue, short},
    table::{Cell, Column, Table},
    time,
    tool::Tool,
};

const HELP: &str = "\
Queues are listed that are served, or were within the last week, and that this user may
look at. Servers of the old RedisRPC do not announce themselves and are not listed;
`redisrpc peek` looks into any queue. What a server says of its work is as old as its
last beat: up to 2.5 s.

Examples:
  redisrpc ls
  redisrpc ls calc
  redisrpc ls --json | jq -r '.[] | select(.waiting > 100) | .queue'";

/// List queues and who serves them; of one queue, its servers
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Ls {
    /// The queue whose servers to list
    #[arg(value_name = "QUEUE")]
    queue: Option<String>,
}

impl Ls {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let output = tool.output;
        if let Some(queue) = self.queue {
            let queue = Queue::look(tool, &queue).await?;
            return match output.is_json() {
                true => output.value(&queue.json()),
                false => servers(&queue, tool),
            };
        }
        let queues = Queue::look_at_all(tool, &[]).await?;
        if output.is_json() {
            let all: Vec<_> = queues.iter().map(Queue::json).collect();
            return output.value(&all);
        }
        if queues.is_empty() {
            output.remark("no queue is served, or was within a week; old servers are not listed");
            return Ok(());
        }
        overview(&queues).print(output)
    }
}

fn overview(queues: &[Queue]) -> Table {
    let mut table = Table::new([
        Column::text("QUEUE"),
        Column::text("SERVICE"),
        Column::text("VERSION").optional(),
        Column::number("SERVERS"),
        Column::number("WAITING"),
        Column::number("OLDEST"),
        Column::number("IN FLIGHT").optional(),
        Column::number("DEAD"),
    ]);
    for queue in queues {
        let services = queue.services();
        let names: Vec<_> = services.iter().map(|(name, _)| *name).collect();
        let versions: Vec<_> = services.iter().map(|(_, version)| *version).collect();
        let unserved = queue.servers.is_empty();
        let alarming = |is: bool| if is { Paint::Bad } else { Paint::Plain };
        table.row([
            Cell::painted(Paint::Name, &queue.name),
            Cell::new(or_none(names)),
            Cell::new(or_none(versions)),
            Cell::painted(alarming(unserved && queue.waiting > 0), queue.servers.len()),
            Cell::painted(alarming(unserved && queue.waiting > 0), queue.waiting),
            Cell::new(queue.oldest.map_or("-".to_owned(), time::long)),
            Cell::new(queue.in_flight()),
            Cell::painted(alarming(queue.dead > 0), queue.dead),
        ]);
    }
    table
}

fn or_none(mut names: Vec<&str>) -> String {
    names.dedup();
    match &*names {
        [] => "-".to_owned(),
        names => names.join(", "),
    }
}

fn servers(queue: &Queue, tool: &Tool<'_>) -> Result<(), Failure> {
    if queue.servers.is_empty() {
        let text = format!("no server of `{}` announces itself", queue.name);
        tool.output.remark(&text);
        return Ok(());
    }
    let mut table = Table::new([
        Column::text("SERVER"),
        Column::text("SERVICE"),
        Column::text("STATE"),
        Column::number("CALLS"),
        Column::number("ERRORS").optional(),
        Column::number("IN FLIGHT").optional(),
        Column::number("UP").optional(),
        Column::text("VERSION").optional(),
        Column::text("HOST").optional(),
        Column::number("PID").optional(),
        Column::text("DELIVERY").optional(),
        Column::text("LIBRARY").optional(),
    ]);
    for server in &queue.servers {
        table.row(row(server, queue.now, tool));
    }
    table.print(tool.output)?;
    if queue.has_several_contracts() {
        let queue = &queue.name;
        tool.output.remark(&format!(
            "the servers of `{queue}` differ in their contracts: callers may meet either"
        ));
    }
    Ok(())
}

fn row(server: &ServerInfo, now: u64, tool: &Tool<'_>) -> [Cell; 12] {
    let sum = |count: fn(&MethodStats) -> u64| server.methods.values().map(count).sum::<u64>();
    let id = match tool.output.is_terminal() {
        true => short(&server.id),
        false => &server.id,
    };
    [
        Cell::painted(Paint::Name, id),
        Cell::new(&server.service),
        state(server.state),
        Cell::new(sum(|it| it.calls)),
        Cell::new(sum(|it| it.errors)),
        Cell::new(server.in_flight),
        Cell::new(time::long(now.saturating_sub(server.started))),
        Cell::new(server.version.as_deref().unwrap_or("-")),
        Cell::new(&server.host),
        Cell::new(server.pid),
        Cell::new(&server.delivery),
        Cell::new(&server.library),
    ]
}

fn state(state: State) -> Cell {
    match state {
        State::Running => Cell::painted(Paint::Good, "running"),
        State::Quiet => Cell::painted(Paint::Warning, "quiet"),
        State::Stopping => Cell::painted(Paint::Warning, "stopping"),
        _ => Cell::new("?"),
    }
}
