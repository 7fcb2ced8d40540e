//! Requests that come too late: past their deadline, or after too long in the queue.

use std::time::Duration;

use crate::{
    deadline::RedisTime,
    error::{Fault, FaultCode},
    transport::Transport,
    wire::request::Request,
};

/// How long ago Redis' time may have been asked for a request to be dropped by it.
const CLOCK_TRUSTED: Duration = Duration::from_secs(1);

/// Whether its deadline is before this.
pub(super) fn is_past(request: &Request<'_>, now: RedisTime) -> bool {
    let context = request.context.as_ref();
    let deadline = context.and_then(|context| context.deadline());
    deadline.is_some_and(|deadline| deadline < now)
}

/// Whether the request's deadline is past. Not without having asked Redis for
/// its time just now: a clock that was set back would otherwise expire all.
pub(super) async fn has_expired(transport: &dyn Transport, request: &Request<'_>) -> bool {
    let is_past = |now| is_past(request, now).then_some(());
    by_fresh_time(transport, is_past).await.is_some()
}

/// How long the request has waited in the queue, if it says when it was made and was
/// given to no server before: that one may have run it.
pub(super) fn waited(transport: &dyn Transport, request: &Request<'_>) -> Option<Duration> {
    let sent = request.context.as_ref()?.sent()?;
    (request.attempt <= 1).then(|| transport.clock().now().since(sent))
}

/// How long the request has waited in the queue, if that is more than `most`.
///
/// Not of one that was given to a server before: that may have run, and may not
/// be said to have not.
pub(super) async fn overstayed(
    transport: &dyn Transport,
    request: &Request<'_>,
    most: Duration,
) -> Option<Duration> {
    let sent = request.context.as_ref()?.sent()?;
    let waited = |now: RedisTime| Some(now.since(sent)).filter(|waited| *waited > most);
    if request.attempt > 1 {
        return None;
    }
    by_fresh_time(transport, waited).await
}

/// What is so by Redis' time, of which only what was asked just now may say yes.
async fn by_fresh_time<T>(
    transport: &dyn Transport,
    so: impl Fn(RedisTime) -> Option<T>,
) -> Option<T> {
    let clock = transport.clock();
    let by_what_is_known = so(clock.now())?;
    if clock.is_fresh(CLOCK_TRUSTED) {
        return Some(by_what_is_known);
    }
    // One that cannot be reached now is believed as it was known last.
    let _ = transport.ask_time().await;
    so(clock.now())
}

/// What is said of a request that waited for longer than it may.
pub(super) fn waited_too_long(request: &Request<'_>, waited: Duration, most: Duration) -> Fault {
    let (method, over) = (request.method(), waited.saturating_sub(most));
    tracing::debug!(method, ?waited, "shed a request");
    Fault::new(
        FaultCode::Overloaded,
        format!(
            "`{method}` was not run: its request waited {waited:?} in the queue, {over:?} longer \
             than the {most:?} its servers allow; call again later, or let more servers serve it"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::{deadline::Clock, transport::memory::Memory};

    const HOUR: Duration = Duration::from_secs(3600);

    /// Whether a request with this deadline has expired on a server that believes
    /// Redis' clock to be an hour ahead, and learned so just now or long ago.
    async fn expired(deadline: RedisTime, just_now: bool) -> bool {
        let broker = Memory::named("an-hour-ahead");
        let ahead = broker.clock().now().after(HOUR);
        broker.clock().learn(ahead, Instant::now());
        if !just_now {
            broker.clock().grow_old();
        }
        let request = format!(
            r#"{{"function_call":{{"name":"add"}},"response_queue":"calc:rpc:X",
                "context":{{"v":1,"id":1,"inbox":"calc:rpc:X","deadline":{}}}}}"#,
            deadline.0
        );
        let request = Request::read(request.as_bytes()).unwrap();
        has_expired(&*broker, &request).await
    }

    #[tokio::test]
    async fn a_request_expires_by_no_clock_that_was_read_long_ago() {
        let now = Clock::new().now();
        let soon = now.after(Duration::from_secs(60));
        assert!(expired(soon, true).await);
        assert!(!expired(soon, false).await, "it is asked first");
        assert!(expired(RedisTime(now.0 - 1000), false).await);
    }
}
