//! The metrics by their names, which are for ever: dashboards hold on to them.

use metrics::Unit;

/// One metric, as it is described to a recorder.
pub(super) struct Metric {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) meaning: &'static str,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Names one metric after the other, and lists them all.
macro_rules! metrics {
    ($($constant:ident: $kind:ident, $name:literal, $unit:ident, $meaning:literal;)*) => {
        $(pub(super) const $constant: &str = $name;)*
        pub(super) const ALL: &[Metric] = &[$(Metric {
            kind: Kind::$kind,
            name: $name,
            unit: Unit::$unit,
            meaning: $meaning,
        }),*];
    };
}

metrics! {
    CALL_DURATION: Histogram, "redisrpc_client_call_duration_seconds", Seconds,
        "time from when a call was made to its outcome";
    CALLS_IN_FLIGHT: Gauge, "redisrpc_client_in_flight", Count,
        "calls that are being awaited";
    RETRIES: Counter, "redisrpc_client_retries_total", Count,
        "attempts at calls after the first";
    WITHDRAWN: Counter, "redisrpc_client_withdrawn_total", Count,
        "requests taken back out of the queue before a server took them";
    QUEUE_LENGTH: Histogram, "redisrpc_client_queue_length", Count,
        "requests in the queue when some were added, those included";
    RUN_DURATION: Histogram, "redisrpc_server_run_duration_seconds", Seconds,
        "time that a method ran";
    RUNS_IN_FLIGHT: Gauge, "redisrpc_server_in_flight", Count,
        "methods that are running";
    QUEUE_WAIT: Histogram, "redisrpc_server_queue_wait_seconds", Seconds,
        "time from when a request was made to when its method began";
    UNRUN: Counter, "redisrpc_server_unrun_total", Count,
        "requests that were taken from the queue and not run";
    REPLIES_WAITING: Gauge, "redisrpc_server_replies_waiting", Count,
        "replies that Redis has not taken yet";
    TAKEN_OVER: Counter, "redisrpc_server_taken_over_total", Count,
        "requests of servers that died, by what became of them";
    CONNECTIONS: Counter, "redisrpc_connections_total", Count,
        "attempts to open a connection to Redis";
}
