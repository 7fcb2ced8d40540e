//! `redisrpc quiet`, `redisrpc resume` and `redisrpc stop`

use std::time::Duration;

use clap::Args;
use redisrpc::discovery::{Discovery, Order, ServerInfo, State};
use tokio::time::{Instant, sleep};

use crate::{failure::Failure, survey::short, tool::Tool};

/// How long a server may take to do it: it looks for orders every 2.5 s, or as often
/// as its recovery time says.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often to look whether it did.
const LOOK: Duration = Duration::from_millis(200);

const HELP: &str = "\
Servers are named as `redisrpc ls QUEUE` lists them; the first letters will do. A server
does what it is told with its next beat, mostly within 2.5 s; the command waits for that.

Examples:
  redisrpc quiet 1f3a9c20
  redisrpc stop --all calc";

/// Which servers are told.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
#[command(after_help = HELP)]
pub(crate) struct Orders {
    /// Servers, by name or the first letters of it
    #[arg(value_name = "SERVER", required_unless_present = "all")]
    servers: Vec<String>,

    /// All servers of this queue
    #[arg(long, value_name = "QUEUE", conflicts_with = "servers")]
    all: Option<String>,

    /// Do not wait until they have done it
    #[arg(long)]
    no_wait: bool,
}

impl Orders {
    pub(crate) async fn give(self, order: Order, tool: &Tool<'_>) -> Result<(), Failure> {
        let discovery = tool.discovery().await?;
        let servers = self.find(&discovery).await?;
        for server in &servers {
            discovery.order(&server.queue, &server.id, order).await?;
        }
        let give_up = Instant::now() + PATIENCE;
        for server in &servers {
            let name = format!("{} of `{}`", short(&server.id), server.queue);
            if self.no_wait {
                tool.output.remark(&format!("{name} was told"));
                continue;
            }
            let done = loop {
                let now = state(&discovery, server).await?;
                if let Some(done) = done(order, now) {
                    break done;
                }
                if Instant::now() > give_up {
                    return Err(Failure::problem(format!(
                        "{name} was told, and has not done it within {}s; `redisrpc ls {}` shows its state",
                        PATIENCE.as_secs(),
                        server.queue
                    )));
                }
                sleep(LOOK).await;
            };
            tool.output.remark(&format!("{name} {done}"));
        }
        Ok(())
    }

    async fn find(&self, discovery: &Discovery) -> Result<Vec<ServerInfo>, Failure> {
        if let Some(queue) = &self.all {
            let servers = discovery.servers(queue).await?;
            return match servers.is_empty() {
                true => Err(Failure::usage(format!(
                    "no server of `{queue}` announces itself"
                ))),
                false => Ok(servers),
            };
        }
        let mut all = Vec::new();
        for queue in discovery.queues().await? {
            all.extend(discovery.servers(&queue).await?);
        }
        let named = self.servers.iter().map(|name| one(&all, name));
        named.collect()
    }
}

/// The one server whose name begins so.
fn one(all: &[ServerInfo], name: &str) -> Result<ServerInfo, Failure> {
    let found: Vec<_> = all.iter().filter(|it| it.id.starts_with(name)).collect();
    match &*found {
        [one] => Ok((*one).clone()),
        [] => Err(Failure::usage(format!(
            "no server `{name}` announces itself; `redisrpc ls QUEUE` lists those of a queue"
        ))),
        several => Err(Failure::usage(format!(
            "{} servers have names that begin with `{name}`; write more of it",
            several.len()
        ))),
    }
}

/// The state that a server is in; `None` once it is gone.
async fn state(discovery: &Discovery, server: &ServerInfo) -> Result<Option<State>, Failure> {
    let servers = discovery.servers(&server.queue).await?;
    let server = servers.iter().find(|it| it.id == server.id);
    Ok(server.map(|server| server.state))
}

/// What a server in this state has done of the order, if it has.
fn done(order: Order, state: Option<State>) -> Option<&'static str> {
    match (order, state) {
        (Order::Stop, Some(State::Stopping)) => Some("is stopping"),
        (Order::Stop, None) => Some("has stopped"),
        (_, None) => Some("is gone"),
        (Order::Quiet, Some(State::Quiet)) => Some("takes no more requests"),
        (Order::Resume, Some(State::Running)) => Some("takes requests again"),
        _ => None,
    }
}
