//! `redisrpc ping`

use std::time::{Duration, Instant};

use clap::Args;
use redisrpc::{Client, discovery::Pong};
use serde_json::json;

use crate::{
    failure::Failure,
    output::{Output, Paint},
    survey::short,
    time,
    tool::Tool,
};

const HELP: &str = "\
Each ping is a call like any other: it waits in the queue until a server takes it, and
whichever server that is answers. Ctrl-C ends it.

Examples:
  redisrpc ping calc
  redisrpc ping calc -c 1 --timeout 1s && echo it is there

Exit codes: 0 a server answered; 3 none did.";

/// Call the servers of a queue, and say how long each answer took
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Ping {
    /// The queue
    #[arg(value_name = "QUEUE")]
    queue: String,

    /// Stop after so many [default: go on until Ctrl-C]
    #[arg(short = 'c', long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// Time from one to the next
    #[arg(short = 'i', long, value_parser = time::parse, default_value = "1s", value_name = "TIME")]
    interval: Duration,

    /// Longest time to wait for an answer
    #[arg(long, value_parser = time::parse, default_value = "5s", value_name = "TIME")]
    timeout: Duration,
}

/// What came of them.
#[derive(Debug, Default)]
struct Answers {
    sent: u64,
    times: Vec<Duration>,
    failure: Option<Failure>,
}

impl Ping {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        tool.check_native(&self.queue).await?;
        let client = tool.client(&self.queue).await?.timeout(self.timeout);
        let mut answers = Answers::default();
        let pinging = self.ping(&client, &mut answers, tool.output);
        tokio::select! {
            ended = pinging => ended?,
            _ = tokio::signal::ctrl_c() => {}
        }
        answers.report(&self.queue, tool.output)
    }

    async fn ping(
        &self,
        client: &Client,
        answers: &mut Answers,
        output: &Output,
    ) -> Result<(), Failure> {
        let mut tick = tokio::time::interval(self.interval);
        while self.count.is_none_or(|count| answers.sent < count) {
            tick.tick().await;
            answers.sent += 1;
            let asked = Instant::now();
            let pong = client.ping().await;
            let took = asked.elapsed();
            match pong {
                Ok(pong) => {
                    answers.times.push(took);
                    show(&pong, answers.sent, took, output)?;
                }
                Err(error) => {
                    let failure = Failure::from(error);
                    output.remark(&format!("{}: {failure}", answers.sent));
                    answers.failure = Some(failure);
                }
            }
        }
        Ok(())
    }
}

fn show(pong: &Pong, number: u64, took: Duration, output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        return output.value(&json!({ "seq": number, "time_us": micros, "server": pong }));
    }
    let version = pong.version.as_deref().unwrap_or_default();
    output.line(format!(
        "{} {version} from {}: seq={number} time={}",
        output.paint(Paint::Plain, &pong.service),
        output.paint(Paint::Name, short(&pong.server)),
        output.paint(Paint::Strong, time::short(took)),
    ))
}

impl Answers {
    fn report(mut self, queue: &str, output: &Output) -> Result<(), Failure> {
        self.times.sort_unstable();
        let answered = self.times.len();
        if let [least, .., most] | [least @ most] = &*self.times
            && !output.is_json()
        {
            let median = self.times[answered / 2];
            let [least, median, most] = [*least, median, *most].map(time::short);
            output.line(format!(
                "{queue}: {} sent, {answered} answered, min {least}, median {median}, max {most}",
                self.sent
            ))?;
        }
        match (answered, self.failure) {
            (0, Some(failure)) => Err(failure),
            _ => Ok(()),
        }
    }
}
