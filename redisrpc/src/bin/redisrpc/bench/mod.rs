//! `redisrpc bench`

mod histogram;
mod progress;

use std::{
    cell::{Cell as Shared, RefCell},
    collections::BTreeMap,
    time::{Duration, Instant},
};

use clap::Args;
use futures_util::future::join_all;
use redisrpc::{Client, Error};
use serde_json::{json, value::RawValue};

use self::{histogram::Histogram, progress::Progress};
use crate::{call::Request, failure::Failure, output::Paint, time, tool::Tool, value::Values};

const HELP: &str = "\
The calls are real: the service runs each of them. One is made first, and not counted;
if it fails, there are no others. Ctrl-C ends early and shows what there is.

Latency is what a caller sees, this command's own work included: with many calls in
flight it is mostly the time they wait for each other.

Examples:
  redisrpc bench calc add 1 2
  redisrpc bench calc add 1 2 --in-flight 1 --seconds 10
  redisrpc bench calc add 1 2 --calls 100000 --json";

/// Measure how fast a method is answered
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Bench {
    #[command(flatten)]
    request: Request,

    /// Calls in flight at a time
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,

    /// How many calls to make
    #[arg(long, value_name = "N", conflicts_with = "seconds")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    calls: Option<u64>,

    /// How long to make calls [default: 5]
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,

    /// Longest time a call may take
    #[arg(long, value_parser = time::parse, default_value = "10s", value_name = "TIME")]
    timeout: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    time::parse(&format!("{text}s"))
}

/// When it is over.
#[derive(Debug, Clone, Copy)]
enum End {
    Calls(u64),
    After(Duration),
}

/// What is measured.
struct Run<'a> {
    client: Client,
    request: &'a Request,
    values: Values,
    end: End,
    began: Instant,
    begun: Shared<u64>,
    ended: Shared<u64>,
    times: RefCell<Histogram>,
    errors: RefCell<BTreeMap<String, u64>>,
}

impl Bench {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let client = tool
            .client(&self.request.queue)
            .await?
            .timeout(self.timeout);
        let end = match self.calls {
            Some(calls) => End::Calls(calls),
            None => End::After(self.seconds.unwrap_or(Duration::from_secs(5))),
        };
        let mut run = Run {
            client,
            values: self.request.values(),
            request: &self.request,
            end,
            began: Instant::now(),
            begun: Shared::new(0),
            ended: Shared::new(0),
            times: RefCell::new(Histogram::new()),
            errors: RefCell::default(),
        };
        run.call().await?;
        run.began = Instant::now();
        let progress = Progress::new(end, tool.output);
        let callers = join_all((0..self.in_flight).map(|_| run.caller()));
        tokio::select! {
            _ = callers => {}
            () = progress.show(&run) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        let took = run.began.elapsed();
        progress.end();
        run.report(took, self.in_flight, tool)
    }
}

impl Run<'_> {
    async fn call(&self) -> Result<(), Error> {
        let call = self.client.call(&self.request.method);
        let call = self.values.add_to(call).returning::<Box<RawValue>>();
        call.await.map(drop)
    }

    /// One who calls again as soon as he is answered.
    async fn caller(&self) {
        while !self.is_over() {
            self.begun.set(self.begun.get() + 1);
            let began = Instant::now();
            let called = self.call().await;
            self.ended.set(self.ended.get() + 1);
            match called {
                Ok(()) => self.times.borrow_mut().add(began.elapsed()),
                Err(error) => {
                    let text = Failure::from(error).text;
                    *self.errors.borrow_mut().entry(text).or_default() += 1;
                }
            }
        }
    }

    fn is_over(&self) -> bool {
        match self.end {
            End::Calls(calls) => self.begun.get() >= calls,
            End::After(time) => self.began.elapsed() >= time,
        }
    }

    fn failed(&self) -> u64 {
        self.errors.borrow().values().sum()
    }

    fn report(&self, took: Duration, in_flight: u32, tool: &Tool<'_>) -> Result<(), Failure> {
        let times = self.times.borrow();
        let errors = self.errors.borrow();
        let failed = self.failed();
        let rate = times.total() as f64 / took.as_secs_f64();
        let part = |part| times.percentile(part);
        if tool.output.is_json() {
            let micros = |time: Duration| time.as_micros() as u64;
            tool.output.value(&json!({
                "calls": times.total(),
                "errors": failed,
                "in_flight": in_flight,
                "seconds": took.as_millis() as f64 / 1000.0,
                "calls_per_second": rate.round(),
                "p50_us": micros(part(0.5)),
                "p90_us": micros(part(0.9)),
                "p99_us": micros(part(0.99)),
                "max_us": micros(times.longest()),
            }))?;
        } else {
            let strong = |text: String| tool.output.paint(Paint::Strong, text);
            let (calls, seconds) = (times.total(), took.as_secs_f64());
            let output = tool.output;
            output.line(format!(
                "calls    {calls} in {seconds:.2}s, {in_flight} in flight"
            ))?;
            output.line(format!("rate     {} calls/s", strong(format!("{rate:.0}"))))?;
            output.line(format!(
                "latency  p50 {}  p90 {}  p99 {}  max {}",
                strong(time::short(part(0.5))),
                time::short(part(0.9)),
                strong(time::short(part(0.99))),
                time::short(times.longest()),
            ))?;
        }
        match errors.iter().max_by_key(|(_, count)| **count) {
            None => Ok(()),
            Some((most, _)) => Err(Failure::problem(format!(
                "{failed} of {} calls failed, mostly so: {most}",
                failed + times.total()
            ))),
        }
    }
}
