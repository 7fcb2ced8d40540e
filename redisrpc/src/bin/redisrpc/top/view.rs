//! How it looks.

use std::time::Duration;

use serde_json::{Value, json};

use super::rates::{Load, Work};
use crate::{
    failure::Failure,
    output::{Output, Paint, count},
    survey::Queue,
    table::{Cell, Column, Table},
    time,
};

type Seen<'a> = (&'a Queue, Load);

/// Prints it, to be left as it is.
pub(super) fn once(seen: &[Seen<'_>], output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        let all: Vec<_> = seen
            .iter()
            .map(|(queue, load)| of_json(queue, load))
            .collect();
        return output.value(&all);
    }
    match seen {
        [] => output.remark("no queue is served, or was within a week"),
        seen => table(seen, output).print(output)?,
    }
    Ok(())
}

/// The lines of a screen.
pub(super) fn lines(seen: &[Seen<'_>], output: &Output) -> Vec<String> {
    let servers: usize = seen.iter().map(|(queue, _)| queue.servers.len()).sum();
    let rate: f64 = seen.iter().map(|(_, load)| load.all.rate).sum();
    let summary = format!(
        "{}, {}, {} calls/s",
        count(seen.len(), "queue"),
        count(servers, "server"),
        number(rate)
    );
    let mut lines = vec![
        format!(
            "{}  {}",
            output.paint(Paint::Strong, summary),
            output.paint(Paint::Faint, "q quits")
        ),
        String::new(),
    ];
    let table = table(seen, output).drawn(output.has_colors(), output.width());
    lines.extend(table.lines().map(str::to_owned));
    lines
}

fn table(seen: &[Seen<'_>], output: &Output) -> Table {
    let mut table = Table::new([
        Column::text("QUEUE"),
        Column::number("SERVERS").optional(),
        Column::number("WAITING"),
        Column::number("OLDEST").optional(),
        Column::number("IN FLIGHT").optional(),
        Column::number("CALLS/S"),
        Column::number("ERRORS/S"),
        Column::number("P50").optional(),
        Column::number("P99"),
    ]);
    for (queue, load) in seen {
        let bad = |is: bool| if is { Paint::Bad } else { Paint::Plain };
        let unserved = queue.servers.is_empty() && queue.waiting > 0;
        let [rate, errors, p50, p99] = work(&load.all);
        table.row([
            Cell::painted(Paint::Name, &queue.name),
            Cell::painted(bad(unserved), queue.servers.len()),
            Cell::painted(bad(unserved), queue.waiting),
            Cell::new(queue.oldest.map_or("-".to_owned(), time::long)),
            Cell::new(queue.in_flight()),
            rate,
            errors,
            p50,
            p99,
        ]);
        let mut methods: Vec<_> = load.methods.iter().collect();
        methods.sort_by(|(_, one), (_, other)| other.rate.total_cmp(&one.rate));
        for (name, done) in methods {
            let [rate, errors, p50, p99] = work(done);
            let none = || Cell::new("");
            let name = match output.is_terminal() {
                true => format!("  {name}"),
                false => format!("{}.{name}", queue.name),
            };
            let name = Cell::new(name);
            table.row([name, none(), none(), none(), none(), rate, errors, p50, p99]);
        }
    }
    table
}

fn work(work: &Work) -> [Cell; 4] {
    let errors = match work.errors > 0.0 {
        true => Paint::Bad,
        false => Paint::Plain,
    };
    let percentile = |part| work.percentile(part).map_or("-".to_owned(), time::short);
    [
        Cell::new(number(work.rate)),
        Cell::painted(errors, number(work.errors)),
        Cell::new(percentile(0.5)),
        Cell::new(percentile(0.99)),
    ]
}

/// With a digit after the point where that says something.
fn number(number: f64) -> String {
    match number {
        0.0 => "0".to_owned(),
        ..10.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

fn of_json(queue: &Queue, load: &Load) -> Value {
    let mut json = queue.json();
    let methods = load.methods.iter();
    json["load"] = work_json(&load.all);
    json["methods"] = methods
        .map(|(name, work)| (name.clone(), work_json(work)))
        .collect();
    json
}

fn work_json(work: &Work) -> Value {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    json!({
        "calls_per_second": work.rate,
        "errors_per_second": work.errors,
        "p50_us": work.percentile(0.5).map(micros),
        "p99_us": work.percentile(0.99).map(micros),
    })
}
