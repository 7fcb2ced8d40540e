//! `redisrpc top`

mod rates;
mod screen;
mod view;

use std::time::Duration;

use clap::Args;

use self::{
    rates::{Load, Rates},
    screen::{Key, Screen},
};
use crate::{failure::Failure, survey::Queue, time, tool::Tool};

const HELP: &str = "\
Below each queue stand its methods. Rates and latencies are those between the last two
beats of each server, mostly 2.5 s; with --once those since each server started. Latency
is the time a method ran, without the time its request waited.

q or Ctrl-C ends it. Where standard output is no terminal, it is --once.

Examples:
  redisrpc top
  redisrpc top calc mail --interval 5s
  redisrpc top --once --json";

/// Watch queues, servers and methods, live
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Top {
    /// Queues to watch [default: all that are announced]
    #[arg(value_name = "QUEUE")]
    queues: Vec<String>,

    /// How often to look
    #[arg(short = 'i', long, value_parser = time::parse, default_value = "1s", value_name = "TIME")]
    interval: Duration,

    /// Print it once, and end
    #[arg(long)]
    once: bool,
}

impl Top {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        if self.once || tool.output.is_json() || !tool.output.is_terminal() {
            let queues = self.look(tool).await?;
            let loads = queues.iter().map(|it| (it, Load::since_start(it)));
            return view::once(&loads.collect::<Vec<_>>(), tool.output);
        }
        let mut rates = Rates::default();
        // Connected before the screen changes, so that an error stays in sight.
        let mut seen = self.look(tool).await;
        let mut screen = Screen::open()?;
        let mut tick = tokio::time::interval(self.interval);
        tick.tick().await;
        loop {
            match &seen {
                Ok(queues) => {
                    let loads = queues.iter().map(|it| (it, rates.of(it)));
                    let lines = view::lines(&loads.collect::<Vec<_>>(), tool.output);
                    screen.show(&lines)?;
                }
                Err(failure) => screen.show(&[failure.to_string()])?,
            }
            tokio::select! {
                key = screen.key() => match key {
                    Key::Quit => return Ok(()),
                    Key::Redraw => {}
                },
                _ = tick.tick() => seen = self.look(tool).await,
            }
        }
    }

    async fn look(&self, tool: &Tool<'_>) -> Result<Vec<Queue>, Failure> {
        Queue::look_at_all(tool, &self.queues).await
    }
}
