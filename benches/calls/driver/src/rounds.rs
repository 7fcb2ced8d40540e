//! The closed loop: as many tasks as calls in flight, each with one call at a time.

use std::{
    io, process, thread,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    BlockingCaller, Caller, Options, cpu::Watched, histogram, histogram::Histogram, ready, sum,
};

/// How long after the end the last calls may take.
const LATE: Duration = Duration::from_secs(15);

/// When calls are counted.
#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

/// Connects, makes calls for the time it is told, and prints what it saw.
pub fn measure<C: Caller>(options: Options, connect: impl AsyncFnOnce(Options) -> C) {
    let runtime = options.runtime();
    let caller = runtime.block_on(connected(&options, connect));
    when_told(&options, |window| {
        runtime.block_on(call(&caller, &options, window));
    });
}

/// A client that has had an answer.
async fn connected<C: Caller>(options: &Options, connect: impl AsyncFnOnce(Options) -> C) -> C {
    let caller = connect(options.clone()).await;
    assert_eq!(caller.add(2.0).await, sum(2.0));
    caller
}

/// Connects, and when told makes calls that nobody answers.
pub fn wait<C: Caller>(options: Options, connect: impl AsyncFnOnce(Options) -> C) {
    let runtime = options.runtime();
    let caller = runtime.block_on(connected(&options, connect));
    told_to_go();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..options.in_flight {
            let caller = caller.clone();
            tasks.spawn(async move { caller.add(1.0).await });
        }
        tasks.join_all().await;
    });
}

/// [`measure`] with threads for tasks.
pub fn measure_blocking<C: BlockingCaller>(options: Options, connect: impl FnOnce(Options) -> C) {
    let caller = connect(options.clone());
    assert_eq!(caller.add(2.0), sum(2.0));
    when_told(&options, |window| {
        let threads: Vec<_> = (0..options.in_flight)
            .map(|task| {
                let (caller, payload) = (caller.clone(), options.payload);
                thread::spawn(move || call_blocking(&caller, task, payload, window))
            })
            .collect();
        for thread in threads {
            thread.join().expect("every call is answered");
        }
    });
}

/// Waits for `go`, lets calls be made, and prints what was seen.
fn when_told(options: &Options, make_calls: impl FnOnce(Window)) {
    let watched = told_to_go();
    let begin = Instant::now() + options.warm_up;
    let end = begin + options.seconds;
    let window = Window { begin, end };
    let watch = thread::spawn(move || watch(&watched, window));
    make_calls(window);
    let cpu = watch.join().expect("the watch does not panic");
    println!(
        "{}",
        figures(&Histogram::collected(), options.seconds, &cpu)
    );
}

/// Says that all is ready and waits for `go`, and the processes to watch.
fn told_to_go() -> Watched {
    ready();
    let mut line = String::new();
    io::stdin().read_line(&mut line).expect("a line `go`");
    Watched::new(line.strip_prefix("go").expect("a line `go`"))
}

/// Runs beside the runtime, which may be too busy to look at the right time.
fn watch(watched: &Watched, window: Window) -> String {
    thread::sleep(window.begin.saturating_duration_since(Instant::now()));
    let before = watched.used();
    thread::sleep(window.end.saturating_duration_since(Instant::now()));
    let after = watched.used();
    thread::spawn(|| {
        thread::sleep(LATE);
        eprintln!("a call was never answered");
        process::exit(1);
    });
    watched.json(&before, &after)
}

async fn call<C: Caller>(caller: &C, options: &Options, window: Window) {
    let mut tasks = JoinSet::new();
    for task in 0..options.in_flight {
        let caller = caller.clone();
        match (options.payload, options.items) {
            (..=8, 0) => tasks.spawn(add(caller, first_number(task), window)),
            (bytes, 0) => tasks.spawn(echo(caller, text(task, bytes), window)),
            (..=8, items) => tasks.spawn(numbers(caller, items, window)),
            (bytes, items) => tasks.spawn(texts(caller, text(task, bytes), items, window)),
        };
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("every call is answered");
    }
}

async fn add<C: Caller>(caller: C, mut number: f64, window: Window) {
    let mut begun = Instant::now();
    while begun < window.end {
        assert_eq!(caller.add(number).await, sum(number));
        number += 1.0;
        begun = window.count(begun);
    }
}

async fn echo<C: Caller>(caller: C, text: String, window: Window) {
    let mut begun = Instant::now();
    while begun < window.end {
        assert_eq!(caller.echo(&text).await, text);
        begun = window.count(begun);
    }
}

async fn numbers<C: Caller>(caller: C, items: u32, window: Window) {
    let mut begun = Instant::now();
    while begun < window.end {
        caller.numbers(items).await;
        begun = window.count(begun);
    }
}

async fn texts<C: Caller>(caller: C, text: String, items: u32, window: Window) {
    let mut begun = Instant::now();
    while begun < window.end {
        caller.texts(&text, items).await;
        begun = window.count(begun);
    }
}

fn call_blocking<C: BlockingCaller>(caller: &C, task: usize, payload: usize, window: Window) {
    let (mut number, text) = (first_number(task), text(task, payload));
    let mut begun = Instant::now();
    while begun < window.end {
        if payload <= 8 {
            assert_eq!(caller.add(number), sum(number));
            number += 1.0;
        } else {
            assert_eq!(caller.echo(&text), text);
        }
        begun = window.count(begun);
    }
}

/// Numbers that no two tasks begin with: a reply to another's call is found out.
fn first_number(task: usize) -> f64 {
    (task * 1000) as f64
}

/// A text of this many bytes, of which each task has its own.
fn text(task: usize, bytes: usize) -> String {
    let own = task.to_string();
    "x".repeat(bytes.saturating_sub(own.len())) + &own
}

impl Window {
    /// Counts a call that is answered now, if it is time; returns the time, which
    /// is when the task's next call begins.
    fn count(self, begun: Instant) -> Instant {
        let now = Instant::now();
        if (self.begin..self.end).contains(&now) {
            histogram::count(now - begun);
        }
        now
    }
}

fn figures(histogram: &Histogram, seconds: Duration, cpu: &str) -> String {
    let [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1.0].map(|share| histogram.quantile(share));
    format!(
        r#"{{"calls":{},"seconds":{},"p50":{p50:.2},"p90":{p90:.2},"p99":{p99:.2},"max":{max:.2},{cpu}}}"#,
        histogram.calls(),
        seconds.as_secs_f64(),
    )
}
