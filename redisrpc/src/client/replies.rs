//! The reader: takes native servers' replies from this client's inboxes.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time;

use super::{
    Shared,
    pending::{CallId, Outcome},
};
use crate::{
    transport::{Backoff, Interrupt, Popper},
    wire::reply,
};

/// Most replies taken at once.
const BATCH: usize = 512;

/// Longest wait for one: it bounds for how long Redis may hand replies to a
/// connection that is dead on this side.
const WAIT: Duration = Duration::from_secs(1);

/// Takes replies until the last client is gone; sleeps while no call waits.
pub(super) async fn run(shared: Arc<Shared>, mut popper: Box<dyn Popper>) {
    let interrupt = popper.interrupt();
    let mut backoff = Backoff::default();
    let mut turn = 0;
    loop {
        if shared.pending().is_idle() {
            shared.calls.notified().await;
            continue;
        }
        let mut inboxes = shared.inboxes();
        // Redis serves the first list that holds something: each comes first in turn.
        turn += 1;
        let first = turn % inboxes.len();
        inboxes.rotate_left(first);
        let pop = popper.pop(&inboxes, BATCH, WAIT);
        match until_new_queue(&shared, &*interrupt, pop).await {
            Ok(replies) => {
                backoff.reset();
                deliver(&shared, replies);
            }
            Err(error) => {
                tracing::warn!(error = error.report(), "replies wait for Redis");
                time::sleep(backoff.next()).await;
            }
        }
    }
}

/// Drives a pop to its end, ending it early when it must include one more inbox.
async fn until_new_queue<T>(
    shared: &Shared,
    interrupt: &dyn Interrupt,
    pop: impl Future<Output = T>,
) -> T {
    tokio::pin!(pop);
    tokio::select! {
        popped = &mut pop => popped,
        () = shared.new_queue.notified() => interrupt.end(pop).await,
    }
}

/// Completes the calls these replies belong to; a late one finds nobody.
fn deliver(shared: &Shared, replies: Vec<Bytes>) {
    let outcomes: Vec<(CallId, Outcome)> = replies
        .into_iter()
        .filter_map(|message| match reply::reply_id(&message) {
            Some(id) => Some((CallId(id), Ok(message))),
            None => {
                tracing::warn!("a message without an id came to a reply inbox");
                None
            }
        })
        .collect();
    shared.complete_native(outcomes);
}
