//! How far it has come, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{End, Run};
use crate::output::Output;

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(100);

pub(super) struct Progress {
    bar: ProgressBar,
    end: End,
}

impl Progress {
    /// For a run that ends so. Nothing is drawn for programs, nor where standard
    /// error is no terminal.
    pub(super) fn new(end: End, output: &Output) -> Self {
        let length = match end {
            End::Calls(calls) => calls,
            End::After(time) => u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        };
        let target = match output.is_json() {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let bar = ProgressBar::with_draw_target(Some(length), target);
        let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}");
        // A template that is wrong shows the usual bar.
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, end }
    }

    /// Shows how far the run has come, for ever.
    pub(super) async fn show(&self, run: &Run<'_>) {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            let took = run.began.elapsed();
            let (calls, failed) = (run.ended.get(), run.failed());
            self.bar.set_position(match self.end {
                End::Calls(_) => calls,
                End::After(_) => u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            });
            let rate = calls as f64 / took.as_secs_f64().max(1e-3);
            let failed = match failed {
                0 => String::new(),
                failed => format!(", {failed} failed"),
            };
            self.bar.set_message(format!("{rate:.0} calls/s{failed}"));
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
