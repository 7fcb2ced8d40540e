//! Times as people write and read them.

use std::time::Duration;

/// Reads `500ms`, `2.5s`, `1m` or `2h`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = text.split_at(unit_at.unwrap_or(text.len()));
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "" => {
            return Err(format!(
                "the unit is missing; write `{text}s` or `{text}ms`"
            ));
        }
        _ => {
            return Err(format!(
                "`{unit}` is no unit of time; write `500ms`, `5s`, `1m` or `2h`"
            ));
        }
    };
    let number: f64 = number
        .parse()
        .map_err(|_| format!("`{number}` is no number"))?;
    let time = Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())?;
    match time.is_zero() {
        true => Err("it must be longer than nothing".to_owned()),
        false => Ok(time),
    }
}

/// A time that passed, in the one or two units that matter: `12ms`, `3.4s`, `2h 5m`.
pub(crate) fn long(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0 => format!("{millis}ms"),
        1..60 => format!("{}.{}s", seconds, millis % 1000 / 100),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// A short time, in three digits: `870µs`, `1.23ms`, `45.6ms`, `1.50s`.
pub(crate) fn short(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    let (number, unit) = match micros {
        ..1e3 => return format!("{micros:.0}µs"),
        ..1e6 => (micros / 1e3, "ms"),
        _ => (micros / 1e6, "s"),
    };
    match number {
        ..10.0 => format!("{number:.2}{unit}"),
        ..100.0 => format!("{number:.1}{unit}"),
        _ => format!("{number:.0}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("2.5s"), Ok(Duration::from_millis(2500)));
        assert_eq!(parse("2h"), Ok(Duration::from_secs(7200)));
        assert_eq!(
            parse("5").unwrap_err(),
            "the unit is missing; write `5s` or `5ms`"
        );
        for wrong in ["", "s", "5 s", "5x", "-1s", "0s", "1e400s", "infs"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_shown_in_the_units_that_matter() {
        let long = [999, 1_000, 59_999, 60_000, 7_500_000, 90_000_000].map(long);
        assert_eq!(long, ["999ms", "1.0s", "59.9s", "1m 0s", "2h 5m", "1d 1h"]);
        let short =
            [870, 1_234, 45_600, 789_000, 1_500_000].map(|it| short(Duration::from_micros(it)));
        assert_eq!(short, ["870µs", "1.23ms", "45.6ms", "789ms", "1.50s"]);
    }
}
